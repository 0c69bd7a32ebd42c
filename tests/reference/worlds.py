"""Random worlds: tapes of both levels, contracts and options."""
import numpy as np
from hypothesis import strategies as st

from .options import Options, Risk, instrument_from
from .tapes import MID, MS, random_tape
from .tapes_l3 import random_tape_l3
from .vocabulary import TRADE


def random_instrument(seed):
    rng = np.random.default_rng(seed)
    inverse = bool(rng.random() < 0.25)
    decimals = [("1", "1", "1"), ("0.1", "0.001", "1"), ("0.25", "1", "50"), ("0.0007", "0.13", "3")]
    tick_size, lot_size, multiplier = decimals[int(rng.integers(len(decimals)))]
    return instrument_from(
        tick_size, lot_size, multiplier, inverse, maker_fee_e9=int(rng.integers(-200_000, 200_000)),
        taker_fee_e9=int(rng.integers(0, 700_000)), depth_limit=int([0, 0, 0, 3, 5][int(rng.integers(5))]),
    )  # fmt: skip


def random_options(seed):
    rng = np.random.default_rng(seed)

    def ms(high):
        return int(rng.integers(0, high + 1)) * MS // 2 if rng.random() < 0.7 else 0

    def pick(*choices):
        return choices[int(rng.integers(len(choices)))]

    queue = {"model": pick("risk_averse", "power", "power2", "power3", "log", "log2"), "n": float(pick(1, 2, 3)),
             "unit": pick("base", "lots"), "exact_back": bool(pick(0, 1))}  # fmt: skip
    impact = None
    if rng.random() < 0.5:
        impact = {"y": 0.8, "sigma_daily": 0.02, "volume_daily": float(pick(2.0, 50.0)),
                  "weights": (0.5, 0.3, 0.2), "taus_s": (0.02, 0.5, float("inf")), "step_ns": 10 * MS}  # fmt: skip
    risk = Risk()
    if rng.random() < 0.5:
        risk = Risk(pick(None, 8), pick(None, 700 * 10**9), pick(None, 0.03), pick(None, 6, 15))
    return Options(
        feed_ns=ms(4), tick_to_trade_ns=ms(3), entry_ns={a: ms(6) for a in ("new", "cancel", "replace")},
        response_ns={a: ms(6) for a in ("new", "cancel", "replace", "fill")}, queue=queue, impact=impact, risk=risk,
        self_trade=pick("cancel_newest", "cancel_oldest", "cancel_both", "reject"), equity_interval_ns=25 * MS,
        markouts_ns=(1, 5 * MS, 40 * MS),
    )  # fmt: skip


@st.composite
def worlds(draw, max_events=60, max_instruments=3, levels=("L2", "L3")):
    """(tapes, instruments, options, strategy seed): everything of one run, small enough to shrink."""
    seed = draw(st.integers(0, 2**32 - 1))
    count = draw(st.integers(1, max_instruments))
    events = draw(st.integers(2, max_events))
    tapes = []
    for i in range(count):
        random = {"L2": random_tape, "L3": random_tape_l3}[draw(st.sampled_from(levels))]
        latency, late = draw(st.sampled_from([0, 4, 12])), draw(st.sampled_from([0.0, 0.15]))
        tapes.append(random([seed, i], events, latency, late, start_ms=3 * i * draw(st.integers(0, 1))))
    instruments = [random_instrument([seed, i, 1]) for i in range(count)]
    for tape in tapes if not any(instrument.inverse for instrument in instruments) else ():
        tape["price_ticks"][tape["kind"] <= TRADE] += draw(st.sampled_from((0, 0, -MID, -2 * MID)))  # around 0, below
    return tapes, instruments, random_options([seed, 2]), seed
