package io.costops.sinks.notify.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.config.Secret;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.notify.config.ReceiverSettings.Common;
import io.costops.sinks.notify.config.ReceiverSettings.PagerDuty;
import io.costops.sinks.notify.config.ReceiverSettings.Slack;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Routes")
class RoutingTest {
    private static final Routing ROUTING = new Routing(
            Map.of(
                    "acme-channel", slack("acme-channel"),
                    "ops-channel", slack("ops-channel"),
                    "on-call",
                            new PagerDuty(
                                    new Common("on-call", Duration.ofSeconds(10), 60),
                                    URI.create("https://events.pagerduty.com"),
                                    new Secret("key"))),
            List.of(
                    route("acme's", Set.of("acme"), Set.of(), "acme-channel"),
                    route("pages", Set.of(), Set.of(AlertSeverity.CRITICAL), "on-call"),
                    new Route(
                            "operators",
                            Route.About.ALL_TOGETHER,
                            Set.of(),
                            Set.of(),
                            Set.of(AlertCategory.ANOMALY),
                            Set.of("ops-channel"))),
            Optional.empty());

    private static Slack slack(String name) {
        return new Slack(new Common(name, Duration.ofSeconds(10), 60), new Secret("https://hooks.slack.com/x"));
    }

    private static Route route(String name, Set<String> tenants, Set<AlertSeverity> severities, String receiver) {
        return new Route(name, Route.About.ANY, tenants, severities, Set.of(), Set.of(receiver));
    }

    private static Alert alert(AlertAction action, AlertSeverity severity) {
        Alert alert = TestAlerts.step(1, action);
        alert.setSeverity(severity);
        return alert;
    }

    @Test
    void all_that_match_apply() {
        assertThat(ROUTING.decide(TestAlerts.retryLoop(), List.of()).recipients())
                .containsOnly(Map.entry("acme-channel", List.of("acme's")), Map.entry("on-call", List.of("pages")));
    }

    @Test
    void of_a_tenant_carry_nothing_of_others() {
        assertThat(ROUTING.decide(TestAlerts.of("globex", "i"), List.of()).recipients())
                .containsOnlyKeys("on-call");
        assertThat(ROUTING.decide(TestAlerts.of(null, "i"), List.of()).recipients())
                .containsOnlyKeys("ops-channel", "on-call");
    }

    @Test
    void that_lead_nowhere_are_said_to() {
        Alert alert = TestAlerts.of("globex", "i");
        alert.setSeverity(AlertSeverity.WARNING);
        Routing.Decision decision = ROUTING.decide(alert, List.of());
        assertThat(decision.recipients()).isEmpty();
        assertThat(decision.unrouted()).isTrue();
    }

    @Test
    void tell_of_the_end_those_who_know_of_it_whatever_the_severity_is_by_then() {
        Routing.Decision end =
                ROUTING.decide(alert(AlertAction.RESOLVED, AlertSeverity.INFO), List.of("acme-channel", "on-call"));
        assertThat(end.recipients()).containsOnlyKeys("acme-channel", "on-call");
        assertThat(end.told()).isEmpty();
    }

    @Test
    void tell_nobody_of_the_end_of_what_they_did_not_hear_of() {
        Routing.Decision end = ROUTING.decide(alert(AlertAction.RESOLVED, AlertSeverity.CRITICAL), List.of());
        assertThat(end.recipients()).isEmpty();
        assertThat(end.unrouted()).isFalse();
    }

    @Test
    void tell_more_people_when_it_gets_worse() {
        Routing.Decision opened = ROUTING.decide(alert(AlertAction.OPENED, AlertSeverity.WARNING), List.of());
        assertThat(opened.told()).containsExactly("acme-channel");
        Routing.Decision worse = ROUTING.decide(alert(AlertAction.ESCALATED, AlertSeverity.CRITICAL), opened.told());
        assertThat(worse.told()).containsExactly("acme-channel", "on-call");
    }

    @Test
    void tell_nobody_of_what_is_suppressed() {
        Alert alert = TestAlerts.retryLoop();
        alert.setSuppressed("silenced");
        Routing.Decision decision = ROUTING.decide(alert, List.of());
        assertThat(decision.recipients()).isEmpty();
        assertThat(decision.told()).isEmpty();
        assertThat(decision.unrouted()).isFalse();
    }

    @Test
    void end_what_pagerduty_holds_open_even_when_people_are_not_to_be_notified() {
        Alert end = alert(AlertAction.RESOLVED, AlertSeverity.CRITICAL);
        end.setSuppressed("quiet_hours");
        assertThat(ROUTING.decide(end, List.of("acme-channel", "on-call")).recipients())
                .containsOnlyKeys("on-call");
    }

    @Test
    void forget_receivers_that_were_taken_out_of_the_configuration() {
        assertThat(ROUTING.decide(alert(AlertAction.RESOLVED, AlertSeverity.CRITICAL), List.of("gone"))
                        .recipients())
                .isEmpty();
    }

    @Test
    void do_not_hold_back_what_this_version_cannot_tell() {
        Alert alert = TestAlerts.retryLoop();
        alert.setSeverity(AlertSeverity.UNKNOWN);
        assertThat(ROUTING.decide(alert, List.of()).recipients()).containsKey("on-call");
    }
}
