package io.costops.infra.platform;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What the build knows and the platform needs. */
public final class Build {

    private static final Properties PROPERTIES = load();

    private Build() {}

    public static String version() {
        return required("version");
    }

    /** Avro 1.12.2 makes no object of a class outside the packages named here; each JVM that decodes records needs it. */
    static String avroOption() {
        return required("avro.option");
    }

    /** The same for this very JVM; to be called before its first record. */
    public static void allowAvroRecords() {
        String[] nameAndValue = avroOption().substring("-D".length()).split("=", 2);
        System.setProperty(nameAndValue[0], nameAndValue[1]);
    }

    private static String required(String key) {
        String value = PROPERTIES.getProperty(key);
        if (value == null) {
            throw new IllegalStateException("build.properties lacks " + key);
        }
        return value;
    }

    private static Properties load() {
        Properties properties = new Properties();
        try (InputStream in = Build.class.getResourceAsStream("build.properties")) {
            if (in == null) {
                throw new IllegalStateException("build.properties is missing");
            }
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }
}
