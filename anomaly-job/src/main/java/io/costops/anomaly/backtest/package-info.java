/** Runs the detectors and forecasters of the job, the very same classes, over files of one's own history. */
@org.jspecify.annotations.NullMarked
package io.costops.anomaly.backtest;
