package io.costops.schemas.config;

/** A value that must not be printed; its text form is a mask. */
public record Secret(String reveal) {
    @Override
    public String toString() {
        return "******";
    }
}
