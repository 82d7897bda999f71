package io.costops.ingest.normalise;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A case of a price dry run, normalised.
 *
 * @param id the case's own id
 * @param priceBook which price book the case asks for: {@code context.price_book}
 * @param outcomes at least one; several where the payload holds several calls
 */
public record PriceCase(@Nullable String id, @Nullable String priceBook, List<Outcome> outcomes) {}
