package io.costops.anomaly.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The SQL of an alert")
class LedgerQueryTest {
    private static final Instant FROM = Instant.parse("2026-03-10T12:00:00Z");

    @Test
    void asks_for_the_tenant_of_the_alert_alone_also_if_it_has_no_name() {
        assertThat(LedgerQuery.usage("", Map.of(), FROM, FROM)).contains("WHERE tenant = '' AND event_time >=");
        assertThat(LedgerQuery.unpriced("", "m", FROM)).contains("WHERE tenant = '' AND model = 'm'");
        assertThat(LedgerQuery.usage(null, Map.of(), FROM, FROM)).contains("WHERE event_time >=");
    }

    /** The ledger's column of texts has '' and no NULL. */
    @Test
    void finds_usage_of_a_model_without_a_name() {
        assertThat(LedgerQuery.unpriced("acme", "", FROM))
                .contains("model = ''")
                .doesNotContain("NULL");
    }

    @Test
    void counts_for_failed_what_the_detectors_do() {
        assertThat(LedgerQuery.usage("acme", Map.of(), FROM, FROM))
                .contains("lower(outcome) IN ('error', ", "'timeout', 'timed_out', 'rate_limited'");
    }

    @Test
    void takes_names_for_texts_whatever_they_hold() {
        assertThat(LedgerQuery.usage(
                        "x' OR '1'='1",
                        Map.of("project", "\\' OR 1=1 --", "tag:a'] OR 1=1", "v", "user`; DROP", "u"),
                        FROM,
                        FROM))
                .contains(
                        "tenant = 'x\\' OR \\'1\\'=\\'1'",
                        "`project` = '\\\\\\' OR 1=1 --'",
                        "tags['a\\'] OR 1=1'] = 'v'",
                        "`user` = 'u'");
    }
}
