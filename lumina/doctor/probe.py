"""The jitter probe: how long a thread that only reads the clock is held up, core by core."""

from __future__ import annotations

import threading
from typing import Any

from lumina import affinity, clock

_NOTABLE_NS = 1_000  # a loop of some ns a turn that misses a microsecond was interrupted


def probe(core_id: int, duration_ns: int) -> dict[str, Any]:
    """Read the clock without pause on a core, in a thread of its own, and say what was missed.

    Returns
    -------
    dict
        ``core``; ``pinned``, and ``message`` of the pinning; ``source`` of time; ``readings``; ``p50_ns``, ``p99_ns``,
        ``p99_99_ns`` and ``max_ns`` of the gaps between readings; ``interruptions``, gaps of a microsecond or more;
        ``lost``, the fraction of the time in them.
    """
    found: dict[str, Any] = {"core": core_id}

    def run() -> None:
        report = affinity.pin_thread_to_core(core_id)
        found.update(pinned=bool(report), message=report.message)
        watch = clock.Clock()
        gaps = watch.jitter(duration_ns)
        rows = gaps.buckets()
        long = rows[rows[:, 0] >= _NOTABLE_NS]
        lost = float(((long[:, 0] + long[:, 1]) / 2 * long[:, 2]).sum())
        found.update(
            source=watch.source,
            duration_ns=duration_ns,
            readings=gaps.count,
            p50_ns=gaps.percentile(50),
            p99_ns=gaps.percentile(99),
            p99_99_ns=gaps.percentile(99.99),
            max_ns=gaps.max,
            interruptions=int(long[:, 2].sum()),
            lost=lost / max(gaps.sum, 1),
        )

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found
