"""Lumina's side of backtest.py: replays a saved tape, one case for each line read.

    python backtest_lumina.py TAPE grid_mm.so

Reads the name of a case a line from standard input and answers with one line of JSON. What is timed is the whole call
of `lumina.backtest`, its result included; the tape is memory-mapped and was read once before.
"""

import ctypes
import json
import sys
import time

import lumina
from lumina.strategies import Callback

STEP_NS = 100_000_000
LATENCY_NS = 5_000_000
COMPARED_TICKS = 200


class Level(ctypes.Structure):
    _fields_ = (("price_ticks", ctypes.c_int32), ("qty_lots", ctypes.c_int32))


class Report(ctypes.Structure):
    """grid_mm_report of grid_mm.cpp."""

    _fields_ = (
        ("steps", ctypes.c_int64),
        ("submits", ctypes.c_int64),
        ("cancels", ctypes.c_int64),
        ("level_count", ctypes.c_int32 * 2),
        ("levels", Level * 512 * 2),
    )


class Runner:
    def __init__(self, tape, library):
        self.tape = lumina.Tape.open(tape)
        self.library = ctypes.CDLL(library)
        self.library.grid_mm_result.restype = ctypes.POINTER(Report)
        self.strategies = {
            "replay": None,
            "market_maker": self.callback("grid_mm_on_event", interval_ns=STEP_NS, wake=()),
        }
        # a replay with a strategy that looks at the book when the run stops, and never before
        self.run(self.callback("final_book_on_event", wake=()))
        self.book = self.levels()

    def callback(self, name, **options):
        return Callback(ctypes.cast(self.library[name], ctypes.c_void_p).value, **options)

    def run(self, strategy):
        return lumina.backtest(
            self.tape,
            strategy,
            latency=lumina.Latency(feed=0, tick_to_trade=0, entry=LATENCY_NS, response=LATENCY_NS),
            queue=lumina.Queue(model="power3", n=3.0),
            maker_fee="-0.00005",
            taker_fee="0.0007",
        )

    def levels(self):
        report = self.library.grid_mm_result().contents
        sides = []
        for side in range(2):
            rows = [(row.price_ticks, row.qty_lots) for row in report.levels[side][: report.level_count[side]]]
            sides.append([list(row) for row in rows if abs(row[0] - rows[0][0]) < COMPARED_TICKS])
        return sides

    def answer(self, case):
        strategy = self.strategies[case.partition("_")[2]]
        begin = time.perf_counter()
        result = self.run(strategy)
        seconds = time.perf_counter() - begin
        work = {"rows": result.events, "steps": None, "submits": 0, "cancels": 0}
        bids, asks = self.book
        if strategy is not None:
            report = self.library.grid_mm_result().contents
            work.update(steps=report.steps, submits=report.submits, cancels=report.cancels)
            bids, asks = self.levels()
        lots = [int(result.fills["qty_lots"][result.fills["side"] == side].sum()) for side in range(2)]
        work["filled_orders"] = len(set(result.fills["order_id"].tolist()))
        return {
            "seconds": seconds,
            "work": work | {"bought_lots": lots[0], "sold_lots": lots[1], "bids": bids, "asks": asks},
        }


def main():
    runner = Runner(sys.argv[1], sys.argv[2])
    print(json.dumps({"ready": "lumina"}), flush=True)
    for line in sys.stdin:
        print(json.dumps(runner.answer(line.strip())), flush=True)


if __name__ == "__main__":
    main()
