package io.costops.infra.books;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("the lines of a file")
class LinesTest {
    @Test
    void come_one_by_one_with_their_numbers_and_without_the_blank_ones() throws IOException {
        Lines lines = lines("one\n\n  \ntwo\r\n");

        assertThat(text(lines.next())).isEqualTo("one");
        assertThat(lines.number()).isEqualTo(1);
        assertThat(text(lines.next())).isEqualTo("two\r");
        assertThat(lines.number()).isEqualTo(4);
        assertThat(lines.next()).isNull();
    }

    @Test
    void the_last_line_needs_no_end() throws IOException {
        assertThat(all(lines("one\ntwo"))).containsExactly("one", "two");
        assertThat(all(lines("one\n  "))).containsExactly("one");
        assertThat(all(lines(""))).isEmpty();
    }

    @Test
    void a_byte_order_mark_is_no_part_of_the_first() throws IOException {
        assertThat(all(lines("\uFEFFone\ntwo"))).containsExactly("one", "two");
        assertThat(all(lines("\uFEFF"))).isEmpty();
        assertThat(all(lines("a\n\uFEFFb")))
                .as("elsewhere it is what the line says")
                .containsExactly("a", "\uFEFFb");
    }

    @Test
    void of_a_line_that_is_too_long_one_byte_more_than_allowed_is_given_and_the_next_line_is_whole()
            throws IOException {
        assertThat(all(new Lines(new ByteArrayInputStream("0123456789\nnext\n".getBytes(StandardCharsets.UTF_8)), 4)))
                .containsExactly("01234", "next");
    }

    private static Lines lines(String text) {
        return new Lines(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), 1_000);
    }

    private static List<String> all(Lines lines) throws IOException {
        List<String> all = new ArrayList<>();
        for (byte[] line = lines.next(); line != null; line = lines.next()) {
            all.add(text(line));
        }
        return all;
    }

    private static String text(byte @org.jspecify.annotations.Nullable [] line) {
        return line == null ? "(end)" : new String(line, StandardCharsets.UTF_8);
    }
}
