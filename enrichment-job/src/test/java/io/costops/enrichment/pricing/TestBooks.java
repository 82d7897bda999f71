package io.costops.enrichment.pricing;

import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.schemas.avro.PriceRevision;
import java.util.List;

/** Price books of the tests; shared ones are only read. */
public final class TestBooks {
    public static final PriceBook MAP = of(BuiltInPrices.map().revisions());
    public static final PriceBook HISTORY = of(BuiltInPrices.history().revisions());

    /** What a platform holds that imported both. */
    public static final PriceBook MERGED = merged();

    private TestBooks() {}

    public static PriceBook of(List<PriceRevision> revisions) {
        PriceBook book = new PriceBook();
        revisions.forEach(book::add);
        return book;
    }

    private static PriceBook merged() {
        PriceBook book = of(BuiltInPrices.map().revisions());
        BuiltInPrices.history().revisions().forEach(book::add);
        return book;
    }
}
