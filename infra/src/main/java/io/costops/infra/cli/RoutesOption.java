package io.costops.infra.cli;

import io.costops.infra.platform.PlatformException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which file says who is told of alerts; mixed into each command that needs it. */
final class RoutesOption {
    private static final String VARIABLE = "COSTOPS_ROUTES";
    private static final String USUAL = "notify.json";

    @Option(
            names = "--routes",
            paramLabel = "FILE",
            description =
                    "Receivers and routes of alerts, JSON (default: COSTOPS_ROUTES, or notify.json in the data directory).")
    private @Nullable Path given;

    /** The file that was named, or the usual one if it is there. */
    Optional<Path> find(Path dataDirectory) {
        Optional<Path> named = Optional.ofNullable(given)
                .or(() -> Optional.ofNullable(System.getenv(VARIABLE))
                        .filter(text -> !text.isBlank())
                        .map(Path::of))
                .map(path -> path.toAbsolutePath().normalize());
        return named.or(() -> Optional.of(dataDirectory.resolve(USUAL)).filter(Files::exists));
    }

    /**
     * The same, for commands that are of no use without.
     *
     * @throws PlatformException saying where it was sought
     */
    Path require(Path dataDirectory) {
        return find(dataDirectory)
                .orElseThrow(() -> new PlatformException("no file of receivers and routes: name it with --routes or "
                        + VARIABLE + ", or put it into " + dataDirectory.resolve(USUAL)));
    }
}
