package io.costops.infra.platform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The notifier's line in costops status")
class NotifierProcessTest {

    @ParameterizedTest(name = "{1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{'routes': 0, 'receivers': []} | answers; no routes: nobody is told",
                "{'routes': 1, 'receivers': [{'name': 'a', 'waiting': 0, 'refused': 0, 'failing': false}]} | answers",
                "{'routes': 1, 'receivers': [{'name': 'a', 'waiting': 2, 'refused': 1, 'failing': true}, {'name': 'b', 'waiting': 1}]} | answers; 3 waiting; 1 refused; failing: a"
            })
    void tells_what_became_of_the_alerts(String status, String line) throws Exception {
        assertThat(NotifierProcess.detail(new ObjectMapper().readTree(status.replace('\'', '"'))))
                .isEqualTo(line);
    }
}
