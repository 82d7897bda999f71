package io.costops.enrichment.pricebook;

import io.costops.schemas.avro.PriceRevision;
import io.costops.schemas.avro.PriceTier;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Price revisions, a line each. */
public final class TestPrices {
    public static final String INPUT = RateFields.INPUT;
    public static final String OUTPUT = RateFields.OUTPUT;

    private final String key;
    private final Map<String, BigDecimal> rates = new HashMap<>();
    private final List<PriceTier> tiers = new ArrayList<>();
    private String scope = PriceBook.LIST;
    private @Nullable String provider = "openai";
    private Instant effectiveFrom = Instant.parse("2026-01-01T00:00:00Z");
    private Instant recordedAt = Instant.parse("2026-01-01T00:00:00Z");
    private boolean withdrawn;
    private boolean unitChecked;
    private String currency = "USD";

    private TestPrices(String key) {
        this.key = key;
    }

    public static TestPrices price(String key) {
        return new TestPrices(key);
    }

    public TestPrices rate(String field, String rate) {
        rates.put(field, LedgerDecimal.fit(new BigDecimal(rate), field));
        return this;
    }

    /** As it stands, even if the ledger couldn't hold it. */
    public TestPrices rawRate(String field, String rate) {
        rates.put(field, new BigDecimal(rate));
        return this;
    }

    public TestPrices tier(long above, @Nullable Long upTo, Map<String, String> tierRates) {
        Map<String, BigDecimal> decimals = new HashMap<>();
        tierRates.forEach((field, rate) -> decimals.put(field, LedgerDecimal.fit(new BigDecimal(rate), field)));
        tiers.add(new PriceTier(above, upTo, decimals));
        return this;
    }

    public TestPrices scope(String newScope) {
        scope = newScope;
        return this;
    }

    public TestPrices provider(@Nullable String newProvider) {
        provider = newProvider;
        return this;
    }

    public TestPrices from(String time) {
        effectiveFrom = Instant.parse(time);
        return this;
    }

    public TestPrices recorded(String time) {
        recordedAt = Instant.parse(time);
        return this;
    }

    public TestPrices withdrawn() {
        withdrawn = true;
        return this;
    }

    public TestPrices unitChecked() {
        unitChecked = true;
        return this;
    }

    public TestPrices currency(String newCurrency) {
        currency = newCurrency;
        return this;
    }

    public PriceRevision revision() {
        return PriceRevision.newBuilder()
                .setScope(scope)
                .setPriceKey(key)
                .setProvider(provider)
                .setEffectiveFrom(effectiveFrom)
                .setRecordedAt(recordedAt)
                .setWithdrawn(withdrawn)
                .setCurrency(currency)
                .setRates(rates)
                .setTiers(tiers)
                .setUnitChecked(unitChecked)
                .build();
    }
}
