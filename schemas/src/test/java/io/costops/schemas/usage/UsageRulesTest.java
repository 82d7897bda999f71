package io.costops.schemas.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.TestEvents;
import io.costops.schemas.avro.RejectReason;
import io.costops.schemas.avro.UsageEvent;
import io.costops.schemas.avro.UsageStatus;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("A usage event")
class UsageRulesTest {
    @Test
    void that_is_good_breaks_no_rule() {
        assertThat(UsageRules.violation(TestEvents.event())).isEmpty();
    }

    static List<Arguments> bad() {
        return List.of(
                bad("event_id", RejectReason.INVALID_FIELD, e -> e.setEventId(" ")),
                bad("source_kind", RejectReason.MISSING_FIELD, e -> e.setSourceKind("")),
                bad("revision", RejectReason.INVALID_FIELD, e -> e.setRevision(-1)),
                bad("status", RejectReason.INVALID_FIELD, e -> e.setStatus(UsageStatus.UNKNOWN)),
                bad("model", RejectReason.MISSING_FIELD, e -> e.setModel(null)),
                bad("model", RejectReason.INVALID_FIELD, e -> e.setModel("gpt\n4o")),
                bad("model", RejectReason.OUT_OF_RANGE, e -> e.setModel("m".repeat(513))),
                bad(
                        "dimensions.tenant",
                        RejectReason.INVALID_FIELD,
                        e -> e.getDimensions().setTenant("a\u0007b")),
                bad(
                        "dimensions.user",
                        RejectReason.INVALID_FIELD,
                        e -> e.getDimensions().setUser("\uD800")),
                bad(
                        "event_time",
                        RejectReason.FUTURE_TIME,
                        e -> e.setEventTime(e.getReceivedAt().plusSeconds(3601))),
                bad("event_time", RejectReason.OUT_OF_RANGE, e -> e.setEventTime(Instant.ofEpochSecond(1_785_490))),
                bad("received_at", RejectReason.OUT_OF_RANGE, e -> e.setReceivedAt(UsageRules.MAX_TIME)),
                bad("meters[0].quantity", RejectReason.NEGATIVE_QUANTITY, e -> quantity(e, "-1")),
                bad("meters[0].quantity", RejectReason.INVALID_FIELD, e -> quantity(e, "0.5")),
                bad("meters[0].quantity", RejectReason.OUT_OF_RANGE, e -> quantity(e, "1000000000001")),
                bad(
                        "meters[0].meter",
                        RejectReason.INVALID_FIELD,
                        e -> e.getMeters().get(0).setMeter("tokens")),
                bad(
                        "meters[1].meter",
                        RejectReason.INVALID_FIELD,
                        e -> e.getMeters().get(1).setMeter("uncached_input")),
                bad(
                        "pricing_attributes.metered.uncached_input",
                        RejectReason.INVALID_FIELD,
                        e -> e.setPricingAttributes(Map.of("metered.uncached_input", "1000000"))),
                bad(
                        "pricing_attributes.speed",
                        RejectReason.INVALID_FIELD,
                        e -> e.setPricingAttributes(Map.of("speed", "fast\u0000"))),
                bad(
                        "pricing_attributes.speed",
                        RejectReason.INVALID_FIELD,
                        e -> e.setPricingAttributes(Map.of("speed", "f".repeat(513)))),
                bad("pricing_attributes", RejectReason.INVALID_FIELD, e -> e.setPricingAttributes(Map.of("", "fast"))),
                bad(
                        "pricing_attributes",
                        RejectReason.INVALID_FIELD,
                        e -> e.setPricingAttributes(IntStream.range(0, 65)
                                .boxed()
                                .collect(Collectors.toMap(i -> "attribute " + i, String::valueOf)))),
                bad("reported_cost", RejectReason.OUT_OF_RANGE, e -> e.setReportedCost(new BigDecimal("1e30"))),
                bad("quality", RejectReason.INVALID_FIELD, e -> e.setQuality(Double.NaN)),
                bad("tags", RejectReason.INVALID_TAG, e -> e.getTags().put("", "x")),
                bad("tags.team", RejectReason.INVALID_TAG, e -> e.getTags().put("team", "\u0000")),
                bad("tags", RejectReason.INVALID_TAG, e -> {
                    for (int i = 0; i < 129; i++) {
                        e.getTags().put("t" + i, "x");
                    }
                }));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("bad")
    @DisplayName("that is bad names its field")
    void names_the_field(String field, RejectReason reason, Consumer<UsageEvent> spoil) {
        UsageEvent event = TestEvents.event();
        spoil.accept(event);
        assertThat(UsageRules.violation(event)).hasValueSatisfying(violation -> {
            assertThat(violation.field()).isEqualTo(field);
            assertThat(violation.reason()).isEqualTo(reason);
            assertThat(violation.message()).isNotBlank();
        });
    }

    @Test
    void without_usage_needs_no_model() {
        UsageEvent event = TestEvents.event();
        event.setStatus(UsageStatus.NO_USAGE);
        event.setModel(null);
        event.setMeters(List.of());
        assertThat(UsageRules.violation(event)).isEmpty();
    }

    @Test
    void may_be_as_far_ahead_as_an_hour_and_carry_any_script() {
        UsageEvent event = TestEvents.event();
        event.setEventTime(event.getReceivedAt().plusSeconds(3600));
        event.getDimensions().setTenant("Ünïcode 株式会社 \uD83D\uDE80 '; drop table ledger; --");
        assertThat(UsageRules.violation(event)).isEmpty();
    }

    private static Arguments bad(String field, RejectReason reason, Consumer<UsageEvent> spoil) {
        return Arguments.of(field, reason, spoil);
    }

    private static void quantity(UsageEvent event, String quantity) {
        event.getMeters().get(0).setQuantity(new BigDecimal(quantity));
    }
}
