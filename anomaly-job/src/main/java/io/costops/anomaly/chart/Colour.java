package io.costops.anomaly.chart;

/** Colours that people with colour blindness tell apart (Okabe and Ito 2008), and greys. */
enum Colour {
    ACTUAL(0x0072B2),
    EXPECTED(0x009E73),
    INTERVAL_95(0xD4EBE3),
    INTERVAL_80(0xA8D8C8),
    ALERT(0xD55E00),
    AXIS(0x888888),
    GRID(0xE4E4E4),
    TEXT(0x333333),
    BACKGROUND(0xFFFFFF);

    final int rgb;

    Colour(int rgb) {
        this.rgb = rgb;
    }

    String hex() {
        return String.format("#%06X", rgb);
    }
}
