package io.costops.infra.cli;

import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.platform.PlatformState;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which platform a command speaks to; mixed into each command that needs one. */
final class DataDirectoryOption {

    /** Where the launcher lies, for the default directory. */
    private static final String HOME_PROPERTY = "costops.home";

    static final String VARIABLE = "COSTOPS_DATA_DIR";

    private static final Path DEFAULT = Path.of(System.getProperty(HOME_PROPERTY, "."), ".costops")
            .toAbsolutePath()
            .normalize();

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "The platform's data directory (default: COSTOPS_DATA_DIR, or .costops beside the launcher).")
    private @Nullable Path given;

    /** The directory that was named, else the default one, or the demo's while only that runs. */
    Path path() {
        return named().orElseGet(() -> {
            Path demo = demoPath();
            return isRunning(DEFAULT) || !isRunning(demo) ? DEFAULT : demo;
        });
    }

    /** The directory that was named, else the default one, whatever else runs: for the command that starts a platform. */
    Path ownPath() {
        return named().orElse(DEFAULT);
    }

    /** The demo's own directory: it never mixes with what people keep. */
    Path demoPath() {
        return named().orElse(DEFAULT).resolve("demo");
    }

    private Optional<Path> named() {
        String variable = System.getenv(VARIABLE);
        return Optional.ofNullable(given)
                .or(() -> Optional.ofNullable(variable)
                        .filter(text -> !text.isBlank())
                        .map(Path::of))
                .map(path -> path.toAbsolutePath().normalize());
    }

    private static boolean isRunning(Path directory) {
        return PlatformState.readRunning(directory).isPresent();
    }

    /** Where the running platform's parts are; the environment wins. */
    PlatformAddresses addresses() {
        return PlatformAddresses.find(path(), System.getenv());
    }
}
