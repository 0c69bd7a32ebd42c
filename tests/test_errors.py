"""Errors name arguments as the user meets them: in Python, on a command line, in a configuration."""

import ast
import pickle
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import lumina
from lumina.backtester import cli as backtester
from lumina.backtester.schema import KEYS, in_configuration
from lumina.data import cli as data
from lumina.data import convert
from lumina.data.hftbacktest.rows import BUY, DEPTH, EXCH, LOCAL, ROW
from lumina.errors import DataError, argument, on_command_line
from lumina.research import cli as research

SOURCES = sorted((Path(lumina.__file__).parent / "data").rglob("*.py"))
OPTIONS = {name for name, _ in data._OPTIONS} | {"format", "symbols"}
SPELT = re.compile(
    rf"""\b(?:{"|".join(OPTIONS)})=["'\[{{]|\boption (?:{"|".join(OPTIONS)})\b"""
    rf"""|remedy: [^;]*\b(?:{"|".join(name for name in OPTIONS if "_" in name)})\b"""
)


@pytest.fixture
def behind(tmp_path):
    """Rows whose local time is 5 ns before the exchange's."""
    rows = np.zeros(3, ROW)
    rows["ev"] = DEPTH | BUY | EXCH | LOCAL
    rows["exch_ts"] = np.arange(3) + 5
    rows["local_ts"] = np.arange(3)
    rows["px"], rows["qty"] = 100.0, 1.0
    np.save(tmp_path / "in.npy", rows)
    return tmp_path / "in.npy"


def test_remedies_are_spelt_for_where_the_user_is(behind, tmp_path, capsys):
    with pytest.raises(DataError, match='remedy: clock="shift" with the min_latency_ns that is plausible'):
        lumina.load(behind, tick_size=0.5, lot_size=1)
    convert = ["convert", str(behind), str(tmp_path / "out.lumina"), "--lot-size", "1"]
    assert data.main([*convert, "--tick-size", "0.5"]) == 2
    assert "remedy: --clock shift with the --min-latency-ns that is plausible" in capsys.readouterr().err
    assert data.main(convert) == 2
    assert "do not carry tick_size; remedy: give --tick-size" in capsys.readouterr().err
    config = tmp_path / "run.yaml"
    config.write_text(f"data: {{path: {behind}, tick_size: 0.5, lot_size: 1}}\n")
    assert backtester.main(["--config", str(config), "--quiet"]) == 2
    assert "remedy: data.clock: shift with the data.min_latency_ns that is plausible" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["info", "validate"])
def test_a_recording_that_is_no_tape_is_to_be_converted(behind, command, capsys):
    assert data.main([command, str(behind)]) == 2
    said = f"{behind}: is of format hftbacktest; convert it first: python -m lumina.data convert {behind} OUTPUT"
    assert capsys.readouterr().err == f"error: {said}\n"


@pytest.mark.parametrize(
    ("given", "blamed"),
    [
        (["--set", "data.clock=shift"], "--set data.clock=shift: data.min_latency_ns: null does not go with"),
        (["--set", "data.min_latency_ns=5"], "--set data.min_latency_ns=5: data.min_latency_ns: 5 does not go with"),
        (["--set", "impact.enabled=true"], "--set impact.enabled=true: impact.volume_daily: null must be a volume"),
        (["--set", "impact.weights=[1]"], "--set impact.weights=[1]: impact.taus_s: has 4 entries, impact.weights"),
        (["--seed", "x"], "--seed x: market.seed: x must be"),
    ],
)
def test_what_was_given_on_the_command_line_is_blamed(given, blamed, capsys):
    assert backtester.main([*given, "--quiet"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {blamed}")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["impact", "--horizon", "5"], "--horizon = 5: must be a multiple of 4"),
        (["impact", "--horizon", "3"], "--horizon = 3: must be a whole number in [4, 11520]"),
        (["impact", "--pace", "0"], "--pace = 0: must be a whole number in [1, 11520]"),
        (["impact", "--child-lots", "0"], "--child-lots = 0: must be a whole number in [1, "),
        (["impact", "--sizes", "5,1"], "--sizes = [5, 1]: must rise"),
        (["market", "--hours", "30"], "--hours = 30.0: must be a number in [0.000277778, 6.5]"),
        (["market", "--seed", "-1"], "--seed = -1: must be a whole number in [0, 18446744073709551615]"),
    ],
)
def test_research_names_its_options(given, said, capsys):
    assert research.main(given) == 2
    assert capsys.readouterr().err.startswith(f"error: {said}")


def test_research_names_options_of_the_conversion_as_such(tmp_path, capsys):
    (tmp_path / "in.txt").write_text("nothing known\n")
    assert research.main(["queue", str(tmp_path / "in.txt")]) == 2
    assert "remedy: --format of python -m lumina.data convert, one of tape" in capsys.readouterr().err


def test_what_is_no_recording_is_told_its_option(tmp_path, capsys):
    (tmp_path / "in.txt").write_text("nothing known\n")
    with pytest.raises(DataError, match="remedy: format, one of tape, binance"):
        lumina.load(tmp_path / "in.txt")
    assert data.main(["convert", str(tmp_path / "in.txt"), str(tmp_path / "out")]) == 2
    assert "remedy: --format, one of tape, binance" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "python", "command", "key"),
    [
        ("clock", "shift", 'clock="shift"', "--clock shift", "data.clock: shift"),
        ("min_latency_ns", "", "min_latency_ns", "--min-latency-ns", "data.min_latency_ns"),
        ("orderbook", "false", "orderbook=False", "--no-orderbook", "data.options.orderbook: false"),
        ("order_ids", "true", "order_ids=True", "--order-ids", "data.options.order_ids: true"),
        ("maker_fee", "", "maker_fee", "--maker-fee", "instrument.maker_fee"),
    ],
)
def test_spellings(name, value, python, command, key):
    error = pickle.loads(pickle.dumps(DataError(f"a; remedy: {argument(name, value)} b")))
    assert str(error) == f"a; remedy: {python} b"
    assert error.told(on_command_line) == f"a; remedy: {command} b"
    assert error.told(in_configuration) == f"a; remedy: {key} b"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SOURCES[0].parents[1])))
def test_importers_name_arguments_that_the_command_has(path):
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "argument":
            name = node.args[0]
            assert not isinstance(name, ast.Constant) or name.value in OPTIONS, f"line {node.lineno}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SOURCES[0].parents[1])))
def test_importers_leave_the_spelling_of_arguments_to_who_shows_the_error(path):
    tree = ast.parse(path.read_text())
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            is_provenance = node.value == "option date"
            assert is_provenance or not SPELT.search(node.value), f"line {node.lineno}: {node.value}"


def test_keys_of_the_configuration_are_those_of_the_schema():
    keys = {key.name for key in KEYS}
    for name in OPTIONS - {"symbols"}:
        key = in_configuration(name, "")
        assert key in keys or key == f"data.options.{name}"


@pytest.mark.parametrize("kind", [np.int64, np.uint16, np.float32, float, Decimal, Fraction])
def test_options_of_importers_take_numbers_of_any_type(behind, kind, tmp_path):
    options = {"clock": "shift", "min_latency_ns": kind(5), "counted_window_ns": kind(0)}
    tape = convert(behind, tmp_path / "out.lumina", tick_size=kind(2), lot_size=kind(1), **options)
    assert lumina.load(tmp_path / "out.lumina").clock == {"repair": "shift", "shift_ns": 10, "min_latency_ns": 5}
    assert tape.instrument.tick_size == 2


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("min_latency_ns", 5.5, "option min_latency_ns = 5.5: must be a whole number"),
        ("min_latency_ns", "5", "option min_latency_ns = '5': must be a whole number, not a text"),
        ("min_latency_ns", True, "option min_latency_ns = True: must be a whole number"),
        ("counted_window_ns", float("nan"), "option counted_window_ns = nan: must be a whole number"),
        ("order_ids", "yes", "option order_ids = 'yes': must be True or False"),
        ("instrument", {}, "option instrument = {}: must be a lumina.Instrument, or None"),
        ("progress", 5, "option progress = 5: must be a function of (bytes done, bytes in all), or None"),
    ],
)
def test_options_of_importers_of_a_wrong_kind(behind, option, value, said):
    with pytest.raises(DataError) as error:
        lumina.load(behind, **{"tick_size": 1, "lot_size": 1, "clock": "shift", "min_latency_ns": 5, option: value})
    assert str(error.value) == said
