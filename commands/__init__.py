"""The command line: `cli` finds the command and reports what went wrong; each command has a file of its name."""
