package io.costops.anomaly.job;

import io.costops.schemas.avro.Alert;

/**
 * An incident on the desk.
 *
 * @param newest its newest step
 * @param notifiedMillis when people were last to be told of it, 0 if never
 * @param closedMillis when it ended, 0 while it lasts
 */
public record DeskEntry(Alert newest, int nextSequence, long notifiedMillis, boolean acknowledged, long closedMillis) {}
