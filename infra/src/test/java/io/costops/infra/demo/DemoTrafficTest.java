package io.costops.infra.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.costops.schemas.avro.RejectReason;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("the demo's traffic")
class DemoTrafficTest {
    private static final Instant END = Instant.parse("2026-11-20T15:30:00Z");
    private static final TrafficPlan MONTH =
            TrafficPlan.endingAt(END).withCallsPerDay(600).withIncident(Incident.NONE);
    private static final ObjectMapper JSON = new JsonMapper();

    @Nested
    @DisplayName("depends on its plan alone")
    class Determinism {
        @Test
        void the_same_plan_gives_the_same_bytes() {
            assertThat(fingerprint(MONTH)).isEqualTo(fingerprint(MONTH));
        }

        @Test
        void another_seed_gives_other_traffic() {
            assertThat(fingerprint(MONTH)).isNotEqualTo(fingerprint(MONTH.withSeed(43)));
        }

        @Test
        void a_seed_means_the_same_in_every_release() {

            assertThat(Dice.of(1, 2, 3).base62(12)).isEqualTo("SpDJsE8QVtjI");
        }

        @Test
        void two_months_that_end_apart_share_no_response() {
            Set<String> first = new HashSet<>();
            forEach(MONTH.withDays(2), record -> first.add(record.key()));

            forEach(
                    new TrafficPlan(MONTH.seed(), END.plusSeconds(60), 2, 600, Incident.NONE),
                    record -> assertThat(first).doesNotContain(record.key()));
        }
    }

    @Nested
    @DisplayName("arrives in order, inside the month")
    class Time {
        @Test
        void records_come_in_the_order_of_their_arrival_and_none_after_the_end() {
            Instant[] last = {MONTH.start()};
            forEach(MONTH, record -> {
                assertThat(record.arrival()).isBetween(last[0], END);
                last[0] = record.arrival();
            });
        }

        @Test
        void some_records_arrive_hours_after_the_call() {
            long late = envelopes(MONTH).stream()
                    .filter(envelope -> envelope.path("source").asText().equals("openai.chat"))
                    .filter(envelope ->
                            Instant.parse(envelope.path("received_at").asText()).getEpochSecond()
                                    > envelope.path("payload").path("created").asLong() + 3_600)
                    .count();

            assertThat(late).isPositive();
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 7})
        void a_shorter_month_is_a_shorter_month(int days) {
            long calls = run(MONTH.withDays(days)).distinctEvents();

            assertThat(calls).isCloseTo(600L * days, within(600L * days / 4));
        }
    }

    @Nested
    @DisplayName("follows the clock and the week")
    class Seasonality {
        @Test
        void an_office_works_on_weekdays_and_by_day() {
            Map<DayOfWeek, Integer> byDay = new HashMap<>();
            Map<Integer, Integer> byHour = new HashMap<>();
            for (JsonNode envelope : envelopes(MONTH.withCallsPerDay(4_000))) {
                if (envelope.path("api_key_id").asText().equals("key-driftwood-contracts")) {
                    var time =
                            Instant.parse(envelope.path("event_time").asText()).atZone(ZoneOffset.UTC);
                    byDay.merge(time.getDayOfWeek(), 1, Integer::sum);
                    byHour.merge(time.getHour(), 1, Integer::sum);
                }
            }

            assertThat(byDay.getOrDefault(DayOfWeek.TUESDAY, 0))
                    .isGreaterThan(3 * byDay.getOrDefault(DayOfWeek.SUNDAY, 0));
            assertThat(byHour.getOrDefault(10, 0)).isGreaterThan(5 * byHour.getOrDefault(3, 0));
        }

        @ParameterizedTest
        @ValueSource(strings = {"OFFICE", "CONSUMER", "NIGHTLY", "STEADY"})
        void every_rhythm_averages_to_one_over_a_week(String name) {
            double sum = 0;
            for (int hour = 0; hour < 7 * 24; hour++) {
                sum += Rhythm.valueOf(name).at(END.plusSeconds(3_600L * hour), -8);
            }

            assertThat(sum / (7 * 24)).isCloseTo(1, within(1e-9));
        }

        @Test
        void a_growing_workload_is_larger_at_the_end() {
            int[] calls = new int[2];
            forEach(MONTH.withCallsPerDay(4_000).withDays(28), record -> {
                if (record.value().contains("key-driftwood-assistant")) {
                    calls[record.arrival().isBefore(END.minusSeconds(14 * 86_400)) ? 0 : 1]++;
                }
            });

            assertThat(calls[1]).isGreaterThan(calls[0] * 105 / 100);
        }
    }

    @Nested
    @DisplayName("is made of whole envelopes")
    class Shape {
        @Test
        void every_record_but_the_truncated_ones_is_an_envelope_of_a_known_shape() {
            int[] truncated = new int[1];
            forEach(MONTH, record -> {
                Optional<JsonNode> envelope = parsed(record);
                if (envelope.isEmpty()) {
                    truncated[0]++;
                    return;
                }
                assertThat(envelope.get().path("payload").isObject()).isTrue();
                assertThat(envelope.get().path("api_key_id").asText()).startsWith("key-");
                assertThat(record.value().length()).isLessThan(4_096);
            });

            assertThat((long) truncated[0])
                    .isEqualTo(run(MONTH).rejected().getOrDefault(RejectReason.MALFORMED_JSON, 0L));
        }

        @Test
        void openai_counts_cached_tokens_inside_the_prompt_and_anthropic_beside_it() {
            for (JsonNode envelope : envelopes(MONTH)) {
                JsonNode usage = envelope.path("payload").path("usage");
                if (envelope.path("source").asText().equals("openai.chat") && usage.isObject()) {
                    assertThat(usage.path("prompt_tokens_details")
                                    .path("cached_tokens")
                                    .asLong())
                            .isLessThanOrEqualTo(
                                    Math.abs(usage.path("prompt_tokens").asLong()));
                    assertThat(usage.path("completion_tokens_details")
                                    .path("reasoning_tokens")
                                    .asLong())
                            .isLessThanOrEqualTo(usage.path("completion_tokens").asLong());
                }
            }
            assertThat(envelopes(MONTH)).anySatisfy(envelope -> {
                JsonNode usage = envelope.path("payload").path("usage");
                assertThat(usage.path("cache_read_input_tokens").asLong())
                        .isGreaterThan(usage.path("input_tokens").asLong());
            });
        }

        @Test
        void some_envelopes_name_their_owner_and_others_only_a_key_that_a_rule_knows() {
            Set<String> keys = new HashSet<>();
            DemoCompanies.attributionRules(MONTH, END)
                    .forEach(rule -> keys.add(String.valueOf(rule.getMatch().get("api_key_id"))));
            long byKey = 0;
            for (JsonNode envelope : envelopes(MONTH)) {
                String key = envelope.path("api_key_id").asText();
                if (!envelope.has("tenant") && !key.equals("key-unregistered")) {
                    assertThat(keys).contains(key);
                    byKey++;
                }
            }

            assertThat(byKey).isPositive();
        }
    }

    @Nested
    @DisplayName("knows what must come of it")
    class Expected {
        @Test
        void every_record_is_accounted_for_once() {
            long[] records = new long[1];
            DemoTraffic traffic = new DemoTraffic(MONTH);
            traffic.forEachRemaining(record -> records[0]++);
            Expectation expectation = traffic.expectation();

            assertThat(expectation.records()).isEqualTo(records[0]);
            assertThat(expectation.distinctEvents()
                            + expectation.repeats()
                            + expectation.corrections()
                            + expectation.superseded()
                            + expectation.deletions()
                            + expectation.completions()
                            + expectation.conflicts()
                            + expectation.rejectedRecords())
                    .isEqualTo(records[0]);
        }

        @Test
        void a_month_has_something_of_everything() {
            Expectation expectation = run(MONTH.withCallsPerDay(2_000));

            assertThat(expectation.events()).containsOnlyKeys(Standing.values());
            assertThat(expectation.rejected())
                    .containsOnlyKeys(
                            RejectReason.MALFORMED_JSON,
                            RejectReason.UNKNOWN_SOURCE,
                            RejectReason.MISSING_FIELD,
                            RejectReason.NEGATIVE_QUANTITY,
                            RejectReason.INVALID_TAG,
                            RejectReason.FUTURE_TIME);
            assertThat(expectation.requestsByTenant())
                    .containsOnlyKeys("", "acme", "borealis", "cobalt", "driftwood", "elmwood");
            assertThat(List.of(
                            expectation.repeats(),
                            expectation.corrections(),
                            expectation.superseded(),
                            expectation.deletions(),
                            expectation.completions(),
                            expectation.conflicts()))
                    .allSatisfy(count -> assertThat(count).isPositive());
        }

        @Test
        void the_expectation_is_not_known_before_the_end() {
            assertThatIllegalStateException().isThrownBy(() -> new DemoTraffic(MONTH).expectation());
        }
    }

    @Nested
    @DisplayName("may end with an incident")
    class Incidents {
        @Test
        void a_retry_loop_repeats_the_steps_of_one_key_in_the_last_hours() {
            Instant begin = END.minus(DemoTraffic.INCIDENT_LENGTH);
            long[] attempts = new long[2];
            for (JsonNode envelope : envelopes(MONTH.withIncident(Incident.RETRY_LOOP))) {
                if (envelope.path("context").path("attempt").asInt() > 1) {
                    assertThat(envelope.path("api_key_id").asText()).isEqualTo(DemoCompanies.AGENT_KEY);
                    Instant time = Instant.parse(envelope.path("event_time").asText());
                    attempts[time.isBefore(begin.minusSeconds(3_600)) ? 0 : 1]++;
                }
            }

            assertThat(attempts[0]).isZero();
            assertThat(attempts[1]).isGreaterThan(500);
        }

        @Test
        void without_one_every_call_is_a_first_attempt() {
            assertThat(envelopes(MONTH))
                    .allSatisfy(envelope -> assertThat(
                                    envelope.path("context").path("attempt").asInt())
                            .isEqualTo(1));
        }
    }

    private static Expectation run(TrafficPlan plan) {
        DemoTraffic traffic = new DemoTraffic(plan);
        traffic.forEachRemaining(record -> {});
        return traffic.expectation();
    }

    private static void forEach(TrafficPlan plan, Consumer<RawRecord> action) {
        new DemoTraffic(plan).forEachRemaining(action);
    }

    /** Those that parse. */
    private static List<JsonNode> envelopes(TrafficPlan plan) {
        List<JsonNode> envelopes = new ArrayList<>();
        forEach(plan, record -> parsed(record).ifPresent(envelopes::add));
        return envelopes;
    }

    private static Optional<JsonNode> parsed(RawRecord record) {
        try {
            return Optional.of(JSON.readTree(record.value()));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static String fingerprint(TrafficPlan plan) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            forEach(plan, record -> {
                digest.update(record.key().getBytes(StandardCharsets.UTF_8));
                digest.update(record.value().getBytes(StandardCharsets.UTF_8));
            });
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
