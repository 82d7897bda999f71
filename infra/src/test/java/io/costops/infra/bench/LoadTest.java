package io.costops.infra.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.infra.demo.DemoTraffic;
import io.costops.infra.demo.Incident;
import io.costops.infra.demo.RawRecord;
import io.costops.infra.demo.TrafficPlan;
import io.costops.ingest.normalise.Normaliser;
import io.costops.ingest.normalise.Outcome;
import io.costops.schemas.avro.Origin;
import io.costops.schemas.avro.UsageEvent;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The loads of the benchmarks")
final class LoadTest {
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

    private final Normaliser normaliser = new Normaliser();

    @Test
    void live_usage_is_of_this_moment_each_event_with_an_id_of_its_own() {
        LiveLoad load = new LiveLoad(7, Clock.fixed(NOW, ZoneOffset.UTC), "run");
        Set<String> ids = new HashSet<>();
        Set<String> models = new HashSet<>();
        for (int i = 0; i < 500; i++) {
            UsageEvent event = usage(load.next());
            assertThat(event.getEventTime()).isEqualTo(NOW);
            ids.add(event.getEventId());
            models.add(event.getModel());
        }
        assertThat(ids).hasSize(500);
        assertThat(models).hasSizeGreaterThan(5);
    }

    @Test
    void a_correction_keeps_its_event_and_moves_it_to_other_projects_tenants_months_and_models() {
        List<RawRecord> corrections = new ArrayList<>();
        Displacement displacement = new Displacement(7);
        DemoTraffic traffic = new DemoTraffic(new TrafficPlan(7, NOW, 7, 4_000, Incident.NONE));
        Set<String> tenants = new HashSet<>();
        boolean older = false;
        boolean otherModel = false;
        while (traffic.hasNext()) {
            RawRecord record = traffic.next();
            RawRecord displaced = displacement.of(record);
            if (displaced.equals(record)) {
                continue;
            }
            corrections.add(displaced);
            UsageEvent before = usage(record);
            UsageEvent after = usage(displaced);
            assertThat(after.getEventId()).isEqualTo(before.getEventId());
            assertThat(after.getRevision()).isEqualTo(before.getRevision()).isPositive();
            assertThat(after.getMeters()).isEqualTo(before.getMeters());
            assertThat(after.getDimensions().getProject()).startsWith("moved-");
            tenants.add(after.getDimensions().getTenant());
            older |= after.getEventTime().isBefore(NOW.minusSeconds(8 * 86_400));
            otherModel |= !after.getModel().equals(before.getModel());
        }
        assertThat(corrections).hasSizeGreaterThan(20);
        assertThat(tenants).contains("moved").hasSizeGreaterThan(1);
        assertThat(older).isTrue();
        assertThat(otherModel).isTrue();
    }

    private UsageEvent usage(RawRecord record) {
        List<Outcome> outcomes = normaliser.normalise(
                record.value().getBytes(StandardCharsets.UTF_8), new Origin("usage.raw", 0, 0L, null), NOW, Map.of());
        assertThat(outcomes).singleElement().isInstanceOf(Outcome.Usage.class);
        return ((Outcome.Usage) outcomes.get(0)).event();
    }
}
