# The order-by-order book, lumina/book/order_book.hpp, and what it shares with the matching engine.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from lumina._core.book cimport Side

cdef extern from "lumina/book/order.hpp" namespace "lumina" nogil:
    # Packed as numpy sees it; C++ asserts the same offsets.
    cdef packed struct OrderMessage:
        uint64_t order_id
        uint64_t new_id
        int32_t price_ticks
        int32_t qty_lots
        uint8_t kind
        uint8_t side
        uint16_t book
        uint32_t reserved
    cdef cppclass Order:
        uint64_t id
        int32_t price_ticks
        int32_t qty_lots
        Side side()
    const uint8_t kReplaceOrder

cdef extern from "lumina/book/order_store.hpp" namespace "lumina" nogil:
    cdef enum class OrderResult(uint8_t):
        ok
        unknown_id
        duplicate_id
        overfill
        bad_price
        bad_quantity
        bad_message
    cdef cppclass OrderCounts:
        uint64_t unknown_ids
        uint64_t duplicate_ids
        uint64_t overfills
        uint64_t bad_prices
        uint64_t bad_quantities
        uint64_t bad_messages
    cdef cppclass OrderSink:
        pass

cdef extern from "lumina/book/queue_book.hpp" namespace "lumina" nogil:
    cdef cppclass QueueBook:
        uint32_t find(uint64_t)
        const Order& order(uint32_t)
        int32_t best(Side)
        int32_t behind(Side, int32_t)
        int64_t qty(Side, int32_t)
        uint32_t count(Side, int32_t)
        uint32_t first(Side, int32_t)
        uint32_t next(uint32_t)
        int64_t queue_ahead(uint64_t)
        size_t size()
        @staticmethod
        bint is_price(int32_t)
    const uint32_t kNoOrder "lumina::QueueBook::kNoOrder"

cdef extern from "lumina/book/order_book.hpp" namespace "lumina" nogil:
    cdef cppclass OrderBook(QueueBook):
        OrderBook(size_t) except +
        OrderResult add(uint64_t, Side, int32_t, int32_t) except +
        OrderResult reduce(uint64_t, int32_t)
        OrderResult execute(uint64_t, int32_t)
        OrderResult cancel(uint64_t)
        OrderResult replace(uint64_t, uint64_t, int32_t, int32_t) except +
        void on_batch(const OrderMessage *, size_t) except +
        void on_batch[Sink](const OrderMessage *, size_t, Sink&) except +
        const OrderCounts& counts()
        void clear()
