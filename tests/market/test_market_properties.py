"""What holds whatever a strategy does in an embedded market, over random seeds, orders and latencies."""

from backtest.test_properties import assert_accounts
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.market_witness import Witness, check_conservation, check_mids, check_reports, check_rows
from reference.strategies import RandomStrategy

import lumina

SELF_TRADES = ("cancel_newest", "cancel_oldest", "cancel_both", "reject")
DELAY = st.one_of(
    st.integers(0, 20_000_000),
    st.builds(
        lambda median, sigma: {"model": "lognormal", "median_ns": median, "sigma": sigma},
        st.integers(1, 20_000_000),
        st.floats(0.1, 2),
    ),
)


def trade(strategy, seed, self_trade, latency):
    market = lumina.EmbeddedMarket(seed, 20 / 3600, feed_latency_ns=0)
    return lumina.backtest(market, strategy, latency=latency, self_trade=self_trade, seed=seed)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.sampled_from(SELF_TRADES), st.tuples(DELAY, DELAY, DELAY, DELAY))
def test_accounts_conservation_and_reports_under_any_latency(seed, self_trade, delays):
    def run():
        strategy = Witness(RandomStrategy(seed, interval_ns=90_000_000, max_requests=300, eagerness=0.2))
        return trade(strategy, seed, self_trade, lumina.Latency(*delays))

    result = run()
    assert_accounts(result)
    check_conservation(result)
    check_reports(result)
    assert run().digest == result.digest


class Spaced:
    """Acts on timers alone, so that no two requests share an instant with each other or with a row."""

    def __init__(self, inner):
        self.inner = inner
        self.interval_ns = 90_000_001

    def on_event(self, ctx, ev):
        if ev.kind == 8 and ev.value == 0:
            self.inner.act(ctx, 0)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.sampled_from(SELF_TRADES))
def test_price_time_priority_and_mids_of_random_orders(seed, self_trade):
    strategy = Witness(Spaced(RandomStrategy(seed, max_requests=300)))
    result = trade(strategy, seed, self_trade, lumina.Latency(0, 0, 0, 0))
    check_rows(result, strategy.rows)
    check_mids(result, strategy.rows)
    check_conservation(result)
    check_reports(result)
