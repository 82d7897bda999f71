/** What one more record of an event books: the ledger's rules, with no Flink in them. */
@org.jspecify.annotations.NullMarked
package io.costops.enrichment.position;
