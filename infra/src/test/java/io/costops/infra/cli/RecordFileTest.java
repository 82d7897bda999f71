package io.costops.infra.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The records of a file")
class RecordFileTest {

    private static final int LONGEST = 100;

    private static List<RecordFile.Entry> read(String text) throws IOException {
        List<RecordFile.Entry> entries = new ArrayList<>();
        new RecordFile(LONGEST).read(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), entries::add);
        return entries;
    }

    private static List<String> texts(List<RecordFile.Entry> entries) {
        return entries.stream()
                .map(entry -> new String(entry.bytes(), StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void are_its_lines_to_the_byte_and_blank_lines_are_none() throws IOException {
        List<RecordFile.Entry> entries = read("{\"cost\": 0.10}\r\n\n  \n{\"n\":1e400} \n");
        assertThat(texts(entries)).containsExactly("{\"cost\": 0.10}", "{\"n\":1e400}");
        assertThat(entries).extracting(RecordFile.Entry::place).containsExactly(1L, 4L);
        assertThat(entries).allMatch(entry -> entry.problem().isEmpty());
    }

    @Test
    void are_the_elements_of_an_array_to_the_byte() throws IOException {
        assertThat(texts(read(" [ {\"a\": \"],[\\\"\"} ,\n{\"b\":[1,{\"c\":2}]}]\n")))
                .containsExactly("{\"a\": \"],[\\\"\"}", "{\"b\":[1,{\"c\":2}]}");
        assertThat(read("[]")).isEmpty();
    }

    @Test
    void are_read_past_a_byte_order_mark() throws IOException {
        assertThat(texts(read("\uFEFF{\"a\":1}"))).containsExactly("{\"a\":1}");
        assertThat(texts(read("\uFEFF[{\"a\":1}]"))).containsExactly("{\"a\":1}");
    }

    @Test
    void that_are_no_objects_come_with_the_reason_and_the_others_go_on() throws IOException {
        List<RecordFile.Entry> entries = read("{\"a\":1}\nnonsense\n[1]\n{\"a\":1}{\"b\":2}\n{\"a\":\n{\"z\":1}");
        assertThat(entries).hasSize(6);
        assertThat(entries.get(0).problem()).isEmpty();
        assertThat(entries.get(1).problem().orElseThrow()).startsWith("not JSON");
        assertThat(entries.get(2).problem()).hasValue("not a JSON object");
        assertThat(entries.get(3).problem()).hasValue("more than one JSON object");
        assertThat(entries.get(4).problem().orElseThrow()).startsWith("not JSON");
        assertThat(entries.get(5).problem()).isEmpty();
    }

    @Test
    void that_are_too_long_are_told_and_not_kept_whole() throws IOException {
        RecordFile.Entry entry = read("{\"a\":\"" + "x".repeat(5000) + "\"}\n").get(0);
        assertThat(entry.isTooLong()).isTrue();
        assertThat(entry.problem().orElseThrow()).contains("5008 bytes", "100");
        assertThat(entry.bytes().length).isLessThan(200);
    }

    @Test
    void of_an_array_that_is_not_closed_end_with_an_error() {
        assertThatThrownBy(() -> read("[{\"a\":1}, {\"b\":2}")).hasMessageContaining("not closed");
    }
}
