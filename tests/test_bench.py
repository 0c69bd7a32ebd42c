"""The peer benchmark refuses to compare what is not the same work, and names what it lacks."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

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


def test_a_missing_peer_is_named() -> None:
    if importlib.util.find_spec("hftbacktest") is not None:
        pytest.skip("hftbacktest is installed")
    done = subprocess.run([sys.executable, SCRIPT, "--json"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.strip() == "bench/peers/backtest.py needs the package hftbacktest: pip install '.[peers]'"
