package io.costops.infra.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.schemas.topics.Topics;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A topic's settings")
class TopicCatalogueTest {

    @Test
    void keep_usage_from_its_arrival_on_whatever_the_senders_clock_says() {
        assertThat(TopicCatalogue.configuration(Topics.USAGE_RAW))
                .containsEntry("retention.ms", "2592000000")
                .containsEntry("message.timestamp.type", "LogAppendTime")
                .containsEntry("cleanup.policy", "delete");
    }

    @Test
    void keep_the_log_of_record_for_ever() {
        assertThat(TopicCatalogue.configuration(Topics.USAGE_PRICED))
                .containsEntry("retention.ms", "-1")
                .containsEntry("retention.bytes", "-1")
                .containsEntry("cleanup.policy", "delete");
    }

    @Test
    void keep_the_newest_revision_of_each_price() {
        assertThat(TopicCatalogue.configuration(Topics.PRICES)).containsEntry("cleanup.policy", "compact");
    }

    @Test
    void stay_below_the_brokers_largest_message() {
        assertThat(Topics.all())
                .allSatisfy(topic ->
                        assertThat(topic.maxMessageBytes()).isLessThanOrEqualTo(KafkaBroker.LARGEST_MESSAGE_BYTES));
    }
}
