package io.costops.infra.platform;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How a process of the platform is told where to log. */
public final class Logging {

    /** A resource of this module's jar, which is on every child's class path. */
    private static final String CONFIGURATION = "io/costops/infra/platform/logback-file.xml";

    private Logging() {}

    /** JVM options that make a process log into this file. */
    public static List<String> into(Path file) {
        return List.of("-Dlogback.configurationFile=" + CONFIGURATION, "-Dcostops.log=" + file);
    }

    static List<String> with(List<String> jvmOptions, Path file) {
        List<String> options = new ArrayList<>(jvmOptions);
        options.addAll(into(file));
        return options;
    }
}
