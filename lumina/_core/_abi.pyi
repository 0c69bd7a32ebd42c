import numpy as np

RUNTIME_EVENT: np.dtype
ADDRESSES: dict[str, int]
KINDS: dict[str, int]
WAKES: dict[str, int]
SIDES: dict[str, int]
ORDER_TYPES: dict[str, int]
