package io.costops.enrichment.pricebook;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A file that isn't one of prices at all; the message names the place. */
public final class PriceFileException extends IOException {
    private static final long serialVersionUID = 1L;

    PriceFileException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
