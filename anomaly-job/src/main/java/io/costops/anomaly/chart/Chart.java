package io.costops.anomaly.chart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** Draws panels below each other. */
public final class Chart {
    private static final int WIDTH = 1_000;
    private static final int PANEL_HEIGHT = 210;
    private static final int LEFT = 70;
    private static final int RIGHT = 20;
    private static final int TOP = 26;
    private static final int BOTTOM = 26;
    private static final int TICKS = 4;
    private static final int MOST_LABELS = 12;
    private static final int LONGEST_TITLE = 110;

    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("yyyy-MM-dd", Locale.ROOT);
    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("MM-dd HH:mm", Locale.ROOT);

    private Chart() {}

    /** Is this a name that a picture can be written to? */
    public static boolean isPicture(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".svg") || name.endsWith(".png");
    }

    /** Writes SVG or PNG, by the ending of the file's name. */
    public static void write(Path file, List<Panel> panels) throws IOException {
        Files.write(file, file.toString().toLowerCase(Locale.ROOT).endsWith(".png") ? png(panels) : svg(panels));
    }

    public static byte[] svg(List<Panel> panels) {
        return draw(new SvgCanvas(WIDTH, PANEL_HEIGHT * panels.size()), panels);
    }

    /** @throws IOException if this Java has no fonts to write with */
    public static byte[] png(List<Panel> panels) throws IOException {
        try {
            return draw(new PngCanvas(WIDTH, PANEL_HEIGHT * panels.size()), panels);
        } catch (LinkageError | InternalError e) {
            throw new IOException(
                    "this Java can't draw PNG, since it has no fonts: ask for a file that ends in .svg", e);
        }
    }

    private static byte[] draw(Canvas canvas, List<Panel> panels) {
        for (int i = 0; i < panels.size(); i++) {
            new Frame(canvas, panels.get(i), i * PANEL_HEIGHT).draw();
        }
        return canvas.finish();
    }

    /** One panel in its place. */
    private static final class Frame {
        private final Canvas canvas;
        private final Panel panel;
        private final double top;
        private final double bottom;
        private double xLow = Double.POSITIVE_INFINITY;
        private double xHigh = Double.NEGATIVE_INFINITY;
        private double yLow = Double.POSITIVE_INFINITY;
        private double yHigh = Double.NEGATIVE_INFINITY;

        Frame(Canvas canvas, Panel panel, int offset) {
            this.canvas = canvas;
            this.panel = panel;
            this.top = offset + TOP;
            this.bottom = offset + PANEL_HEIGHT - BOTTOM;
        }

        void draw() {
            for (Panel.Points points : List.of(panel.actual, panel.expected, panel.low95, panel.high95)) {
                for (int i = 0; i < points.count(); i++) {
                    xLow = Math.min(xLow, points.x(i));
                    xHigh = Math.max(xHigh, points.x(i));
                    if (Double.isFinite(points.y(i))) {
                        yLow = Math.min(yLow, points.y(i));
                        yHigh = Math.max(yHigh, points.y(i));
                    }
                }
            }
            String title =
                    panel.title.length() <= LONGEST_TITLE ? panel.title : panel.title.substring(0, LONGEST_TITLE) + "…";
            canvas.text(LEFT, top - 10, title, Canvas.Anchor.START, Colour.TEXT, true);
            if (!(yLow <= yHigh)) {
                canvas.text(WIDTH / 2.0, (top + bottom) / 2, "no values", Canvas.Anchor.MIDDLE, Colour.TEXT, false);
                return;
            }
            if (yLow > 0 && yLow < yHigh / 2) {
                yLow = 0;
            }
            if (yHigh - yLow < 1e-12 * Math.max(1, Math.abs(yHigh))) {
                yLow -= 0.5;
                yHigh += 0.5;
            }
            if (!(xHigh > xLow)) {
                xHigh = xLow + 1;
            }
            axes();
            band(panel.low95, panel.high95, Colour.INTERVAL_95);
            band(panel.low80, panel.high80, Colour.INTERVAL_80);
            line(panel.actual, Colour.ACTUAL);
            line(panel.expected, Colour.EXPECTED);
            marks();
        }

        private double px(double x) {
            return LEFT + (x - xLow) / (xHigh - xLow) * (WIDTH - LEFT - RIGHT);
        }

        private double py(double y) {
            return bottom - (y - yLow) / (yHigh - yLow) * (bottom - top);
        }

        private void axes() {
            double step = niceStep((yHigh - yLow) / TICKS);
            for (double y = Math.ceil(yLow / step) * step; y <= yHigh + step * 1e-9; y += step) {
                horizontal(py(y), Colour.GRID);
                canvas.text(LEFT - 6, py(y) + 4, number(y, step), Canvas.Anchor.END, Colour.TEXT, false);
            }
            horizontal(bottom, Colour.AXIS);
            int ticks = 6;
            for (int i = 0; i <= ticks; i++) {
                double x = xLow + (xHigh - xLow) * i / ticks;
                Canvas.Anchor anchor =
                        i == 0 ? Canvas.Anchor.START : i == ticks ? Canvas.Anchor.END : Canvas.Anchor.MIDDLE;
                canvas.text(px(x), bottom + 15, xLabel(x), anchor, Colour.TEXT, false);
            }
        }

        private void horizontal(double y, Colour colour) {
            canvas.line(new double[] {LEFT, WIDTH - RIGHT}, new double[] {y, y}, 2, colour, 1);
        }

        private String xLabel(double x) {
            if (!panel.timeAxis) {
                return String.format(Locale.ROOT, "%.0f", x);
            }
            return (xHigh - xLow > 6 * 86_400 ? DAY : MINUTE)
                    .format(Instant.ofEpochSecond((long) x).atOffset(ZoneOffset.UTC));
        }

        private static String number(double y, double step) {
            int decimals = (int) Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)));
            return String.format(Locale.ROOT, "%,." + decimals + "f", y + 0.0);
        }

        private static double niceStep(double rough) {
            double power = Math.pow(10, Math.floor(Math.log10(rough)));
            double lead = rough / power;
            return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power;
        }

        /** Of the values that share a column of pixels the lowest and the highest are drawn: no spike is lost. */
        private void line(Panel.Points points, Colour colour) {
            double[] x = new double[2 * (WIDTH + 2)];
            double[] y = new double[x.length];
            int count = 0;
            int i = 0;
            while (i < points.count()) {
                if (!Double.isFinite(points.y(i))) {
                    canvas.line(x, y, count, colour, 1.2);
                    count = 0;
                    i++;
                    continue;
                }
                int column = (int) px(points.x(i));
                double low = points.y(i);
                double high = low;
                double at = points.x(i);
                boolean rising = true;
                for (i++; i < points.count() && (int) px(points.x(i)) == column && Double.isFinite(points.y(i)); i++) {
                    rising = points.y(i) >= low;
                    low = Math.min(low, points.y(i));
                    high = Math.max(high, points.y(i));
                }
                if (count + 2 > x.length) {
                    canvas.line(x, y, count, colour, 1.2);
                    x[0] = x[count - 1];
                    y[0] = y[count - 1];
                    count = 1;
                }
                x[count] = px(at);
                y[count++] = py(rising ? low : high);
                if (high > low) {
                    x[count] = px(at);
                    y[count++] = py(rising ? high : low);
                }
            }
            if (count > 0) {
                canvas.line(x, y, count, colour, 1.2);
            }
        }

        private void band(Panel.Points low, Panel.Points high, Colour colour) {
            int n = low.count();
            if (n < 2) {
                return;
            }
            double[] x = new double[2 * n];
            double[] y = new double[2 * n];
            for (int i = 0; i < n; i++) {
                x[i] = px(low.x(i));
                y[i] = py(low.y(i));
                x[2 * n - 1 - i] = px(high.x(i));
                y[2 * n - 1 - i] = py(high.y(i));
            }
            canvas.area(x, y, 2 * n, colour);
        }

        private void marks() {
            boolean labelled = panel.marks.size() <= MOST_LABELS;
            for (Panel.Mark mark : panel.marks) {
                double x = px(mark.at());
                canvas.line(new double[] {x, x}, new double[] {top, bottom}, 2, Colour.ALERT, 1);
                canvas.dot(x, top, 3, Colour.ALERT);
                if (labelled) {
                    boolean right = x < WIDTH - 150;
                    canvas.text(
                            right ? x + 5 : x - 5,
                            top + 10,
                            mark.label(),
                            right ? Canvas.Anchor.START : Canvas.Anchor.END,
                            Colour.ALERT,
                            false);
                }
            }
        }
    }
}
