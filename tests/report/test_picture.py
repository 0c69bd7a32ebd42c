"""The picture is written, of the right size, whatever the run; what it shows is checked by eye."""

import struct
import subprocess
import sys

import numpy as np
import pytest

from lumina._core._types import EQUITY, FILL, ORDER, ORDER_EVENT
from lumina.errors import LuminaError
from lumina.report import picture


def size(path):
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", head[16:24])


@pytest.fixture(autouse=True)
def _needs_matplotlib():
    pytest.importorskip("matplotlib", reason="the extra `report` is not installed")


@pytest.mark.parametrize("orders", [600, 25_000])
def test_a_run_becomes_a_picture(random_run, tmp_path, orders):
    picture.draw(random_run(seconds=2000, orders=orders), tmp_path / "run.png", title="BTCUSDT  glft")
    assert size(tmp_path / "run.png") == (picture.WIDTH_PX, picture.HEIGHT_PX)


def test_a_run_of_nothing_becomes_a_picture(random_run, tmp_path):
    result = random_run()
    for name, dtype in (("fills", FILL), ("orders", ORDER), ("order_events", ORDER_EVENT), ("equity", EQUITY)):
        setattr(result, name, np.zeros(0, dtype))
    picture.draw(result, tmp_path / "run.png")
    assert size(tmp_path / "run.png")[0] == picture.WIDTH_PX


def test_quote_lifetimes_follow_an_order_through_its_replaces(random_run):
    result = random_run()
    log = np.zeros(9, ORDER_EVENT)
    # 1 requested, accepted; 2 accepted; 1 replaced, filled; 3 accepted; 2 cancelled; 4 accepted; 3 cancelled
    log["order_id"] = [1, 1, 2, 1, 1, 3, 2, 4, 3]
    log["action"] = [0, 3, 3, 7, 5, 3, 6, 3, 6]
    log["ts_ns"] = [0, 10, 15, 20, 30, 35, 40, 45, 50]
    log["price_ticks"] = [100, 100, 105, 101, 101, 99, 105, 98, 99]
    log["leaves_lots"] = [5, 5, 5, 5, 0, 5, 0, 5, 0]
    result.order_events = log
    starts, ends, prices, _ = picture.quote_lifetimes(result, 0)
    assert list(zip(starts.tolist(), ends.tolist(), prices.tolist(), strict=True)) == [
        (10, 20, 100), (20, 30, 101), (15, 40, 105), (35, 50, 99)]  # fmt: skip


def test_a_partial_fill_does_not_end_a_quote(random_run):
    result = random_run()
    log = np.zeros(3, ORDER_EVENT)
    log["order_id"], log["action"], log["ts_ns"], log["leaves_lots"] = 1, [3, 5, 6], [10, 20, 30], [5, 2, 0]
    result.order_events = log
    starts, ends, _, _ = picture.quote_lifetimes(result, 0)
    assert (starts.tolist(), ends.tolist()) == ([10], [30])


def test_without_matplotlib_the_error_names_the_extra(random_run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(LuminaError, match=r"pip install 'lumina-hft\[report\]'"):
        picture.draw(random_run(), tmp_path / "run.png")


def test_the_reports_of_text_need_no_matplotlib():
    code = "import lumina.report.summary, lumina.report.tables, sys; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
