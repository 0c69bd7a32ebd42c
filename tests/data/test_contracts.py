"""Contracts that venue and symbol tell, against the venues' own specifications."""

import pytest

from lumina.data.contracts import inverse_contract


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
