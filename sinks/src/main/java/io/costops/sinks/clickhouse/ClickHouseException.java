package io.costops.sinks.clickhouse;

import org.jspecify.annotations.Nullable;

/** A request that ClickHouse did not carry out, or whose outcome is unknown. */
public sealed class ClickHouseException extends Exception {
    private static final long serialVersionUID = 1L;

    private ClickHouseException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** ClickHouse can't at this moment: it may be carried out on another try, and may have been carried out already. */
    public static final class Unavailable extends ClickHouseException {
        private static final long serialVersionUID = 1L;

        public Unavailable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** ClickHouse will not, however often it is asked: a wrong password, a missing table, bytes that don't fit. */
    public static final class Refused extends ClickHouseException {
        private static final long serialVersionUID = 1L;

        private final int code;

        public Refused(String message, int code) {
            super(message, null);
            this.code = code;
        }

        /** ClickHouse's error code, 0 if the answer named none. */
        public int code() {
            return code;
        }
    }
}
