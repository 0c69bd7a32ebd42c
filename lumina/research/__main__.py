"""`python -m lumina.research`."""

import sys

from lumina.command import run


def _start() -> int:
    from lumina.research.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(run(_start))
