"""The indicators once more, slowly, in exact arithmetic: rational numbers, rounded to a double at the end."""

import itertools
import math
from fractions import Fraction

NAN = math.nan


def _float(value):
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def ema(x, alpha):
    out, average = [], None
    a = Fraction(alpha)
    for value in x:
        if not math.isnan(value):
            average = Fraction(value) if average is None else a * Fraction(value) + (1 - a) * average
        out.append(NAN if average is None else _float(average))
    return out


def _windows(x, window, of):
    """`of` the window that ends at each element: NaN before the first whole one, and where one holds a NaN."""
    out = []
    for i in range(len(x)):
        part = x[i - window + 1 : i + 1] if i + 1 >= window else []
        out.append(NAN if not part or any(map(math.isnan, part)) else of(part))
    return out


def _mean(part):
    if any(map(math.isinf, part)):
        return sum(part)  # an infinity, or NaN of both
    return _float(sum(map(Fraction, part)) / len(part))


def _moments(part, ddof):
    """Distance of the newest element from the mean, and the variance; None with an infinity."""
    if any(map(math.isinf, part)):
        return None
    exact = list(map(Fraction, part))
    mean = sum(exact) / len(exact)
    return exact[-1] - mean, sum((value - mean) ** 2 for value in exact) / (len(exact) - ddof)


def _root(value):
    """The root of a rational number, good to the last digit also where the number itself is no double."""
    if value == 0:
        return 0.0
    shift = (value.numerator.bit_length() - value.denominator.bit_length()) // 2
    return math.ldexp(math.sqrt(value / Fraction(4) ** shift), shift)


def rolling_mean(x, window):
    return _windows(x, window, _mean)


def rolling_min(x, window):
    return _windows(x, window, min)


def rolling_max(x, window):
    return _windows(x, window, max)


def rolling_std(x, window, ddof=0):
    def of(part):
        moments = _moments(part, ddof)
        return NAN if moments is None else _root(moments[1])

    return _windows(x, window, of)


def rolling_zscore(x, window, ddof=0):
    def of(part):
        moments = _moments(part, ddof)
        if moments is None or moments[1] == 0:
            return NAN
        return math.copysign(_root(moments[0] ** 2 / moments[1]), moments[0])

    return _windows(x, window, of)


def _quotient(above, below):
    return NAN if below == 0 else _float(above / below)


def cumulative_vwap(price, qty):
    out, notional, volume = [], Fraction(0), Fraction(0)
    for p, q in zip(price, qty, strict=True):
        notional += Fraction(p) * Fraction(q)
        volume += Fraction(q)
        out.append(_quotient(notional, volume))
    return out


def imbalance(bids, asks, weights):
    """Of rows of quantities."""
    out = []
    for bid_row, ask_row in zip(bids, asks, strict=True):
        bid = sum(Fraction(w) * Fraction(q) for w, q in zip(weights, bid_row, strict=False))
        ask = sum(Fraction(w) * Fraction(q) for w, q in zip(weights, ask_row, strict=False))
        out.append(_quotient(bid - ask, bid + ask))
    return out


def weighted_mid(bid_price, bid_qty, ask_price, ask_qty):
    """Of rows."""
    out = []
    for row in zip(bid_price, bid_qty, ask_price, ask_qty, strict=True):
        levels = [tuple(map(Fraction, level)) for level in zip(*row, strict=True)]
        value = sum(bp * aq + ap * bq for bp, bq, ap, aq in levels)
        out.append(_quotient(value, sum(bq + aq for _, bq, _, aq in levels)))
    return out


def ofi(bid_price, bid_qty, ask_price, ask_qty):
    states = list(zip(bid_price, bid_qty, ask_price, ask_qty, strict=True))
    out = [NAN] if states else []
    for (bp0, bq0, ap0, aq0), (bp, bq, ap, aq) in itertools.pairwise(states):
        if any(map(math.isnan, (bp0, bq0, ap0, aq0, bp, bq, ap, aq))):
            out.append(NAN)
            continue
        flow = Fraction(0)
        flow += Fraction(bq) if bp >= bp0 else 0
        flow -= Fraction(bq0) if bp <= bp0 else 0
        flow -= Fraction(aq) if ap <= ap0 else 0
        flow += Fraction(aq0) if ap >= ap0 else 0
        out.append(_float(flow))
    return out


def realised_variance(x):
    return _float(sum((Fraction(b) - Fraction(a)) ** 2 for a, b in itertools.pairwise(x)))
