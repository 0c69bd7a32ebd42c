"""The matching engine from Python: rows, arguments and answers. Its rules are tested event by event in C++."""

import numpy as np
import pytest

import lumina
from lumina import MatchEventKind, MatchingEngine, MatchKind, MatchReason, OrderType, Side


def rows(events):
    """(kind, reason, maker, taker, price, lots, left, side) of each event."""
    names = ("kind", "reason", "maker_id", "taker_id", "price_ticks", "qty_lots", "left_lots", "side")
    return [tuple(int(event[name]) for name in names) for event in events]


def test_a_day_by_hand():
    engine = MatchingEngine(self_trade="cancel_both")
    assert engine.best_bid is None and engine.best_ask is None and len(engine) == 0
    assert rows(engine.submit(1, "buy", 100, 10, owner=3)) == [(MatchEventKind.RESTED, 0, 1, 0, 100, 10, 10, 0)]
    engine.submit(2, Side.BUY, 100, 20, "post_only")
    engine.submit(3, "sell", 102, 5, OrderType.LIMIT, owner=4)
    assert (engine.best_bid, engine.best_ask) == ((100, 30), (102, 5))
    assert engine.order(1) == ("buy", 100, 10, 3) and engine.order(9) is None
    events = engine.submit(4, "sell", None, 12, "market", owner=65535)
    assert rows(events) == [
        (MatchEventKind.TRADED, 0, 1, 4, 100, 10, 0, Side.BUY),
        (MatchEventKind.TRADED, 0, 2, 4, 100, 2, 18, Side.BUY),
    ]
    assert events["owner"].tolist() == [3, 0] and events["taker_owner"].tolist() == [65535] * 2
    assert rows(engine.replace(2, 5, 100, 8)) == [(MatchEventKind.REDUCED, 0, 2, 5, 100, 8, 8, Side.BUY)]
    assert rows(engine.replace(3, 3, 101, 6, "post_only")) == [
        (MatchEventKind.REPLACED, 0, 3, 3, 101, 6, 0, Side.SELL),
        (MatchEventKind.RESTED, 0, 3, 0, 101, 6, 6, Side.SELL),
    ]
    assert rows(engine.submit(6, "buy", 101, 9, "ioc", owner=4)) == [
        (MatchEventKind.CANCELLED, MatchReason.SELF_MATCH, 3, 0, 101, 6, 0, Side.SELL),
        (MatchEventKind.KILLED, MatchReason.SELF_MATCH, 0, 6, 101, 9, 0, Side.BUY),
    ]
    assert rows(engine.cancel(7)) == [(MatchEventKind.REJECTED, MatchReason.UNKNOWN_ID, 0, 7, 0, 0, 0, Side.NONE)]
    engine.submit(8, "buy", 100, 1, owner=4)
    engine.submit(9, "buy", 100, 2, owner=5)
    engine.submit(10, "sell", 103, 1, owner=4)
    ids, lots = engine.orders(100)
    assert ids.tolist() == [5, 8, 9] and lots.tolist() == [8, 1, 2] and engine.queue_ahead(9) == 9
    assert [levels.tolist() for levels in engine.depth(3)] == [[[100, 11, 3]], [[103, 1, 1]]]
    assert engine.mass_cancel(4, "buy")["maker_id"].tolist() == [8]
    assert engine.mass_cancel(4)["maker_id"].tolist() == [10]
    assert len(engine) == 2 and 9 in engine and 8 not in engine


def test_phase_and_band():
    engine = MatchingEngine()
    assert engine.phase == "continuous" and engine.band is None
    engine.band = (90, 110)
    assert engine.band == (90, 110)
    assert engine.submit(1, "buy", 111, 1)["reason"].tolist() == [MatchReason.PRICE_BAND]
    engine.band = None
    engine.submit(1, "buy", 111, 1)
    engine.phase = "halt"
    assert engine.phase == "halt"
    assert engine.submit(2, "buy", 111, 1)["reason"].tolist() == [MatchReason.HALTED]
    assert engine.cancel(1)["kind"].tolist() == [MatchEventKind.CANCELLED]
    engine.phase = lumina.Phase.CONTINUOUS
    assert engine.submit(2, "buy", 111, 1)["kind"].tolist() == [MatchEventKind.RESTED]


def test_a_batch_tells_which_message_did_it():
    messages = np.zeros(6, lumina.MATCH_MESSAGE)
    messages["kind"] = [MatchKind.NEW, MatchKind.NEW, MatchKind.MASS_CANCEL, MatchKind.REPLACE, MatchKind.CANCEL, 77]
    messages["order_id"] = [1, 2, 0, 1, 3, 4]
    messages["new_id"] = [0, 0, 0, 3, 0, 0]
    messages["price_ticks"] = [100, 100, 0, 101, 0, 0]
    messages["qty_lots"] = [5, 2, 0, 4, 0, 0]
    messages["side"] = [1, 0, 2, 9, 9, 0]
    messages["owner"] = [7, 0, 6, 0, 0, 0]
    messages["type"] = [OrderType.LIMIT, OrderType.FOK, 0, OrderType.POST_ONLY, 9, 0]
    messages.flags.writeable = False
    events = MatchingEngine().apply(messages)
    assert events.dtype == lumina.MATCH_EVENT
    kinds = MatchEventKind
    assert list(zip(events["message"].tolist(), events["kind"].tolist(), strict=True)) == [
        (0, kinds.RESTED),
        (1, kinds.TRADED),
        (3, kinds.REPLACED),
        (3, kinds.RESTED),
        (4, kinds.CANCELLED),
        (5, kinds.REJECTED),
    ]
    assert events["owner"].tolist() == [7, 7, 7, 7, 7, 0] and events["reason"][-1] == MatchReason.INVALID
    assert MatchingEngine().apply(messages[:0]).shape == (0,)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda e: e.submit(-1, "buy", 1, 1), ValueError, "order_id -1 is not in [0, 2^64)"),
        (lambda e: e.submit(1, Side.NONE, 1, 1), ValueError, "is neither 'buy' (0) nor 'sell' (1)"),
        (lambda e: e.submit(1, "buy", 2**31, 1), ValueError, "price_ticks 2147483648 is not in [-2147483648,"),
        (lambda e: e.submit(1, "buy", None, 1), TypeError, "price_ticks = None: must be a whole number"),
        (lambda e: e.submit(1, "buy", 1, 1, "day"), ValueError, "type 'day' is none of limit, post_only"),
        (lambda e: e.submit(1, "buy", 1, 1, owner=65536), ValueError, "owner 65536 is not in [0, 65535]"),
        (lambda e: e.mass_cancel(-1), ValueError, "owner -1 is not in [0, 65535]"),
        (lambda e: e.mass_cancel(1, "x"), ValueError, "side 'x' is neither"),
        (lambda e: e.replace(1, 2**64, 1, 1), ValueError, "new_id 18446744073709551616 is not in"),
        (lambda e: e.depth(0), ValueError, "n 0 is below 1"),
        (lambda e: setattr(e, "phase", "auction"), ValueError, "phase 'auction' is neither"),
        (lambda e: setattr(e, "band", (2, 1)), ValueError, "band (2, 1): the lowest price is above"),
        (lambda e: MatchingEngine(-1), ValueError, "orders -1 is not in [0, 4294967294]"),
        (lambda e: MatchingEngine(self_trade="x"), ValueError, "self_trade 'x' is none of cancel_newest"),
        (lambda e: e.apply(np.zeros(2, lumina.EVENT)), ValueError, "Buffer dtype mismatch"),
    ],
)
def test_bad_arguments_are_named(call, error, text):
    with pytest.raises(error) as caught:
        call(MatchingEngine())
    assert text in str(caught.value)
