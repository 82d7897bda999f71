/**
 * Finds spend that isn't normal for its key: pure code over numbers, with a few KB of state for each key.
 *
 * <p>The values of a series are binary floating point: what is estimated from them is an estimate. Money that leaves
 * the package is decimal.
 */
@org.jspecify.annotations.NullMarked
package io.costops.anomaly.detection;
