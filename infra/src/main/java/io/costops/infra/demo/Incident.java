package io.costops.infra.demo;

/** Something that goes wrong at the end of the month, for whoever watches the spending. */
public enum Incident {
    NONE,
    /** An agent's key repeats failing steps without end: in the last 18 hours it calls 25 times as often. */
    RETRY_LOOP
}
