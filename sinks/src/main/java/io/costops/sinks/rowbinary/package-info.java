/** ClickHouse's RowBinary: rows as bytes, exact to the last digit. */
@org.jspecify.annotations.NullMarked
package io.costops.sinks.rowbinary;
