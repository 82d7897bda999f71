/** ClickHouse over HTTP: statements, sealed inserts, and what its refusals mean. */
@org.jspecify.annotations.NullMarked
package io.costops.sinks.clickhouse;
