package io.costops.infra.e2e;

import io.costops.enrichment.pricebook.BuiltInPrices;
import io.costops.enrichment.pricebook.PriceBook;
import io.costops.enrichment.pricing.Pricer;
import io.costops.enrichment.pricing.Pricing;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a stretch of traffic must cost, worked out in one piece and in memory. */
final class ExpectedSums {
    private ExpectedSums() {}

    /** The cost of what stands: of each event the highest revision, and of that the first record with usage. */
    static BigDecimal cost(List<String> envelopes, Instant received) {
        Normaliser normaliser = new Normaliser();
        Map<String, UsageEvent> standing = new HashMap<>();
        long offset = 0;
        for (String envelope : envelopes) {
            Origin place = new Origin("usage.raw", 0, offset++, null);
            for (Outcome outcome :
                    normaliser.normalise(envelope.getBytes(StandardCharsets.UTF_8), place, received, Map.of())) {
                if (outcome instanceof Outcome.Usage usage) {
                    standing.merge(usage.event().getEventId(), usage.event(), ExpectedSums::standing);
                }
            }
        }
        PriceBook book = new PriceBook();
        BuiltInPrices.map().revisions().forEach(book::add);
        Pricer pricer = new Pricer();
        return standing.values().stream()
                .filter(event -> !event.getDeleted())
                .map(event -> pricer.price(event, book) instanceof Pricing.Priced priced
                        ? priced.billedCost()
                        : BigDecimal.ZERO)
                .reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    private static UsageEvent standing(UsageEvent first, UsageEvent second) {
        if (first.getRevision() != second.getRevision()) {
            return first.getRevision() > second.getRevision() ? first : second;
        }
        return first.getStatus() == UsageStatus.NO_USAGE ? second : first;
    }
}
