package io.costops.infra.clickhouse;

/**
 * A death of the engine that nobody asked for.
 *
 * @param exitCode as the operating system gives it; 128 + n after signal n
 * @param lastWords the end of the engine's log
 */
public record ClickHouseExit(long pid, int exitCode, String lastWords) {}
