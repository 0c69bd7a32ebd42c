from typing import Any, NamedTuple

HANDLERS: tuple[str, ...]

class Level(NamedTuple):
    """One price level; `qty_lots` 0 where there is none."""

    price_ticks: int
    qty_lots: int

class OwnOrder(NamedTuple):
    """An own order as the reports received so far tell it."""

    order_id: int
    tag: int
    price_ticks: int
    qty_lots: int
    filled_lots: int
    instrument: int
    side: int
    type: int
    state: int
    pending: int

class RunEvent:
    """The event of the callback that is running; reused, so copy what is to be kept."""

    @property
    def ts_ns(self) -> int:
        """The strategy's clock, ns."""
    @property
    def exch_ts_ns(self) -> int:
        """When it happened at the exchange, ns; of a timer `ts_ns`."""
    @property
    def order_id(self) -> int:
        """Of a report the own order; of a level or trade the venue's, where the tape has ids; else 0."""
    @property
    def tag(self) -> int:
        """Of a report: as given to `submit`."""
    @property
    def value(self) -> int:
        """Of a timer its id, of status the phase, of funding the rate in 1e-9, of a level the row's `lumina.Kind`."""
    @property
    def price_ticks(self) -> int:
        """Of the row, or of the fill."""
    @property
    def qty_lots(self) -> int:
        """Change of the level, lots traded, or lots filled."""
    @property
    def level_lots(self) -> int:
        """What the level shows after a level row, lots."""
    @property
    def leaves_lots(self) -> int:
        """What is left of the own order, lots."""
    @property
    def instrument(self) -> int:
        """Index of the instrument."""
    @property
    def kind(self) -> int:
        """A `lumina.EventKind`."""
    @property
    def side(self) -> int:
        """A `lumina.Side`."""
    @property
    def reason(self) -> int:
        """A `lumina.Reason`, of a reject or a cancel."""
    @property
    def flags(self) -> int:
        """Bits of what else is true of the event."""
    @property
    def is_maker(self) -> bool:
        """Of a fill: the own order was resting."""

class Context:
    """What a strategy may ask and do; valid while a callback runs. Ticks, lots and ns throughout."""

    @property
    def now_ns(self) -> int:
        """The strategy's clock."""
    @property
    def instrument_count(self) -> int:
        """Instruments of the run."""
    def best(self, instrument: int, side: int) -> Level:
        """Best level of a side as of the last event seen; qty_lots 0 where the side is empty."""
    def level(self, instrument: int, side: int, price_ticks: int) -> int:
        """Quantity displayed at a price, lots; own orders are not in it."""
    def depth(self, instrument: int, side: int, n: int) -> list[Level]:
        """Best n levels, best first."""
    def position(self, instrument: int = 0) -> int:
        """Lots, from the fills reported so far."""
    def orders(self, instrument: int = 0, side: int = 2) -> list[OwnOrder]:
        """Open orders, oldest first; side 2 is both."""
    def submit(
        self,
        *,
        side: int,
        price_ticks: int = 0,
        qty_lots: int,
        type: int = 0,
        instrument: int = 0,
        tag: int = 0,
    ) -> int:
        """Send an order; returns its id. What is wrong with it comes back as a reject."""
    def cancel(self, order_id: int) -> None:
        """Ask for the cancel of an order; what is wrong with it comes back as a reject."""
    def replace(self, order_id: int, price_ticks: int, qty_lots: int) -> None:
        """Change price and total quantity (fills included)."""
    def set_timer(self, ts_ns: int, id: int = 1) -> None:
        """One timer event with `value` = id at ts_ns, or now if that has passed."""
    def stop(self) -> None:
        """End the run after this callback."""
    def instrument(self, instrument: int = 0) -> dict[str, Any]:
        """Terms of an instrument: its name, and what a tick, a lot and a fee are."""

class PythonStrategy:
    """A strategy object behind the ABI; `capsule` is for the engine, `failure` what a callback raised."""

    failure: BaseException | None
    def __init__(self, target: object) -> None: ...
    @property
    def capsule(self) -> object:
        """Valid while this object lives."""
