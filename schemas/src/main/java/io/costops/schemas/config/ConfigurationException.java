package io.costops.schemas.config;

/** A configuration that can't be used; the message names the key and the fix. */
public final class ConfigurationException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    public ConfigurationException(String message) {
        super(message);
    }
}
