package io.costops.anomaly.chart;

import java.util.ArrayList;
import java.util.List;

/** One series: what was, what is expected with its intervals, and the moments of alerts. Times are seconds since 1970, or just numbers. */
public final class Panel {
    final String title;
    final boolean timeAxis;
    final Points actual = new Points();
    final Points expected = new Points();
    final Points low95 = new Points();
    final Points high95 = new Points();
    final Points low80 = new Points();
    final Points high80 = new Points();
    final List<Mark> marks = new ArrayList<>();

    /** @param timeAxis the x values are seconds since 1970; else they are counted */
    public Panel(String title, boolean timeAxis) {
        this.title = title;
        this.timeAxis = timeAxis;
    }

    /** A value that was seen; NaN leaves a gap. */
    public void actual(double at, double value) {
        actual.add(at, value);
    }

    public void expected(double at, double value, double from95, double to95, double from80, double to80) {
        expected.add(at, value);
        low95.add(at, from95);
        high95.add(at, to95);
        low80.add(at, from80);
        high80.add(at, to80);
    }

    public void alert(double at, String label) {
        marks.add(new Mark(at, label));
    }

    public boolean hasAlerts() {
        return !marks.isEmpty();
    }

    record Mark(double at, String label) {}

    /** Numbers that grow in number. */
    static final class Points {
        private double[] x = new double[256];
        private double[] y = new double[256];
        private int count;

        void add(double at, double value) {
            if (count == x.length) {
                x = java.util.Arrays.copyOf(x, 2 * count);
                y = java.util.Arrays.copyOf(y, 2 * count);
            }
            x[count] = at;
            y[count++] = value;
        }

        int count() {
            return count;
        }

        double x(int i) {
            return x[i];
        }

        double y(int i) {
            return y[i];
        }
    }
}
