"""Where a whole number is asked for, a fraction is an error that names it, and is never cut; 2.0 is one."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lumina
from lumina import strategies
from lumina._core import _affinity, _itch, _market, _models, _queue_probe, _strategies, _tape_check, _touch_history

ROWS = np.zeros(1, lumina.EVENT)
TAPE = lumina.EmbeddedMarket(seed=1, hours=0.001).record()
INSTRUMENT = lumina.Instrument("TEST", "0.5", "0.1")
QUOTE = np.dtype([("ts_ns", "i8"), ("price_ticks", "i4"), ("ratio", "f8")])


def spec(**given: Any) -> object:
    times = {name: given.pop(name) for name in ("seed", "start_ns", "length_ns") if name in given}
    arguments = {"seed": 1, "start_ns": 0, "length_ns": 10**9, **times}
    return _market.MarketSpec(*arguments.values(), 0, {**_market.default_parameters(), **given})


def account() -> _models.Account:
    return _models.Account(_models.ContractValue(1))


def fill(**given: Any) -> object:
    arguments = {"side": 0, "price_ticks": 5, "qty_lots": 2, "mid2": 10, "fee_rate_e9": 0, "impact_units": 0, **given}
    return account().on_fill(*arguments.values())


def claimed(n: Any) -> object:
    ring = lumina.SpscRing("i8", 8)
    ring.claim(4)
    return ring.publish(n)


def seen(n: Any) -> object:
    ring = lumina.SpscRing("i8", 8)
    ring.push_many([1, 2, 3])
    ring.peek(3)
    return ring.release(n)


def consumed(n: Any) -> object:
    ring = lumina.Disruptor("i8", 8)
    consumer = ring.consumer()
    ring.push_many([1, 2, 3])
    consumer.peek(3)
    return consumer.release(n)


def follow(**given: Any) -> object:
    arguments = {"lo_ticks": -9, "hi_ticks": 9, "depth_limit": 0, **given}
    empty = np.empty(0, _queue_probe.PROBE), np.empty(0, _queue_probe.SAMPLE)
    slots = arguments.pop("slots", 1)
    return _queue_probe.follow(ROWS, *arguments.values(), True, [], *empty, slots)


CASES: dict[str, tuple[str, Callable[[Any], object]]] = {
    "LatencySampler.from_constant": ("ns", _models.LatencySampler.from_constant),
    "LatencySampler.from_lognormal": ("median_ns", lambda v: _models.LatencySampler.from_lognormal(v, 0.1)),
    "LatencySampler.from_lognormal least": ("min_ns", lambda v: _models.LatencySampler.from_lognormal(9, 0.1, v)),
    "LatencySampler.from_histogram": ("ns", lambda v: _models.LatencySampler.from_histogram([v, 9], [1, 1])),
    "LatencySampler.from_histogram counts": ("counts", lambda v: _models.LatencySampler.from_histogram([1, 9], [v, 1])),
    "LatencySampler seed": ("seed", lambda v: _models.LatencySampler.from_lognormal(9, 0.1, seed=v)),
    "LatencySampler stream": ("stream", lambda v: _models.LatencySampler.from_histogram([1], [1], stream=v)),
    "LatencySampler.sample": ("n", lambda v: _models.LatencySampler.from_constant(1).sample(v)),
    "TransientImpact": ("step_ns", lambda v: _models.TransientImpact(1, 0.1, 10, [1], [1], v)),
    "TransientImpact.decay_to": ("ts_ns", lambda v: _models.TransientImpact(1, 0.1, 10, [1], [1]).decay_to(v)),
    "TransientImpact.next_grid": ("ts_ns", lambda v: _models.TransientImpact(1, 0.1, 10, [1], [1]).next_grid(v)),
    "ContractValue": ("num", _models.ContractValue),
    "ContractValue den": ("den", lambda v: _models.ContractValue(1, v)),
    "ContractValue.value": ("price2", lambda v: _models.ContractValue(1).value(v, 1)),
    "ContractValue.value lots": ("qty_lots", lambda v: _models.ContractValue(1).value(1, v)),
    "ContractValue.position_value": ("price2", lambda v: _models.ContractValue(1).position_value(v, 1)),
    "ContractValue.cost": ("price2", lambda v: _models.ContractValue(1).cost(v, 0.5)),
    "fee": ("rate_e9", lambda v: _models.fee(v, 1)),
    "fee value": ("value", lambda v: _models.fee(1, v)),
    "Account.mark": ("mid2", lambda v: account().mark(v)),
    "Account.funding": ("rate_e9", lambda v: account().funding(v, 10)),
    "Account.liquidation": ("price2", lambda v: account().liquidation(v)),
    **{
        f"Account.on_fill {name}": (name, lambda v, name=name: fill(**{name: v}))
        for name in ("price_ticks", "qty_lots", "mid2", "fee_rate_e9", "impact_units")
    },
    **{
        f"MarketSpec {name}": (name, lambda v, name=name: spec(**{name: v}))
        for name in (
            "seed",
            "start_ns",
            "length_ns",
            "max_lots",
            "start_price",
            "start_levels",
            "start_lots",
            "start_step",
            "fresh_lots",
            "fresh_distance",
        )
    },
    "Recording.run": ("events", lambda v: _market.Recording(spec()).run(v)),
    "stock_text": ("stock", _itch.stock_text),
    "ItchReader": ("tick_units", lambda v: _itch.ItchReader([], v)),
    "ItchReader port": ("port", lambda v: _itch.ItchReader([], 100, port=v)),
    "ItchReader.begin": ("midnight_ns", lambda v: _itch.ItchReader([], 100).begin(False, v, True, False)),
    "Callback": ("address", lambda v: _strategies.Callback(v, 1, 1, 0)),
    "Callback mask": ("wake_mask", lambda v: _strategies.Callback(4096, v, 1, 0)),
    "Callback interval": ("interval_ns", lambda v: _strategies.Callback(4096, 1, v, 0)),
    "Callback user": ("user", lambda v: _strategies.Callback(4096, 1, 1, v)),
    "strategies.Callback interval": ("interval_ns", lambda v: strategies.Callback(4096, interval_ns=v)),
    "strategies.Callback user": ("user", lambda v: strategies.Callback(4096, user=v)),
    "check": ("min_price_ticks", lambda v: _tape_check.check(ROWS, v, 9)),
    "check high": ("max_price_ticks", lambda v: _tape_check.check(ROWS, 0, v)),
    "touch_history": ("lo_ticks", lambda v: _touch_history.touch_history(ROWS, v, 9)),
    **{
        f"follow {name}": (name, lambda v, name=name: follow(**{name: v}))
        for name in ("lo_ticks", "hi_ticks", "depth_limit", "slots")
    },
    "SpscRing": ("capacity", lambda v: lumina.SpscRing("i8", v)),
    "SpscRing.claim": ("n", lambda v: lumina.SpscRing("i8", 8).claim(v)),
    "SpscRing.publish": ("n", claimed),
    "SpscRing.release": ("n", seen),
    "DisruptorConsumer.release": ("n", consumed),
    "SpscRing.push": ("item", lambda v: lumina.SpscRing("i8", 8).push(v)),
    "SpscRing.push field": ("price_ticks", lambda v: lumina.SpscRing(QUOTE, 8).push((1, v, 0.5))),
    "MpmcRing.push_many": ("item", lambda v: lumina.MpmcRing("i8", 8).push_many([1, v])),
    "MpmcRing.push_many fields": ("ts_ns", lambda v: lumina.MpmcRing(QUOTE, 8).push_many([(v, 1, 0.5)])),
    "MemoryPool": ("capacity", lambda v: lumina.MemoryPool(QUOTE, v)),
    "Instrument.price": ("ticks", INSTRUMENT.price),
    "Instrument.qty": ("lots", INSTRUMENT.qty),
    "Tape depth": ("depth_limit", lambda v: lumina.Tape(TAPE.events, INSTRUMENT, depth_limit=v)),
    "Tape window": ("counted_window_ns", lambda v: lumina.Tape(TAPE.events, INSTRUMENT, counted_window_ns=v)),
    "Tape ids": ("order_ids", lambda v: lumina.Tape(TAPE.events, INSTRUMENT, order_ids=[v] * len(TAPE))),
    "Account.on_fill side": ("side", lambda v: fill(side=v - 1)),
    "ContractValue.position_value lots": ("qty_lots", lambda v: _models.ContractValue(1).position_value(1, v)),
    "choose": ("without", lambda v: _affinity.choose("/", 1, -1, [v])),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fraction_is_an_error_that_names_it(case: str) -> None:
    name, call = CASES[case]
    for value in (2.5, np.float64(0.5), float("nan")):
        with pytest.raises((ValueError, lumina.LuminaError), match=rf"{name}\b.*(whole number|{value})"):
            call(value)
    with pytest.raises((TypeError, ValueError, lumina.LuminaError)):
        call("two")


@pytest.mark.parametrize("case", CASES)
def test_a_whole_float_is_the_number(case: str) -> None:
    _, call = CASES[case]
    for value in (2.0, np.float32(2), np.int16(2)):
        call(value)
