"""`python -m lumina.doctor`."""

import sys

from lumina.doctor.cli import main

if __name__ == "__main__":
    sys.exit(main())
