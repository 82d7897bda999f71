package io.costops.infra.platform;

/** What keeps the platform from doing what it was asked; the message is one clear line for the person who asked. */
public final class PlatformException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public PlatformException(String message) {
        super(message);
    }

    public PlatformException(String message, Throwable cause) {
        super(message, cause);
    }
}
