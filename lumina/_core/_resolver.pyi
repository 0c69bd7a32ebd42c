from typing import Any

import numpy as np
from numpy.typing import NDArray

UPDATE: np.dtype[np.void]
MESSAGE_END: np.dtype[np.void]
SNAPSHOT_LEVEL: int
MODIFY: int
IF_THERE: int
REPLACE_BOOK: int
NO_PRICE: int

class ResolveError(ValueError):
    index: int
    reason: str
    def __init__(self, index: int, reason: str) -> None: ...

class Sequencer:
    def __init__(self, file_order: bool = False) -> None: ...
    @property
    def split_messages(self) -> int: ...
    def push(self, updates: NDArray[Any]) -> NDArray[np.void]: ...
    def finish(self) -> NDArray[np.void]: ...

class Resolver:
    def __init__(
        self,
        counted_window_ns: int = 0,
        runs_are_events: bool = False,
        seeded: bool = False,
        order_ids: bool = False,
    ) -> None: ...
    @property
    def counted_prints(self) -> int: ...
    @property
    def counts(self) -> dict[str, int]: ...
    def take_ids(self) -> NDArray[np.uint64] | None: ...
    def push(self, updates: NDArray[Any]) -> NDArray[np.void]: ...
    def finish(self) -> NDArray[np.void]: ...
    def message_ends(self) -> NDArray[np.void]: ...
