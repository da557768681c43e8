"""`python -m minigrad` is the command line, which is in `commands`."""

import sys

from minigrad.commands.cli import main

if __name__ == "__main__":
    sys.exit(main())
