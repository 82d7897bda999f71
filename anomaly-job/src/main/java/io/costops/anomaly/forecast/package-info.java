/**
 * Says what will be spent, how sure that is, and when a budget runs out: pure code over numbers.
 *
 * <p>The values of a series are binary floating point: a forecast is an estimate. Money that leaves the package is decimal.
 */
@org.jspecify.annotations.NullMarked
package io.costops.anomaly.forecast;
