"""`python -m lumina.research`."""

import sys


def _start() -> int:
    try:
        from lumina.research.cli import main

        return main()
    except KeyboardInterrupt:  # while the modules were still loading
        print("interrupted: nothing was kept", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(_start())
