"""How the commands `python -m lumina.*` end: one line on stderr and an exit code, whatever stops them."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

FAILED, INTERRUPTED, TERMINATED = 1, 130, 143


def run(start: Callable[[], int]) -> int:
    """Run a command to its exit code.

    SIGTERM stops it as Ctrl-C does, so that what it keeps or removes then is the same, with exit code 143 for 130.
    Output that is closed from the start, or cannot be written, is an error of one line; a reader that has gone is none
    worth a line.

    Parameters
    ----------
    start : callable
        Imports and runs the command; returns its exit code.
    """
    if sys.stdout is None:
        print("error: output: is closed", file=sys.stderr)
        return FAILED
    own, terminated = os.getpid(), False

    def terminate(number: int, frame: FrameType | None) -> None:
        nonlocal terminated
        if os.getpid() != own:  # a worker ends at once
            os._exit(TERMINATED)
        terminated = True
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, terminate)
    try:
        code = _to_end(start)
    except KeyboardInterrupt:  # while modules were still loading, or output was written
        print("interrupted: nothing was kept", file=sys.stderr)
        code = INTERRUPTED
    return TERMINATED if terminated and code == INTERRUPTED else code


def _to_end(start: Callable[[], int]) -> int:
    code = 0
    try:
        try:
            code = start()
        except SystemExit as end:  # of --help and of arguments that cannot be
            code = end.code if isinstance(end.code, int) else FAILED
        sys.stdout.flush()
    except OSError as error:
        # Python must not try again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if code == 0:
            code = FAILED
            if not isinstance(error, BrokenPipeError):
                print(f"error: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
    return code
