package io.costops.infra.platform;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("How far a reader is behind")
class ConsumerLagTest {
    @Test
    void is_nothing_when_only_the_mark_of_a_transaction_is_left() {
        assertThat(ConsumerLag.behind("usage.priced", 10, 11)).isZero();
        assertThat(ConsumerLag.behind("usage.priced", 11, 11)).isZero();
        assertThat(ConsumerLag.behind("usage.priced", 10, 14)).isEqualTo(3);
    }

    @Test
    void is_every_record_where_senders_use_no_transactions() {
        assertThat(ConsumerLag.behind("usage.raw", 10, 11)).isEqualTo(1);
    }
}
