"""From places to files."""
