"""The rings from Python: items and arrays of any dtype, views in place, threads, processes, and what is refused."""

import gc
import os
import subprocess
import sys
import threading
from collections import deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lumina
from lumina import Disruptor, MpmcRing, RingClosed, SpscRing

QUOTE = np.dtype([("ts", "M8[ns]"), ("price", "f8"), ("lots", "i4"), ("side", "S1")])
ALIGNED = np.dtype([("lots", "u1"), ("price", "f8"), ("more", "i4", (3,))], align=True)
QUEUES = [SpscRing, MpmcRing]
RINGS = [*QUEUES, Disruptor]
WAITS = ["spin", "pause", "yield", "park"]


def some(dtype, n, seed=0):
    """Items of random bytes that compare equal to themselves."""
    raw = np.random.default_rng(seed).integers(1, 100, n * dtype.itemsize, np.uint8)
    return raw.view(np.dtype((np.void, dtype.itemsize))).view(dtype)


@pytest.fixture
def name():
    return f"lumina-test-{os.getpid()}-{threading.get_ident()}"


@pytest.mark.parametrize("queue", QUEUES)
@given(operations=st.lists(st.tuples(st.sampled_from(["push", "pop", "push_many", "pop_many"]), st.integers(1, 11))))
def test_any_operations_against_a_deque(queue, operations):
    ring, want, value = queue("i4", 8), deque(), 0
    for operation, n in operations:
        if operation == "push":
            assert ring.push(value, timeout=0) == (len(want) < 8)
            if len(want) < 8:
                want.append(value)
            value += 1
        elif operation == "pop":
            assert ring.pop(timeout=0) == (want.popleft() if want else None)
        elif operation == "push_many":
            items = np.arange(value, value + n, dtype="i4")
            done = ring.push_many(items, timeout=0)
            assert done == min(n, 8 - len(want))
            want.extend(items[:done].tolist())
            value += n
        else:
            assert ring.pop_many(n, timeout=0).tolist() == [want.popleft() for _ in range(min(n, len(want)))]
        assert len(ring) == len(want)


@pytest.mark.parametrize("dtype", [np.dtype("f4"), np.dtype("M8[us]"), np.dtype("S3"), QUOTE, ALIGNED], ids=str)
def test_items_come_out_as_they_went_in(dtype):
    items = some(dtype, 10)
    for ring in (SpscRing(dtype, 16), MpmcRing(dtype, 16)):
        assert ring.dtype == dtype
        ring.push(items[0])
        assert ring.push_many(items[1:]) == 9
        first = ring.pop()
        assert first == items[0] and type(first) is dtype.type
        out = np.empty(20, dtype)
        got = ring.pop_many(out=out)
        assert got.base is out and got.tobytes() == items[1:].tobytes()
    ring = Disruptor(dtype, 16)
    first, second = ring.consumer(), ring.consumer()
    ring.push_many(items)
    assert first.pop_many(20).tobytes() == second.pop_many(20).tobytes() == items.tobytes()


def test_a_sequence_and_a_strided_array_are_pushed():
    ring = SpscRing("i8", 16)
    assert ring.push_many([1, 2, 3]) == 3
    assert ring.push_many(np.arange(10)[::3]) == 4
    assert ring.push_many([]) == 0
    assert ring.pop_many(9).tolist() == [1, 2, 3, 0, 3, 6, 9]


def test_in_place():
    ring = SpscRing(QUOTE, 8)
    for lap in range(5):
        slots = ring.claim(3)
        slots["lots"] = lap + np.arange(len(slots))
        assert len(ring) == 0 and len(ring.peek(9)) == 0
        ring.publish(len(slots))
        seen = ring.peek(9)
        assert seen["lots"].tolist() == [lap + i for i in range(len(slots))]
        assert len(slots) == (2 if lap == 2 else 3)  # up to the end of the memory
        with pytest.raises(ValueError, match="read-only"):
            seen["lots"] = 0
        ring.release(len(seen))
    with pytest.raises(ValueError, match="n 9 is more than was claimed"):
        ring.publish(9)
    with pytest.raises(ValueError, match="n 1 is more than was seen"):
        ring.release(1)


def test_a_view_keeps_the_memory():
    ring = SpscRing("i8", 4)
    ring.push(5)
    seen = ring.peek(1)
    del ring
    gc.collect()
    assert seen[0] == 5


def test_a_disruptor_by_hand():
    ring = Disruptor("i8", 4)
    first, second = ring.consumer(), ring.consumer()
    last = ring.consumer(after=[first, second])
    assert ring.consumers == 3
    assert ring.push_many([1, 2, 3, 4, 5], timeout=0) == 4
    assert first.pop_many(9).tolist() == [1, 2, 3, 4]
    assert last.pop(timeout=0) is None and not ring.push(5, timeout=0)
    assert second.pop() == 1 and len(second) == 3
    assert last.peek(4).tolist() == [1]
    last.release(1)
    assert ring.push(5, timeout=0) and not ring.push(6, timeout=0)
    second.leave()
    second.leave()
    assert last.pop_many(9).tolist() == [2, 3, 4]
    with pytest.raises(RingClosed):
        second.pop()
    with pytest.raises(ValueError, match="the consumer has left"):
        second.peek(1)
    with pytest.raises(ValueError, match="a consumer to come after is not there"):
        ring.consumer(after=[second])
    ring.close()
    assert list(first) == [5] and first.drained and list(last) == [5]
    del first
    gc.collect()
    assert ring.consumers == 1


@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.parametrize("queue", QUEUES)
def test_between_threads(queue, wait):
    """Two producers and two consumers where the ring is for them; each item is taken once, in its producer's order."""
    sides, n = (1 if queue is SpscRing else 2), 3000
    ring = queue("u8", 16, wait=wait)
    taken = [[] for _ in range(sides)]

    def produce(which):
        items = np.arange(n, dtype="u8") + (which << 32)
        assert ring.push_many(items[: n // 2]) == n // 2
        for item in items[n // 2 :]:
            ring.push(item)

    def consume(which):
        taken[which].extend(map(int, ring))

    producers = [threading.Thread(target=produce, args=[i]) for i in range(sides)]
    consumers = [threading.Thread(target=consume, args=[i]) for i in range(sides)]
    for thread in (*producers, *consumers):
        thread.start()
    for thread in producers:
        thread.join()
    ring.close()
    for thread in consumers:
        thread.join()
    everything = [(side << 32) + i for side in range(sides) for i in range(n)]
    assert sorted(item for items in taken for item in items) == everything
    for items in taken:
        for side in range(sides):
            own = [item for item in items if item >> 32 == side]
            assert own == sorted(own)
    assert ring.drained


@pytest.mark.parametrize("ring", [*QUEUES, Disruptor])
def test_closing(ring):
    ring = ring("i8", 4, wait="park")
    reader = ring.consumer() if isinstance(ring, Disruptor) else ring
    ring.push_many([1, 2])
    assert reader.pop_many(9).tolist() == [1, 2]
    assert reader.pop_many(9, timeout=0.001).tolist() == []
    heard = []
    waiter = threading.Thread(target=lambda: heard.extend(reader))
    waiter.start()
    assert not ring.closed and not reader.drained
    ring.close()
    waiter.join()
    assert ring.closed and reader.drained and heard == []
    with pytest.raises(RingClosed, match="the ring is closed"):
        ring.push(1)
    with pytest.raises(RingClosed, match="all was taken"):
        reader.pop(timeout=0)
    assert issubclass(RingClosed, lumina.LuminaError)


CHILD = """
import sys
import lumina
kind, name = getattr(lumina, sys.argv[1]), sys.argv[2]
ring = kind.attach(name)
reader = ring.consumer() if kind is lumina.Disruptor else ring
print("ready", flush=True)
items = list(reader)
print(len(items), sum(int(item["lots"]) for item in items), items[-1]["ts"].astype(int), ring.dtype == items[0].dtype)
"""


@pytest.mark.parametrize("kind", RINGS)
def test_between_processes(kind, name):
    ring = kind.create(name, QUOTE, 64, wait="park")
    try:
        items = np.zeros(5000, QUOTE)
        items["lots"] = np.arange(5000)
        items["ts"] = np.arange(5000)
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, kind.__name__, name], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout.readline() == "ready\n"
        assert ring.push_many(items) == 5000
        ring.close()
        assert child.communicate()[0].split() == ["5000", str(sum(range(5000))), "4999", "True"]
        assert child.returncode == 0
    finally:
        ring.unlink()
    with pytest.raises(FileNotFoundError, match=name):
        kind.attach(name)


def test_attaching_to_something_else(name):
    ring = SpscRing.create(name, ALIGNED, 8)
    try:
        assert ring.name == name and SpscRing.attach(name).dtype == ALIGNED
        assert SpscRing.attach(name, ALIGNED).capacity == 8 and SpscRing.attach(name).wait == "yield"
        with pytest.raises(FileExistsError, match=name):
            MpmcRing.create(name, "i8", 4)
        with pytest.raises(ValueError, match="the ring is of kind 1, not 3"):
            MpmcRing.attach(name)
        with pytest.raises(ValueError, match=r"has items of dtype .* not int64"):
            SpscRing.attach(name, "i8")
    finally:
        ring.unlink()
    path = f"/dev/shm/{name}"
    for content, text in ((b"", "Invalid argument"), (b"x" * 100, "holds no ring"), (b"x" * 9000, "holds no ring")):
        with open(path, "wb") as file:
            file.write(content)
        try:
            with pytest.raises((OSError, ValueError), match=text):
                SpscRing.attach(name)
        finally:
            os.unlink(path)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: SpscRing("i8", 100), ValueError, "capacity 100 is not a power of two in 2 .. 2^30; the next is 128"),
        (lambda: MpmcRing("i8", 0), ValueError, "capacity 0 is not a power of two in 2 .. 2^30; the next is 2"),
        (lambda: Disruptor("i8", -4), ValueError, "capacity -4 is not a power of two"),
        (lambda: SpscRing("i8", 2**31), ValueError, "capacity 2147483648 is not a power of two in 2 .. 2^30"),
        (lambda: SpscRing("O", 4), TypeError, "dtype object holds Python objects"),
        (lambda: SpscRing(("f8", 3), 4), TypeError, "is an array; name its elements"),
        (lambda: SpscRing("S0", 4), ValueError, "which is not in 1 .. 2^20"),
        (lambda: SpscRing("V2097152", 4), ValueError, "has 2097152 bytes, which is not in 1 .. 2^20"),
        (lambda: SpscRing("i8", 4, wait="sleep"), ValueError, "wait 'sleep' is none of spin, pause, yield, park"),
        (lambda: SpscRing("i8", 4).push([1, 2]), ValueError, "push() takes one item, not an array of shape (2,)"),
        (lambda: SpscRing("i8", 4).push("x"), ValueError, "invalid literal"),
        (lambda: SpscRing("i8", 4).push(1, timeout=-1), ValueError, "timeout -1 is below 0"),
        (lambda: SpscRing("i8", 4).push(1, timeout=float("nan")), ValueError, "timeout nan is below 0"),
        (lambda: SpscRing("i8", 4).push_many(np.zeros(2, "i4")), TypeError, "items have dtype int32, the ring's have"),
        (lambda: SpscRing("i8", 4).push_many(np.zeros((2, 2), "i8")), ValueError, "items have shape (2, 2), which is"),
        (lambda: SpscRing("i8", 4).pop_many(0), ValueError, "n 0 is not in [1, 1099511627776]"),
        (lambda: SpscRing("i8", 4).pop_many(out=np.zeros(2)), TypeError, "out is not an array of dtype int64"),
        (lambda: SpscRing("i8", 4).pop_many(out=np.zeros(4, int)[::2]), ValueError, "out is not a contiguous"),
        (lambda: SpscRing("i8", 4).pop_many(3, out=np.zeros(4, int)), ValueError, "n 3 is not the length of out, 4"),
        (lambda: SpscRing("i8", 4).claim(0), ValueError, "n 0 is not in [1, 1099511627776]"),
        (lambda: SpscRing("i8", 4).unlink(), ValueError, "the ring has no name"),
        (lambda: SpscRing.create("a/b", "i8", 4), OSError, "'a/b' is not one word"),
        (lambda: SpscRing.create(5, "i8", 4), TypeError, "str"),
        (lambda: lumina.DisruptorConsumer(), TypeError, "DisruptorConsumer is not made this way"),
    ],
)
def test_bad_arguments_are_named(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)
