"""The claims of the lab, one to a file."""
