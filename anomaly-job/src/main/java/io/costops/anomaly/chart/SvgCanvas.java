package io.costops.anomaly.chart;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A picture of a few kilobytes that any browser shows. */
final class SvgCanvas implements Canvas {
    private final StringBuilder svg = new StringBuilder();

    SvgCanvas(int width, int height) {
        svg.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                        + " font-family=\"sans-serif\" font-size=\"11\">%n",
                width,
                height,
                width,
                height));
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"")
                .append(Colour.BACKGROUND.hex())
                .append("\"/>\n");
    }

    @Override
    public void line(double[] x, double[] y, int count, Colour colour, double width) {
        svg.append("<polyline fill=\"none\" stroke=\"")
                .append(colour.hex())
                .append("\" stroke-width=\"")
                .append(width)
                .append("\" points=\"");
        points(x, y, count);
    }

    @Override
    public void area(double[] x, double[] y, int count, Colour colour) {
        svg.append("<polygon fill=\"").append(colour.hex()).append("\" points=\"");
        points(x, y, count);
    }

    private void points(double[] x, double[] y, int count) {
        for (int i = 0; i < count; i++) {
            svg.append(number(x[i])).append(',').append(number(y[i])).append(' ');
        }
        svg.append("\"/>\n");
    }

    @Override
    public void dot(double x, double y, double radius, Colour colour) {
        svg.append(String.format(
                Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>%n", x, y, radius, colour.hex()));
    }

    @Override
    public void text(double x, double y, String text, Anchor anchor, Colour colour, boolean bold) {
        svg.append(String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\"%s>%s</text>%n",
                x,
                y,
                anchor.name().toLowerCase(Locale.ROOT),
                colour.hex(),
                bold ? " font-weight=\"bold\"" : "",
                escaped(text)));
    }

    @Override
    public byte[] finish() {
        return (svg + "</svg>\n").getBytes(StandardCharsets.UTF_8);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    /** Names come from outside: they must neither end the element nor break the XML. */
    static String escaped(String text) {
        StringBuilder safe = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                default ->
                    safe.appendCodePoint(
                            c < ' ' || c == 0xFFFE || c == 0xFFFF || (c >= 0xD800 && c < 0xE000) ? ' ' : c);
            }
        });
        return safe.toString();
    }
}
