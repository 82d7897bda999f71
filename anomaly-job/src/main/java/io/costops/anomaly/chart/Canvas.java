package io.costops.anomaly.chart;

/** What a chart is drawn on. Points are pixels from the upper left corner. */
interface Canvas {
    /** Places of a text relative to its point. */
    enum Anchor {
        START,
        MIDDLE,
        END
    }

    void line(double[] x, double[] y, int count, Colour colour, double width);

    void area(double[] x, double[] y, int count, Colour colour);

    void dot(double x, double y, double radius, Colour colour);

    void text(double x, double y, String text, Anchor anchor, Colour colour, boolean bold);

    /** The whole picture as a file's bytes. */
    byte[] finish();
}
