"""The command `python -m lumina.data` and the registry of importers."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import lumina
from lumina.data import cli, convert
from lumina.data.hftbacktest.rows import BUY, DEPTH, EXCH, LOCAL, ROW
from lumina.errors import DataError

SIZES = ["--tick-size", "0.5", "--lot-size", "0.01"]


@pytest.fixture
def peer_file(tmp_path):
    rows = np.zeros(100, ROW)
    rows["ev"] = DEPTH | BUY | EXCH | LOCAL
    rows["exch_ts"] = np.arange(100)
    rows["local_ts"] = np.arange(100) + 5
    rows["px"] = 100.0
    rows["qty"] = np.arange(100) % 2 + 0.5
    np.save(tmp_path / "in.npy", rows)
    return tmp_path / "in.npy"


@pytest.fixture
def run(capsys):
    def run(*argv):
        code = cli.main([str(arg) for arg in argv])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_convert_info_validate(run, peer_file, tmp_path):
    tape = tmp_path / "out.lumina"
    code, out, err = run("convert", peer_file, tape, *SIZES, "--symbol", "AB", "--maker-fee", "-0.0001", "--inverse")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{tape}: 100 rows of AB, L2",
        "  book: crossed at 0% of 100 event ends in continuous trading",
        "  contract: assumed, since neither the data nor an option says otherwise: multiplier 1, "
        "no settlement currency, taker fee 0",
    ]
    assert lumina.load(tape).instrument.maker_fee_e9 == -100_000
    assert lumina.load(tape).instrument.inverse
    code, out, err = run("info", tape)
    assert (code, err) == (0, "")
    assert "symbol: AB" in out
    assert "name in.npy, bytes" in out
    code, out, err = run("info", tape, "--json")
    facts = json.loads(out)
    assert (facts["rows"], facts["events"], facts["kinds"]) == (100, 100, {"CHANGE": 100})
    assert facts["violations"] == []
    said = f"{tape}: 100 rows, no violation\n  book: crossed at 0% of 100 event ends in continuous trading\n"
    assert run("validate", tape) == (0, said, "")


def test_a_tape_converts_to_itself(run, peer_file, tmp_path):
    convert(peer_file, tmp_path / "a", tick_size="0.5", lot_size="0.01")
    assert run("convert", tmp_path / "a", tmp_path / "b")[0] == 0
    one, two = lumina.load(tmp_path / "a"), lumina.load(tmp_path / "b")
    assert (one.events == two.events).all()
    assert one.header == two.header
    with pytest.raises(DataError, match="format tape has no option tick_size"):
        lumina.load(tmp_path / "a", tick_size="0.5")
    with pytest.raises(DataError, match="begins at 0 ns, before a ends at 99"):
        lumina.load([tmp_path / "a", tmp_path / "a"])


def test_the_clock_repair_is_said(run, peer_file, tmp_path):
    _, out, _ = run("convert", peer_file, tmp_path / "x", *SIZES, "--clock", "shift", "--min-latency-ns", "1000")
    assert out.splitlines()[0].endswith("local times shifted by 995 ns so that latency is at least 1,000 ns")


@pytest.mark.parametrize("argv", [
    [], ["fly"], ["convert", "in.npy"], ["convert", "in.npy", "x"], ["convert", "none.npy", "x", *SIZES],
    ["convert", "in.npy", "x", *SIZES, "--gaps", "mark"], ["convert", "in.npy", "x", *SIZES, "--gaps", "maybe"],
    ["convert", "in.npy", "nowhere/x", *SIZES], ["convert", "in.npy", "x", *SIZES, "--min-latency-ns", "5"],
    ["convert", "in.npy", "x", "--tick-size", "0", "--lot-size", "1"], ["convert", ".", "x"],
    ["convert", "in.npy", "x", "--format", "csv"], ["convert", "in.npy", "in.npy", *SIZES], ["info", "in.npy"],
    ["validate", "nowhere"], ["convert", "in.npy", ".", *SIZES],
])  # fmt: skip
def test_a_users_mistake_is_one_line_and_2(run, peer_file, monkeypatch, argv):
    monkeypatch.chdir(peer_file.parent)
    before = peer_file.read_bytes()
    code, out, err = run(*argv)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert peer_file.read_bytes() == before
    assert os.listdir() == ["in.npy"]


def test_a_bad_tape_is_told_and_2(run, peer_file, tmp_path):
    path = tmp_path / "a"
    convert(peer_file, path, tick_size="0.5", lot_size="0.01")
    whole = bytearray(path.read_bytes())
    whole[-1] |= 255  # flags of the last row
    whole[-4] = 99  # its kind
    path.write_bytes(whole)
    code, out, err = run("validate", path)
    assert code == 2
    assert "kind: row 99: kind 99 is unknown" in out
    assert "checksum" in out
    assert err.count("\n") == 1
    code, out, err = run("info", path)
    assert code == 2
    assert "violations:" in out


@pytest.mark.parametrize("there", [False, True])
def test_interrupt_says_what_was_kept(run, peer_file, tmp_path, monkeypatch, there):
    target = tmp_path / "x"
    if there:
        target.write_text("old")

    class Interrupted:
        def push(self, updates):
            raise KeyboardInterrupt

    monkeypatch.setattr("lumina.data.pipeline.Resolver", lambda *args: Interrupted())
    code, out, err = run("convert", peer_file, target, *SIZES)
    assert (code, out) == (130, "")
    assert err == (f"interrupted: {target} is as it was\n" if there else "interrupted: nothing was kept\n")
    assert sorted(os.listdir(tmp_path)) == (["in.npy", "x"] if there else ["in.npy"])
    assert not there or target.read_text() == "old"


def test_interrupted_process(peer_file, tmp_path):
    # the importer waits for the rest of a pipe when the signal comes
    pipe = tmp_path / "pipe.npy"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "lumina.data",
            "convert",
            str(pipe),
            str(tmp_path / "x"),
            "--format",
            "hftbacktest",
            *SIZES,
        ],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    with open(pipe, "wb") as writer:  # returns when the reader has opened
        writer.write(peer_file.read_bytes()[:200])
        writer.flush()
        process.send_signal(signal.SIGINT)
    # closed after the signal: had it come just before the read, only the end of the pipe would wake the reader
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "interrupted: nothing was kept\n"
    assert sorted(os.listdir(tmp_path)) == ["in.npy", "pipe.npy"]


def test_progress_goes_to_stderr_when_asked_for(run, peer_file, tmp_path):
    code, out, _ = run("convert", peer_file, tmp_path / "x", *SIZES, "--progress")
    assert code == 0
    assert out.startswith(f"{tmp_path / 'x'}: 100 rows")
    seen = []
    convert(peer_file, tmp_path / "y", tick_size="0.5", lot_size="0.01", progress=lambda *done: seen.append(done))
    size = peer_file.stat().st_size
    assert seen[-1] == (size, size)


def test_formats_are_found(peer_file, tmp_path):
    sizes = {"tick_size": "0.5", "lot_size": "0.01"}
    with pytest.raises(DataError, match=r"format 'xls' is unknown; known are tape, binance, .*hftbacktest"):
        lumina.load(peer_file, format="xls", **sizes)
    (tmp_path / "x.csv").write_text("a,b\n")
    with pytest.raises(DataError, match=r"not say what it is; remedy: format, one of tape, binance, .*hftbacktest"):
        lumina.load(tmp_path / "x.csv")
    with pytest.raises(DataError, match="no file to read"):
        lumina.load([])
    with pytest.raises(DataError, match="not a Lumina tape"):
        lumina.load(peer_file, format="tape")
    assert len(lumina.load(str(peer_file), **sizes)) == 100


def test_import_stays_light():
    code = "import sys, lumina; print([m for m in ('matplotlib', 'rich', 'yaml', 'zipfile') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "[]\n"
