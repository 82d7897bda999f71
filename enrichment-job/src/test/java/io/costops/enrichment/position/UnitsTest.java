package io.costops.enrichment.position;

import static io.costops.enrichment.position.Events.usage;
import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.MeterQuantity;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import io.costops.schemas.value.LedgerDecimal;
import io.costops.schemas.value.Meter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The fingerprint of units, which state keeps,")
class UnitsTest {
    private static final int EVENTS = 2_000;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(ints = {1, 2, 3})
    void is_that_of_the_meters_in_their_order_with_plain_quantities(int seed) {
        Random random = new Random(seed);
        for (int i = 0; i < EVENTS; i++) {
            UsageEvent event = event(random);

            assertThat(Units.fingerprint(event))
                    .as("%s", event)
                    .isEqualTo(Fingerprint.of(
                            event.getStatus() == UsageStatus.GATEWAY_CACHE_HIT ? "gateway_cache_hit" : "usage",
                            text(event)));
        }
    }

    private static UsageEvent event(Random random) {
        List<Meter> meters = new ArrayList<>(List.of(Meter.values()));
        Collections.shuffle(meters, random);
        List<MeterQuantity> quantities = new ArrayList<>();
        for (Meter meter : meters.subList(0, random.nextInt(6))) {
            quantities.add(new MeterQuantity(meter.wireName(), quantity(random)));
        }
        return usage(0).setMeters(quantities)
                .setStatus(random.nextInt(5) == 0 ? UsageStatus.GATEWAY_CACHE_HIT : UsageStatus.BILLABLE)
                .build();
    }

    /** Mostly whole, also beyond a machine word, at the scale that Avro gives or the one that it was written with. */
    private static BigDecimal quantity(Random random) {
        BigDecimal quantity = switch (random.nextInt(6)) {
            case 0 -> BigDecimal.ZERO;
            case 1 -> BigDecimal.valueOf(random.nextInt(100)).multiply(BigDecimal.TEN.pow(random.nextInt(20)));
            case 2 -> new BigDecimal(new BigInteger(99, random));
            case 3 -> new BigDecimal(new BigInteger(90, random), random.nextInt(31));
            default -> BigDecimal.valueOf(random.nextInt(1_000_000));
        };
        return random.nextInt(4) == 0 ? quantity : quantity.setScale(LedgerDecimal.SCALE);
    }

    /** Told another way, as slowly as one likes. */
    private static String text(UsageEvent event) {
        TreeMap<String, BigDecimal> quantities = new TreeMap<>();
        event.getMeters().stream()
                .filter(metered -> metered.getQuantity().signum() != 0)
                .forEach(metered -> quantities.put(metered.getMeter(), metered.getQuantity()));
        return quantities.entrySet().stream()
                .map(entry -> entry.getKey() + " "
                        + entry.getValue().stripTrailingZeros().toPlainString())
                .collect(Collectors.joining(", "));
    }
}
