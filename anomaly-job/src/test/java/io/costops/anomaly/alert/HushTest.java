package io.costops.anomaly.alert;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertControl;
import io.costops.schemas.avro.AlertControlKind;
import io.costops.schemas.avro.AlertSeverity;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("What people ask of the alert desk")
class HushTest {
    private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");

    @ParameterizedTest(name = "{0} {1} is refused, naming {2}")
    @CsvSource({
        "category, anomoly, category is 'anomoly': give one of anomaly",
        "scope, colour, scope.colour is not known",
        "scope, tags., scope.tags. is not known",
        "scope, tenant, scope.tenant says nothing: name the tenant in tenant",
        "zone, Mars/Olympus, time_zone",
        "until, before, until is"
    })
    void is_refused_where_it_would_silence_nothing(String wrong, String value, String message) {
        AlertControl.Builder silence = silence();
        switch (wrong) {
            case "category" -> silence.setCategory(value);
            case "scope" -> silence.setScope(Map.of(value, "x"));
            case "zone" -> silence.setTimeZone(value);
            default -> silence.setFrom(NOON).setUntil(NOON);
        }

        assertThat(Hush.violation(silence.build()))
                .hasValueSatisfying(problem -> assertThat(problem).contains(message));
    }

    @Test
    void may_name_a_category_as_routes_do_and_a_tag() {
        AlertControl silence = silence()
                .setCategory("anomaly")
                .setScope(Map.of("tags.squad", "red"))
                .build();
        Alert alert = alert();
        alert.setScope(Map.of("tags.squad", "red"));

        assertThat(Hush.violation(silence)).isEmpty();
        assertThat(Hush.reason(alert, List.of(silence), NOON)).contains("silenced");
        alert.setCategory(AlertCategory.BUDGET);
        assertThat(Hush.reason(alert, List.of(silence), NOON)).isEmpty();
    }

    @ParameterizedTest(name = "from {0} to {1}")
    @CsvSource({
        "22:00, 22:00, both 22:00",
        "22, 7, times such as",
        "24:00, 07:00, times such as",
    })
    void has_quiet_hours_that_begin_and_end(String from, String until, String message) {
        assertThat(Hush.violation(quiet(from, until, "UTC")))
                .hasValueSatisfying(problem -> assertThat(problem).contains(message));
        assertThat(Hush.violation(quiet("22:00", "07:00", "UTC"))).isEmpty();
    }

    /** 2026-03-29 01:00 UTC is 03:00 in Berlin: there is no 02:30 in that night. */
    @Test
    void keeps_quiet_hours_by_the_clock_on_the_wall_when_clocks_change() {
        AlertControl night = quiet("22:00", "02:30", "Europe/Berlin");
        Alert warning = alert();
        warning.setSeverity(AlertSeverity.WARNING);

        assertThat(Hush.reason(warning, List.of(night), Instant.parse("2026-03-29T00:59:00Z")))
                .contains("quiet_hours");
        assertThat(Hush.reason(warning, List.of(night), Instant.parse("2026-03-29T01:00:00Z")))
                .isEmpty();
    }

    @Test
    void ends_when_it_is_taken_back() {
        AlertControl ended = silence().setDeleted(true).build();

        assertThat(Hush.reason(alert(), List.of(ended), NOON)).isEmpty();
    }

    private static AlertControl.Builder silence() {
        return AlertControl.newBuilder()
                .setControlId("s")
                .setKind(AlertControlKind.SILENCE)
                .setUntil(NOON.plus(Duration.ofHours(1)))
                .setRecordedAt(NOON);
    }

    private static AlertControl quiet(String from, String until, String zone) {
        return AlertControl.newBuilder()
                .setControlId("q")
                .setKind(AlertControlKind.QUIET_HOURS)
                .setDailyFrom(from)
                .setDailyUntil(until)
                .setTimeZone(zone)
                .setRecordedAt(Instant.EPOCH)
                .build();
    }

    private static Alert alert() {
        return Alert.newBuilder()
                .setIncidentId("a")
                .setSequence(0)
                .setAction(AlertAction.OPENED)
                .setCategory(AlertCategory.ANOMALY)
                .setSeverity(AlertSeverity.CRITICAL)
                .setRecordedAt(NOON)
                .setStartedAt(NOON)
                .setWindowStart(NOON)
                .setWindowEnd(NOON)
                .setTenant("acme")
                .setMetric("cost")
                .setTitle("t")
                .build();
    }
}
