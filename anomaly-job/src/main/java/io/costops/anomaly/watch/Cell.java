package io.costops.anomaly.watch;

/**
 * What one place used in one window.
 *
 * @param windowStartMillis begin of the window, milliseconds since 1970 UTC
 * @param late came after its window was judged: it corrects and alarms nobody
 */
public record Cell(Place place, long windowStartMillis, boolean late, Sums sums) {}
