package io.costops.ingest.http;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that all requests hold at this moment. What doesn't fit is refused before it is read. */
final class MemoryBudget {
    private final long limitBytes;
    private final AtomicLong usedBytes = new AtomicLong();

    MemoryBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    long usedBytes() {
        return usedBytes.get();
    }

    long limitBytes() {
        return limitBytes;
    }

    Reservation open() {
        return new Reservation();
    }

    private boolean tryReserve(long bytes) {
        long used = usedBytes.get();
        while (used + bytes <= limitBytes) {
            if (usedBytes.compareAndSet(used, used + bytes)) {
                return true;
            }
            used = usedBytes.get();
        }
        return false;
    }

    /** The share of one request. */
    final class Reservation implements AutoCloseable {
        private long held;
        private boolean closed;

        /** Holds this much from now on; false, and nothing is changed, if the budget doesn't allow it. */
        synchronized boolean hold(long bytes) {
            if (closed) {
                return false;
            }
            long more = bytes - held;
            if (more > 0 && !tryReserve(more)) {
                return false;
            }
            if (more < 0) {
                usedBytes.addAndGet(more);
            }
            held = bytes;
            return true;
        }

        /** Holds this much more than before; false, and nothing is changed, if the budget doesn't allow it. */
        synchronized boolean add(long bytes) {
            return hold(held + bytes);
        }

        /** True if this much more could be held if there were no other request. */
        synchronized boolean couldAdd(long bytes) {
            return held + bytes <= limitBytes;
        }

        @Override
        public synchronized void close() {
            usedBytes.addAndGet(-held);
            held = 0;
            closed = true;
        }
    }
}
