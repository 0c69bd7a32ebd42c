import ast

import numpy as np

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_FillInfo, PyBuffer_Release, PyObject_GetBuffer
from cpython.exc cimport PyErr_CheckSignals
from cpython.number cimport PyIndex_Check
from libcpp.utility cimport move

from lumina._core.arguments cimport whole, whole_within
from lumina._core.exclusive cimport check_idle
from lumina._core.ring cimport (
    ByteSpan,
    DisruptorBytes,
    MpmcBytes,
    RingHeader,
    RingMemory,
    RingOptions,
    RingStatus,
    SharedMemory,
    SpscBytes,
    Wait,
    int64_t,
    kWaitYield,
    nanoseconds,
    ring_header,
    string_view,
    uint32_t,
)

from lumina.errors import RingClosed

cdef dict _WAITS = {"spin": <int>Wait.spin, "pause": <int>Wait.pause, "yield": <int>kWaitYield, "park": <int>Wait.park}
cdef dict _WAIT_NAMES = {number: name for name, number in _WAITS.items()}

# A wait is interrupted so often to see whether Python has a signal to handle.
cdef int64_t _SLICE = 50_000_000
cdef size_t _LARGE = 1 << 14  # from so many bytes on a copy is done without the GIL


cdef int64_t _nanoseconds(timeout) except -2:
    """-1 without an end."""
    if timeout is None:
        return -1
    if not timeout >= 0:
        raise ValueError(f"timeout {timeout!r} is below 0")
    return <int64_t>min(timeout * 1e9, 9e18)


cdef size_t _count(name, n) except? 0:
    return <size_t>whole_within(name, n, 1, 2**40)


def _checked_dtype(dtype):
    dtype = np.dtype(dtype)
    if dtype.hasobject:
        raise TypeError(f"dtype {dtype} holds Python objects, which cannot stand in a ring")
    if dtype.subdtype is not None:
        raise TypeError(f"dtype {dtype} is an array; name its elements, as a field of a structured dtype")
    if not 1 <= dtype.itemsize <= 2**20:
        raise ValueError(f"dtype {dtype} has {dtype.itemsize} bytes, which is not in 1 .. 2^20")
    return dtype


def _whole_fields(dtype):
    """Names of the fields that hold whole numbers; None as a name is the item itself."""
    if dtype.names is None:
        return (None,) if dtype.kind in "iu" else ()
    return tuple(name if dtype[name].kind in "iu" else "" for name in dtype.names)


cdef int _check_whole(tuple fields, item) except -1:
    """numpy would cut a fraction that an item has where the ring holds whole numbers."""
    cdef Py_ssize_t i
    if len(fields) == 1 and fields[0] is None:
        if not PyIndex_Check(item) and hasattr(item, "__float__"):
            whole("item", item)
    elif isinstance(item, (tuple, np.void)) and len(item) == len(fields):
        for i in range(len(fields)):
            value = item[i]
            if fields[i] and not PyIndex_Check(value) and hasattr(value, "__float__"):
                whole(fields[i], value)
    return 0


cdef size_t _capacity(capacity) except 0:
    capacity = whole("capacity", capacity)
    if not 2 <= capacity <= 2**30 or capacity & (capacity - 1):
        more = "" if capacity >= 2**30 else f"; the next is {1 << max(int(capacity) - 1, 1).bit_length()}"
        raise ValueError(f"capacity {capacity} is not a power of two in 2 .. 2^30{more}")
    return capacity


cdef int _options(RingOptions* options, wait, bytes text) except -1:
    if wait not in _WAITS:
        raise ValueError(f"wait {wait!r} is none of {', '.join(_WAITS)}")
    options.wait = <Wait><int>_WAITS[wait]
    options.item_type = string_view(<const char*>text, <size_t>len(text))
    return 0


cdef _dtype_of(SharedMemory& memory, dtype, name):
    """The dtype that a ring was made for, which must be the one given."""
    cdef const RingHeader* header = &ring_header(memory)
    cdef size_t item_size = header.item_size
    cdef string_view text = string_view(header.text, header.text_size)
    written = None
    if text.size():
        try:
            written = np.lib.format.descr_to_dtype(ast.literal_eval(text.data()[:text.size()].decode()))
        except (SyntaxError, TypeError, ValueError) as error:
            raise ValueError(f"ring {name}: its dtype cannot be read: {error}") from None
    elif dtype is None:
        raise ValueError(f"ring {name} does not say its dtype: dtype is needed")
    if dtype is not None:
        dtype = _checked_dtype(dtype)
        if written is not None and written != dtype:
            raise ValueError(f"ring {name} has items of dtype {written}, not {dtype}")
    written = _checked_dtype(dtype if written is None else written)
    if written.itemsize != item_size:
        raise ValueError(f"ring {name} has items of {item_size} bytes, not {written.itemsize} as dtype {written}")
    return written


cdef class _Slots:
    """Memory of a ring that numpy views; the ring lives as long."""
    cdef object owner
    cdef char* data
    cdef Py_ssize_t size

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        PyBuffer_FillInfo(buffer, self, self.data, self.size, 0, flags)


cdef _view_of(owner, ByteSpan span, dtype, bint writable):
    cdef _Slots slots = _Slots.__new__(_Slots)
    slots.owner = owner
    slots.data = span.data
    slots.size = <Py_ssize_t>(span.count * <size_t>dtype.itemsize)
    array = np.ndarray((span.count,), dtype, slots)
    if not writable:
        array.flags.writeable = False
    return array


cdef class _Port:
    """Moving items by the pointers of arrays; subclasses say to and from which ring."""

    cdef size_t try_push_items(self, const char* items, size_t n) noexcept nogil:
        return 0

    cdef RingStatus wait_to_push(self, int64_t ns) noexcept nogil:
        return RingStatus.closed

    cdef size_t try_pop_items(self, char* items, size_t n) noexcept nogil:
        return 0

    cdef RingStatus wait_to_pop(self, int64_t ns) noexcept nogil:
        return RingStatus.closed

    def __init__(self):
        raise TypeError(f"{type(self).__name__} is not made this way")

    @property
    def dtype(self):
        """Of an item."""
        return self.dtype_

    cdef int _set_dtype(self, dtype) except -1:
        self.dtype_ = dtype
        self._whole = _whole_fields(dtype)
        self._raw = np.dtype((np.void, dtype.itemsize))  # any dtype as bytes: not all of them have a buffer
        return 0

    # Waits a slice of the time that is left, and takes it off; False when there is none.
    cdef bint _wait(self, bint pushes, int64_t* left) except -1:
        cdef RingStatus status
        cdef int64_t slice = _SLICE if left[0] < 0 or left[0] > _SLICE else left[0]
        with nogil:
            status = self.wait_to_push(slice) if pushes else self.wait_to_pop(slice)
        if status == RingStatus.closed:
            raise RingClosed("the ring is closed" if pushes else "the ring is closed, and all was taken")
        if status == RingStatus.timeout:
            if left[0] >= 0:
                left[0] -= slice
                if left[0] == 0:
                    return False
            PyErr_CheckSignals()
        return True

    cdef size_t _push(self, array, timeout) except? 0:
        cdef Py_buffer buffer
        cdef size_t done = 0, n = <size_t>len(array), size = <size_t>self.dtype_.itemsize, moved
        cdef int64_t left = _nanoseconds(timeout)
        if self.one_producer:
            check_idle(self.pushing, self)
        PyObject_GetBuffer(array.view(self._raw), &buffer, PyBUF_SIMPLE)
        self.pushing = True
        try:
            while done < n:
                if (n - done) * size >= _LARGE:
                    with nogil:
                        moved = self.try_push_items(<const char*>buffer.buf + done * size, n - done)
                else:
                    moved = self.try_push_items(<const char*>buffer.buf + done * size, n - done)
                done += moved
                if moved == 0:
                    try:
                        if not self._wait(True, &left):
                            break
                    except RingClosed:
                        if done == 0:
                            raise
                        break
        finally:
            self.pushing = False
            PyBuffer_Release(&buffer)
        return done

    cdef size_t _pop(self, array, timeout) except? 0:
        cdef Py_buffer buffer
        cdef size_t n = <size_t>len(array), size = <size_t>self.dtype_.itemsize, moved
        cdef int64_t left = _nanoseconds(timeout)
        if self.one_consumer:
            check_idle(self.popping, self)
        PyObject_GetBuffer(array.view(self._raw), &buffer, PyBUF_SIMPLE | PyBUF_WRITABLE)
        self.popping = True
        try:
            while True:
                if n * size >= _LARGE:
                    with nogil:
                        moved = self.try_pop_items(<char*>buffer.buf, n)
                else:
                    moved = self.try_pop_items(<char*>buffer.buf, n)
                if moved or not self._wait(False, &left):
                    return moved
        finally:
            self.popping = False
            PyBuffer_Release(&buffer)

    cdef _pop_one(self, timeout):
        array = np.empty(1, self.dtype_)
        return array[0] if self._pop(array, timeout) else None

    cdef _pop_many(self, n, timeout, out):
        if out is None:
            out = np.empty(_count("n", n), self.dtype_)
        elif not isinstance(out, np.ndarray) or out.dtype != self.dtype_:
            raise TypeError(f"out is not an array of dtype {self.dtype_}")
        elif out.ndim != 1 or not out.flags.c_contiguous or not out.flags.writeable:
            raise ValueError("out is not a contiguous, writable array of shape (n,)")
        elif n is not None and n != len(out):
            raise ValueError(f"n {n} is not the length of out, {len(out)}")
        elif not len(out):
            raise ValueError("out is empty")
        return out[:self._pop(out, timeout)]


cdef class _Ring(_Port):

    cdef int make(self, size_t capacity, size_t item_size, RingOptions& options) except -1:
        raise NotImplementedError

    cdef int open(self, SharedMemory& memory) except -1:
        raise NotImplementedError

    cdef const RingMemory* memory(self) noexcept nogil:
        return NULL

    cdef bint is_closed(self) noexcept nogil:
        return True

    cdef void do_close(self) noexcept nogil:
        pass

    def __init__(self, dtype, capacity, *, wait="yield"):
        cdef RingOptions options
        dtype = _checked_dtype(dtype)
        slots = _capacity(capacity)
        text = repr(np.lib.format.dtype_to_descr(dtype)).encode()
        _options(&options, wait, text)
        if self.memory() != NULL:
            raise TypeError(f"the {type(self).__name__} is made already")
        self.make(slots, <size_t>dtype.itemsize, options)
        self._set_dtype(dtype)

    @classmethod
    def create(cls, name, dtype, capacity, *, wait="yield"):
        cdef _Ring self = cls.__new__(cls)
        self.name_ = <str?>name
        self.__init__(dtype, capacity, wait=wait)
        return self

    @classmethod
    def attach(cls, name, dtype=None):
        cdef _Ring self = cls.__new__(cls)
        self.name_ = <str?>name
        cdef SharedMemory memory = SharedMemory.attach(name.encode())
        self._set_dtype(_dtype_of(memory, dtype, name))
        self.open(memory)
        return self

    @property
    def name(self):
        return self.name_

    def unlink(self):
        if self.name_ is None:
            raise ValueError("the ring has no name")
        SharedMemory.unlink(self.name_.encode())

    def push(self, item, timeout=None):
        _check_whole(self._whole, item)
        array = np.array([item], self.dtype_)
        if array.ndim != 1:
            raise ValueError(f"push() takes one item, not an array of shape {array.shape[1:]}: see push_many()")
        return self._push(array, timeout) == 1

    def push_many(self, items, timeout=None):
        if isinstance(items, np.ndarray):
            array = items
        else:
            items = list(items)
            for item in items:
                _check_whole(self._whole, item)
            array = np.array(items, self.dtype_)
        if array.dtype != self.dtype_:
            raise TypeError(f"items have dtype {array.dtype}, the ring's have {self.dtype_}")
        if array.ndim != 1:
            raise ValueError(f"items have shape {array.shape}, which is not (n,)")
        return self._push(np.ascontiguousarray(array), timeout) if len(array) else 0

    def close(self):
        self.do_close()

    @property
    def closed(self):
        return self.is_closed()

    @property
    def capacity(self):
        return self.memory().capacity()

    @property
    def wait(self):
        return _WAIT_NAMES[<int>self.memory().wait()]


cdef int _new_memory(SharedMemory* memory, str name, size_t size) except -1:
    if name is None:
        memory[0] = move(SharedMemory.anonymous(size))
    else:
        memory[0] = move(SharedMemory.create(name.encode(), size))
    return 0


cdef _next(_Port port):
    try:
        return port._pop_one(None)
    except RingClosed:
        raise StopIteration from None


cdef class _Queue(_Ring):

    def pop(self, timeout=None):
        return self._pop_one(timeout)

    def pop_many(self, n=None, timeout=None, out=None):
        return self._pop_many(n, timeout, out)

    def __iter__(self):
        return self

    def __next__(self):
        return _next(self)


cdef class SpscRing(_Queue):

    def __cinit__(self, *_args, **_options):
        self.one_producer = self.one_consumer = True

    def __dealloc__(self):
        del self.ring

    cdef int make(self, size_t capacity, size_t item_size, RingOptions& options) except -1:
        cdef SharedMemory memory
        _new_memory(&memory, self.name_, SpscBytes.bytes(capacity, item_size))
        self.ring = new SpscBytes(move(memory), capacity, item_size, options)
        return 0

    cdef int open(self, SharedMemory& memory) except -1:
        self.ring = new SpscBytes(move(memory))
        return 0

    cdef const RingMemory* memory(self) noexcept nogil:
        return self.ring

    cdef bint is_closed(self) noexcept nogil:
        return self.ring.closed()

    cdef void do_close(self) noexcept nogil:
        self.ring.close()

    cdef size_t try_push_items(self, const char* items, size_t n) noexcept nogil:
        return self.ring.try_push(items, n)

    cdef RingStatus wait_to_push(self, int64_t ns) noexcept nogil:
        return self.ring.wait_room(nanoseconds(ns))

    cdef size_t try_pop_items(self, char* items, size_t n) noexcept nogil:
        return self.ring.try_pop(items, n)

    cdef RingStatus wait_to_pop(self, int64_t ns) noexcept nogil:
        return self.ring.wait_items(nanoseconds(ns))

    @property
    def drained(self):
        return self.ring.drained()

    def __len__(self):
        return self.ring.size()

    def claim(self, n):
        check_idle(self.pushing, self)
        return _view_of(self, self.ring.claim(_count("n", n)), self.dtype_, True)

    def publish(self, n):
        check_idle(self.pushing, self)
        cdef size_t count = <size_t>whole_within("n", n, 0, 2**40)
        if count > self.ring.claim(self.ring.capacity()).count:
            raise ValueError(f"n {n} is more than was claimed")
        if count:
            self.ring.publish(count)

    def peek(self, n):
        check_idle(self.popping, self)
        return _view_of(self, self.ring.peek(_count("n", n)), self.dtype_, False)

    def release(self, n):
        check_idle(self.popping, self)
        cdef size_t count = <size_t>whole_within("n", n, 0, 2**40)
        if count > self.ring.peek(self.ring.capacity()).count:
            raise ValueError(f"n {n} is more than was seen")
        if count:
            self.ring.release(count)


cdef class MpmcRing(_Queue):

    def __dealloc__(self):
        del self.ring

    cdef int make(self, size_t capacity, size_t item_size, RingOptions& options) except -1:
        cdef SharedMemory memory
        _new_memory(&memory, self.name_, MpmcBytes.bytes(capacity, item_size))
        self.ring = new MpmcBytes(move(memory), capacity, item_size, options)
        return 0

    cdef int open(self, SharedMemory& memory) except -1:
        self.ring = new MpmcBytes(move(memory))
        return 0

    cdef const RingMemory* memory(self) noexcept nogil:
        return self.ring

    cdef bint is_closed(self) noexcept nogil:
        return self.ring.closed()

    cdef void do_close(self) noexcept nogil:
        self.ring.close()

    cdef size_t try_push_items(self, const char* items, size_t n) noexcept nogil:
        return self.ring.try_push(items, n)

    cdef RingStatus wait_to_push(self, int64_t ns) noexcept nogil:
        return self.ring.wait_room(nanoseconds(ns))

    cdef size_t try_pop_items(self, char* items, size_t n) noexcept nogil:
        return self.ring.try_pop(items, n)

    cdef RingStatus wait_to_pop(self, int64_t ns) noexcept nogil:
        return self.ring.wait_items(nanoseconds(ns))

    @property
    def drained(self):
        return self.ring.drained()

    def __len__(self):
        return self.ring.size()


cdef class Disruptor(_Ring):

    def __dealloc__(self):
        del self.ring

    cdef int make(self, size_t capacity, size_t item_size, RingOptions& options) except -1:
        cdef SharedMemory memory
        _new_memory(&memory, self.name_, DisruptorBytes.bytes(capacity, item_size))
        self.ring = new DisruptorBytes(move(memory), capacity, item_size, options)
        return 0

    cdef int open(self, SharedMemory& memory) except -1:
        self.ring = new DisruptorBytes(move(memory))
        return 0

    cdef const RingMemory* memory(self) noexcept nogil:
        return self.ring

    cdef bint is_closed(self) noexcept nogil:
        return self.ring.closed()

    cdef void do_close(self) noexcept nogil:
        self.ring.close()

    cdef size_t try_push_items(self, const char* items, size_t n) noexcept nogil:
        return self.ring.try_push(items, n)

    cdef RingStatus wait_to_push(self, int64_t ns) noexcept nogil:
        return self.ring.wait_room(nanoseconds(ns))

    def consumer(self, after=()):
        cdef uint32_t mask = 0
        cdef DisruptorConsumer other
        for each in after:
            other = <DisruptorConsumer?>each
            if not other.joined or other.disruptor is not self:
                raise ValueError("a consumer to come after is not there")
            mask |= <uint32_t>1 << other.id
        other = DisruptorConsumer.__new__(DisruptorConsumer)
        other.disruptor = self
        other._set_dtype(self.dtype_)
        other.id = self.ring.join(mask)
        other.joined = True
        return other

    @property
    def consumers(self):
        return int(self.ring.consumers()).bit_count()


cdef class DisruptorConsumer(_Port):

    def __cinit__(self):
        self.one_consumer = True

    def __dealloc__(self):
        if self.joined:
            self.disruptor.ring.leave(self.id)

    cdef size_t try_pop_items(self, char* items, size_t n) noexcept nogil:
        return self.disruptor.ring.try_pop(self.id, items, n) if self.joined else 0

    cdef RingStatus wait_to_pop(self, int64_t ns) noexcept nogil:
        return self.disruptor.ring.wait_items(self.id, nanoseconds(ns)) if self.joined else RingStatus.closed

    def pop(self, timeout=None):
        return self._pop_one(timeout)

    def pop_many(self, n=None, timeout=None, out=None):
        return self._pop_many(n, timeout, out)

    def __iter__(self):
        return self

    def __next__(self):
        return _next(self)

    cdef ByteSpan _seen(self, size_t n) except *:
        if not self.joined:
            raise ValueError("the consumer has left")
        return self.disruptor.ring.peek(self.id, n)

    def peek(self, n):
        check_idle(self.popping, self)
        return _view_of(self, self._seen(_count("n", n)), self.dtype_, False)

    def release(self, n):
        check_idle(self.popping, self)
        cdef size_t count = <size_t>whole_within("n", n, 0, 2**40)
        if count > self._seen(self.disruptor.ring.capacity()).count:
            raise ValueError(f"n {n} is more than was seen")
        if count:
            self.disruptor.ring.release(self.id, count)

    def leave(self):
        check_idle(self.popping, self)
        if self.joined:
            self.joined = False
            self.disruptor.ring.leave(self.id)

    @property
    def drained(self):
        return not self.joined or self.disruptor.ring.drained(self.id)

    def __len__(self):
        return self.disruptor.ring.behind(self.id) if self.joined else 0
