from typing import Any

class Run:
    """One run of the engine, over tapes or over embedded markets. It keeps these and the strategy alive."""

    def __init__(
        self, setups: list[dict[str, Any]], options: dict[str, Any], capsule: object, with_gil: bool
    ) -> None: ...
    def run(self, slice_ns: int) -> bool: ...
    def interrupt(self) -> None:
        """End the run at the next row."""
    @property
    def rows_done(self) -> int:
        """Rows replayed so far."""
    @property
    def reached_ts_ns(self) -> int: ...
    @property
    def error(self) -> tuple[int, str] | None: ...
    @property
    def overflow(self) -> bool:
        """An account went beyond 64 bits, and the run ended there."""
    def results(self) -> dict[str, Any]: ...

def strategy_address(capsule: object) -> int:
    """Where the strategy of a capsule stands: what tells one from another."""
