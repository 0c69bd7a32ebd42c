from lumina.data.instrument import Instrument
from lumina.reasons import Reason
from lumina.risk import RiskLimits

class RiskGate:
    """Pre-trade risk of one instrument (``lumina/risk.hpp``); docs/risk.md has the rules.

    Orders are judged when they are sent. What passes `check` or `check_replace` counts as sent from then on; the gate
    has to hear what becomes of it.

    Parameters
    ----------
    limits : RiskLimits, optional
        None is no limit.
    instrument : Instrument, optional
        Whose contract turns prices into money; None counts one unit a lot and tick.
    orders : int
        Room for so many orders open at once, and as many replaces in flight; beyond it they are refused as
        RISK_OPEN_ORDERS.
    messages : int
        The largest `max_messages` that may be set.
    recent : int
        Room for so many new orders within `duplicate_window_ns`; beyond it they are refused as RISK_DUPLICATE.

    Raises
    ------
    ValueError
        With the argument, its value and its bounds.

    Notes
    -----
    Sides are ``"buy"`` or ``"sell"``, or the numbers of `lumina.Side`. Types are ``"limit"``, ``"post_only"``,
    ``"ioc"`` or ``"market"``, or their numbers in `lumina/strategy/abi.h`. Times are ns since the epoch and never go
    back: an earlier one is taken as the last. `mid2_ticks` is the mid in half ticks, `reference2_ticks` the price that
    a market order would meet in half ticks; None is none (0 and below are prices), and the rules that need it are
    skipped.

    One thread sends and hears the reports. Others may call `set_limits`, `kill` and `reset`, and read `killed`,
    `loss_reached` and `rejections`, while it works, also without the GIL in a module of one's own
    (``cimport lumina._core._risk``).
    """

    def __init__(
        self,
        limits: RiskLimits | None = None,
        instrument: Instrument | None = None,
        *,
        orders: int = 4096,
        messages: int = 65536,
        recent: int = 4096,
    ) -> None: ...
    @property
    def limits(self) -> RiskLimits | None:
        """The limits set last."""
    def check(
        self,
        order_id: int,
        side: str | int,
        price_ticks: int | None,
        qty_lots: int,
        *,
        now_ns: int,
        type: str | int = "limit",
        mid2_ticks: int | None = None,
        reference2_ticks: int | None = None,
    ) -> Reason:
        """A new order: `Reason.NONE`, or the first rule that it breaks. The price of a market order is ignored."""
    def check_replace(
        self,
        order_id: int,
        price_ticks: int,
        total_lots: int,
        *,
        now_ns: int,
        mid2_ticks: int | None = None,
        reference2_ticks: int | None = None,
    ) -> Reason:
        """A replace, with the new total, fills included. One that closes the order, or is of no open order, passes."""
    def count_cancel(self, now_ns: int) -> None:
        """A cancel is sent: it counts as a message, and always passes."""
    def on_fill(
        self,
        order_id: int,
        side: str | int,
        price_ticks: int,
        qty_lots: int,
        *,
        now_ns: int,
        fee_units: int = 0,
        mid2_ticks: int | None = None,
    ) -> None:
        """A fill was reported; a positive fee is a cost. A filled order is closed by it."""
    def on_replaced(self, order_id: int, price_ticks: int, total_lots: int) -> None:
        """The oldest replace in flight of the order was accepted, with this price and total."""
    def on_replace_rejected(self, order_id: int) -> None:
        """It was refused."""
    def on_end(self, order_id: int) -> None:
        """The order was cancelled, has expired, or was refused by the exchange."""
    def mark(self, mid2_ticks: int | None, *, now_ns: int) -> None:
        """Look at the daily loss now; else it is looked at when something is sent or filled."""
    def hold(self, position_lots: int, mid2_ticks: int | None) -> None:
        """A position from before, valued at this mid; it has made nothing so far."""
    def set_limits(self, limits: RiskLimits) -> None:
        """Other limits, all at once, in force from the next call on. Any thread.

        Raises
        ------
        ValueError
            `max_messages` is above the room for `messages`; the old limits stay.
        """
    def kill(self, reason: int = 1) -> None:
        """Let no new order and no replace pass until `reset`; cancels do. Any thread.

        Parameters
        ----------
        reason : int
            A number of one's own, 1 to 2^32 - 1; the first one stays.
        """
    def reset(self) -> None:
        """Open again after `kill` and after the daily loss, which is counted anew from now on. Any thread."""
    @property
    def killed(self) -> int:
        """The reason given to `kill`; 0 if the gate is not killed."""
    @property
    def loss_reached(self) -> bool:
        """Whether the daily loss was reached and not reset since."""
    @property
    def position_lots(self) -> int:
        """From the fills reported, lots."""
    @property
    def open_orders(self) -> int:
        """Orders sent and neither filled, cancelled nor refused."""
    def open_lots(self, side: str | int) -> int:
        """Lots that the side's open orders may still fill, replaces in flight included."""
    @property
    def day_pnl_units(self) -> int:
        """P&L since the day began or `reset`, at the last mid seen, after fees, units."""
    @property
    def rejections(self) -> dict[Reason, int]:
        """Requests refused so far, by reason; reasons without any are left out."""
