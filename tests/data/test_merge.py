"""Streams joined by local time, against a sort of everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumina._core._resolver import UPDATE
from lumina.data.tables import merge as module
from lumina.data.tables.merge import merge
from lumina.errors import DataError


def arrays(stream, pieces):
    """Pieces of one stream; each update carries its stream and its place in it."""
    place = 0
    for times in pieces:
        out = np.zeros(len(times), UPDATE)
        out["local_ts_ns"] = times
        out["tag"], out["qty_lots"] = stream, np.arange(place, place + len(times))
        place += len(times)
        yield out


@given(st.lists(st.lists(st.lists(st.integers(0, 3), max_size=4), max_size=4), min_size=1, max_size=3))
def test_a_merge_is_a_stable_sort(steps):
    streams, expected = [], []
    for i, pieces in enumerate(steps):
        now, place, timed = 0, 0, []
        for piece in pieces:
            times = []
            for step in piece:
                now += step
                times.append(now)
                expected.append((now, i, place))
                place += 1
            timed.append(times)
        streams.append(timed)
    found = [row for part in merge([arrays(i, pieces) for i, pieces in enumerate(streams)]) for row in part.tolist()]
    names = UPDATE.names
    local, tag, lots = (names.index(name) for name in ("local_ts_ns", "tag", "qty_lots"))
    assert [(row[local], row[tag], row[lots]) for row in found] == sorted(expected)


def test_one_time_for_ever_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "_MAX_HELD", 10)
    with pytest.raises(DataError, match="local time 7 ns: over 10 updates"):
        list(merge([arrays(0, [[7] * 6, [7] * 6]), arrays(1, [[8]])]))
