package io.costops.infra.platform;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Of Flink's answers stack traces")
class FlinkRestTest {

    @Test
    void are_cut_to_the_deepest_cause() {
        assertThat(FlinkRest.causes("""
                org.apache.flink.client.program.ProgramInvocationException: The main method caused an error
                \tat org.apache.flink.client.program.PackagedProgram.callMainMethod(PackagedProgram.java:372)
                Caused by: java.lang.RuntimeException: outer
                \t... 3 more
                Caused by: io.costops.schemas.config.ConfigurationException: unknown option --kafka
                \t... 8 more
                """))
                .isEqualTo("io.costops.schemas.config.ConfigurationException: unknown option --kafka");
    }

    @Test
    void without_a_cause_are_cut_to_their_first_line() {
        assertThat(FlinkRest.causes("Job not found\n\tat somewhere")).isEqualTo("Job not found");
    }

    @Test
    void a_counter_of_ours_is_told_from_flinks_own_by_its_group() {
        assertThat(FlinkRest.ownName("Price_usage.costops.duplicates")).contains("duplicates");
        assertThat(FlinkRest.ownName("Price_usage.numRecordsIn")).isEmpty();
    }
}
