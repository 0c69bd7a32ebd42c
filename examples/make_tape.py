"""Writes a synthetic L2 tape, in the row layout of hftbacktest, for trying things without recorded data.

    python examples/make_tape.py sample.npy --rows 300000

The book is simulated, so that the tape is consistent: every print is followed by the change of the level that it
hit, levels empty and form again, the spread opens and closes, activity is densest at the touch and comes in bursts,
and feed latency is lognormal and first in, first out. It has none of a real market's information: a strategy that
earns on it has shown nothing.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

ROW = np.dtype(
    {
        "names": ["ev", "exch_ts", "local_ts", "px", "qty", "order_id", "ival", "fval"],
        "formats": ["<u8", "<i8", "<i8", "<f8", "<f8", "<u8", "<i8", "<f8"],
    }
)
DEPTH, TRADE, CLEAR, SNAPSHOT = 1, 2, 3, 4
EXCH, LOCAL, BUY, SELL = 1 << 31, 1 << 30, 1 << 29, 1 << 28

TICK_SIZE, LOT_SIZE = 0.1, 0.001
START_NS = 1_723_161_600_000_000_000
START_TICKS = 600_000
LEVELS = 300  # a side in the opening snapshot, and how far from the touch changes reach
WIDTH = 64 * LEVELS  # the price stays inside a window of so many ticks
DRAWS = 1 << 17  # random numbers are drawn in blocks of this many


class Book:
    """Two sides of levels in lots, and the rows that say how they came to be."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.qty = {BUY: [0] * WIDTH, SELL: [0] * WIDTH}
        self.best = {BUY: WIDTH // 2, SELL: WIDTH // 2 + 1}
        self.rows: list[tuple[int, int, int, int]] = []  # kind and side, level, lots, message
        self.message = 0
        for side, away in ((BUY, -1), (SELL, 1)):
            self.rows.append((CLEAR | side, self.best[side] + away * LEVELS, 0, 0))
            for distance, noise in enumerate(rng.lognormal(0.0, 0.8, LEVELS)):
                self.put(SNAPSHOT, side, self.best[side] + away * distance, 1 + int(noise * usual_lots(distance)))

    def put(self, kind: int, side: int, level: int, lots: int) -> None:
        """A level's new quantity; the best follows it."""
        self.qty[side][level] = lots
        self.rows.append((kind | side, level, lots, self.message))
        away = -1 if side == BUY else 1
        if lots and (level - self.best[side]) * away < 0:
            self.best[side] = level
        while not self.qty[side][self.best[side]]:
            self.best[side] += away

    def take(self, aggressor: int, lots: int) -> None:
        """A market order: a print and a level change for each level that it meets, five at most."""
        side = SELL if aggressor == BUY else BUY
        for _ in range(5):
            level = self.best[side]
            there = self.qty[side][level]
            taken = min(there, lots)
            self.rows.append((TRADE | aggressor, level, taken, self.message))
            self.put(DEPTH, side, level, there - taken)
            lots -= taken
            if not lots:
                return


def usual_lots(distance: int) -> float:
    """Quantity that a level tends to, by its distance from the touch in ticks."""
    return 150.0 + 40.0 * min(distance, 20)


def simulate(count: int, rng: np.random.Generator) -> list[tuple[int, int, int, int]]:
    """At least `count` rows of a market in which buying pressure wanders and the price is drawn back to its start."""
    book = Book(rng)
    pressure = 0.0
    while len(book.rows) < count:
        draws = zip(
            rng.random(DRAWS).tolist(),
            rng.random(DRAWS).tolist(),
            rng.normal(0.0, 1.0, DRAWS).tolist(),
            np.minimum(rng.geometric(0.15, DRAWS) - 1 + rng.integers(0, 30, DRAWS) // 28 * 40, LEVELS).tolist(),
            strict=True,
        )
        for what, which, size, distance in draws:
            if what < 0.35:  # the next message; a message changes a few levels
                book.message += 1
                drift = (WIDTH / 2 - book.best[BUY]) / WIDTH
                pressure += 0.02 * size - 0.01 * pressure + 0.02 * drift
                pressure = min(0.3, max(-0.3, pressure))
            lots = 1 + int(60.0 * 2.0**size)
            if what > 0.94:
                book.message += 1
                book.take(BUY if which < 0.5 + pressure else SELL, lots)
                continue
            side, away = (BUY, -1) if which < 0.5 + pressure / 2 else (SELL, 1)
            if abs(book.best[SELL] - book.best[BUY]) > 1 and what > 0.5:
                book.put(DEPTH, side, book.best[side] - away, lots)  # a new best price inside the spread
                continue
            level = book.best[side] + away * distance
            there = book.qty[side][level]
            if there and distance and what > 0.90:
                book.put(DEPTH, side, level, 0)
            elif there > lots and there > usual_lots(distance) * (0.5 + what):
                book.put(DEPTH, side, level, there - lots)
            else:
                book.put(DEPTH, side, level, there + lots)
            if len(book.rows) >= count:
                break
    return book.rows


def make_tape(count: int, seed: int = 1, rows_per_s: float = 1000.0) -> NDArray[np.void]:
    """A synthetic tape.

    Parameters
    ----------
    count : number of rows
    seed : of the generator; the same seed gives the same tape
    rows_per_s : mean rate

    Returns
    -------
    array of dtype `ROW`, shape (count,): prices in quote currency, quantities in base units, times in ns
    """
    rng = np.random.default_rng(seed)
    kinds, levels, lots, messages = (np.array(column) for column in zip(*simulate(count, rng)[:count], strict=True))
    n_messages = int(messages[-1]) + 1
    gaps = rng.lognormal(0.0, 1.8, n_messages)
    exch_ts = START_NS + np.cumsum(gaps * (count / rows_per_s * 1e9 / gaps.sum())).astype(np.int64)
    latency = (200_000 + rng.lognormal(np.log(900_000.0), 0.4, n_messages)).astype(np.int64)
    local_ts = np.maximum.accumulate(exch_ts + latency)
    tape = np.zeros(count, ROW)
    tape["ev"] = kinds.astype(np.uint64) | np.uint64(EXCH | LOCAL)
    tape["exch_ts"] = exch_ts[messages]
    tape["local_ts"] = local_ts[messages]
    tape["px"] = np.round((levels + (START_TICKS - WIDTH // 2)) * TICK_SIZE, 1)
    tape["qty"] = np.round(lots * LOT_SIZE, 3)
    return tape


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="file to write, .npy")
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not 2 * LEVELS + 2 < options.rows <= 100_000_000:
        parser.error(f"--rows {options.rows} is not between {2 * LEVELS + 3} and 100000000")
    np.save(options.path, make_tape(options.rows, options.seed))
    print(f"{options.path}: {options.rows} rows, tick {TICK_SIZE}, lot {LOT_SIZE}")


if __name__ == "__main__":
    main()
