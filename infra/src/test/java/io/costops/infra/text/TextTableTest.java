package io.costops.infra.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigDecimal;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("a table for people")
class TextTableTest {
    @Test
    void shows_numbers_exactly_and_aligns_their_points() {
        TextTable table = new TextTable("tenant", "requests", "cost");
        table.row("acme", 1_234_567L, new BigDecimal("12345.678900000"));
        table.row("borealis", 12L, new BigDecimal("-0.000005"));
        table.row("cobalt", 0L, new BigDecimal("0E-30"));
        table.row("driftwood", null, null);

        assertThat(table.lines())
                .containsExactly(
                        "tenant      requests           cost",
                        "acme       1,234,567  12,345.6789",
                        "borealis          12      -0.000005",
                        "cobalt             0       0",
                        "driftwood          -       -");
    }

    @Test
    void has_a_cell_for_each_column() {
        assertThatIllegalArgumentException().isThrownBy(() -> new TextTable("a", "b").row("only one"));
    }

    @Test
    void shows_nothing_of_what_would_steer_the_terminal() {
        TextTable table = new TextTable("tenant");
        table.row("a\u001b[2Jb\nc\u202ed");

        assertThat(table.lines()).containsExactly("tenant", "a\ufffd[2Jb\ufffdc\ufffdd");
    }
}
