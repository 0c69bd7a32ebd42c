"""Strategy objects: parameters, errors, capsules, the registry."""

import ctypes
import doctest
import gc
import importlib
import pickle

import pytest

from lumina.errors import ConfigError
from lumina.strategies import GLFT, AvellanedaStoikov, Callback, Symmetric, create, native, registry

ALL = [AvellanedaStoikov, GLFT, Symmetric]


class Strategy(ctypes.Structure):
    """lumina_strategy of abi.h."""

    _fields_ = (
        ("abi_version", ctypes.c_uint32),
        ("wake_mask", ctypes.c_uint32),
        ("interval_ns", ctypes.c_int64),
        ("on_event", ctypes.c_void_p),
        ("user", ctypes.c_void_p),
    )


def opened(capsule):
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    return Strategy.from_address(get(capsule, b"lumina.strategy.v1"))


@pytest.mark.parametrize("kind", ALL)
def test_capsule_carries_a_strategy_and_keeps_it_alive(kind):
    capsule = kind(interval_ns=5_000_000, wake="bbo").capsule
    gc.collect()
    strategy = opened(capsule)
    assert (strategy.abi_version, strategy.interval_ns) == (1, 5_000_000)
    assert strategy.wake_mask == 8 | 16 | 32  # BBO, MARKER, REPORT
    assert strategy.on_event
    assert opened(kind().capsule).wake_mask == 16 | 32


@pytest.mark.parametrize("kind", ALL)
def test_params_make_an_equal_strategy(kind):
    strategy = kind(order_lots=3, min_edge_ticks=1)
    assert kind(**strategy.params) == strategy
    assert pickle.loads(pickle.dumps(strategy)) == strategy
    assert strategy.params["order_lots"] == 3
    assert opened(strategy.capsule).user


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        (AvellanedaStoikov, {"gamma": 0}, "gamma = 0: must be greater than 0"),
        (AvellanedaStoikov, {"sigma": -2.5}, "sigma = -2.5: must be greater than 0"),
        (AvellanedaStoikov, {"k": float("nan")}, "k = nan: must be greater than 0"),
        (AvellanedaStoikov, {"k": "1.5"}, "k = '1.5': must be a number"),
        (AvellanedaStoikov, {"horizon": "day"}, "horizon = 'day': must be one of constant, session, infinite"),
        (AvellanedaStoikov, {"horizon_s": 0}, "horizon_s = 0: must be from 0.000001 to 1000000000"),
        (AvellanedaStoikov, {"obi_cap": 1}, "obi_cap = 1: must be at least 0 and less than 1"),
        (AvellanedaStoikov, {"obi_levels": 33}, "obi_levels = 33: must be from 1 to 32"),
        (GLFT, {"A": 0}, "A = 0: must be greater than 0"),
        (GLFT, {"xi": -1}, "xi = -1: must be at least 0"),
        (GLFT, {"mu": float("inf")}, "mu = inf: must be finite"),
        (GLFT, {"k": 1e-300}, "gamma = 0.1: must be such that the quotes are finite with the other parameters"),
        (Symmetric, {"half_spread_ticks": 0}, "half_spread_ticks = 0: must be greater than 0 and at most 1000000000"),
        (Symmetric, {"order_lots": 0}, "order_lots = 0: must be at least 1"),
        (Symmetric, {"order_lots": 1.5}, "order_lots = 1.5: must be a whole number"),
        (Symmetric, {"order_lots": True}, "order_lots = True: must be a number"),
        (Symmetric, {"order_lots": 2**31}, "order_lots = 2147483648: must be between -2^31 and 2^31"),
        (Symmetric, {"order_qty": 0}, "order_qty = 0.0: must be greater than 0"),
        (Symmetric, {"order_lots": 5, "max_position_lots": 4}, "max_position_lots = 4: must be at least order_lots"),
        (Symmetric, {"max_position_lots": 0}, "max_position_lots = 0: must be greater than 0"),
        (Symmetric, {"levels": 17}, "levels = 17: must be from 1 to 16"),
        (Symmetric, {"level_spacing_ticks": 0}, "level_spacing_ticks = 0: must be from 1 to 1000000"),
        (Symmetric, {"requote_ticks": 0}, "requote_ticks = 0: must be at least 1"),
        (Symmetric, {"max_improve_ticks": -1}, "max_improve_ticks = -1: must be at least 0"),
        (Symmetric, {"min_edge_ticks": float("nan")}, "min_edge_ticks = nan: must be below 1000000000"),
        (Symmetric, {"interval_ns": -1}, "interval_ns = -1: must be at least 0"),
        (Symmetric, {"interval_ns": 0}, 'interval_ns = 0: must be at least 1 where wake is "timer"'),
        (Symmetric, {"wake": "trade"}, "wake = 'trade': must be one of timer, bbo"),
    ],
)
def test_errors_name_parameter_value_and_bound(kind, params, message):
    with pytest.raises(ConfigError) as error:
        kind(**params)
    assert str(error.value) == message


def test_registry_creates_by_name():
    assert sorted(registry) == ["avellaneda_stoikov", "glft", "symmetric"]
    assert create("glft", {"A": 2}) == GLFT(A=2)
    assert create("symmetric") == Symmetric()


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("avelaneda", {}, "strategy 'avelaneda' is not known; the nearest is 'avellaneda_stoikov'"),
        ("x", {}, "strategy 'x' is not known; known are avellaneda_stoikov, glft, symmetric"),
        ("glft", {"gama": 1}, "strategy glft: parameter 'gama' is not known; the nearest is 'gamma'"),
        ("glft", {"levls": 1}, "strategy glft: parameter 'levls' is not known; the nearest is 'levels'"),
        ("glft", {"gamma": -1}, "strategy glft: gamma = -1: must be greater than 0"),
    ],
)
def test_registry_errors(name, params, message):
    with pytest.raises(ConfigError) as error:
        create(name, params)
    assert str(error.value) == message


def test_callback_from_an_address():
    callback = Callback(4096, wake=("trade", "report"), interval_ns=7, user=8192)
    strategy = opened(callback.capsule)
    assert (strategy.abi_version, strategy.wake_mask, strategy.interval_ns) == (1, 2 | 32, 7)
    assert (strategy.on_event, strategy.user) == (4096, 8192)
    assert opened(Callback(4096, wake="bbo").capsule).wake_mask == 8


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"address": 0}, "address = 0: must be the address of a function, greater than 0"),
        ({"address": "f"}, "address = 'f': must be the address of a function, greater than 0"),
        ({"address": 1, "wake": "fills"}, "wake = 'fills': must be of level, trade, book, bbo, marker, report"),
        ({"address": 1, "interval_ns": -1}, "interval_ns = -1: must be a whole number in [0, 9223372036854775807]"),
        ({"address": 1, "user": -1}, "user = -1: must be a whole number in [0, 18446744073709551615]"),
    ],
)
def test_callback_errors(args, message):
    with pytest.raises(ConfigError) as error:
        Callback(args.pop("address"), **args)
    assert str(error.value) == message


def test_native_constants_are_those_of_the_header():
    assert (native.EV_START, native.EV_TIMER, native.EV_FILL, native.EV_STOP) == (0, 8, 11, 16)
    assert (native.BUY, native.SELL, native.POST_ONLY, native.MARKET) == (0, 1, 1, 3)
    assert native.EVENT.itemsize == 64
    assert native.EVENT.fields["kind"][1] == 60


@pytest.mark.parametrize("name", ["avellaneda_stoikov", "glft", "symmetric", "quotes", "registry"])
def test_examples_in_docstrings(name):
    result = doctest.testmod(importlib.import_module(f"lumina.strategies.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
