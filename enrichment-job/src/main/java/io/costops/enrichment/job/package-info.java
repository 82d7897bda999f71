/** The Flink job over the pure packages: it decodes, keys, keeps state and translates decisions. */
@org.jspecify.annotations.NullMarked
package io.costops.enrichment.job;
