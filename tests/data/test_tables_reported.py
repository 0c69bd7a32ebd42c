"""Cuts of recordings that could not be read, or were read wrongly, against what their own rows say."""

import csv
from datetime import datetime
from fractions import Fraction

import pytest

import lumina


@pytest.fixture
def reported(data_dir):
    return data_dir / "reported"


def rows_of(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_the_tick_of_a_future_is_a_quarter(reported):
    tape = lumina.load(reported / "es_l3_tick025.csv")
    assert tape.instrument.tick_size == Fraction(1, 4)
    prices = {Fraction(row["price"]) for row in rows_of(reported / "es_l3_tick025.csv") if row["price"]}
    assert all((price * 4).denominator == 1 for price in prices)
    assert tape.validate().ok


def test_each_time_column_has_its_own_unit(reported):
    path = reported / "coinbase_iso_time_epoch_local.csv"
    rows = rows_of(path)
    tape = lumina.load(path, symbol="YFI-BTC")
    told = lumina.load(path, symbol="YFI-BTC", time_unit="time=iso,local_time=us")
    assert (told.events == tape.events).all()
    local = {int(row["local_time"]) * 1000 for row in rows}
    exch = {round(datetime.fromisoformat(row["time"]).timestamp() * 10**6) * 1000 for row in rows}
    events = tape.events
    assert set(events["exch_ts_ns"].tolist()) <= exch
    assert set((events["exch_ts_ns"] + events["latency_ns"]).tolist()) <= local
    assert tape.validate().ok
