"""`python -m lumina.data`."""

import sys

from lumina.data.cli import main

sys.exit(main())
