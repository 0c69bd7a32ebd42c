"""What a result is in a notebook: short, comparable, and a table of other libraries."""

import numpy as np
import pytest

import lumina
from lumina.errors import ConfigError, LuminaError
from lumina.strategies import Symmetric

TABLES = ("fills", "orders", "order_events", "equity")


@pytest.fixture(scope="module")
def result():
    return lumina.backtest(lumina.EmbeddedMarket(seed=1, hours=0.05), Symmetric())


def test_it_prints_in_a_line_and_as_a_small_table(result):
    text = repr(result)
    assert len(text) < 400
    assert "\n" not in text
    assert f"fills {len(result.fills)}" in text
    assert result.digest in text
    html = result._repr_html_()
    assert html.startswith("<table>")
    assert len(html) < 2_000
    assert "P&amp;L" in html


def test_results_are_equal_by_digest_and_hashable(result):
    again = lumina.backtest(lumina.EmbeddedMarket(seed=1, hours=0.05), Symmetric())
    other = lumina.backtest(lumina.EmbeddedMarket(seed=2, hours=0.05), Symmetric())
    assert result == again
    assert result != other
    assert result != result.digest
    assert len({result, again, other}) == 2


@pytest.mark.parametrize("table", TABLES)
def test_every_array_has_plain_columns_only(result, table):
    pandas = pytest.importorskip("pandas")
    rows = getattr(result, table)
    assert all(rows.dtype[name].shape == () for name in rows.dtype.names)
    assert len(pandas.DataFrame(rows)) == len(rows)
    joined = np.concatenate([rows[:5], rows[5:]])
    assert joined.tobytes() == rows.tobytes()  # nothing hides between the columns


@pytest.mark.parametrize("dtype", [lumina.EVENT, lumina.MATCH_EVENT, lumina.MATCH_MESSAGE, lumina.ORDER_MESSAGE])
def test_so_have_the_rows_of_tapes_and_books(dtype):
    assert all(dtype[name].shape == () for name in dtype.names)


def test_a_table_is_in_the_markets_units(result):
    pandas = pytest.importorskip("pandas")
    fills, instrument = result.to_pandas(), result.instruments[0]
    assert list(fills.columns[:3]) == ["symbol", "ts", "report_ts"]
    assert str(fills["ts"].dt.tz) == "UTC"
    assert fills["ts"][0] == pandas.Timestamp(int(result.fills["ts_ns"][0]), tz="UTC")
    assert fills["price"].tolist() == [instrument.price(ticks) for ticks in result.fills["price_ticks"]]
    assert fills["qty"].tolist() == [instrument.qty(lots) for lots in result.fills["qty_lots"]]
    assert fills["fee"].tolist() == (result.fills["fee_units"] / 1e9).tolist()
    assert set(fills["side"]) <= {"buy", "sell"}
    assert set(fills["cause"]) <= {"at", "through", "cross", "taker"}
    orders = result.to_pandas("orders")
    assert orders["ack_ts"].isna().tolist() == (result.orders["ack_ts_ns"] == 0).tolist()
    assert set(orders["type"]) == {"post_only"}
    assert (result.to_pandas("equity")["mid"] > 0).all()


@pytest.mark.parametrize("table", TABLES)
def test_raw_is_ticks_and_lots(result, table):
    pytest.importorskip("pandas")
    frame = result.to_pandas(table, raw=True)
    rows = getattr(result, table)
    assert not [name for name in frame if "reserved" in name]
    for name in frame.columns[1:]:
        np.testing.assert_array_equal(frame[name].to_numpy(), rows[name])


@pytest.mark.parametrize("table", TABLES)
def test_the_libraries_agree(result, table):
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    frame, table_of_polars, arrow = result.to_pandas(table), result.to_polars(table), result.to_arrow(table)
    assert list(frame.columns) == table_of_polars.columns == arrow.column_names
    assert len(frame) == table_of_polars.height == arrow.num_rows
    first = "ts" if "ts" in frame else "decision_ts"
    assert table_of_polars.schema[first] == polars.Datetime("ns", "UTC")
    assert str(arrow.schema.field(first).type) == "timestamp[ns, tz=UTC]"
    pandas.testing.assert_series_equal(
        frame[first], arrow.column(first).to_pandas().rename(first), check_dtype=False
    )
    number = "price" if "price" in frame else "mid"
    assert frame[number].tolist() == table_of_polars[number].to_list() == arrow.column(number).to_pylist()


def test_a_run_without_fills_has_empty_tables():
    pytest.importorskip("pandas")

    class Idle:
        def on_start(self, ctx, event): ...

    empty = lumina.backtest(lumina.EmbeddedMarket(seed=1, hours=0.001), Idle())
    assert len(empty.to_pandas()) == 0
    assert "price" in empty.to_pandas()
    assert "fills 0" in repr(empty)


def test_what_is_no_table_is_named(result):
    pytest.importorskip("pandas")
    with pytest.raises(ConfigError, match="table = 'trades': must be one of fills, orders, order_events, equity"):
        result.to_pandas("trades")


def test_a_library_that_is_not_there_is_named(result, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(LuminaError, match="polars is not installed: pip install polars"):
        result.to_polars()
