package io.costops.sinks.notify.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.Alert;
import io.costops.sinks.TestAlerts;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("An e-mail")
class EmailTextTest {
    @Test
    void reads_from_top_to_bottom() {
        EmailText text = EmailText.of(TestAlerts.retryLoop(), Optional.empty());
        assertThat(text.subject())
                .isEqualTo("[CostOps] Critical: Cost of chatbot on gpt-4o is 14 times what was expected (acme)");
        assertThat(text.body()).isEqualTo("""
                Critical: Cost of chatbot on gpt-4o is 14 times what was expected

                Tenant: acme
                Severity: Critical
                What: cost of model gpt-4o, project chatbot
                Actual: 14.20 USD
                Expected: 1.00 USD (0.60 USD to 1.50 USD)
                Impact: 18.70 USD
                Likely cause: retry loop
                Since: 2026-07-14 11:58 UTC

                Since 11:58 UTC requests fail and are sent again: 62 % are retries. Stop the caller of key-7.

                actual   ▁▁▂▁▁▁▂▁▄█
                expected ▁▁▁▁▁▁▁▁▁▁
                0 USD to 14.20 USD, 2026-07-14 11:50 UTC to 2026-07-14 11:59 UTC

                Root causes:
                - api_key_id key-7 explains 97.5 % (18.23 USD)

                The change by its factors:
                - requests +18.90 USD
                - cache -0.20 USD

                Look further:
                SELECT api_key_id, sum(billed_cost) FROM costops.ledger WHERE tenant = 'acme' GROUP BY ALL

                --\s
                CostOps, incident acme/chatbot/gpt-4o/cost/2026-07-14T11:58:00Z, step 0, found by rsr/1
                """);
    }

    @Test
    void has_a_subject_that_can_begin_no_other_header() {
        Alert alert = TestAlerts.of("acme\r\nBcc: everyone@example.com", "i");
        alert.setTitle("x\nTo: y");
        assertThat(EmailText.of(alert, Optional.empty()).subject()).doesNotContain("\r", "\n");
    }
}
