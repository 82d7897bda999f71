package io.costops.sinks.notify.courier;

/** Brings messages to one receiver. Used by one thread at a time. */
public interface Courier {
    /**
     * Makes one attempt, which ends within the receiver's timeout whatever the other side does.
     *
     * <p>What can go wrong with a receiver is an answer, not an exception.
     */
    Answer deliver(Letter letter) throws InterruptedException;
}
