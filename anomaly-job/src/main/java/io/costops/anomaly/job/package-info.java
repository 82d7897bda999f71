/** The Flink job over the pure packages: it reads, windows, keys, keeps state and translates decisions. */
@org.jspecify.annotations.NullMarked
package io.costops.anomaly.job;
