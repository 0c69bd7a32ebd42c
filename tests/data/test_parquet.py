"""Tables in Parquet, against the same table as CSV."""

import csv
from datetime import UTC, datetime

import numpy as np
import pytest

import lumina
from lumina.errors import DataError

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

NS = 1_700_000_000_123_456_789


def write(path, **columns):
    pq.write_table(pa.table(columns), path, row_group_size=2)
    return path


@pytest.mark.parametrize(
    "name",
    ["tardis_coinbase_SKL-USD_far_ask.csv", "coinbase_iso_time_epoch_local.csv", "tardis_bitmex_XBTUSD_inverse.csv"],
)
@pytest.mark.parametrize("typed", [False, True])
def test_a_recording_is_the_same_as_its_csv(data_dir, tmp_path, name, typed):
    path = data_dir / "reported" / name
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    if typed:
        for key in columns:
            if key in ("price", "amount", "size"):
                columns[key] = [float(text) for text in columns[key]]
            elif key in ("timestamp", "local_timestamp"):
                columns[key] = [int(text) for text in columns[key]]
            elif key == "is_snapshot":
                columns[key] = [text == "true" for text in columns[key]]
            elif key == "time":
                columns[key] = pa.array(
                    [datetime.fromisoformat(text) for text in columns[key]], pa.timestamp("us", tz="UTC")
                )
    own = write(tmp_path / "t.parquet", **columns)
    tape, expected = lumina.load(own, symbol="X") if "iso" in name else lumina.load(own), lumina.load(path)
    assert tape.events.tolist() == expected.events.tolist()
    assert tape.instrument.tick_size == expected.instrument.tick_size


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (pa.array([NS, NS + 1], pa.timestamp("ns")), [NS, NS + 1]),
        (pa.array([NS, NS + 1], pa.timestamp("ns", "Asia/Tokyo")), [NS, NS + 1]),
        (
            pa.array([NS // 1000, NS // 1000 + 1], pa.timestamp("us", "UTC")),
            [NS // 1000 * 1000, NS // 1000 * 1000 + 1000],
        ),
        (pa.array([NS, NS + 1], pa.int64()), [NS, NS + 1]),
        (pa.array([1_700_000_000.5, 1_700_000_001.0]), [1_700_000_000_500_000_000, 1_700_000_001_000_000_000]),
    ],
)
def test_times(tmp_path, times, expected):
    path = write(tmp_path / "t.parquet", time=times, side=["buy", "sell"], price=[1.5, 2.0], size=[1, 2])
    tape = lumina.load(path, "csv", rows="book")
    assert tape.events["exch_ts_ns"].tolist() == expected


def test_a_naive_time_is_local_where_a_zone_is_given(tmp_path):
    times = pa.array([datetime(2024, 7, 3, 9, 30)], pa.timestamp("us"))
    path = write(tmp_path / "t.parquet", time=times, side=["buy"], price=[1.5], size=[1])
    tape = lumina.load(path, "csv", rows="book", time_zone="America/New_York")
    right = datetime(2024, 7, 3, 13, 30, tzinfo=UTC)
    assert tape.events["exch_ts_ns"].tolist() == [int(right.timestamp()) * 10**9]


def test_floats_of_32_bits_have_no_noise(tmp_path):
    prices = np.array([686.4, 686.45], np.float32)
    path = write(tmp_path / "t.parquet", time=[NS, NS + 1], side=["buy", "sell"], price=prices, size=[1, 2])
    tape = lumina.load(path, "csv", rows="book")
    assert tape.events["price_ticks"].tolist() == [68640, 68645]


def test_errors_name_row_and_column(tmp_path):
    path = write(tmp_path / "t.parquet", time=[NS] * 3, side=["buy", "sell", "x"], price=[1.5] * 3, size=[1] * 3)
    with pytest.raises(DataError, match=r"t\.parquet: row 3: column side: 'x' is none of"):
        lumina.load(path, "csv", rows="book")
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(DataError, match=r"t\.parquet: broken Parquet: "):
        lumina.load(path, "csv", rows="book")
    with pytest.raises(DataError, match="column price: type list"):
        lumina.load(write(path, time=[NS], side=["buy"], price=[[1.5]], size=[1]), "csv", rows="book")


def test_a_null_is_no_number(tmp_path):
    path = write(tmp_path / "t.parquet", time=[NS] * 2, side=["buy", "sell"], price=[1.5, None], size=[1, 1])
    with pytest.raises(DataError, match=r"row 2: column price: '' is not a plain decimal"):
        lumina.load(path, "csv", rows="book", tick_size="0.5")
