# Blocks that release the GIL are one thread's while they do: another thread that comes meanwhile is told, instead of
# meeting a book in the middle of a change. The flag is read and written under the GIL.


cdef inline int check_idle(bint busy, object block) except -1:
    if busy:
        raise RuntimeError(
            f"another thread is using this {type(block).__name__}: give each thread its own, or take a lock")
    return 0


cdef inline int claim(bint* busy, object block) except -1:
    check_idle(busy[0], block)
    busy[0] = True
    return 0
