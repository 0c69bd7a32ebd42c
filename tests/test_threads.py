"""Blocks that release the GIL: a second thread is told, or waits; nothing is undefined, and nothing is lost."""

import threading

import numpy as np
import pytest

import lumina
from lumina._core._market import Recording
from lumina._core._resolver import UPDATE, Resolver, Sequencer
from lumina._core._tape_check import LevelTotals

MESSAGES = 300_000
QUOTE = np.dtype([("ts_ns", "i8"), ("price_ticks", "i4"), ("qty_lots", "i4")])


def depth_book():
    rows = np.zeros(MESSAGES, lumina.EVENT)
    rows["price_ticks"], rows["qty_lots"], rows["flags"] = np.arange(MESSAGES) * 7_919 % 50_000, 1, 3
    block = lumina.DepthBook()
    return block, lambda: block.apply(rows), lambda: block.depth(5)


def order_book():
    rows = np.zeros(MESSAGES, lumina.ORDER_MESSAGE)
    rows["order_id"], rows["price_ticks"], rows["qty_lots"] = np.arange(MESSAGES) + 1, np.arange(MESSAGES) % 5_000, 1
    block = lumina.OrderBook()
    return block, lambda: block.apply(rows), lambda: block.depth(5)


def matching_engine():
    rows = np.zeros(MESSAGES, lumina.MATCH_MESSAGE)
    rows["order_id"], rows["qty_lots"] = np.arange(MESSAGES) + 1, 1
    rows["side"] = np.arange(MESSAGES) % 2
    rows["price_ticks"] = np.arange(MESSAGES) * 31 % 5_000
    block = lumina.MatchingEngine()
    return block, lambda: block.apply(rows), lambda: block.depth(5)


def updates():
    rows = np.zeros(MESSAGES, UPDATE)
    rows["exch_ts_ns"] = rows["local_ts_ns"] = np.arange(MESSAGES)
    rows["price_ticks"], rows["qty_lots"], rows["flags"] = np.arange(MESSAGES) % 5_000, np.arange(MESSAGES) % 50, 7
    return rows


def resolver():
    rows, block = updates(), Resolver()
    return block, lambda: block.push(rows), block.finish


def sequencer():
    rows, block = updates(), Sequencer()
    return block, lambda: block.push(rows), block.finish


def recording():
    block = Recording(lumina.EmbeddedMarket(seed=1, hours=6).spec)
    return block, lambda: block.run(50_000), block.take


def histogram():
    block = lumina.Histogram()
    values = np.arange(MESSAGES)
    return block, lambda: block.record_many(values), lambda: block.percentile(50)


def level_totals():
    rows = np.zeros(MESSAGES, lumina.EVENT)
    rows["price_ticks"], rows["qty_lots"], rows["flags"] = np.arange(MESSAGES) * 7_919 % 50_000, 1, 3
    block = LevelTotals()
    return block, lambda: block.push(rows), lambda: block.push(rows[:1])


BLOCKS = (depth_book, order_book, matching_engine, resolver, sequencer, recording, histogram, level_totals)


@pytest.mark.parametrize("make", BLOCKS)
def test_two_threads_on_one_block_are_told_or_wait(make):
    """Whatever fails says so with RuntimeError; whoever was first went through."""
    _, work, look = make()
    ready, failures, done = threading.Barrier(3), [], []

    def run(call):
        ready.wait()
        for _ in range(4):
            try:
                call()
                done.append(call)
            except RuntimeError as error:
                failures.append(str(error))
            except ValueError:  # a resolver that is pushed times of before
                done.append(call)

    threads = [threading.Thread(target=run, args=(call,)) for call in (work, work, look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done  # whoever holds the block goes through
    assert all("another thread" in message for message in failures), failures


def test_a_ring_of_one_producer_and_one_consumer_has_one_of_each():
    ring = lumina.SpscRing(QUOTE, 4)
    ring.push_many(np.zeros(4, QUOTE))
    waiting, told = threading.Event(), []

    def second():
        waiting.set()
        try:
            ring.push((1, 2, 3), timeout=60)
        except (RuntimeError, lumina.RingClosed) as error:
            told.append(error)

    first = threading.Thread(target=second)
    first.start()
    waiting.wait()
    while not told:  # one of the two finds the other at the producer's end
        try:
            if not ring.push((1, 2, 3), timeout=0.001):
                continue
        except RuntimeError as error:
            told.append(error)
    assert "another thread is using this SpscRing" in str(told[0])
    ring.close()
    first.join()


def test_several_producers_may_push_to_an_mpmc_ring():
    ring = lumina.MpmcRing(QUOTE, 1024)
    rows = np.zeros(5_000, QUOTE)
    producers = [threading.Thread(target=ring.push_many, args=(rows,)) for _ in range(3)]
    for producer in producers:
        producer.start()
    taken = 0
    while taken < 15_000:
        taken += len(ring.pop_many(1000, timeout=10))
    for producer in producers:
        producer.join()
    assert taken == 15_000
