package io.costops.anomaly.backtest;

/** A file or an argument that a backtest can't work with: one sentence that names it and the fix. */
public final class BacktestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BacktestException(String message) {
        super(message);
    }

    public BacktestException(String message, Throwable cause) {
        super(message, cause);
    }
}
