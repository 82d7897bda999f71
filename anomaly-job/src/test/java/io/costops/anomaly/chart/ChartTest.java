package io.costops.anomaly.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

@DisplayName("A chart")
class ChartTest {
    private static Panel panel(String title) {
        Panel panel = new Panel(title, true);
        for (int i = 0; i < 5_000; i++) {
            panel.actual(1_767_571_200.0 + i * 300, i == 2_500 ? 900 : i % 288);
        }
        panel.actual(1_767_571_200.0 + 5_000 * 300, Double.NaN);
        panel.alert(1_767_571_200.0 + 2_500 * 300, "spike");
        for (int i = 5_001; i < 5_100; i++) {
            panel.expected(1_767_571_200.0 + i * 300, 100, 50, 160, 70, 130);
        }
        return panel;
    }

    private static Document parsed(byte[] svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new ByteArrayInputStream(svg));
    }

    @Test
    void is_well_formed_svg_and_escapes_what_others_named() throws Exception {
        byte[] svg = Chart.svg(List.of(panel("</text><script>alert('x')</script>\u0000\"&"), panel("two")));
        Document document = parsed(svg);
        assertThat(document.getElementsByTagName("script").getLength()).isZero();
        assertThat(document.getElementsByTagName("polygon").getLength()).isEqualTo(4);
        assertThat(new String(svg, StandardCharsets.UTF_8)).contains(">spike<", "&lt;script&gt;");
    }

    @Test
    void keeps_the_highest_value_of_many_that_share_a_pixel() {
        assertThat(new String(Chart.svg(List.of(panel("one"))), StandardCharsets.UTF_8))
                .contains(",26.0 ");
    }

    @Test
    void of_no_values_says_so() throws Exception {
        Panel empty = new Panel("empty", false);
        empty.actual(1, Double.NaN);
        assertThat(parsed(Chart.svg(List.of(empty))).getDocumentElement().getTextContent())
                .contains("no values");
    }

    @Test
    void of_a_constant_or_a_single_value_is_drawn_too() throws Exception {
        Panel one = new Panel("one", false);
        one.actual(1, 5);
        assertThat(parsed(Chart.svg(List.of(one)))).isNotNull();
    }

    @Test
    void is_a_png_as_well() throws IOException {
        assertThat(ImageIO.read(new ByteArrayInputStream(Chart.png(List.of(panel("one"))))))
                .satisfies(image -> assertThat(image.getWidth()).isEqualTo(1_000));
    }
}
