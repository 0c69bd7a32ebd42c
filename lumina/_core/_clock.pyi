from lumina._core._histogram import Histogram

class Clock:
    """Time in ns from the processor's counter, calibrated against the kernel's clock.

    Reading takes some ns and no system call; the time never goes back. One owner thread
    (``lumina/platform/clock.hpp``).

    Parameters
    ----------
    source : str
        ``"counter"``; ``"kernel"``, the kernel's clock itself; ``"auto"``, the counter where the processor
        calls it invariant and the kernel has not found it unstable. ValueError for a counter that is not.
    realtime : bool
        ns since 1970, CLOCK_REALTIME, instead of CLOCK_MONOTONIC.
    calibration_ns : int
        How long the rate is measured at the start, from 10^5 to 10^10: busy for so long.
    """

    def __init__(self, source: str = "auto", *, realtime: bool = False, calibration_ns: int = 10_000_000) -> None: ...
    def now_ns(self) -> int:
        """The time, ns."""
    def ticks(self) -> int:
        """A stamp for `at_ns` and `elapsed_ns`: the counter, or the kernel's ns."""
    def at_ns(self, ticks: int) -> int:
        """Time of a stamp, ns."""
    def elapsed_ns(self, start: int, end: int) -> int:
        """Between two stamps, ns."""
    def recalibrate(self) -> dict[str, float]:
        """Compare with the kernel's clock and correct the rate, smoothly: each second or so.

        Returns
        -------
        dict
            ``offset_ns``, the kernel's clock less this one before the correction; ``drift_ppm``, by which the
            rate was off since the last time; ``stepped``, whether it was so far behind that it jumped.
        """
    def granularity(self, readings: int = 10_000) -> dict[str, float]:
        """``ns_per_tick``; ``step_ns``, the least difference of two readings; ``read_ns``, the mean time of one."""
    def jitter(self, duration_ns: int) -> Histogram:
        """Gaps between readings of a loop that does nothing else, without the GIL, ns; at most 600 s.

        What the greatest of them are, the machine took away: interrupts, the scheduler, the hypervisor.
        """
    @property
    def source(self) -> str:
        """``"counter"`` or ``"kernel"``."""
    @property
    def frequency_hz(self) -> float:
        """Ticks a second."""
    @property
    def error_ns(self) -> int:
        """By how much it may have been off the kernel's clock when it was last set, ns."""
    @property
    def rate_error(self) -> float:
        """By how much its rate may be off, as a fraction, where the kernel's own does not change."""

def ticks_are_invariant() -> bool:
    """Whether the processor says that its counter runs at one rate in every state of power."""
