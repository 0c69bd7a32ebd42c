"""The peer benchmarks refuse to compare what is not the same work, and name what they lack."""

import importlib.util
import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from reference.order_book import OrderBook as ReferenceBook

from lumina import MatchEventKind, MatchingEngine

SCRIPT = Path(__file__).resolve().parents[1] / "bench" / "peers" / "backtest.py"


@pytest.fixture(scope="module")
def benchmark_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("peers_backtest", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def work(**changes: Any) -> dict[str, Any]:
    counts = {"rows": 9, "steps": 100, "submits": 1000, "cancels": 500, "bought_lots": 400, "sold_lots": 400}
    return {**counts, "bids": [[100, 5], [99, 7]], "asks": [[101, 3]], **changes}


def test_equal_work_passes(benchmark_script: ModuleType) -> None:
    facts = benchmark_script.check_same_work("l2_market_maker", work(), work(submits=1050, sold_lots=350))
    assert facts[0] == "l2_market_maker: final book equal, 2 bid and 1 ask levels"
    assert "l2_market_maker: submits lumina 1000, peer 1050, gap 4.8% of 10%" in facts


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bids": [[100, 5], [99, 8]]}, "the final bids differ"),
        ({"asks": []}, "the final asks differ"),
        ({"steps": 99}, "steps lumina 100, peer 99"),
        ({"submits": 1200}, "submits lumina 1000, peer 1200, gap 16.7% of 10%"),
        ({"bought_lots": 600}, "bought_lots lumina 400, peer 600, gap 33.3% of 25%"),
    ],
)
def test_other_work_ends_it(benchmark_script: ModuleType, change: dict[str, Any], message: str) -> None:
    with pytest.raises(SystemExit, match=message.replace(".", r"\.")):
        benchmark_script.check_same_work("l2_market_maker", work(), work(**change))


ROOT = Path(__file__).resolve().parents[1]


def collected(*options: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *options]
    out = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout
    return [line for line in out.splitlines() if "::" in line]


def test_benchmark_only_at_the_root_collects_the_benchmarks_and_nothing_else() -> None:
    names = collected("--benchmark-only")
    assert len(names) >= 50
    assert all(name.startswith("bench/") for name in names)
    assert all(name.startswith("tests/test_codes.py") for name in collected("--benchmark-only", "tests/test_codes.py"))


def test_every_part_of_the_long_checks_has_a_name() -> None:
    long = [str(ROOT / ".ci" / "long")]
    names = subprocess.run([*long, "--list"], capture_output=True, text=True, check=True).stdout.split()
    assert {"sanitizers", "reference", "properties", "benchmarks", "fuzz_books"} <= set(names)
    wrong = subprocess.run([*long, "nothing"], capture_output=True, text=True)
    assert (wrong.returncode, "no part nothing; there are: " in wrong.stderr) == (2, True)


def test_a_missing_peer_is_named() -> None:
    if importlib.util.find_spec("hftbacktest") is not None:
        pytest.skip("hftbacktest is installed")
    done = subprocess.run([sys.executable, SCRIPT, "--json"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.strip() == "bench/peers/backtest.py needs the package hftbacktest: pip install '.[peers]'"


PEERS = SCRIPT.parent


def run_peers(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PEERS / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_stream_of_orders_that_is_made_is_valid(tmp_path: Path) -> None:
    """Every message meets a live order, and the books are as live as asked for; the same arguments, the same bytes."""
    for name in ("one", "two"):
        made = run_peers("make_orders_stream.py", tmp_path / name, "--messages", 3000, "--live", 1000, "--books", 3)
        assert made.returncode == 0, made.stderr
    stream = (tmp_path / "one").read_bytes()
    assert stream == (tmp_path / "two").read_bytes()
    magic, messages, warm, books = struct.unpack_from("<8sQQI", stream)
    assert (magic, messages - warm, books) == (b"L3FLOW1\0", 3000, 3)
    reference = [ReferenceBook() for _ in range(books)]
    kinds = set()
    for order_id, new_id, price, lots, number, kind, side in struct.iter_unpack("<QQiIHcB4x", stream[64:]):
        book = reference[number]
        kinds.add(kind)
        if kind == b"A":
            assert book.add(order_id, side, price, lots) == "ok"
        elif kind == b"D":
            assert book.cancel(order_id) == "ok"
        elif kind == b"U":
            assert book.replace(order_id, new_id, price, lots) == "ok"
        else:
            assert book.reduce(order_id, lots) == "ok"
    assert kinds == {b"A", b"D", b"X", b"E", b"U"}
    assert 800 < sum(len(book.orders) for book in reference) < 1200


def test_the_stream_to_match_is_valid(tmp_path: Path) -> None:
    """Every cancel and replace meets a live order, and the trades are what the engine makes of the orders."""
    for name in ("one", "two"):
        made = run_peers("make_match_stream.py", tmp_path / name, "--messages", 3000, "--live", 1000)
        assert made.returncode == 0, made.stderr
    stream = (tmp_path / "one").read_bytes()
    assert stream == (tmp_path / "two").read_bytes()
    magic, messages, warm, books, *totals = struct.unpack_from("<8sQQI12xQQQ", stream)
    assert (magic, messages - warm, books) == (b"L3FLOW1\0", 3000, 1)
    engine, kinds, trades, notional, makersum = MatchingEngine(), set(), 0, 0, 0
    for order_id, new_id, price, lots, _, kind, side in struct.iter_unpack("<QQiIHcB4x", stream[64:]):
        kinds.add(kind)
        if kind == b"L":
            events = engine.submit(order_id, side, price, lots)
        elif kind == b"D":
            events = engine.cancel(order_id)
        else:  # in the stream a replace always loses its place
            assert engine.cancel(order_id)["kind"].tolist() == [MatchEventKind.CANCELLED]
            events = engine.submit(new_id, side, price, lots)
        assert not (events["kind"] == MatchEventKind.REJECTED).any()
        for event in events[events["kind"] == MatchEventKind.TRADED]:
            trades += 1
            notional += int(event["price_ticks"]) * int(event["qty_lots"])
            makersum += int(event["maker_id"]) * int(event["qty_lots"])
    assert kinds == {b"L", b"D", b"U"}
    assert [trades, notional, makersum] == totals
    assert 800 < len(engine) < 1200


def test_the_peers_of_the_core_end_equal(tmp_path: Path) -> None:
    if shutil.which(os.environ.get("CXX", "g++").split()[0]) is None:
        pytest.skip("no C++ compiler")
    cases = ["--case", "r1", "--case", "m1"]
    done = run_peers("core.py", "--messages", 2000, "--runs", 1, *cases, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)["cases"]
    assert set(answer) == {"book_reconstruct_r1", "matching_m1"}
    for case in answer.values():
        assert case["unit"] == "ns/message"
        assert case["ratio"] == pytest.approx(case["peer"] / case["lumina"])


def test_a_stream_that_is_none_is_refused(tmp_path: Path) -> None:
    missing = run_peers("core.py", "--stream", f"r1={tmp_path / 'missing'}")
    assert missing.returncode == 2 and "missing: no such file" in missing.stderr
    unknown = run_peers("core.py", "--stream", "r2=x")
    assert unknown.returncode == 2 and "is not r1=FILE or r100=FILE or m1=FILE" in unknown.stderr


def load_ring_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("peers_ring", PEERS / "ring.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_missing_queue_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    script = load_ring_script()
    monkeypatch.setitem(script.HEADERS, "no/such/header.h", "libnone-dev")
    with pytest.raises(SystemExit, match=r"the cases of rings need Debian's .*libnone-dev"):
        script.check_packages()


def test_rings_are_compared_with_the_best_peer() -> None:
    """The ratio is the median of each run's own."""
    script = load_ring_script()
    runs = [
        {"lumina": 100.0, "lumina_latency": 90.0, "boost": 50.0, "xenium": 40.0},
        {"lumina": 10.0, "lumina_latency": 90.0, "boost": 5.0, "xenium": 40.0},
        {"lumina": 100.0, "lumina_latency": 90.0, "boost": 80.0, "xenium": 40.0},
    ]
    rate = script.summarise(runs, script.RATE)
    assert (rate["lumina_name"], rate["peer_name"], rate["ratio"]) == ("lumina", "boost", 2.0)
    trip = script.summarise([{**run, "floor": 1.0} for run in runs], script.TRIP)
    assert (trip["lumina_name"], trip["peer_name"], trip["ratio"]) == ("lumina_latency", "xenium", 40 / 90)


def test_a_ring_and_its_peers_carry_all_messages() -> None:
    if missing := [name for name in load_ring_script().HEADERS if not (Path("/usr/include") / name).is_file()]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("two cores are needed")
    cases = ["spsc_8b", "mpmc_1p1c"]
    chosen = [word for case in cases for word in ("--case", case)]
    done = run_peers("core.py", "--ring-messages", 20000, "--runs", 1, *chosen, "--json")
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)["cases"]) == cases


def test_pool_and_snapshots_are_timed() -> None:
    if not Path("/usr/include/boost/pool/pool.hpp").is_file():
        pytest.skip("not installed: libboost-dev")
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("two cores are needed")
    cases = ["pool_boost", "pool_malloc", "snapshot"]
    chosen = [word for case in cases for word in ("--case", case)]
    done = run_peers("core.py", "--ring-messages", 20000, "--runs", 1, *chosen, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)["cases"]
    pools = [f"{case}{size}" for case in cases[:2] for size in ("", "_1k", "_20k", "_100k")]
    assert list(answer) == [*pools, "snapshot_48b", "snapshot_160b", "snapshot_320b"]
    for case in cases[:2]:
        assert answer[case]["ratio"] == min(answer[f"{case}_{size}"]["ratio"] for size in ("1k", "20k", "100k"))


def test_the_peers_of_indicators_agree() -> None:
    """On the smallest size; the script itself compares the results before it times them."""
    packages = ("talib", "bottleneck", "polars", "pandas", "scipy")
    missing = [name for name in packages if not importlib.util.find_spec(name)]
    cases = ["--case", "ema_1e4", "--case", "rolling_max_sawtooth_1e4", "--case", "imbalance_1e4"]
    done = run_peers("core.py", "--runs", 1, *cases, "--json")
    if missing:
        assert done.returncode == 1
        assert "the cases of indicators need " in done.stderr
        return
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)["cases"]
    assert set(answer) == set(cases[1::2])
    assert all(case["unit"] == "ns/element" and case["ratio"] > 0 for case in answer.values())
