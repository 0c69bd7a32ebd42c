"""`python -m lumina.data`."""

import sys

from lumina.command import run


def _start() -> int:
    from lumina.data.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(run(_start))
