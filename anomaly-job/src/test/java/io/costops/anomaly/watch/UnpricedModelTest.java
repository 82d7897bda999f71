package io.costops.anomaly.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertSeverity;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Usage of a model without a price")
class UnpricedModelTest {
    private static final Place PLACE = new Place("acme", "USD", "", "o'model\\9", "");
    private static final Instant USED = Instant.parse("2026-03-01T10:00:30Z");
    private static final Instant NOW = Instant.parse("2026-11-22T09:00:10Z");

    private UnpricedModel model = new UnpricedModel();

    @Test
    void opens_an_incident_with_its_counts_and_a_query() {
        take(3, 1_200, NOW);

        Alert opened = judge(NOW).orElseThrow();

        assertThat(opened.getAction()).isEqualTo(AlertAction.OPENED);
        assertThat(opened.getSeverity()).isEqualTo(AlertSeverity.WARNING);
        assertThat(opened.getTenant()).isEqualTo("acme");
        assertThat(opened.getScope()).containsEntry("model", "o'model\\9");
        assertThat(opened.getActual()).isEqualByComparingTo("3");
        assertThat(opened.getTitle()).isEqualTo("3 requests of o'model\\9 without a price");
        assertThat(opened.getExplanation()).contains("1,200 tokens").contains("costops prices put");
        assertThat(opened.getStartedAt()).isEqualTo(USED);
        assertThat(opened.getRecent())
                .hasSize(60)
                .last()
                .satisfies(point -> assertThat(point.getActual()).isEqualTo(3.0));
        assertThat(opened.getQuery()).contains("model = 'o\\'model\\\\9'").contains("tenant = 'acme'");
        assertThat(judge(NOW.plusSeconds(60))).isEmpty();
    }

    @Test
    void escalates_by_volume_once_a_step() {
        take(1, 10, NOW);
        Alert opened = judge(NOW).orElseThrow();
        take(99, 10, NOW.plusSeconds(5));
        Alert error = judge(NOW.plusSeconds(6)).orElseThrow();
        take(50, 10, NOW.plusSeconds(7));
        assertThat(judge(NOW.plusSeconds(8))).isEmpty();
        take(9_850, 10, NOW.plusSeconds(9));
        Alert critical = judge(NOW.plusSeconds(10)).orElseThrow();

        assertThat(error.getAction()).isEqualTo(AlertAction.ESCALATED);
        assertThat(error.getSeverity()).isEqualTo(AlertSeverity.ERROR);
        assertThat(critical.getSeverity()).isEqualTo(AlertSeverity.CRITICAL);
        assertThat(critical.getIncidentId()).isEqualTo(error.getIncidentId()).isEqualTo(opened.getIncidentId());
    }

    @Test
    void ends_when_adjustments_have_priced_it() {
        take(2, 10, NOW);
        judge(NOW);
        model.take(repriced(1), USED.toEpochMilli(), NOW.plusSeconds(30).toEpochMilli());
        assertThat(judge(NOW.plusSeconds(31))).isEmpty();
        model.take(repriced(1), USED.toEpochMilli(), NOW.plusSeconds(32).toEpochMilli());

        Alert resolved = judge(NOW.plusSeconds(33)).orElseThrow();

        assertThat(resolved.getAction()).isEqualTo(AlertAction.RESOLVED);
        assertThat(resolved.getExplanation()).endsWith("All of it has been priced.");
        assertThat(model.isOver()).isTrue();
    }

    @Test
    void ends_when_a_reversal_has_taken_it_back() {
        take(1, 10, NOW);
        judge(NOW);
        take(-1, -10, NOW.plusSeconds(1));

        assertThat(judge(NOW.plusSeconds(2)).orElseThrow().getAction()).isEqualTo(AlertAction.RESOLVED);
    }

    @Test
    void ends_when_the_model_is_priced_again_and_stays_so() {
        take(2, 10, NOW);
        judge(NOW);
        model.priced();
        assertThat(judge(NOW.plus(Duration.ofMinutes(11)))).isEmpty();

        Alert resolved = judge(NOW.plus(Duration.ofMinutes(12))).orElseThrow();

        assertThat(resolved.getAction()).isEqualTo(AlertAction.RESOLVED);
        assertThat(resolved.getExplanation()).contains("has a price again; 2 of its requests wait");
    }

    @Test
    void ends_when_no_more_came_for_a_day() {
        take(2, 10, NOW);
        judge(NOW);

        assertThat(judge(NOW.plus(Duration.ofHours(23)))).isEmpty();
        assertThat(judge(NOW.plus(Duration.ofHours(24))).orElseThrow().getAction())
                .isEqualTo(AlertAction.RESOLVED);
    }

    private void take(long requests, long tokens, Instant now) {
        model.take(
                new Sums(
                        requests,
                        0,
                        0,
                        tokens,
                        0,
                        BigDecimal.ZERO,
                        BigDecimal.ZERO,
                        0,
                        0,
                        requests,
                        tokens,
                        0,
                        0,
                        0,
                        0,
                        BigDecimal.ZERO),
                USED.toEpochMilli(),
                now.toEpochMilli());
    }

    private static Sums repriced(long requests) {
        return new Sums(0, 0, 0, 0, 0, BigDecimal.ZERO, BigDecimal.ZERO, 0, 0, 0, 0, requests, 0, 0, 0, BigDecimal.ONE);
    }

    /** What is kept between any two calls is its bytes. */
    private Optional<Alert> judge(Instant now) {
        Optional<Alert> step = model.judge(PLACE, now.toEpochMilli());
        model = UnpricedModel.fromBytes(model.toBytes());
        return step;
    }
}
