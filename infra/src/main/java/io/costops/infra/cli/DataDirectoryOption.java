package io.costops.infra.cli;

import io.costops.infra.platform.PlatformAddresses;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which platform a command speaks to; mixed into each command that needs one. */
final class DataDirectoryOption {

    /** Where the launcher lies, for the default directory. */
    private static final String HOME_PROPERTY = "costops.home";

    static final String VARIABLE = "COSTOPS_DATA_DIR";

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "The platform's data directory (default: COSTOPS_DATA_DIR, or .costops beside the launcher).")
    private @Nullable Path given;

    Path path() {
        if (given != null) {
            return given.toAbsolutePath().normalize();
        }
        String variable = System.getenv(VARIABLE);
        if (variable != null && !variable.isBlank()) {
            return Path.of(variable).toAbsolutePath().normalize();
        }
        return Path.of(System.getProperty(HOME_PROPERTY, "."), ".costops")
                .toAbsolutePath()
                .normalize();
    }

    /** Where the running platform's parts are; the environment wins. */
    PlatformAddresses addresses() {
        return PlatformAddresses.find(path(), System.getenv());
    }
}
