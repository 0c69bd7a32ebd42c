"""The command: tables, JSON, picture, and errors of one line."""

import json
import os
import struct
import subprocess
import sys

import numpy as np
import pytest

from lumina.errors import LuminaError
from lumina.report.picture import available
from lumina.research import picture, queue_errors, tables
from lumina.research.cli import main

ASK = ["--probes", "300", "--horizon-s", "12", "--at-s", "0.5,2,6"]


@pytest.fixture
def tape_path(market_rows, load_rows, tmp_path):
    load_rows(market_rows(3, 600)).save(tmp_path / "market.lumina")
    return str(tmp_path / "market.lumina")


def test_tables(tape_path, capsys):
    assert main(["queue", tape_path, *ASK]) == 0
    out = capsys.readouterr().out
    for text in ("queue models on MARKET", "risk_averse", "power3 n=3", "log2", "precision %", "level 2", "exact_back"):
        assert text in out
    assert "exact back" not in out
    assert max(map(len, out.splitlines())) <= 180


def test_json_is_one_object(tape_path, capsys):
    assert main(["queue", tape_path, *ASK, "--json", "--seed", "4", "--levels", "2", "--per", "row"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["options"] == {
        "probes": 300, "seed": 4, "levels": 2, "horizon_s": 12.0, "at_s": [0.5, 2.0, 6.0], "unit": "base", "per": "row",
    }  # fmt: skip
    assert len(summary["models"]) == 23


def test_a_picture(tape_path, tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
    assert main(["queue", tape_path, *ASK, "--picture", str(tmp_path / "queue.png")]) == 0
    head = (tmp_path / "queue.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", head[16:24]) == (picture.WIDTH_PX, picture.HEIGHT_PX)


def test_nothing_to_show_is_shown(market, load_rows, tmp_path):
    """One side only: no probe is placed."""
    market.add(1 << 29, 99, 10)
    for second in range(1, 100):
        market.ts = second * 10**9
        market.add(1 << 29, 90, 1)
    errors = queue_errors(load_rows(market.array()), probes=10, horizon_s=60.0)
    assert not errors.placed.any()
    summary = errors.summary()
    assert json.loads(json.dumps(summary, allow_nan=False))["models"][0]["front"][0]["mae"] is None
    tables.show(summary)
    if available():
        picture.draw(errors, tmp_path / "nothing.png")


def test_without_matplotlib_the_error_names_the_extra(market_rows, load_rows, tmp_path, monkeypatch):
    errors = queue_errors(load_rows(market_rows(3, 300)), probes=10, horizon_s=12.0, at_s=(1.0,))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(LuminaError, match=r"pip install 'lumina-hft\[report\]'"):
        picture.draw(errors, tmp_path / "x.png")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["queue", "absent.lumina"], "absent.lumina"),
        (["queue", "TAPE", "--probes", "0"], "--probes = 0: must be a whole number in [1, "),
        (["queue", "TAPE", "--at-s", "soon"], "--at-s soon: must be numbers"),
        (["queue", "TAPE"], "nowhere in continuous trading for longer than --horizon-s = 300"),
        (["queue"], "required: tape (--help lists the options)"),
    ],
)
def test_errors_are_one_line(tape_path, capsys, arguments, says):
    assert main([tape_path if word == "TAPE" else word for word in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert says in captured.err
    assert captured.err.count("\n") == 1


def test_from_a_shell(tape_path):
    done = subprocess.run(
        [sys.executable, "-m", "lumina.research", "queue", tape_path, *ASK, "--json"],
        capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert np.isfinite(json.loads(done.stdout)["models"][0]["front"][0]["mae"])
