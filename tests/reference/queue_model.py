"""Queue position on L2 (SEMANTICS F4)."""
import math

from .vocabulary import INF


def whole_lots_ahead(front):
    """Recorded lots that are served before us: ceil with 1e-9 slack."""
    return INF if front == INF else math.ceil(front - 1e-9)


def probability_behind(model, n, front, back):
    """p: the probability that a cancelled lot stood behind us; a 0/0 is 0."""
    back = max(back, 0.0)
    if front + back == 0:
        return 0.0
    if model == "power":
        return back**n / (back**n + front**n)
    if model == "power2":
        return back**n / (back + front) ** n
    if model == "power3":
        return 1 - (front / (front + back)) ** n
    if model == "log":
        return math.log1p(back) / (math.log1p(back) + math.log1p(front))
    if model == "log2":
        return math.log1p(back) / math.log1p(back + front)
    raise ValueError(f"queue model {model!r}")


class QueueModel:
    """Front of an own order after its level's rows; quantities in lots."""

    def __init__(self, model="power3", n=3.0, unit="base", exact_back=False, lot_size=1.0):
        self.model, self.n, self.exact_back = model, n, exact_back
        self.unit = lot_size if unit == "base" else 1.0

    def after_trade(self, front, qty, displayed):
        return min(max(front - qty, 0.0), displayed)

    def after_depth(self, front, prev, new, cum):
        """`prev` lots became `new`; `cum` lots were printed at the level since its last row."""
        chg = prev - new - cum
        if self.model == "risk_averse" or chg < 0:
            front = min(front, new)
        else:
            back = prev - front - (cum if self.exact_back else 0)
            p = probability_behind(self.model, self.n, front * self.unit, back * self.unit)
            front = min(front - (1 - p) * chg + min(back - p * chg, 0.0), new)
        return min(max(front, 0.0), float(new))
