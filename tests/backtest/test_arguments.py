"""What a caller may give `lumina.backtest` and its options: numbers of any type, and errors that say what is wanted."""

import dataclasses
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import lumina
from lumina.backtester import options, schema
from lumina.backtester.checks import Invalid
from lumina.errors import ConfigError, DataError
from lumina.strategies import GLFT, AvellanedaStoikov, Symmetric

MARKET = lumina.EmbeddedMarket(seed=1, hours=0.001)


class Idle:
    def on_start(self, ctx, event): ...


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.uint16, np.float64, np.float32, float, Decimal, Fraction])
def test_a_number_is_a_number(kind):
    assert lumina.Latency(entry=kind(5)) == lumina.Latency(entry=5)
    drawn = lumina.Latency(entry={"model": "lognormal", "median_ns": kind(9), "sigma": kind(1)})
    assert drawn.resolved()["entry"]["new"]["median_ns"] == 9
    assert lumina.Queue(n=kind(2)) == lumina.Queue(n=2)
    assert lumina.Risk(max_order_lots=kind(7), max_notional=kind(9)) == lumina.Risk(max_order_lots=7, max_notional=9.0)
    assert lumina.RiskLimits(max_order_lots=kind(7)) == lumina.RiskLimits(max_order_lots=7)
    assert lumina.Impact(kind(1), kind(100), weights=(kind(1),), taus_s=(kind(3),)) == lumina.Impact(
        1, 100, weights=(1.0,), taus_s=(3.0,)
    )
    assert GLFT(order_lots=kind(3), gamma=kind(1)) == GLFT(order_lots=3, gamma=1)
    assert lumina.Instrument("X", kind(2), kind(4)) == lumina.Instrument("X", 2, 4)
    assert lumina.EmbeddedMarket(seed=kind(3), hours=kind(1)).provenance == lumina.EmbeddedMarket(3, 1).provenance
    run = lumina.backtest(MARKET, Idle(), seed=kind(3), equity_interval_ns=kind(60_000), markouts_ns=np.array([1, 2]))
    assert run.options["seed"] == 3
    assert run.markouts_ns == (1, 2)


@pytest.mark.parametrize("kind", [np.float64, np.float32, Decimal, str, float])
def test_a_decimal_is_exact_whatever_its_type(kind):
    assert lumina.Instrument("X", kind("0.1"), kind("0.25")).tick_size == Fraction(1, 10)
    taken = lumina.backtest(MARKET, Idle(), maker_fee=kind("-0.0001"), taker_fee=kind("0.0005")).instruments[0]
    assert (taken.maker_fee_e9, taken.taker_fee_e9) == (-100_000, 500_000)


def test_ticks_from_a_price():
    es = lumina.Instrument("ES", "0.25", 1)
    assert es.ticks(5_432.25) == es.ticks(np.float64(5_432.25)) == 21_729
    with pytest.raises(DataError, match=r"price 5432\.3 is no multiple of tick_size 0\.25; rounding='nearest'"):
        es.ticks(5_432.3)
    assert [es.ticks(5_432.3, how) for how in ("nearest", "down", "up")] == [21_729, 21_729, 21_730]
    assert [es.ticks(-37.63, how) for how in ("nearest", "down", "up")] == [-151, -151, -150]
    assert [es.lots(2.5, rounding=how) for how in ("nearest", "down", "up")] == [2, 2, 3]
    with pytest.raises(DataError, match="rounding = 'half': must be one of exact, nearest, down, up"):
        es.ticks(1, "half")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"latency": 1000}, "latency = 1000: must be a lumina.Latency, such as Latency"),
        ({"risk": {}}, "risk = {}: must be a lumina.Risk, such as Risk"),
        ({"queue": "power3"}, "queue = 'power3': must be a lumina.Queue, such as Queue"),
        ({"impact": True}, "impact = True: must be a lumina.Impact, such as Impact"),
        ({"seed": 1.5}, "seed = 1.5: must be a whole number"),
        ({"seed": "1"}, "seed = '1': must be a whole number, not a text"),
        ({"seed": None}, "seed = None: must be a whole number"),
        ({"equity_interval_ns": float("nan")}, "equity_interval_ns = nan: must be a whole number"),
        ({"equity_interval_ns": float("inf")}, "equity_interval_ns = inf: must be a whole number"),
        ({"markouts_ns": 5}, "markouts_ns = 5: must be a sequence of times in ns"),
        ({"markouts_ns": (0.5,)}, "markouts_ns = 0.5: must be a whole number"),
        ({"progress": 5}, "progress = 5: must be a function of (done, all), or None"),
        ({"self_trade": None}, "self_trade = None: must be one of cancel_newest"),
    ],
)
def test_a_wrong_kind_of_argument_is_told_what_was_expected(arguments, message):
    with pytest.raises(ConfigError) as error:
        lumina.backtest(MARKET, Idle(), **arguments)
    assert message in str(error.value)


def test_a_switch_of_numpy_is_a_switch_and_nothing_else_is():
    yes = np.bool_(True)
    assert lumina.Queue(exact_back=yes) == lumina.Queue(exact_back=True)
    assert lumina.Risk(refuse_self_cross=yes) == lumina.Risk(refuse_self_cross=True)
    assert lumina.RiskLimits(refuse_self_cross=yes) == lumina.RiskLimits(refuse_self_cross=True)
    assert lumina.Instrument("X", 1, 1, inverse=yes) == lumina.Instrument("X", 1, 1, inverse=True)
    with pytest.raises(DataError, match="inverse = 'no': must be True or False"):
        lumina.Instrument("X", 1, 1, inverse="no")


@pytest.mark.parametrize("path", [5, None])
def test_what_is_no_path_is_named(path):
    with pytest.raises(DataError, match=f"path = {path}: must be a path, or a sequence of paths"):
        lumina.load(path)


def test_windows_of_messages_have_one_bound():
    for name in ("message_window_ns", "duplicate_window_ns"):
        assert getattr(lumina.Risk(**{name: 2**60}), name) == getattr(lumina.RiskLimits(**{name: 2**60}), name)
        with pytest.raises(ConfigError, match=rf"{name} = {2**60 + 1}: must be a whole number in \[1, {2**60}\]"):
            lumina.Risk(**{name: 2**60 + 1})


@pytest.mark.parametrize("market", ["tape.lumina", 5, None])
def test_what_is_no_market_is_named(market):
    with pytest.raises(DataError, match=f"tape 0 is a {type(market).__name__}, not a lumina.Tape"):
        lumina.backtest(market)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: lumina.Latency(entry={"new": 5}), "entry.cancel: is missing (give every action: new"),
        (lambda: lumina.Latency(entry={}), "entry.new: is missing"),
        (lambda: lumina.Latency(entry="1ms"), "entry = '1ms': must be a whole number, not a text"),
        (lambda: lumina.Latency(entry=True), "entry = True: must be a whole number"),
        (lambda: lumina.Latency({"model": "empirical", "ns": [1], "counts": [0]}), "feed.counts: must not all be 0"),
        (lambda: lumina.Latency(entry=[1, 2]), "entry = [1, 2]: must be a whole number of ns, or a mapping such as"),
        (lambda: lumina.Latency(entry={"model": ["x"]}), "entry.model = ['x']: must be one of constant, lognormal"),
        (lambda: lumina.Latency(entry={"model": "constant"}), "entry.ns: is missing"),
        (lambda: lumina.Latency({"model": "empirical", "ns": 5, "counts": 5}), "feed.ns = 5: must be a sequence"),
        (lambda: lumina.Latency({"model": "lognormal", "median_ns": 5}), "feed.sigma: is missing"),
        (lambda: lumina.strategies.Callback(5, wake=None), "wake = None: must be names, such as ('report', 'bbo')"),
        (lambda: lumina.Queue(exact_back=1), "exact_back = 1: must be True or False"),
        (lambda: lumina.Queue(n=float("nan")), "n = nan: must be a number"),
        (lambda: lumina.Impact(0.02, 1e6, weights=0.5), "weights = 0.5: must be a sequence of numbers"),
        (lambda: lumina.Risk(price_band=float("inf")), "price_band = inf: must be a number in [1e-09, 1e+06]"),
    ],
)
def test_options_name_field_value_and_bound(make, message):
    with pytest.raises(ConfigError) as error:
        make()
    assert message in str(error.value)


SECTIONS = {"latency": lumina.Latency, "queue": lumina.Queue, "risk": lumina.Risk, "impact": lumina.Impact}


def shared_keys():
    """Keys of the configuration that are fields of these classes too."""
    for key in schema.KEYS:
        section, _, name = key.name.partition(".")
        fields = {field.name: field for field in dataclasses.fields(SECTIONS[section])} if section in SECTIONS else {}
        if name in fields:
            yield pytest.param(key, fields[name], id=key.name)


@pytest.mark.parametrize(("key", "field"), list(shared_keys()))
def test_configuration_and_classes_have_one_set_of_defaults(key, field):
    default = None if field.default is dataclasses.MISSING else field.default
    if key.name == "impact.sigma_daily":  # the class has no default; the command's is beside a switch that is off
        assert default is None
    else:
        assert (list(default) if isinstance(default, tuple) else default) == key.default


def takes(what, *arguments, **named):
    try:
        what(*arguments, **named)
    except (ConfigError, Invalid):
        return False
    return True


@pytest.mark.parametrize("name", options.BOUNDS)
def test_configuration_and_classes_have_one_set_of_bounds(name):
    bound = options.BOUNDS[name]
    section, _, field = name.partition(".")
    key = {key.name: key for key in schema.KEYS}.get(name)
    if key is None:
        assert name == "impact.step_ns"  # step_ms in the configuration
        return
    sequence = field in ("weights", "taus_s")
    for value in (bound.low, bound.high, bound.low - 1, bound.high * 1.5 + 1, 2.5):
        given = [value] * 4 if sequence else value
        required = {"sigma_daily": 0.1, "volume_daily": 1.0} if section == "impact" else {}
        in_file = takes(key.check, given)
        assert in_file == takes(SECTIONS[section], **{**required, field: given}), (name, value)


@pytest.mark.parametrize("seconds", [0, 0.5, 86_401, 4.6e9, -1, 4.7e9])
def test_grid_and_markouts_have_one_set_of_bounds(seconds):
    checks = {key.name: key.check for key in schema.KEYS}
    ns = round(seconds * 1e9)
    in_bounds = 0 <= seconds <= 2**62 / 1e9
    assert takes(checks["report.equity_interval_s"], seconds) == in_bounds
    assert takes(lumina.backtest, MARKET, Symmetric(), equity_interval_ns=ns) == in_bounds
    assert takes(checks["report.markouts_s"], [seconds]) == in_bounds
    assert takes(lumina.backtest, MARKET, Symmetric(), markouts_ns=[ns]) == in_bounds


@pytest.mark.parametrize("count", [0, 64, 65])
def test_configuration_and_call_take_as_many_markouts(count):
    check = {key.name: key for key in schema.KEYS}["report.markouts_s"].check
    assert takes(check, [1.0] * count) == (count <= 64)
    assert takes(lumina.backtest, MARKET, Symmetric(), markouts_ns=[10**9] * count) == (count <= 64)


def test_a_run_without_options_is_that_of_the_command():
    plain = lumina.backtest(MARKET, Symmetric())
    same = lumina.backtest(MARKET, Symmetric(), latency=lumina.Latency(0, 10_000, 1_000_000, 1_000_000))
    assert plain.digest == same.digest
    assert lumina.backtest(MARKET, Symmetric(), latency=lumina.Latency.none()).digest != plain.digest


def strategy(**members):
    return type("Mine", (), members)()


def plain(self, ctx, event): ...


async def awaited(self, ctx, event): ...


def generated(self, ctx, event):
    yield


class NeedsAnArgument:
    def __init__(self, size): ...

    on_start = plain


class Subclass(AvellanedaStoikov):
    on_fill = plain


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (strategy(on_bbos=plain, on_start=plain), "on_bbos is no handler and would never be called; did you mean on_b"),
        (strategy(on_tick=plain), "on_tick is no handler"),
        (strategy(on_timer=plain), "on_timer would never be called: give the class interval_ns"),
        (strategy(on_fill=awaited), "on_fill is async"),
        (strategy(on_fill=generated), "on_fill is a generator"),
        (strategy(on_fill=lambda self: None), "on_fill is called with (ctx, event)"),
        (strategy(on_timer=plain, interval_ns=0.5), "interval_ns = 0.5: must be a whole number"),
        (NeedsAnArgument, "NeedsAnArgument is a class that needs arguments"),
        (Subclass(), "Subclass: on_fill would never be called, as its capsule is compiled"),
        ("glft", "strategy = 'glft': must be an object; lumina.strategies.create('glft', {}) makes one by name"),
        (object(), "is no strategy: it has neither a capsule nor any of on_event"),
    ],
)
def test_what_would_never_be_called_is_refused(given, message):
    with pytest.raises(ConfigError) as error:
        lumina.backtest(MARKET, given)
    assert message in str(error.value)


def test_timers_of_ones_own_need_no_interval():
    class OneShot:
        def __init__(self):
            self.calls = 0

        def on_start(self, ctx, event):
            ctx.set_timer(ctx.now_ns + 1)

        def on_timer(self, ctx, event):
            self.calls += 1

    one = OneShot()
    lumina.backtest(MARKET, one)
    assert one.calls == 1
    lumina.backtest(MARKET, strategy(on_timer=plain, interval_ns=0))  # says that it knows


def test_an_equity_grid_that_takes_all_memory_is_refused_with_the_estimate():
    hours = lumina.EmbeddedMarket(seed=1, hours=6.5)
    with pytest.raises(ConfigError) as error:
        lumina.backtest(hours, Idle(), equity_interval_ns=1_000)
    assert str(error.value) == (
        "equity_interval_ns = 1000: 23,400,000,000 samples over 23,400 s would take 1,685 GB, at most 33,554,432 are "
        "kept: at least 697,375 ns, or 0 for the last sample alone"
    )


@pytest.mark.parametrize("interval", [2**63 - 1, 2**63 - 10**18, 2**62])
def test_an_interval_beyond_every_clock_never_comes(interval):
    class Far:
        interval_ns = interval

        def __init__(self):
            self.calls = 0

        def on_start(self, ctx, event):
            ctx.set_timer(2**63 - 1)

        def on_timer(self, ctx, event):
            self.calls += 1

    far = Far()
    lumina.backtest(MARKET, far)
    assert far.calls == 0


@pytest.mark.parametrize("horizons", [(2**62,), (2**62, 0)])
def test_a_horizon_beyond_every_clock_has_no_mid(horizons):
    result = lumina.backtest(lumina.EmbeddedMarket(seed=1, hours=0.02), Symmetric(), markouts_ns=horizons)
    assert len(result.fills)
    assert (result.markout_mid2[:, 0] == lumina.NO_MID).all()
