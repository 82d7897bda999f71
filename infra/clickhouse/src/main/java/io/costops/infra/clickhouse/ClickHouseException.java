package io.costops.infra.clickhouse;

/** The engine couldn't be started, or refused a query; the message is the engine's own where it gave one. */
public final class ClickHouseException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public ClickHouseException(String message) {
        super(message);
    }

    public ClickHouseException(String message, Throwable cause) {
        super(message, cause);
    }
}
