"""The clock beside the kernel's, in a busy loop."""

import time

import pytest

from lumina.clock import Clock, ticks_are_invariant

SOURCES = ["auto", "kernel", *(["counter"] if ticks_are_invariant() else [])]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("realtime", [False, True])
def test_never_back_and_beside_the_kernels(source, realtime):
    kernel = time.time_ns if realtime else time.monotonic_ns
    start = time.monotonic_ns()
    clock = Clock(source, realtime=realtime, calibration_ns=2_000_000)
    last = clock.now_ns()
    for turn in range(10_000):
        before, now, after = kernel(), clock.now_ns(), kernel()
        assert now >= last
        last = now
        # its rate is known to rate_error; the kernel may change its own by a thousandth, and so may a correction
        bound = clock.error_ns + (time.monotonic_ns() - start) * (clock.rate_error + 0.002) + 1000
        assert before - bound <= now <= after + bound
        if turn % 3000 == 2999:
            assert set(clock.recalibrate()) == {"offset_ns", "drift_ppm", "stepped"}


@pytest.mark.parametrize("source", SOURCES)
def test_stamps(source):
    clock = Clock(source, calibration_ns=1_000_000)
    start = clock.ticks()
    while clock.elapsed_ns(start, clock.ticks()) < 10_000:
        pass
    end = clock.ticks()
    elapsed = clock.elapsed_ns(start, end)
    assert elapsed >= 10_000 and clock.elapsed_ns(end, start) in (-elapsed, -elapsed - 1)
    assert abs(clock.at_ns(end) - clock.at_ns(start) - elapsed) <= 1
    grain = clock.granularity(1000)
    assert grain["step_ns"] >= 0 and grain["read_ns"] > 0
    assert grain["ns_per_tick"] == pytest.approx(1e9 / clock.frequency_hz)


def test_the_kernels_clock_counts_ns():
    clock = Clock("kernel")
    assert clock.source == "kernel" and clock.frequency_hz == 1e9 and clock.error_ns == 0
    assert clock.recalibrate() == {"offset_ns": 0, "drift_ppm": 0.0, "stepped": False}


def test_jitter_covers_the_time():
    clock = Clock(calibration_ns=1_000_000)
    gaps = clock.jitter(1_000_000)
    assert gaps.sum >= 1_000_000 - gaps.count and gaps.count > 0  # each gap is rounded down
    assert gaps.min >= 0 and gaps.negatives == 0


def test_refusals():
    with pytest.raises(ValueError, match="source 'tsc' is not one of auto, counter, kernel"):
        Clock("tsc")
    with pytest.raises(ValueError, match=r"calibration_ns 99999 is not in \[100000, 1e10\]"):
        Clock(calibration_ns=99_999)
    clock = Clock("kernel")
    with pytest.raises(ValueError, match=r"duration_ns 0 is not in"):
        clock.jitter(0)
    with pytest.raises(ValueError, match="readings 1 is not in"):
        clock.granularity(1)
