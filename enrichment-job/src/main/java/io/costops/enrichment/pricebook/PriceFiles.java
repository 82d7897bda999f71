package io.costops.enrichment.pricebook;

import io.costops.enrichment.pricebook.PriceImport.Options;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/** Reads a file of prices in whichever of the two formats it is. */
public final class PriceFiles {
    private PriceFiles() {}

    /**
     * Reads a map of prices or a history of them.
     *
     * @throws PriceFileException if it is neither
     */
    public static PriceImport read(byte[] file, Options options) throws IOException {
        return PriceHistoryReader.isHistory(new ByteArrayInputStream(file))
                ? PriceHistoryReader.read(new ByteArrayInputStream(file), options)
                : PriceMapReader.read(new ByteArrayInputStream(file), options);
    }
}
