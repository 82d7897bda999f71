/** A known load for the watch, to measure what its state needs. Not part of the job. */
@org.jspecify.annotations.NullMarked
package io.costops.anomaly.load;
