"""The main job on recorded ITCH: a day of ARL."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from lumina.backtester import cli

CONFIG = Path(__file__).resolve().parents[2] / "config" / "itch_arl.yaml"
PARTS = ("spread_capture", "inventory_pnl", "fees", "impact", "funding")
OPEN, CLOSE = (int(datetime(2025, 7, 17, *at, tzinfo=UTC).timestamp()) * 10**9 for at in ((13, 30), (20, 0)))


def test_the_main_job_trades_ARL(capsys, data_dir, monkeypatch, tmp_path):
    monkeypatch.setenv("LUMINA_TEST_DATA", str(data_dir))
    assert cli.main(["--config", str(CONFIG), "--json", "--quiet", "--out", str(tmp_path / "run")]) == 0
    summary = json.loads(capsys.readouterr().out)
    # 5,863 messages make a row each; a phase of the calendar makes one in each view
    assert (summary["events"], summary["fills"] >= 10) == (5863 + 6, True)
    assert summary["pnl"] == pytest.approx(sum(summary.get(part, 0) for part in PARTS), abs=1e-9)
    assert summary["fees"] > 0  # all of it adds liquidity
    assert summary["latency_ns"]["feed"]["max"] == 0  # of the tape; the configuration adds its own
    fills = np.load(tmp_path / "run" / "fills.npy", allow_pickle=False)
    assert len(fills) == summary["fills"]
    assert ((fills["ts_ns"] >= OPEN) & (fills["ts_ns"] < CLOSE)).all()
    assert np.abs(fills["position_lots"]).max() <= 200
