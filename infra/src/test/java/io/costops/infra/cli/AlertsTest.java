package io.costops.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("costops alerts")
class AlertsTest {
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "silence --tenant acme | say until when",
                "silence --for PT0S | --for is PT0S: give more than 0",
                "silence --for PT-2H | --for is PT-2H",
                "silence --for P99999999D | at most 3660 days",
                "silence --for tomorrow | --for",
                "silence --for PT2H --until 2099-01-01T00:00:00Z | exclude each other",
                "silence --until 2020-01-01T00:00:00Z | 2020-01-01T00:00:00Z is over",
                "silence --from 2099-01-02T00:00:00Z --until 2099-01-01T00:00:00Z | until is 2099-01-01T00:00:00Z",
                "silence --for PT2H --category anomoly | category is 'ANOMOLY': give one of anomaly, budget",
                "silence --for PT2H --scope colour=red | scope.colour is not known",
                "silence --for PT2H --scope tenant=acme | name the tenant in tenant (--tenant)",
                "silence --for PT2H --scope project=a --scope project=b | --scope names project twice",
                "quiet-hours --from 22:00 --until 22:00 | both 22:00",
                "quiet-hours --from 22 --until 07:00 | times such as 22:00 and 07:00",
                "quiet-hours --from 22:00 --until 07:00 --time-zone Mars | time_zone 'Mars'",
                "quiet-hours --from 22:00 | --until",
                "feedback abc maybe | answer yes, no or planned, not maybe",
                "feedback abc | ANSWER",
                "ack | INCIDENT",
                "end | ID"
            })
    void refuses_what_it_can_not_do_before_it_looks_for_a_platform(String arguments, String message) {
        StringWriter err = new StringWriter();
        List<String> words = new ArrayList<>(List.of("alerts"));
        words.addAll(List.of(arguments.split(" ")));

        assertThat(Main.execute(
                        new PrintWriter(new StringWriter()), new PrintWriter(err), words.toArray(String[]::new)))
                .isNotZero();
        assertThat(err.toString()).contains(message).doesNotContain("\tat ");
        assertThat(err.toString().lines()).hasSize(1);
    }
}
