"""The engine behind the reference's interface: same tapes, instruments, strategy and options."""
from fractions import Fraction

import lumina


def instrument_of(terms):
    """The instrument with the reference's unit: tick 1, so that lot and multiplier carry it."""
    unit = Fraction(terms.unit_num, terms.unit_den)
    lot = Fraction(str(terms.lot_size))
    multiplier = unit / lot / (10**12 if terms.inverse else 10**9)
    return lumina.Instrument(
        "TEST",
        1,
        lot,
        multiplier,
        terms.inverse,
        maker_fee=Fraction(terms.maker_fee_e9, 10**9),
        taker_fee=Fraction(terms.taker_fee_e9, 10**9),
    )


def run(tapes, instruments, strategy=None, options=None):
    """Run on the engine; the result has the reference's fields."""
    scale = 10**12 if instruments[0].inverse else 10**9
    risk = options.risk
    notional = risk.max_notional_units
    return lumina.backtest(
        [
            lumina.Tape(events, instrument_of(terms), depth_limit=terms.depth_limit)
            for events, terms in zip(tapes, instruments, strict=True)
        ],
        strategy,
        latency=lumina.Latency(
            feed=options.feed_ns,
            tick_to_trade=options.tick_to_trade_ns,
            entry=options.entry_ns,
            response=options.response_ns,
        ),
        queue=lumina.Queue(**(options.queue or {})),
        risk=lumina.Risk(
            max_order_lots=risk.max_order_lots,
            max_notional=None if notional is None else notional / scale,
            price_band=risk.price_band,
            max_position_lots=risk.max_position_lots,
        ),
        impact=None if options.impact is None else lumina.Impact(**options.impact),
        self_trade=options.self_trade,
        equity_interval_ns=options.equity_interval_ns,
        markouts_ns=options.markouts_ns,
    )
