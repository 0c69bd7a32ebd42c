from lumina._core._book import DepthBook as DepthBook
from lumina._core._types import EVENT as EVENT
from lumina.errors import LuminaError as LuminaError

__version__: str

def get_include() -> str: ...
