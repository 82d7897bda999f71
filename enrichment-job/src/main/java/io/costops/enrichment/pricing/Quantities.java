package io.costops.enrichment.pricing;

import io.costops.enrichment.pricing.Pricing.Refused;
import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.value.LedgerDecimal;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The quantities of an event by meter, in the form that is cheapest to multiply; zeros left out. */
@SuppressWarnings("EnumOrdinal") // An array, since one is made for every event; it never leaves the object.
final class Quantities {
    private static final int METERS = Meter.values().length;

    private final @Nullable BigDecimal[] byMeter = new BigDecimal[METERS];
    private int count;
    private long totalInputTokens;
    private @Nullable Refused refused;

    private Quantities() {}

    static Quantities of(List<MeterQuantity> metered) {
        Quantities quantities = new Quantities();
        for (int i = 0; i < metered.size() && quantities.refused == null; i++) {
            quantities.add(metered.get(i), i);
        }
        return quantities;
    }

    /** Events reach the pricer checked; what slipped through is refused, never guessed at. */
    private void add(MeterQuantity metered, int place) {
        Meter meter = Meter.byWireName(metered.getMeter()).orElse(null);
        if (meter == null) {
            refused = new Refused("meters[" + place + "].meter", "the meter is not known; see Meter");
            return;
        }
        BigDecimal quantity = LedgerDecimal.compact(metered.getQuantity());
        if (quantity.signum() == 0) {
            return;
        }
        if (quantity.signum() < 0 || byMeter[meter.ordinal()] != null || !Amounts.fit(quantity)) {
            refused = new Refused(
                    "meters[" + place + "].quantity", "a quantity must be 0 or more, below 10^30, once for each meter");
            return;
        }
        if (meter.direction() == Meter.Direction.INPUT) {
            try {
                totalInputTokens = Math.addExact(totalInputTokens, quantity.longValueExact());
            } catch (ArithmeticException notWhole) {
                refused = new Refused("meters[" + place + "].quantity", "a number of tokens must be whole");
                return;
            }
        }
        byMeter[meter.ordinal()] = quantity;
        count++;
    }

    /** Null for a meter that nothing was used of. */
    @Nullable
    BigDecimal of(Meter meter) {
        return byMeter[meter.ordinal()];
    }

    /** Number of meters that something was used of. */
    int count() {
        return count;
    }

    long totalInputTokens() {
        return totalInputTokens;
    }

    @Nullable
    Refused refused() {
        return refused;
    }
}
