package io.costops.schemas;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One good event to vary. */
public final class TestEvents {
    private TestEvents() {}

    public static UsageEvent event() {
        return UsageEvent.newBuilder()
                .setEventId("openai:chatcmpl-1")
                .setStatus(UsageStatus.BILLABLE)
                .setSourceKind("openai.chat")
                .setProvider("openai")
                .setModel("gpt-4o")
                .setEventTime(Instant.parse("2026-08-01T10:00:00Z"))
                .setReceivedAt(Instant.parse("2026-08-01T10:00:01.000123Z"))
                .setDimensions(Dimensions.newBuilder().setTenant("acme").build())
                .setTags(new HashMap<>(Map.of("team", "ml")))
                .setMeters(new ArrayList<>(List.of(meter("uncached_input", "86"), meter("output_text", "300"))))
                .build();
    }

    public static MeterQuantity meter(String name, String quantity) {
        return new MeterQuantity(name, LedgerDecimal.fit(new BigDecimal(quantity), "quantity"));
    }
}
