"""The command: what it prints where, its exit codes, its files, and one line for each mistake of a user."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from lumina.backtester import cli, output

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("spread_capture", "inventory_pnl", "fees", "impact", "funding")


@pytest.fixture(scope="module")
def tape(tmp_path_factory):
    """The synthetic tape of the examples, converted."""
    folder = tmp_path_factory.mktemp("tape")
    subprocess.run(
        [sys.executable, ROOT / "examples" / "make_tape.py", folder / "sample.npy", "--rows", "60000"], check=True
    )
    import lumina

    tape = lumina.load(folder / "sample.npy", "hftbacktest", tick_size="0.1", lot_size="0.001", settlement="USDT")
    tape.save(folder / "sample.lumina")
    return folder / "sample.lumina"


@pytest.fixture
def base(tape):
    """Arguments of a run on it, with a rebate for makers."""
    return [
        *("--config", str(ROOT / "config" / "sample.yaml"), "--set", f"data.path={tape}"),
        *("--set", "report.out=null", "--set", "report.picture=off", "--set", "instrument.maker_fee=-0.00005"),
    ]


def run(capsys, *arguments):
    code = cli.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return code, captured.out, captured.err


def complaint(capsys, *arguments):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


def test_the_summary_is_on_stdout_and_the_announcement_on_stderr(capsys, base):
    code, out, err = run(capsys, *base)
    assert code == 0
    assert "P&L in USDT" in out
    assert "avellaneda_stoikov" in out
    assert err.startswith("replaying ")


def test_json_prints_one_object_and_nothing_else(capsys, base):
    code, out, _ = run(capsys, *base, "--json")
    summary, end = json.JSONDecoder().raw_decode(out)
    assert code == 0
    assert out[end:] == "\n"
    assert summary["fills"] > 0
    assert summary["pnl"] == pytest.approx(sum(summary.get(part, 0) for part in PARTS), abs=1e-9)
    assert summary["fees"] > 0  # this maker earns a rebate


def test_markouts_at_the_fill_are_the_spread_capture(capsys, base):
    summary = json.loads(run(capsys, *base, "--json", "--quiet")[1])
    at_fill = [rows[0] for rows in summary["instruments"][0]["markouts"].values()]
    assert sum(row["markout"] for row in at_fill) == pytest.approx(summary["spread_capture"], abs=1e-9)
    assert sum(row["fills"] for row in at_fill) == summary["fills"]


def test_a_recorded_market_tells_its_clock_repair(capsys, data_dir, monkeypatch):
    monkeypatch.setenv("LUMINA_TEST_DATA", str(data_dir))
    code, out, _ = run(capsys, "--config", ROOT / "config" / "binance_btcusdt.yaml", "--json")
    summary = json.loads(out)
    assert code == 0
    assert (summary["events"], summary["fills"] > 100) == (431_461, True)
    assert any("shifted by +1.27" in note for note in summary["notes"])
    assert summary["pnl"] == pytest.approx(sum(summary.get(part, 0) for part in PARTS), abs=1e-9)
    assert summary["latency_ns"]["feed"]["p50"] > 1_000_000


def test_a_day_order_by_order_has_fills_in_known_queues(capsys, data_dir, monkeypatch):
    monkeypatch.setenv("LUMINA_TEST_DATA", str(data_dir))
    code, out, _ = run(capsys, "--config", ROOT / "config" / "lobster_goog.yaml", "--json", "--quiet")
    summary = json.loads(out)
    (goog,) = summary["instruments"]
    assert code == 0
    assert (goog["symbol"], summary["events"], summary["fills"] > 1000) == ("GOOG", 156_270, True)
    assert summary["pnl"] == pytest.approx(sum(summary.get(part, 0) for part in PARTS), abs=1e-9)
    # at the touch, behind orders that are known one by one
    assert goog["queue"]["unknown_at_accept"] == 0
    assert goog["queue"]["ahead_at_accept"] > 0
    assert goog["fills"]["by_cause"]["at"]["fills"] > 100


def test_orders_of_a_future_replay_with_fills(capsys, data_dir, monkeypatch):
    pytest.importorskip("databento_dbn")
    monkeypatch.setenv("LUMINA_TEST_DATA", str(data_dir))
    code, out, _ = run(capsys, "--config", ROOT / "config" / "es_mbo.yaml", "--json")
    summary = json.loads(out)
    assert code == 0
    assert (summary["events"], summary["fills"] > 100) == (69_558, True)
    # 0.000005 of 4800 points of 50 USD, a lot a fill
    assert summary["fees"] == pytest.approx(-1.2 * summary["fills"], rel=0.01)
    assert summary["pnl"] == pytest.approx(sum(summary.get(part, 0) for part in PARTS), abs=1e-9)


def test_quiet_prints_nothing(capsys, base):
    assert run(capsys, *base, "--quiet") == (0, "", "")


def test_quiet_json_is_the_object_alone(capsys, base):
    code, out, err = run(capsys, *base, "--quiet", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["interrupted"] is False


def test_the_same_seed_is_the_same_run(capsys, base):
    noisy = [*base, "--json", "--quiet", "--set", "latency.entry={model: lognormal, median_ns: 1000000, sigma: 1}"]
    digests = [json.loads(run(capsys, *noisy, "--seed", seed)[1])["digest"] for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]


def test_the_files_of_a_run(capsys, base, tmp_path):
    out = tmp_path / "deep" / "run"
    code, printed, _ = run(capsys, *base, "--out", out)
    assert code == 0
    assert str(out) in printed
    assert {path.name for path in out.iterdir()} == set(output.FILES) - {"report.png"}
    summary = json.loads((out / "summary.json").read_text())
    fills = np.load(out / "fills.npy", allow_pickle=False)
    assert len(fills) == summary["fills"]
    lines = (out / "fills.csv").read_text().splitlines()
    assert len(lines) == summary["fills"] + 1
    first = dict(zip(lines[0].split(","), lines[1].split(","), strict=True))
    assert float(first["price"]) == pytest.approx(fills["price_ticks"][0] * 0.1)
    assert float(first["fee"]) == -fills["fee_units"][0] / 1e9
    assert sorted(path.name for path in out.parent.iterdir()) == ["run"]  # no temporary folder is left


def test_the_resolved_configuration_repeats_the_run(capsys, base, tmp_path):
    run(capsys, *base, "--out", tmp_path / "first", "--seed", 5)
    code, out, _ = run(capsys, "--config", tmp_path / "first" / "config.yaml", "--out", tmp_path / "second", "--json")
    assert code == 0
    assert json.loads(out)["digest"] == json.loads((tmp_path / "first" / "summary.json").read_text())["digest"]
    assert yaml.safe_load((tmp_path / "second" / "config.yaml").read_text())["engine"]["seed"] == 5


def test_a_former_run_is_replaced_and_anything_else_refused(capsys, base, tmp_path):
    out = tmp_path / "run"
    run(capsys, *base, "--out", out, "--seed", 1)
    assert run(capsys, *base, "--out", out, "--seed", 2)[0] == 0
    assert yaml.safe_load((out / "config.yaml").read_text())["engine"]["seed"] == 2
    assert list(tmp_path.iterdir()) == [out]
    (out / "thesis.tex").write_text("precious")
    assert "holds thesis.tex" in complaint(capsys, *base, "--out", out)
    assert (out / "thesis.tex").read_text() == "precious"
    (tmp_path / "file").write_text("")
    assert "is no folder" in complaint(capsys, *base, "--out", tmp_path / "file")
    assert "cannot be written" in complaint(capsys, *base, "--out", tmp_path / "file" / "below")


def test_the_picture_of_a_run(capsys, base, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
    assert run(capsys, *base, "--set", "report.picture=on", "--out", tmp_path / "run")[0] == 0
    assert (tmp_path / "run" / "report.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_drawn_is_refused_before_the_run(capsys, base, tmp_path, monkeypatch):
    monkeypatch.setattr("lumina.report.picture.available", lambda: False)
    text = complaint(capsys, *base, "--set", "report.picture=on", "--out", tmp_path / "run")
    assert "pip install 'lumina-hft[report]'" in text
    assert not (tmp_path / "run").exists()


def test_nothing_half_written_is_left(capsys, base, tmp_path, monkeypatch):
    def full(path, result):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(output, "write_fills", full)
    code, _, err = run(capsys, *base, "--out", tmp_path / "run", "--quiet")
    assert code == 1
    assert err.startswith("error: ")
    assert err.endswith("No space left on device\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--config", "nowhere.yaml"], "error: nowhere.yaml: no such file or directory"),
        (["--set", "engine.seed"], "--set engine.seed: must look like section.key=value"),
        (["--set", "engine.sead=1"], "engine.sead: unknown key; did you mean seed?"),
        (["--set", "enigne.seed=1"], "enigne: unknown section; did you mean engine?"),
        (["--set", "latency.entry=-5"], "latency.entry: -5 must be at least 0"),
        (["--seed", "-1"], "market.seed: -1 must be at least 0"),
        (["--seed", "x"], "market.seed: x must be a number"),
        (["--set", "strategy.name=gltf"], "--set strategy.name=gltf: strategy.name: "),
        (["--set", "strategy.gama=1"], "--set strategy.gama=1: strategy.gama: "),
        (["--set", "strategy.gamma=-1"], "--set strategy.gamma=-1: strategy.gamma: "),
        (["--set", "strategy.gamma=abc"], "--set strategy.gamma=abc: strategy.gamma: "),
        (["--set", "strategy.order_lots=0"], "--set strategy.order_lots=0: strategy.order_lots: "),
        (["--set", "data.path=nowhere.gz"], "nowhere.gz: no such file or directory"),
        (["--set", "data.tick_size=0.5"], "data.tick_size: 0.5 but the tape"),
        (["--unknown"], "unrecognized arguments: --unknown"),
        (["--out"], "expected one argument"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(capsys, base, arguments, expected):
    assert expected in complaint(capsys, *base, *arguments)


def test_a_configuration_of_the_wrong_type(capsys, tmp_path):
    for content, expected in (("[1, 2]", "must be a mapping of sections, not a list"), ("7", "not the value 7")):
        (tmp_path / "bad.yaml").write_text(content)
        assert expected in complaint(capsys, "--config", tmp_path / "bad.yaml")


def embedded(*settings, minutes=5):
    changes = (f"market.hours={minutes / 60}", "report.picture=off", *settings)
    return [part for change in changes for part in ("--set", change)]


def test_without_data_the_embedded_market_is_traded_in(capsys):
    code, out, err = run(capsys, *embedded(), "--json")
    summary = json.loads(out)
    assert code == 0
    assert err.startswith("simulating 0.0833333 h of the embedded market, seed 1, against avellaneda_stoikov\n")
    assert [instrument["symbol"] for instrument in summary["instruments"]] == ["EMBEDDED"]
    assert summary["fills"] > 0
    assert summary["pnl"] == pytest.approx(sum(summary.get(part, 0) for part in PARTS), abs=1e-9)


def test_the_seed_of_the_command_is_that_of_the_embedded_market(capsys):
    digests = [json.loads(run(capsys, *embedded(), "--json", "--seed", seed)[1])["digest"] for seed in (3, 3, 4)]
    assert digests[0] == digests[1] != digests[2]


def test_terms_of_the_configuration_hold_in_the_embedded_market(capsys, tmp_path):
    settings = ("data.symbol=MINE", "data.tick_size=0.5", "instrument.maker_fee=0", "instrument.taker_fee=0")
    code, out, _ = run(capsys, *embedded(*settings, "market.parameters={start_price: 5000}"), "--json")
    summary = json.loads(out)
    assert (code, summary["fees"]) == (0, 0)
    assert summary["instruments"][0]["symbol"] == "MINE"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["market.hours=7"], "market.hours: hours = 7.0: must be a number in [0.000277778, 6.5]"),
        (["market.hours=0"], "market.hours: 0"),
        (["market.seed=-1"], "market.seed: -1 must be at least 0"),
        (["market.parameters={max_lot: 5}"], "market.parameters: max_lot = 5: no parameter of the embedded market"),
        (["market.parameters={max_lots: 0}"], "market.parameters: max_lots = 0: must be a whole number in [1, 100000]"),
        (["market.parameters={hours: 1}"], "market.parameters: hours: not all of these are of the flow"),
        (["market.parameters={instrument: 1}"], "market.parameters: instrument = 1: must be a lumina.Instrument"),
        (["impact.enabled=true", "impact.volume_daily=1000"], "impact.enabled: an embedded market reacts by itself"),
    ],
)
def test_a_mistake_about_the_embedded_market_is_one_line_that_names_it(capsys, settings, expected):
    assert expected in complaint(capsys, *embedded(*settings))


def test_an_interrupted_simulation_keeps_what_was_reached(tmp_path):
    arguments = [*embedded("strategy.interval_ns=100", minutes=60), "--json", "--out", tmp_path / "run"]
    with subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            while (line := process.stderr.readline()) != "0% done\n":
                assert line, "ended before the simulation"
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 130
    assert " of 60.0 minutes simulated; kept" in err
    summary = json.loads(out)
    assert summary["interrupted"] is True
    assert summary["pnl"] == pytest.approx(sum(summary.get(part, 0) for part in PARTS), abs=1e-9)


def test_data_that_is_no_data(capsys, base, tmp_path):
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 10)
    text = complaint(capsys, *base, "--set", f"data.path={tmp_path / 'noise'}", "--set", "data.format=auto")
    assert str(tmp_path / "noise") in text
    (tmp_path / "empty").write_bytes(b"")
    complaint(capsys, *base, "--set", f"data.path={tmp_path / 'empty'}", "--set", "data.format=auto")


def test_help_names_the_exit_codes(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    assert "130 interrupted" in capsys.readouterr().out


def command(*arguments):
    return [sys.executable, "-m", "lumina.backtester", *map(str, arguments)]


def test_the_command_ends_with_its_exit_code(base):
    done = subprocess.run(command(*base, "--json"), capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)["events"] > 0
    done = subprocess.run(command("--set", "x"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_an_interrupted_run_keeps_what_was_replayed(base, tmp_path):
    # a decision every 100 ns: hours of work
    arguments = [*base, "--json", "--out", tmp_path / "run", "--set", "strategy.interval_ns=100"]
    with subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            while (line := process.stderr.readline()) != "0% done\n":
                assert line, "ended before the replay"
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 130
    assert err.startswith("interrupted: ")
    assert "Traceback" not in err
    summary = json.loads(out)
    assert summary["interrupted"] is True
    assert summary["pnl"] == pytest.approx(sum(summary.get(part, 0) for part in PARTS), abs=1e-9)
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["interrupted"] is True
    assert set(os.listdir(tmp_path)) == {"run"}


def test_a_reader_that_leaves_early_is_no_traceback(base):
    with subprocess.Popen(command(*base), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
        process.wait(timeout=120)
    assert process.returncode == 1
