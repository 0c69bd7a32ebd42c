from lumina._core._book import DepthBook as DepthBook
from lumina._core._types import EVENT as EVENT
from lumina.data.instrument import Instrument as Instrument
from lumina.data.kinds import Flag as Flag
from lumina.data.kinds import Kind as Kind
from lumina.data.kinds import Phase as Phase
from lumina.data.kinds import Side as Side
from lumina.data.load import load as load
from lumina.data.tape import Tape as Tape
from lumina.errors import LuminaError as LuminaError

__version__: str

def get_include() -> str: ...
