package io.costops.anomaly.detection;

/**
 * What one point of a series is worth telling.
 *
 * @param score from 0 to 1; it is comparable across series, and an alert begins at 0.5
 * @param alert tell someone
 */
public record SeriesScore(double score, boolean alert) {
    static final SeriesScore SILENT = new SeriesScore(0, false);
}
