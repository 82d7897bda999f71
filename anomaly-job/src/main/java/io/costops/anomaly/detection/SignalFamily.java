package io.costops.anomaly.detection;

/** Signals that are abnormal together and return to normal together. */
enum SignalFamily {
    /** Requests and their errors. */
    VOLUME(0),
    TOKENS(1),
    PRICE(2),
    /** Daily totals. It neither joins an acute incident nor is joined by one. */
    DRIFT(3);

    /** Its place in saved state; never reused. */
    final int code;

    SignalFamily(int code) {
        this.code = code;
    }

    static SignalFamily ofCode(int code) {
        for (SignalFamily family : values()) {
            if (family.code == code) {
                return family;
            }
        }
        throw new StateFormatException("state names signal family " + code + ", which isn't known");
    }
}
