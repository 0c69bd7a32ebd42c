from lumina import affinity as affinity
from lumina import clock as clock
from lumina._core._book import DepthBook as DepthBook
from lumina._core._histogram import Histogram as Histogram
from lumina._core._matching_engine import MATCH_EVENT as MATCH_EVENT
from lumina._core._matching_engine import MATCH_MESSAGE as MATCH_MESSAGE
from lumina._core._matching_engine import MatchingEngine as MatchingEngine
from lumina._core._memory_pool import MemoryPool as MemoryPool
from lumina._core._order_book import ORDER_MESSAGE as ORDER_MESSAGE
from lumina._core._order_book import BookSnapshot as BookSnapshot
from lumina._core._order_book import OrderBook as OrderBook
from lumina._core._ring import Disruptor as Disruptor
from lumina._core._ring import DisruptorConsumer as DisruptorConsumer
from lumina._core._ring import MpmcRing as MpmcRing
from lumina._core._ring import SpscRing as SpscRing
from lumina._core._risk import RiskGate as RiskGate
from lumina._core._types import EVENT as EVENT
from lumina._core._types import NO_MID as NO_MID
from lumina.backtester.options import Impact as Impact
from lumina.backtester.options import Latency as Latency
from lumina.backtester.options import Queue as Queue
from lumina.backtester.options import Risk as Risk
from lumina.backtester.result import Result as Result
from lumina.backtester.run import backtest as backtest
from lumina.data.instrument import Instrument as Instrument
from lumina.data.kinds import Flag as Flag
from lumina.data.kinds import Kind as Kind
from lumina.data.kinds import Phase as Phase
from lumina.data.kinds import Side as Side
from lumina.data.load import load as load
from lumina.data.tape import Tape as Tape
from lumina.errors import LuminaError as LuminaError
from lumina.errors import RingClosed as RingClosed
from lumina.market import EmbeddedMarket as EmbeddedMarket
from lumina.matching import MatchEventKind as MatchEventKind
from lumina.matching import MatchKind as MatchKind
from lumina.matching import MatchReason as MatchReason
from lumina.matching import OrderType as OrderType
from lumina.reasons import Reason as Reason
from lumina.risk import RiskLimits as RiskLimits

__version__: str

def get_include() -> str: ...
