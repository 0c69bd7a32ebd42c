# The rings, lumina/ring_buffer.hpp: of a C++ type, and of items whose size is known at run time (the Python classes).
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libcpp cimport bool as cpp_bool
from libcpp.string cimport string
from libcpp.string_view cimport string_view

cdef extern from *:
    """
    #include <stdexcept>
    #include <system_error>
    // OSError with its number, so that it becomes FileExistsError and the like.
    static inline void lumina_raise_ring_error() {
      try {
        throw;
      } catch (const std::system_error& error) {
        PyObject* args = Py_BuildValue("(is)", error.code().value(), error.what());
        if (args != nullptr) PyErr_SetObject(PyExc_OSError, args);
        Py_XDECREF(args);
      } catch (const std::bad_alloc&) {
        PyErr_NoMemory();
      } catch (const std::runtime_error& error) {
        PyErr_SetString(PyExc_RuntimeError, error.what());
      } catch (const std::exception& error) {
        PyErr_SetString(PyExc_ValueError, error.what());
      }
    }
    """
    void raise_ring_error "lumina_raise_ring_error"()

cdef extern from "<chrono>" namespace "std::chrono" nogil:
    cdef cppclass nanoseconds:
        nanoseconds()
        nanoseconds(int64_t)

cdef extern from "lumina/platform/shared_memory.hpp" namespace "lumina" nogil:
    cdef cppclass SharedMemory:
        SharedMemory()
        void* data()
        size_t size()
        @staticmethod
        SharedMemory anonymous(size_t) except +raise_ring_error
        @staticmethod
        SharedMemory create(const string&, size_t) except +raise_ring_error
        @staticmethod
        SharedMemory attach(const string&) except +raise_ring_error
        @staticmethod
        void unlink(const string&) except +raise_ring_error

cdef extern from "lumina/ring/wait.hpp" namespace "lumina" nogil:
    cdef enum class Wait(uint32_t):
        spin
        pause
        park
    const Wait kWaitYield "lumina::Wait::yield"  # a word of Python
    cdef enum class RingStatus:
        ok
        timeout
        closed

cdef extern from "lumina/ring/layout.hpp" namespace "lumina" nogil:
    cdef cppclass RingHeader:
        uint64_t item_size
        uint32_t text_size
        const char* text
    const RingHeader& ring_header(const SharedMemory&) except +raise_ring_error
    cdef cppclass RingMemory "lumina::detail::RingMemory":
        size_t capacity()
        Wait wait()
        string_view item_type()
        SharedMemory view()
    cdef cppclass RingOptions:
        RingOptions()
        Wait wait
        string_view item_type

cdef extern from "lumina/ring/spsc_ring.hpp" namespace "lumina" nogil:
    # A ring of one's own, or a view of a Python ring of items of the same size: SpscRing[Quote](ring.ring.view())
    cdef cppclass SpscRing[T]:
        SpscRing(size_t) except +raise_ring_error
        SpscRing(SharedMemory) except +raise_ring_error
        cpp_bool try_push(const T&)
        cpp_bool push(const T&)
        cpp_bool try_pop(T&)
        cpp_bool pop(T&)
        void close()
        cpp_bool closed()
        cpp_bool drained()
        size_t size()
        size_t capacity()
        SharedMemory view()
        RingStatus wait_items(nanoseconds)
        RingStatus wait_room(nanoseconds)

cdef extern from "lumina/ring/spsc_latency_ring.hpp" namespace "lumina" nogil:
    cdef cppclass SpscLatencyRing[T]:
        SpscLatencyRing(size_t) except +raise_ring_error
        SpscLatencyRing(SharedMemory) except +raise_ring_error
        cpp_bool try_push(const T&)
        cpp_bool push(const T&)
        cpp_bool try_pop(T&)
        cpp_bool pop(T&)
        void close()
        cpp_bool closed()
        cpp_bool drained()
        SharedMemory view()

cdef extern from "lumina/ring/mpmc_ring.hpp" namespace "lumina" nogil:
    cdef cppclass MpmcRing[T]:
        MpmcRing(size_t) except +raise_ring_error
        MpmcRing(SharedMemory) except +raise_ring_error
        cpp_bool try_push(const T&)
        cpp_bool push(const T&)
        cpp_bool try_pop(T&)
        cpp_bool pop(T&)
        void close()
        cpp_bool closed()
        cpp_bool drained()
        size_t size()
        size_t capacity()
        SharedMemory view()

cdef extern from "lumina/ring/disruptor.hpp" namespace "lumina" nogil:
    cdef cppclass Disruptor[T]:
        Disruptor(size_t) except +raise_ring_error
        Disruptor(SharedMemory) except +raise_ring_error
        cpp_bool try_push(const T&)
        cpp_bool push(const T&)
        void close()
        cpp_bool closed()
        uint32_t consumers()
        SharedMemory view()

cdef extern from "lumina/ring/byte_rings.hpp" namespace "lumina" nogil:
    cdef struct ByteSpan:
        char* data
        size_t count
    cdef cppclass SpscBytes(RingMemory):
        SpscBytes(SharedMemory, size_t, size_t, const RingOptions&) except +raise_ring_error
        SpscBytes(SharedMemory) except +raise_ring_error
        @staticmethod
        size_t bytes(size_t, size_t) except +raise_ring_error
        size_t item_size()
        void close()
        cpp_bool closed()
        RingStatus wait_room(nanoseconds)
        size_t try_push(const char*, size_t)
        size_t size()
        cpp_bool drained()
        size_t try_pop(char*, size_t)
        RingStatus wait_items(nanoseconds)
        ByteSpan claim(size_t)
        void publish(size_t)
        ByteSpan peek(size_t)
        void release(size_t)
    cdef cppclass MpmcBytes(RingMemory):
        MpmcBytes(SharedMemory, size_t, size_t, const RingOptions&) except +raise_ring_error
        MpmcBytes(SharedMemory) except +raise_ring_error
        @staticmethod
        size_t bytes(size_t, size_t) except +raise_ring_error
        size_t item_size()
        void close()
        cpp_bool closed()
        RingStatus wait_room(nanoseconds)
        size_t try_push(const char*, size_t)
        size_t size()
        cpp_bool drained()
        size_t try_pop(char*, size_t)
        RingStatus wait_items(nanoseconds)
    cdef cppclass DisruptorBytes(RingMemory):
        DisruptorBytes(SharedMemory, size_t, size_t, const RingOptions&) except +raise_ring_error
        DisruptorBytes(SharedMemory) except +raise_ring_error
        @staticmethod
        size_t bytes(size_t, size_t) except +raise_ring_error
        size_t item_size()
        void close()
        cpp_bool closed()
        RingStatus wait_room(nanoseconds)
        size_t try_push(const char*, size_t)
        uint32_t consumers()
        uint32_t join(uint32_t) except +raise_ring_error
        void leave(uint32_t)
        cpp_bool drained(uint32_t)
        size_t behind(uint32_t)
        ByteSpan peek(uint32_t, size_t)
        void release(uint32_t, size_t)
        size_t try_pop(uint32_t, char*, size_t)
        RingStatus wait_items(uint32_t, nanoseconds)
