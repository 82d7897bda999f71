/** The ledger writer: usage.priced into ClickHouse, exactly once. */
@org.jspecify.annotations.NullMarked
package io.costops.sinks.ledger;
