"""What a configuration may say, and what is said where it is wrong."""

from pathlib import Path

import pytest
import yaml

from lumina.backtester import config
from lumina.backtester.schema import KEYS, SECTIONS
from lumina.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted((ROOT / "config").glob("*.yaml"))


def complaint(raw, *overrides):
    with pytest.raises(ConfigError) as caught:
        config.check(raw, "my.yaml", overrides)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_backtest_yaml_lists_exactly_the_keys_and_defaults():
    path = ROOT / "config" / "backtest.yaml"
    assert yaml.safe_load(path.read_text()) == config.defaults()
    assert path.read_text() == config.render(config.defaults())


def test_every_key_has_comment_or_default_in_the_file():
    for line in config.render(config.defaults()).splitlines():
        if line.startswith("  "):
            assert "; default " in line or "# default " in line


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_configuration_in_the_folder_loads(path, monkeypatch):
    monkeypatch.setenv("LUMINA_TEST_DATA", "/somewhere")
    loaded = config.load(path)
    assert set(loaded.values) == set(SECTIONS)


def test_the_folder_has_the_configurations_that_the_documentation_names():
    names = {"backtest.yaml", "binance_btcusdt.yaml", "lobster_goog.yaml", "sample.yaml"}
    assert names <= {path.name for path in CONFIGS}


def test_the_default_is_the_commented_file():
    assert config.default_path().name == "backtest.yaml"
    assert config.load(config.default_path()).values == config.check({}, "x").values


def test_an_empty_file_is_all_defaults(tmp_path):
    (tmp_path / "empty.yaml").write_text("")
    assert config.load(tmp_path / "empty.yaml").values == config.check(config.defaults(), "x").values


def test_a_rendered_configuration_reads_back_as_itself():
    raw = {
        "latency": {"entry": {"new": 1, "cancel": 2, "replace": {"model": "lognormal", "median_ns": 5, "sigma": 0.5}}},
        "strategy": {"name": "glft", "gamma": 1e-7},
        "data": {"path": ["a b.gz", "c.gz"], "tick_size": "0.1"},
    }
    first = config.check(raw, "x")
    assert config.check(yaml.safe_load(str(first)), "y").values == first.values


def test_overrides_win_and_are_yaml():
    overrides = ["engine.seed=7", "impact.taus_s=[1, 2]", "impact.weights=[.5,.5]"]
    loaded = config.check({"engine": {"seed": 1}}, "x", overrides)
    assert loaded["engine"]["seed"] == 7
    assert loaded["impact"]["taus_s"] == [1.0, 2.0]


def test_numbers_that_yaml_takes_for_text_are_numbers():
    loaded = config.check({}, "x", ["instrument.maker_fee=2e-4", "data.min_latency_ns=1e6", "data.clock=shift"])
    assert loaded["instrument"]["maker_fee"] == "2e-4"
    assert loaded["data"]["min_latency_ns"] == 1_000_000


def test_an_override_reaches_into_a_mapping():
    raw = {"latency": {"entry": {"new": 1, "cancel": 2, "replace": 3}}}
    loaded = config.check(raw, "x", ["latency.entry.cancel=9"])
    assert loaded["latency"]["entry"] == {"new": 1, "cancel": 9, "replace": 3}
    assert raw["latency"]["entry"]["cancel"] == 2


def test_the_environment_is_expanded_in_data_path(monkeypatch):
    monkeypatch.setenv("LUMINA_TEST_DATA", "/data")
    loaded = config.check({"data": {"path": ["${LUMINA_TEST_DATA}/a", "b"]}}, "x")
    assert loaded["data"]["path"] == ["/data/a", "b"]


def test_a_variable_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("LUMINA_TEST_DATA", raising=False)
    text = complaint({"data": {"path": "${LUMINA_TEST_DATA}/a"}})
    assert text.startswith("my.yaml: data.path: ")
    assert "LUMINA_TEST_DATA is not set" in text


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ([1, 2], "my.yaml: must be a mapping of sections, not a list"),
        ("text", "my.yaml: must be a mapping of sections, not a text"),
        ({"latncy": {}}, "my.yaml: latncy: unknown section; did you mean latency?"),
        ({"latency": {"fed": 1}}, "my.yaml: latency.fed: unknown key; did you mean feed?"),
        ({"latency": 3}, "my.yaml: latency: 3 must be a mapping of keys"),
        ({"latency": {"entry": -1}}, "my.yaml: latency.entry: -1 must be at least 0"),
        ({"latency": {"entry": True}}, "my.yaml: latency.entry: true must be a number"),
        ({"latency": {"entry": {"new": 1}}}, "my.yaml: latency.entry.cancel: is missing"),
        ({"latency": {"entry": {"nwe": 1}}}, "my.yaml: latency.entry.nwe: unknown key; did you mean new?"),
        (
            {"latency": {"feed": {"model": "normal"}}},
            "my.yaml: latency.feed.model: normal must be one of constant, lognormal, empirical; "
            "did you mean lognormal?",
        ),
        ({"latency": {"feed": {}}}, "my.yaml: latency.feed"),
        ({"latency": {"feed": {"model": "lognormal", "median_ns": 1, "sigma": 99}}},
         "my.yaml: latency.feed.sigma: 99 must be at most 10"),
        (
            {"latency": {"feed": {"model": "lognormal", "median_ns": 5, "sigma": 1, "min_ns": 6}}},
            "my.yaml: latency.feed.min_ns: 6 must be at most median_ns, 5",
        ),
        (
            {"latency": {"feed": {"model": "empirical", "ns": [1, 2], "counts": [0, 0]}}},
            "my.yaml: latency.feed.counts: [0, 0] must be 2 numbers, one for each of ns, not all 0",
        ),
        ({"engine": {"seed": "abc"}}, "my.yaml: engine.seed: abc must be a number"),
        ({"engine": {"seed": 1.5}}, "my.yaml: engine.seed: 1.5 must be a whole number"),
        ({"engine": {"seed": 2**64}}, "my.yaml: engine.seed: 18446744073709551616 must be at most 1.84467e+19"),
        ({"engine": {"self_trade": "cancel_newset"}}, "did you mean cancel_newest?"),
        ({"queue": {"n": 0}}, "my.yaml: queue.n: 0 must be greater than 0"),
        ({"queue": {"n": float("nan")}}, "my.yaml: queue.n: nan must be finite"),
        ({"queue": {"exact_back": "yes"}}, "my.yaml: queue.exact_back: yes must be true or false"),
        ({"data": {"path": 3}}, "my.yaml: data.path: 3 must be a text"),
        ({"data": {"path": []}}, "my.yaml: data.path: [] must have 1 to 10000 entries"),
        ({"data": {"tick_size": "x"}}, "my.yaml: data.tick_size: x must be a number"),
        ({"data": {"tick_size": 0}}, "my.yaml: data.tick_size: 0 must be greater than 0"),
        ({"data": {"clock": "shift"}}, "my.yaml: data.min_latency_ns: null does not go with data.clock: shift"),
        ({"data": {"min_latency_ns": 5}}, "my.yaml: data.min_latency_ns: 5 does not go with data.clock: none"),
        ({"data": {"options": {"a-b": 1}}}, "my.yaml: data.options: a-b is not a parameter name"),
        ({"instrument": {"maker_fee": 2}}, "my.yaml: instrument.maker_fee: 2 must be between -1 and 1"),
        ({"instrument": {"taker_fee": "1e-10"}}, "my.yaml: instrument.taker_fee: 1e-10 must be a multiple of 1e-9"),
        ({"risk": {"price_band": 1.5e6}}, "my.yaml: risk.price_band: 1500000.0 must be at most 1e+06"),
        ({"impact": {"weights": [0.5, 0.6], "taus_s": [1, 2]}}, "my.yaml: impact.weights: [0.5, 0.6] must sum to 1"),
        ({"impact": {"weights": [1]}}, "my.yaml: impact.taus_s: has 4 entries, impact.weights has 1"),
        ({"impact": {"taus_s": [1, "b"]}}, "my.yaml: impact.taus_s[1]: b must be a number"),
        ({"impact": {"enabled": True}}, "my.yaml: impact.volume_daily: null must be a volume"),
        ({"report": {"markouts_s": 10}}, "my.yaml: report.markouts_s: 10 must be a list"),
        ({"strategy": {"na me": 1}}, "my.yaml: strategy.na me: unknown key"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_bound(raw, expected):
    assert expected in complaint(raw)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("engine.seed", "--set engine.seed: must look like section.key=value"),
        ("seed=3", "--set seed=3: must look like section.key=value"),
        ("engine..seed=3", "must look like section.key=value"),
        ("engine.seed=", "--set engine.seed=: engine.seed: null must be a number"),
        ("engine.seed=abc", "--set engine.seed=abc: engine.seed: abc must be a number"),
        ("engine.sed=3", "--set engine.sed=3: engine.sed: unknown key; did you mean seed?"),
        ("enginee.seed=3", "--set enginee.seed=3: enginee: unknown section; did you mean engine?"),
        ("queue.n=[1", "--set queue.n=[1: queue.n: [1 is not a YAML value"),
        ("latency.entry.new.x=1", "--set latency.entry.new.x=1: latency.entry.new is 5, which has no keys"),
        ("report.markouts_s=[1, x]", "--set report.markouts_s=[1, x]: report.markouts_s[1]: x must be a number"),
    ],
)
def test_a_wrong_override_is_named(override, expected):
    assert expected in complaint({"latency": {"entry": {"new": 5, "cancel": 1, "replace": 1}}}, override)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: [1", "did not find expected ',' or ']'"),
        (b"engine: {seed: 1, seed: 2}", "key seed stands twice"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        (b"x" * 1_000_001, "over 1000000 bytes"),
        (b"a: 2024-99-99", "is not YAML that can be used"),
        (b"? [1, 2]\n: 3", "unhashable key"),
    ],
)
def test_a_file_that_is_no_configuration(tmp_path, content, expected):
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_nest_without_end_is_no_configuration(tmp_path):
    path = tmp_path / "deep.yaml"
    path.write_text("a: " + "[" * 400_000 + "]" * 400_000)
    # newer releases of the parser have a bound of their own
    bound = r"23: nested over 20 deep|\d+: exceeded maximum nesting depth"
    with pytest.raises(ConfigError, match=rf"deep\.yaml: line 1, column ({bound})"):
        config.load(path)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: no such file"):
        config.load(tmp_path / "nowhere.yaml")
    with pytest.raises(ConfigError, match="is a directory"):
        config.load(tmp_path)


def test_the_schema_is_well_formed():
    names = [key.name for key in KEYS]
    assert len(names) == len(set(names))
    assert {name.partition(".")[0] for name in names} == set(SECTIONS)
    for key in KEYS:
        assert key.check(key.default) == key.default
