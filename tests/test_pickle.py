"""What worker processes are sent: tapes as path and checksum, everything else by value; a run there is the run here."""

import copy
import multiprocessing
import os
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

import lumina
from lumina.errors import DataError
from lumina.strategies import GLFT, AvellanedaStoikov, Symmetric


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    file = tmp_path_factory.mktemp("pickled") / "tape.lumina"
    lumina.EmbeddedMarket(seed=1, hours=0.02).record().save(file)
    return file


def again(value):
    return pickle.loads(pickle.dumps(value))


def histogram():
    made = lumina.Histogram()
    made.record_many(np.arange(1000) ** 2)
    return made


VALUES = {
    "instrument": lumina.Instrument("X", "0.1", 1, money_digits=2),
    "latency": lumina.Latency(entry={"model": "lognormal", "median_ns": 5, "sigma": 0.1}),
    "queue": lumina.Queue("log"),
    "risk": lumina.Risk(max_order_lots=4),
    "limits": lumina.RiskLimits(max_order_lots=4),
    "impact": lumina.Impact(0.02, 1e6),
    "market": lumina.EmbeddedMarket(seed=5, hours=0.5, max_lots=70),
    "histogram": histogram(),
    "avellaneda_stoikov": AvellanedaStoikov(gamma=0.3),
    "glft": GLFT(levels=2),
    "result": lumina.backtest(lumina.EmbeddedMarket(seed=1, hours=0.01), Symmetric()),
}


@pytest.mark.parametrize("name", VALUES)
def test_it_arrives_equal(name):
    value = VALUES[name]
    assert again(value) == value
    assert copy.deepcopy(value) == value


def test_a_tape_of_a_file_travels_as_its_path(path):
    tape = lumina.Tape.open(path)
    assert len(pickle.dumps(tape)) < 2_000 < os.path.getsize(path)
    there = again(tape)
    assert there.path == path
    assert there.events.tobytes() == tape.events.tobytes()
    assert not there.events.flags.writeable
    other = tape.with_instrument(lumina.Instrument("OTHER", 2, 3))
    assert again(other).instrument == other.instrument
    assert not again(lumina.Tape.open(path, verify=False)).verified


def test_a_tape_in_memory_travels_with_its_rows_read_only(path):
    opened = lumina.Tape.open(path)
    tape = lumina.Tape(opened.events.copy(), opened.instrument, order_ids=opened.order_ids)
    there = again(tape)
    assert there.events.tobytes() == tape.events.tobytes()
    assert there.header == tape.header
    for array in (there.events, there.order_ids):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


def test_another_file_in_its_place_is_refused(path, tmp_path):
    file = tmp_path / "tape.lumina"
    file.write_bytes(path.read_bytes())
    sent = pickle.dumps(lumina.Tape.open(file))
    lumina.EmbeddedMarket(seed=2, hours=0.02).record().save(file)
    with pytest.raises(DataError, match="is another tape than the one that was pickled"):
        pickle.loads(sent)


def test_a_run_in_a_spawned_worker_is_the_run_here(path):
    latency = lumina.Latency(entry=histogram().to_empirical())
    jobs = [
        (lumina.Tape.open(path), AvellanedaStoikov(), latency),
        (lumina.EmbeddedMarket(seed=3, hours=0.01), Symmetric(), lumina.Latency()),
    ]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        asked = [pool.submit(lumina.backtest, market, strategy, latency=late) for market, strategy, late in jobs]
        there = [result.result() for result in asked]
    here = [lumina.backtest(market, strategy, latency=late) for market, strategy, late in jobs]
    assert [result.digest for result in there] == [result.digest for result in here]
    assert all(len(result.fills) for result in there)
