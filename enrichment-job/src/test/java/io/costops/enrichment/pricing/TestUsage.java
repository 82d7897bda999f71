package io.costops.enrichment.pricing;

import io.costops.schemas.avro.Dimensions;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.LedgerDecimal;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Usage events, a line each. */
public final class TestUsage {
    /** A day on which the built-in map holds. */
    public static final Instant NOON = Instant.parse("2026-08-01T12:00:00Z");

    private final @Nullable String provider;
    private final @Nullable String model;
    private final List<MeterQuantity> meters = new ArrayList<>();
    private final Map<String, String> attributes = new HashMap<>();
    private Instant time = NOON;
    private @Nullable String region;
    private @Nullable String tenant;
    private String tier = "standard";
    private UsageStatus status = UsageStatus.BILLABLE;

    private TestUsage(@Nullable String provider, @Nullable String model) {
        this.provider = provider;
        this.model = model;
    }

    public static TestUsage of(@Nullable String provider, @Nullable String model) {
        return new TestUsage(provider, model);
    }

    public TestUsage at(Instant newTime) {
        time = newTime;
        return this;
    }

    public TestUsage at(String newTime) {
        return at(Instant.parse(newTime));
    }

    public TestUsage region(@Nullable String newRegion) {
        region = newRegion;
        return this;
    }

    public TestUsage tenant(@Nullable String newTenant) {
        tenant = newTenant;
        return this;
    }

    public TestUsage tier(String newTier) {
        tier = newTier;
        return this;
    }

    public TestUsage status(UsageStatus newStatus) {
        status = newStatus;
        return this;
    }

    public TestUsage attribute(String name, @Nullable String value) {
        if (value != null) {
            attributes.put(name, value);
        }
        return this;
    }

    public TestUsage with(Meter meter, long quantity) {
        return with(meter, BigDecimal.valueOf(quantity));
    }

    public TestUsage with(Meter meter, BigDecimal quantity) {
        return with(meter.wireName(), quantity);
    }

    /** At the ledger's scale, as Avro hands it over. */
    private TestUsage with(String meter, BigDecimal quantity) {
        meters.add(new MeterQuantity(meter, LedgerDecimal.fit(quantity, "quantity")));
        return this;
    }

    TestUsage meters(Map<String, BigDecimal> quantities) {
        quantities.forEach(this::with);
        return this;
    }

    public UsageEvent event() {
        return UsageEvent.newBuilder()
                .setEventId("event-1")
                .setStatus(status)
                .setSourceKind("canonical")
                .setProvider(provider)
                .setModel(model)
                .setEventTime(time)
                .setReceivedAt(time)
                .setDimensions(Dimensions.newBuilder().setTenant(tenant).build())
                .setRegion(region)
                .setServiceTier(tier)
                .setMeters(meters)
                .setPricingAttributes(attributes)
                .build();
    }
}
