package io.costops.enrichment.position;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** One good event to vary. */
public final class Events {
    public static final Instant CHARGED = Instant.parse("2026-07-31T23:59:59.999999Z");

    private Events() {}

    public static UsageEvent.Builder usage(long revision) {
        return UsageEvent.newBuilder()
                .setEventId("openai:chatcmpl-1")
                .setRevision(revision)
                .setStatus(UsageStatus.BILLABLE)
                .setSourceKind("openai.chat")
                .setProvider("openai")
                .setModel("gpt-4o")
                .setEventTime(CHARGED)
                .setReceivedAt(CHARGED.plusSeconds(1 + revision))
                .setDimensions(Dimensions.newBuilder()
                        .setTenant("acme")
                        .setProject("chatbot")
                        .build())
                .setTags(Map.of("k", "v"))
                .setMeters(List.of(meter("uncached_input", "86"), meter("output_text", "300")))
                .setOrigin(new Origin("usage.raw", 3, 100 + revision, null));
    }

    public static UsageEvent tombstone(long revision) {
        return usage(revision).setDeleted(true).setMeters(List.of()).build();
    }

    public static UsageEvent noUsage(long revision) {
        return usage(revision)
                .setStatus(UsageStatus.NO_USAGE)
                .setMeters(List.of())
                .build();
    }

    public static MeterQuantity meter(String name, String quantity) {
        return new MeterQuantity(name, LedgerDecimal.fit(new BigDecimal(quantity), "quantity"));
    }
}
