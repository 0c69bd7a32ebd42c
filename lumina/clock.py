"""Time in ns from the processor's counter, for stamps that cost some ns and for measuring what the machine takes away.

>>> clock = lumina.clock.Clock()
>>> start = clock.ticks()
>>> clock.elapsed_ns(start, clock.ticks())
"""

from lumina._core._clock import Clock, ticks_are_invariant

__all__ = ["Clock", "ticks_are_invariant"]
