"""What a machine offers a low-latency process, and what to change: `python -m lumina.doctor`."""

from lumina.doctor.check import Check
from lumina.doctor.examine import examine
from lumina.doctor.probe import probe

__all__ = ["Check", "examine", "probe"]
