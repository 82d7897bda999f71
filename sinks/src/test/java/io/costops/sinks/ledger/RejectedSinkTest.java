package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.avro.RejectedUsage;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.TestEntries;
import io.costops.sinks.rowbinary.RowFormat;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The sink of rejected usage")
class RejectedSinkTest extends SinkContract<RejectedUsage> {
    @Override
    RowFormat<RejectedUsage> format() {
        return RejectedRows.format();
    }

    @Override
    RejectedUsage row(int number) {
        return TestEntries.rejected("acme", number);
    }

    @Test
    void the_original_is_kept_byte_for_byte() {
        SinkHarness.commit(clickHouse, SinkHarness.seal(format, List.of(row(5))));

        assertThat(TestClickHouse.row(
                        clickHouse,
                        "SELECT hex(original), original_key IS NULL, hex(headers['trace']), reason, field, message,"
                                + " stage, tenant, src_topic, src_partition, src_offset, src_element, rejected_at"
                                + " FROM db.rejected_usage"))
                .isEqualTo("00FF7B80\t1\t01FE\tmissing_field\tpayload.model\t"
                        + "model is missing: name the model that answered\tusage-ingest\tacme\tusage.raw\t3\t5\t\t"
                        + "2026-07-14 12:00:00.128456");
    }

    @Test
    void a_senders_impossible_clock_does_not_keep_a_reject_out() {
        RejectedUsage late = row(1);
        late.setReceivedAt(Instant.parse("+58543-01-01T00:00:00Z"));
        RejectedUsage early = row(2);
        early.setReceivedAt(Instant.parse("-0001-01-01T00:00:00Z"));
        SinkHarness.commit(clickHouse, SinkHarness.seal(format, List.of(late, early)));

        assertThat(TestClickHouse.rows(clickHouse, "SELECT received_at FROM db.rejected_usage ORDER BY src_offset"))
                .containsExactly("2106-02-07 06:28:15.000000", "1970-01-01 00:00:00.000000");
    }
}
