/** The tables and views of ClickHouse, as numbered migrations. */
@org.jspecify.annotations.NullMarked
package io.costops.sinks.migrations;
