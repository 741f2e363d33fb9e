"""`python -m counterpoint` is the command line."""

import sys

from counterpoint.app.cli import main

if __name__ == "__main__":
    sys.exit(main())
