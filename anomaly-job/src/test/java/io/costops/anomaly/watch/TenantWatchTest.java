package io.costops.anomaly.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.CostFactor;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The watch of a tenant")
class TenantWatchTest {
    private static final Duration WINDOW = Duration.ofMinutes(5);
    private static final WatchOptions OPTIONS =
            new WatchOptions(WINDOW, Duration.ofDays(3), null, new BigDecimal("5"), BigDecimal.ONE);
    /** A Monday in the middle of a month. */
    private static final long START = Instant.parse("2026-05-11T00:00:00Z").toEpochMilli();

    private static final int PER_DAY = 288;
    private static final int NOON_OF_DAY_6 = 6 * PER_DAY + 144;

    private static final Place CHAT = new Place("acme", "USD", "chat", "gpt-5", "key-chat");
    private static final Place SEARCH = new Place("acme", "USD", "search", "gpt-5", "key-search");
    private static final Place AGENT = new Place("acme", "USD", "agent", "claude", "key-agent");

    private final MemoryStore store = new MemoryStore();
    private byte @Nullable [] state;
    private final Random random = new Random(11);

    @Test
    void makes_one_incident_of_a_retry_loop_however_many_series_show_it() {
        List<Alert> steps = new ArrayList<>();
        for (int window = 0; window < NOON_OF_DAY_6 + 60; window++) {
            boolean loops = window >= NOON_OF_DAY_6 && window < NOON_OF_DAY_6 + 6;
            steps.addAll(observe(
                    window,
                    usual(CHAT, window),
                    usual(SEARCH, window),
                    loops ? retries(AGENT, window, 3_000) : usual(AGENT, window)));
        }

        assertThat(steps)
                .extracting(Alert::getAction)
                .filteredOn(action -> action != AlertAction.ESCALATED)
                .containsExactly(AlertAction.OPENED, AlertAction.RESOLVED);
        assertThat(steps)
                .extracting(Alert::getIncidentId)
                .containsOnly(steps.get(0).getIncidentId());
        Alert opened = steps.get(0);
        assertThat(opened.getCategory()).isEqualTo(AlertCategory.ANOMALY);
        assertThat(opened.getCause()).isEqualTo("retry_loop");
        assertThat(opened.getScope())
                .containsEntry("project", "agent")
                .containsEntry("model", "claude")
                .containsEntry("api_key_id", "key-agent");
        assertThat(opened.getStartedAt()).isBetween(at(NOON_OF_DAY_6).minus(Duration.ofMinutes(10)), at(NOON_OF_DAY_6));
        assertThat(opened.getWindowEnd()).isEqualTo(at(NOON_OF_DAY_6 + 1));
        assertThat(opened.getImpact()).isGreaterThan(new BigDecimal("10"));
        assertThat(opened.getSuppressed()).isNull();
        assertThat(opened.getActual()).isGreaterThan(opened.getExpectedHigh());
        assertThat(opened.getExpected()).isBetween(opened.getExpectedLow(), opened.getExpectedHigh());
        assertThat(opened.getRecent()).hasSize(60);
        assertThat(opened.getRootCauses().get(0).getSharePercent()).isGreaterThan(new BigDecimal("90"));
        assertThat(opened.getCostFactors().stream()
                        .filter(factor -> factor.getFactor().equals("requests"))
                        .map(CostFactor::getImpact))
                .singleElement()
                .satisfies(impact -> assertThat(impact).isPositive());
        assertThat(opened.getQuery()).contains("tenant = 'acme' AND `api_key_id` = 'key-agent'");
    }

    @Test
    void keeps_troubles_apart_that_have_nothing_to_do_with_each_other() {
        List<Alert> steps = new ArrayList<>();
        for (int window = 0; window < NOON_OF_DAY_6 + 60; window++) {
            boolean loops = window >= NOON_OF_DAY_6 && window < NOON_OF_DAY_6 + 6;
            boolean spikes = window >= NOON_OF_DAY_6 && window < NOON_OF_DAY_6 + 6;
            steps.addAll(observe(
                    window,
                    usual(CHAT, window),
                    spikes ? longer(SEARCH, window) : usual(SEARCH, window),
                    loops ? retries(AGENT, window, 3_000) : usual(AGENT, window)));
        }

        assertThat(steps)
                .filteredOn(step -> step.getAction() == AlertAction.OPENED)
                .extracting(Alert::getCause)
                .contains("retry_loop");
        assertThat(steps.stream().map(Alert::getIncidentId).distinct().count()).isLessThanOrEqualTo(2);
        assertThat(steps)
                .filteredOn(step -> step.getAction() == AlertAction.RESOLVED)
                .isNotEmpty();
    }

    @Test
    void is_not_alarmed_by_late_usage_corrections_or_adjustments() {
        List<Alert> steps = new ArrayList<>();
        for (int window = 0; window < NOON_OF_DAY_6 + 60; window++) {
            List<Cell> cells = new ArrayList<>(List.of(usual(CHAT, window), usual(AGENT, window)));
            if (window >= NOON_OF_DAY_6 && window < NOON_OF_DAY_6 + 12) {
                for (int back = 1; back < 40; back++) {
                    cells.add(late(AGENT, window - back, sums(3_000, 2_900, 4_000_000, "30")));
                }
                cells.add(late(CHAT, window - 3, corrected(-20, -30_000, "-0.3")));
                cells.add(late(CHAT, window - 300, corrected(0, 0, "900")));
            }
            steps.addAll(observe(window, cells.toArray(Cell[]::new)));
        }

        assertThat(steps).extracting(Alert::getTitle).isEmpty();
    }

    @Test
    void learns_silently_from_history_that_comes_in_order() {
        List<Alert> steps = new ArrayList<>();
        for (int window = 0; window < NOON_OF_DAY_6 + 60; window++) {
            boolean loops = window >= NOON_OF_DAY_6 && window < NOON_OF_DAY_6 + 6;
            Cell agent = loops ? retries(AGENT, window, 3_000) : usual(AGENT, window);
            steps.addAll(observe(window, asHistory(usual(CHAT, window)), asHistory(agent)));
        }
        assertThat(steps).extracting(Alert::getTitle).isEmpty();

        int tomorrow = NOON_OF_DAY_6 + PER_DAY;
        for (int window = NOON_OF_DAY_6 + 60; window < tomorrow + 40; window++) {
            boolean loops = window >= tomorrow && window < tomorrow + 6;
            Cell agent = loops ? retries(AGENT, window, 5_000) : usual(AGENT, window);
            steps.addAll(observe(window, usual(CHAT, window), agent));
        }
        assertThat(steps).extracting(Alert::getAction).contains(AlertAction.OPENED, AlertAction.RESOLVED);
    }

    @Test
    void gives_the_same_steps_when_it_is_restored_before_every_window() {
        List<Alert> once = loopSteps(false);
        store.series.clear();
        state = null;
        random.setSeed(11);
        List<Alert> restored = loopSteps(true);

        assertThat(restored).hasSizeGreaterThan(1);
        assertThat(restored.toString()).isEqualTo(once.toString());
    }

    private List<Alert> loopSteps(boolean restores) {
        random.setSeed(11);
        List<Alert> steps = new ArrayList<>();
        TenantWatch kept = new TenantWatch(Coverage.TENANT, "acme", "USD", OPTIONS, store, null);
        for (int window = 0; window < NOON_OF_DAY_6 + 60; window++) {
            boolean loops = window >= NOON_OF_DAY_6 && window < NOON_OF_DAY_6 + 6;
            List<Cell> cells =
                    List.of(usual(CHAT, window), loops ? retries(AGENT, window, 3_000) : usual(AGENT, window));
            if (restores) {
                steps.addAll(observe(window, cells.toArray(Cell[]::new)));
            } else {
                steps.addAll(kept.observe(at(window).toEpochMilli(), cells, Set.of()));
            }
        }
        return steps;
    }

    @Test
    void says_that_data_is_missing_and_takes_it_for_no_idleness() {
        List<Alert> steps = new ArrayList<>();
        for (int window = 0; window < NOON_OF_DAY_6 + PER_DAY; window++) {
            boolean silent = window >= NOON_OF_DAY_6 && window < NOON_OF_DAY_6 + 24;
            steps.addAll(silent ? observe(window) : observe(window, usual(CHAT, window), usual(AGENT, window)));
        }

        assertThat(steps).extracting(Alert::getCategory).containsOnly(AlertCategory.DATA_MISSING);
        assertThat(steps).extracting(Alert::getAction).containsExactly(AlertAction.OPENED, AlertAction.RESOLVED);
        assertThat(steps.get(0).getStartedAt()).isEqualTo(at(NOON_OF_DAY_6));
        assertThat(steps.get(0).getWindowEnd()).isBeforeOrEqualTo(at(NOON_OF_DAY_6 + 4));
    }

    @Test
    void has_nothing_to_say_of_a_tenant_of_one_event_a_week() {
        List<Alert> steps = new ArrayList<>();
        for (int week = 0; week < 8; week++) {
            for (int window = 0; window < 7 * PER_DAY; window++) {
                int at = week * 7 * PER_DAY + window;
                if (window == 100 + week) {
                    steps.addAll(observe(at, cell(CHAT, at, sums(1, 0, 1_500, "0.01"))));
                } else if (watch().isAwake(at(at).toEpochMilli())) {
                    steps.addAll(observe(at));
                }
            }
        }

        assertThat(steps).extracting(Alert::getTitle).isEmpty();
    }

    @Test
    void keeps_a_few_kilobytes_of_a_series() {
        for (int window = 0; window < 3 * PER_DAY; window++) {
            observe(window, usual(CHAT, window));
        }

        assertThat(store.series).hasSize(4);
        assertThat(store.series.values()).allSatisfy(bytes -> assertThat(bytes).hasSizeLessThan(8_192));
    }

    @Test
    void names_a_model_that_nobody_asked_before() {
        Place dearer = new Place("acme", "USD", "chat", "gpt-9-pro", "key-chat");
        List<Alert> steps = new ArrayList<>();
        for (int window = 0; window < NOON_OF_DAY_6 + 6; window++) {
            steps.addAll(observe(
                    window,
                    usual(SEARCH, window),
                    window < NOON_OF_DAY_6 ? usual(CHAT, window) : cell(dearer, window, sums(50, 0, 75_000, "6"))));
        }

        assertThat(steps.get(0).getCause()).isEqualTo("new_model");
        assertThat(steps.get(0).getScope()).containsEntry("model", "gpt-9-pro");
        assertThat(steps.get(0).getTitle()).startsWith("New model in");
    }

    @Test
    void of_all_tenants_tells_what_shows_in_all_of_them_together() {
        List<Alert> steps = watchOfAll(tenant -> 3);

        assertThat(steps.get(0).getAction()).isEqualTo(AlertAction.OPENED);
        assertThat(steps.get(0).getTenant()).isNull();
        assertThat(steps.get(0).getTitle()).contains("over all tenants");
        assertThat(steps.get(0).getScope()).doesNotContainKey("tenant");
        assertThat(steps).extracting(Alert::getSuppressed).containsNull();
        assertThat(steps.get(0).getQuery()).doesNotContain("tenant =");
    }

    @Test
    void of_all_tenants_lists_and_does_not_tell_what_one_tenant_tells_by_itself() {
        List<Alert> steps = watchOfAll(tenant -> tenant == 3 ? 60 : 1);

        assertThat(steps)
                .isNotEmpty()
                .allSatisfy(step -> assertThat(step.getScope()).containsEntry("tenant", "tenant-3"))
                .extracting(Alert::getSuppressed)
                .containsOnly("shown_by_tenant");
        assertThat(steps.get(0).getQuery()).contains("tenant = 'tenant-3'");
        assertThat(steps.get(steps.size() - 1).getAction()).isEqualTo(AlertAction.RESOLVED);
    }

    /** Eight tenants for six days and a bit; from noon on for half an hour each makes so many times its usual requests. */
    private List<Alert> watchOfAll(IntUnaryOperator factor) {
        List<Alert> steps = new ArrayList<>();
        byte[] saved = null;
        for (int window = 0; window < NOON_OF_DAY_6 + 40; window++) {
            boolean unusual = window >= NOON_OF_DAY_6 && window < NOON_OF_DAY_6 + 6;
            List<Cell> cells = new ArrayList<>();
            for (int tenant = 0; tenant < 8; tenant++) {
                long requests = (unusual ? factor.applyAsInt(tenant) : 1) * (90L + random.nextInt(20));
                cells.add(cell(
                        new Place("tenant-" + tenant, "USD", "", "gpt-5", ""),
                        window,
                        sums(
                                requests,
                                0,
                                1_500 * requests,
                                new BigDecimal("0.006")
                                        .multiply(BigDecimal.valueOf(requests))
                                        .toPlainString())));
            }
            TenantWatch watch = new TenantWatch(Coverage.ALL_TENANTS, "", "USD", OPTIONS, store, saved);
            steps.addAll(watch.observe(at(window).toEpochMilli(), cells, Set.of()));
            saved = watch.toBytes();
        }
        return steps;
    }

    /** Four and a half days of one series. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void goes_on_with_a_series_that_an_earlier_version_saved(int version) throws IOException {
        byte[] saved;
        try (InputStream in = TenantWatchTest.class.getResourceAsStream("/state/series-v" + version + ".bin")) {
            saved = Objects.requireNonNull(in, "the saved state").readAllBytes();
        }
        long next = Instant.parse("2026-05-08T12:00:00Z").toEpochMilli();

        Series series = Series.of(OPTIONS, saved);

        assertThat(series.actual(Series.Quantity.REQUESTS, next - WINDOW.toMillis()))
                .isEqualTo(40 + (4 * PER_DAY + 143) * 31 % 17);
        assertThat(series.usual(Series.Quantity.COST, next)).isBetween(0.4, 0.56);
        series.observe(next, sums(50, 0, 50_000, "0.5"));
        assertThat(series.openIncidents()).isEmpty();
        assertThat(Series.of(OPTIONS, series.toBytes()).toBytes()).isEqualTo(series.toBytes());
        assertThat(series.toBytes()).hasSizeLessThan(4_900);
    }

    @Test
    void survives_negative_and_enormous_amounts_and_names() {
        String name = "'); DROP TABLE ledger; --\\".repeat(4_000);
        Place hostile = new Place("acme", "USD", name, "", "");
        for (int window = 0; window < 10; window++) {
            observe(
                    window,
                    cell(hostile, window, sums(1, 0, Long.MAX_VALUE / 4, "999999999999999999999999999999")),
                    late(hostile, window - 1, corrected(-5, Long.MIN_VALUE / 4, "-999999999999999999999999999999")));
        }

        assertThat(store.series.keySet()).anyMatch(series -> series.contains("DROP TABLE"));
    }

    private TenantWatch watch() {
        return new TenantWatch(Coverage.TENANT, "acme", "USD", OPTIONS, store, state);
    }

    private List<Alert> observe(int window, Cell... cells) {
        TenantWatch watch = watch();
        List<Alert> steps = watch.observe(at(window).toEpochMilli(), List.of(cells), Set.of());
        state = watch.toBytes();
        return steps;
    }

    private static Instant at(int window) {
        return Instant.ofEpochMilli(START + window * WINDOW.toMillis());
    }

    /** A day's rhythm with noise. */
    private Cell usual(Place place, int window) {
        double hour = window % PER_DAY / 12.0;
        double rhythm = 0.4 + Math.exp(-Math.pow((hour - 13) / 4, 2));
        long requests = Math.max(0, Math.round(60 * rhythm * (1 + 0.1 * random.nextGaussian())));
        return cell(
                place,
                window,
                sums(
                        requests,
                        requests / 80,
                        1_500 * requests,
                        new BigDecimal("0.006")
                                .multiply(BigDecimal.valueOf(requests))
                                .toPlainString()));
    }

    private static Cell retries(Place place, int window, long requests) {
        return cell(
                place,
                window,
                sums(
                        requests,
                        requests * 9 / 10,
                        1_500 * requests,
                        new BigDecimal("0.006")
                                .multiply(BigDecimal.valueOf(requests))
                                .toPlainString()));
    }

    private static Cell longer(Place place, int window) {
        return cell(place, window, sums(80, 1, 80 * 15_000, "4.8"));
    }

    private static Cell cell(Place place, int window, Sums sums) {
        return new Cell(place, at(window).toEpochMilli(), false, sums);
    }

    private static Cell late(Place place, int window, Sums sums) {
        return new Cell(place, at(window).toEpochMilli(), true, sums);
    }

    private static Cell asHistory(Cell cell) {
        Sums s = cell.sums();
        return new Cell(
                cell.place(),
                cell.windowStartMillis(),
                false,
                new Sums(
                        s.requests(),
                        s.failed(),
                        s.retried(),
                        s.tokens(),
                        s.cachedTokens(),
                        s.cost(),
                        s.costWithoutCache(),
                        s.requests(),
                        s.pricedRequests(),
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        BigDecimal.ZERO));
    }

    private static Sums sums(long requests, long failed, long tokens, String cost) {
        BigDecimal amount = new BigDecimal(cost);
        return new Sums(requests, failed, 0, tokens, 0, amount, amount, 0, requests, 0, 0, 0, 0, 0, 0, BigDecimal.ZERO);
    }

    private static Sums corrected(long requests, long tokens, String cost) {
        return new Sums(
                0,
                0,
                0,
                0,
                0,
                BigDecimal.ZERO,
                BigDecimal.ZERO,
                0,
                0,
                0,
                0,
                0,
                requests,
                0,
                tokens,
                new BigDecimal(cost));
    }

    private static final class MemoryStore implements SeriesStore {
        private final Map<String, byte[]> series = new HashMap<>();

        @Override
        public byte @Nullable [] get(String name) {
            return series.get(name);
        }

        @Override
        public void put(String name, byte[] bytes) {
            series.put(name, bytes);
        }

        @Override
        public void remove(String name) {
            series.remove(name);
        }

        @Override
        public List<String> names() {
            return List.copyOf(series.keySet());
        }
    }
}
