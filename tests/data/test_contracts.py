"""Contracts that venue and symbol tell, against the venues' own specifications."""

import json
from fractions import Fraction

import pytest

import lumina
from lumina.data.binance.market import Market
from lumina.data.contracts import inverse_contract
from lumina.errors import DataError


@pytest.mark.parametrize(
    ("venue", "symbol", "expected"),
    [
        ("bitmex", "XBTUSD", (1, "XBT")),
        ("bitmex", "XBTM21", (1, "XBT")),
        ("bitmex", "ETHUSD", None),  # a quanto
        ("bitmex", "XBTUSDT", None),
        ("deribit", "BTC-PERPETUAL", (1, "BTC")),
        ("deribit", "ETH-25JUN21", (1, "ETH")),
        ("deribit", "BTC-25JUN21-50000-C", None),
        ("deribit", "BTC_USDC-PERPETUAL", None),
        ("okex-swap", "BTC-USD-SWAP", (100, "BTC")),
        ("okex-swap", "ETH-USD-SWAP", (10, "ETH")),
        ("okex-swap", "BTC-USDT-SWAP", None),
        ("okex-futures", "BTC-USD-210625", (100, "BTC")),
        ("huobi-dm-swap", "BTC-USD", (100, "BTC")),
        ("huobi-dm", "BTC_CQ", (100, "BTC")),
        ("huobi-dm", "ETH_NW", (10, "ETH")),
        ("binance-delivery", "BTCUSD_PERP", (100, "BTC")),
        ("binance-delivery", "ADAUSD_210625", (10, "ADA")),
        ("binance-futures", "BTCUSDT", None),
        ("bybit", "BTCUSD", (1, "BTC")),
        ("bybit", "ETHUSDM24", (1, "ETH")),
        ("bybit", "BTCUSDT", None),
        ("cryptofacilities", "PI_XBTUSD", (1, "XBT")),
        ("coinbase", "BTC-USD", None),
    ],
)
def test_what_is_inverse(venue, symbol, expected):
    assert inverse_contract(venue, symbol) == expected


def test_bybit_and_binance_take_their_terms_from_here(tmp_path):
    data = {"s": "ETHUSDM24", "b": [["2000", "5"]], "a": [["2001", "7"]], "u": 1, "seq": 1}
    line = {
        "topic": "orderbook.500.ETHUSDM24",
        "type": "snapshot",
        "ts": 1700000000002,
        "data": data,
        "cts": 1700000000000,
    }
    (tmp_path / "x.data").write_text(json.dumps(line) + "\n")
    terms = lumina.load(tmp_path / "x.data").instrument
    assert (terms.multiplier, terms.inverse, terms.settlement) == (1, True, "ETH")
    for symbol, terms in (("BTCUSD_PERP", (100, True, "BTC")), ("ADAUSD_210625", (10, True, "ADA"))):
        market = Market(symbol, "coin-m", set(), set(), 0, False, None, None)
        found = market.instrument(Fraction(1, 10), Fraction(1), 0, 0)
        assert (found.multiplier, found.inverse, found.settlement) == terms
    with pytest.raises(DataError, match="BTCGBP_PERP: no known coin-M contract"):
        Market("BTCGBP_PERP", "coin-m", set(), set(), 0, False, None, None).instrument(Fraction(1), Fraction(1), 0, 0)
