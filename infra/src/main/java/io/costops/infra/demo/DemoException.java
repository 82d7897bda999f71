package io.costops.infra.demo;

import org.jspecify.annotations.Nullable;

/** Why the demo can't go on; the message is one clear line. */
public final class DemoException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public DemoException(String message) {
        super(message);
    }

    public DemoException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
