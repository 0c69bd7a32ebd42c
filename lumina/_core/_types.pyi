import numpy as np

VERSION: str
NO_MID: int
EVENT: np.dtype[np.void]
ORDER_EVENT: np.dtype[np.void]
FILL: np.dtype[np.void]
ORDER: np.dtype[np.void]
EQUITY: np.dtype[np.void]
