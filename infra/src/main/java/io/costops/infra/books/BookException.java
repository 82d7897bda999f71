package io.costops.infra.books;

/** A book that can't be read or written; the message is one clear line for the person who asked. */
public final class BookException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BookException(String message) {
        super(message);
    }

    public BookException(String message, Throwable cause) {
        super(message, cause);
    }
}
