package io.costops.ingest.keys;

import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.config.Configurations;
import io.costops.schemas.config.Option;
import io.costops.schemas.value.TenantId;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Optional;
import java.util.OptionalLong;

/** Makes an API key from the command line and shows it once. */
public final class IssueKey {
    private IssueKey() {}

    record Arguments(
            @Option("keys file of the HTTP door; created if there is none")
            Path file,

            @Option("tenant that the key writes for") String tenant,

            @Option(value = "what people call the key", byDefault = "")
            String name,

            @Option("elements a second that the key may write; the door's rate if not given")
            Optional<Long> rate) {}

    public static void main(String[] arguments) {
        System.exit(run(arguments, System.out, System.err));
    }

    static int run(String[] arguments, PrintStream out, PrintStream err) {
        try {
            Arguments given = Configurations.read(Arguments.class, arguments, System.getenv());
            if (given.rate().filter(rate -> rate < 1).isPresent()) {
                throw new ConfigurationException("option --rate must be above 0");
            }
            ApiKeyFile.Issued issued = ApiKeyFile.issue(
                    given.file(),
                    new TenantId(given.tenant()),
                    given.name(),
                    given.rate().map(OptionalLong::of).orElse(OptionalLong.empty()),
                    new SecureRandom(),
                    Clock.systemUTC());
            out.println(issued.text());
            err.println("Key " + issued.key().id() + " writes for tenant " + given.tenant()
                    + ". It is shown this once; the file holds its hash only.");
            return 0;
        } catch (IOException | IllegalArgumentException e) {
            err.println("No key was made: " + e.getMessage());
            return 1;
        }
    }
}
