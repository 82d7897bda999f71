package io.costops.infra.platform;

import java.time.Duration;

/** A process that the supervisor started. */
interface Child {

    long pid();

    boolean isAlive();

    /** Waits until the process is gone. */
    int waitFor() throws InterruptedException;

    /** Asks it to end, and ends it when it hasn't within the time given. */
    void stop(Duration patience);

    /** SIGKILL. */
    void kill();

    /** The end of what it said, for the message about its death. */
    String lastWords();
}
