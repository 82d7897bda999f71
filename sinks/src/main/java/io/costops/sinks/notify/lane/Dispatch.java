package io.costops.sinks.notify.lane;

import java.util.function.Consumer;

/** Takes letters and reports what became of each attempt. */
public interface Dispatch {
    /**
     * Begins to work for an owner.
     *
     * @param reports called on other threads, after each attempt
     */
    Desk open(Consumer<Report> reports);

    /** Where one owner hands its letters in. */
    interface Desk extends AutoCloseable {
        /** @throws IllegalArgumentException if there is no such receiver */
        void handIn(String receiver, Parcel parcel);

        /** Takes back a letter that is tried again otherwise; one that is under way may still arrive. */
        void takeBack(String receiver, long key);

        /** Takes back everything. */
        @Override
        void close();
    }
}
