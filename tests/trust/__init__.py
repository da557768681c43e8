"""What is tried at length for docs/trust.md, a command each; the suite runs the short forms."""
