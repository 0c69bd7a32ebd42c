"""Streams of messages, each in order of receipt, joined into one."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from lumina.errors import DataError

_MAX_HELD = 1 << 22  # updates of one local time


def merge(streams: Sequence[Iterable[NDArray[np.void]]]) -> Iterator[NDArray[np.void]]:
    """Arrays of UPDATE by local time; at one local time, those of the earlier stream first.

    Every array holds whole messages, and local times do not go back within a stream.
    """
    if len(streams) == 1:
        yield from streams[0]
        return
    sources = [_whole_times(stream) for stream in streams]
    waiting = [next(source, None) for source in sources]
    while True:
        ends = [int(updates["local_ts_ns"][-1]) for updates in waiting if updates is not None]
        if not ends:
            return
        ready: list[NDArray[np.void]] = []
        for i, updates in enumerate(waiting):
            if updates is None:
                continue
            n = int(np.searchsorted(updates["local_ts_ns"], min(ends), "right"))
            ready.append(updates[:n])
            waiting[i] = updates[n:] if n < len(updates) else next(sources[i], None)
        out = np.concatenate(ready)
        yield out[np.argsort(out["local_ts_ns"], kind="stable")]


def _whole_times(stream: Iterable[NDArray[np.void]]) -> Iterator[NDArray[np.void]]:
    """The same updates, all those of one local time in one array."""
    held: list[NDArray[np.void]] = []
    for updates in stream:
        if not len(updates):
            continue
        last = updates["local_ts_ns"][-1]
        cut = int(np.searchsorted(updates["local_ts_ns"], last))
        if cut or (held and held[-1]["local_ts_ns"][-1] != last):
            out = np.concatenate([*held, updates[:cut]])
            held = []
            yield out
        held.append(updates[cut:])
        if sum(map(len, held)) > _MAX_HELD:
            raise DataError(f"local time {last} ns: over {_MAX_HELD} updates; remedy: give one file alone")
    if held:
        yield np.concatenate(held)
