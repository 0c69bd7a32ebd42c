"""Times of Databento's records: orders from before the session, which no row could date."""

import numpy as np
import pytest

import lumina
from lumina import Kind
from lumina.errors import DataError
from tests.data.test_databento_orders import LAST, START, A, load, rows  # noqa: F401

SECOND = 10**9


def times(tape):
    """Exchange times after START and latencies, both in ns."""
    return [
        (exch - START, latency)
        for exch, latency in zip(tape.events["exch_ts_ns"].tolist(), tape.events["latency_ns"].tolist(), strict=True)
    ]


def old(side, price, size, id_, age_s, at=0, flags=0):
    """An order of `age_s` seconds before it was received."""
    return ("A", side, price, size, id_, flags, at - age_s * SECOND, age_s * SECOND)


def test_orders_from_before_the_session_are_dated_by_receipt(data_dir):
    # four orders, 60 to 670 s old when the session began and they were sent
    pytest.importorskip("databento_dbn")
    path = data_dir / "reported" / "ndex_mbo_recovered_orders.dbn.zst"
    tape = lumina.load(path, tick_size="0.005", order_ids=True)
    assert tape.events["exch_ts_ns"].tolist() == [1705561200060097065] * 4
    assert tape.events["latency_ns"].tolist() == [0] * 4
    assert tape.order_ids.tolist() == [220000506, 220000466, 220000519, 220000517]
    assert (tape.events["price_ticks"] * 5).tolist() == [27055, 24550, 18470, 29695]
    assert tape.provenance["counts"]["dated_by_receipt"] == 4
    assert "data: 4 records from before the session are dated by their receipt" in map(str, tape.notes)
    shifted = lumina.load(path, tick_size="0.005", clock="shift", min_latency_ns=1000)
    assert shifted.header["latency_ns"][0] == 1000


def test_what_happens_next_is_not_after_them(load):  # noqa: F811
    tape = load(
        old("B", 10.0, 1, 1, 600, at=5000),
        old("B", 9.0, 1, 2, 60, at=5000, flags=LAST),
        A("A", 11.0, 1, 3, LAST, 4500, 1000),
    )
    assert times(tape) == [(4500, 500), (4500, 500), (4500, 1000)]


def test_changes_of_such_orders_and_of_unknown_ones(load):  # noqa: F811
    def of_before(action, side, price, size, id_, age_s, flags=0):
        return (action, side, price, size, id_, flags, -age_s * SECOND, age_s * SECOND)

    tape = load(
        old("B", 10.0, 5, 1, 600),
        of_before("M", "B", 10.0, 3, 1, 500),
        of_before("M", "A", 12.0, 4, 8, 400),  # of an order that was not told: it is one from now on
        of_before("C", "B", 9.0, 4, 9, 300),
        of_before("T", "A", 10.0, 1, 0, 200),
        of_before("F", "B", 10.0, 1, 1, 200),
        of_before("C", "B", 10.0, 1, 1, 200, LAST),
        A("A", 11.0, 2, 4, LAST, 10, 1000),
    )
    assert set(times(tape)) == {(0, 0), (10, 1000)}
    book = lumina.DepthBook()
    book.apply(tape.events, view="exchange")
    assert (book.best_bid, book.best_ask) == ((20, 2), (22, 2))
    assert tape.provenance["counts"]["dated_by_receipt"] == 7


def test_each_session_of_a_run_may_begin_so(load):  # noqa: F811
    day = 86_400 * SECOND
    tape = load(
        [A("B", 10.0, 1, 1, LAST, 100, 1000)],
        [old("B", 9.0, 1, 2, 3600, at=day, flags=LAST), A("A", 11.0, 1, 3, LAST, day + 5, 1000)],
        [old("B", 8.0, 1, 4, 30, at=2 * day, flags=LAST), A("A", 12.0, 1, 5, LAST, 2 * day + 5, 1000)],
    )
    assert [exch for exch, _ in times(tape)] == [100, day, day + 5, 2 * day, 2 * day + 5]


def test_a_feed_that_falls_behind_is_an_error_as_before(load):  # noqa: F811
    lag = [("A", "B", 10.0, 1, i + 1, LAST, i * SECOND, i * 3 * SECOND // 2) for i in range(1, 8)]
    with pytest.raises(DataError, match=r"line 8: latency 10500000000 ns does not fit a row"):
        load(*lag)


def test_a_clock_that_is_off_is_an_error_and_can_be_shifted(load):  # noqa: F811
    records = [A("B", 10.0, 1, i, LAST, 9 * i, 600 * SECOND + i % 3) for i in range(1, 9)]
    with pytest.raises(DataError, match='if the local clock is off, clock="shift" with min_latency_ns'):
        load(*records)
    tape = load(*records, clock="shift", min_latency_ns=7)
    assert [latency for _, latency in times(tape)] == [7 + i % 3 for i in range(1, 9)]
    assert "dated_by_receipt" not in tape.provenance["counts"]


def test_under_a_shifted_clock_too(load):  # noqa: F811
    live = [A("B", 10.0, 1, i, LAST, i, 600 * SECOND) for i in range(5, 9)]
    early = ("A", "B", 9.0, 1, 1, LAST, -3000 * SECOND, 3600 * SECOND)
    tape = load(early, *live, clock="shift", min_latency_ns=0)
    assert times(tape)[0] == (5, 0)
    assert tape.provenance["counts"]["dated_by_receipt"] == 1


def test_prints_alone_are_dated_so_too(tmp_path):
    header = "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,price,size,flags,sequence"
    path = tmp_path / "x.csv"
    lines = [f"{START},{START - 60 * SECOND},0,1,7,T,B,10.5,1,0,1", f"{START + 9},{START + 5},0,1,7,T,A,10.0,1,0,2"]
    path.write_text("\n".join([header, *lines]) + "\n")
    tape = lumina.load(path, tick_size="0.5")
    assert tape.events["kind"].tolist() == [Kind.TRADE] * 2
    assert (np.asarray(tape.events["exch_ts_ns"]) - START).tolist() == [0, 5]
