"""The transient square-root overlay (SEMANTICS I1 and I2)."""
import math

DAY_NS = 86_400_000_000_000


def square_root_impact(y, sigma_daily, participation):
    """Peak impact of a metaorder of `participation` of the daily volume, relative to the price."""
    return y * sigma_daily * math.sqrt(participation)


class Impact:
    """J_i in base units, decaying with tau_i; I relative to the price."""

    def __init__(self, y, sigma_daily, volume_daily, weights, taus_s, step_ns=100_000_000):
        self.scale = y * sigma_daily
        self.volume = volume_daily
        self.weights, self.taus_s = tuple(weights), tuple(taus_s)
        self.step_ns = step_ns
        self.j = [0.0] * len(self.weights)
        self.ts_ns = 0

    @property
    def active(self):
        return any(j != 0 for j in self.j)

    def advance(self, ts_ns):
        dt_s = (ts_ns - self.ts_ns) / 1e9
        if dt_s:
            self.j = [j * math.exp(-dt_s / tau) for j, tau in zip(self.j, self.taus_s, strict=True)]
        self.ts_ns = ts_ns

    def value_of(self, j):
        return self.scale * sum(
            w * math.copysign(math.sqrt(abs(x) / self.volume), x) for w, x in zip(self.weights, j, strict=True)
        )

    def value(self):
        return self.value_of(self.j)

    def push(self, base_qty):
        """Add a signed quantity; returns the integral of I(J) - I(J0) over the push, in base units, >= 0."""
        before = list(self.j)
        self.j = [x + base_qty for x in self.j]
        area = sum(
            w * (2 / 3) * (abs(b) ** 1.5 - abs(a) ** 1.5)
            for w, a, b in zip(self.weights, before, self.j, strict=True)
        )
        return max(0.0, self.scale * area / math.sqrt(self.volume) - self.value_of(before) * base_qty)

    def next_grid_after(self, ts_ns):
        return (ts_ns // self.step_ns + 1) * self.step_ns
