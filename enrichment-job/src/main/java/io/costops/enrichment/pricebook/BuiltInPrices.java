package io.costops.enrichment.pricebook;

import io.costops.enrichment.pricebook.PriceImport.Options;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;

/** The public prices that come with CostOps, as data with a date; newer ones are imported from a file. */
public final class BuiltInPrices {
    /** Day of the map: its prices hold from here on until a newer one is imported. */
    public static final Instant MAP_DATE = Instant.parse("2026-07-24T00:00:00Z");

    public static final String MAP_SOURCE = "LiteLLM price map of 2026-07-24";
    public static final String HISTORY_SOURCE = "LiteLLM price history up to 2026-07-24";

    private static final String MAP = "/io/costops/prices/price-map.json";
    private static final String HISTORY = "/io/costops/prices/price-history.json";

    private BuiltInPrices() {}

    /** Prices of nearly 3,000 models, with what was refused and why. */
    public static PriceImport map() {
        try (InputStream in = open(MAP)) {
            return PriceMapReader.read(in, Options.listFrom(MAP_DATE).withSource(MAP_SOURCE));
        } catch (IOException e) {
            throw new UncheckedIOException("the built-in prices can't be read", e);
        }
    }

    /** Dated prices of some models before the map's day. */
    public static PriceImport history() {
        try (InputStream in = open(HISTORY)) {
            return PriceHistoryReader.read(in, Options.listFrom(MAP_DATE).withSource(HISTORY_SOURCE));
        } catch (IOException e) {
            throw new UncheckedIOException("the built-in prices can't be read", e);
        }
    }

    private static InputStream open(String name) throws IOException {
        InputStream in = BuiltInPrices.class.getResourceAsStream(name);
        if (in == null) {
            throw new IOException("missing from the class path: " + name);
        }
        return in;
    }
}
