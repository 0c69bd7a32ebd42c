# The asynchronous logger, lumina/logger.hpp. Formats are made once, as module variables, with texts that stay:
#     cdef LogFormat FILLED = LogFormat(LogLevel.info, b"order {} at {}")
#     channel.write(FILLED, order_id, price_ticks)
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.string cimport string

cdef extern from "lumina/logger.hpp" namespace "lumina" nogil:
    cdef enum class LogLevel(uint8_t):
        debug
        info
        warning
        error

    cdef cppclass LogFormat:
        LogFormat()
        LogFormat(LogLevel level, const char *text)

    cdef cppclass LoggerOptions:
        LoggerOptions()
        size_t capacity
        LogLevel level
        int core_id

    cdef cppclass LogChannel:
        cbool write(const LogFormat&) noexcept
        cbool write[A](const LogFormat&, const A&) noexcept
        cbool write[A, B](const LogFormat&, const A&, const B&) noexcept
        cbool write[A, B, C](const LogFormat&, const A&, const B&, const C&) noexcept
        cbool write[A, B, C, D](const LogFormat&, const A&, const B&, const C&, const D&) noexcept
        uint64_t dropped() noexcept

    cdef cppclass Logger:
        Logger(const string& path, const LoggerOptions& options) except +
        Logger(int descriptor, const LoggerOptions& options) except +
        LogChannel& channel(string name) except +
        void flush() noexcept
        void close() noexcept
        uint64_t dropped() except +
        uint64_t lines() noexcept
        uint64_t write_errors() noexcept
