package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.infra.platform.PlatformException;
import io.costops.infra.text.TextTable;
import io.costops.ingest.keys.ApiKey;
import io.costops.ingest.keys.ApiKeyFile;
import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.value.TenantId;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** API keys of the HTTP door. */
@Command(
        name = "keys",
        description = {
            "API keys of the HTTP door: who may write usage, and for which tenant.",
            "The file holds hashes, never keys. A door that runs with it (--http.keys.file, HTTP_KEYS_FILE) sees a change"
                    + " within a second, without a restart."
        },
        mixinStandardHelpOptions = true,
        subcommands = {Keys.Create.class, Keys.Listing.class, Keys.Revoke.class},
        synopsisSubcommandLabel = "COMMAND")
final class Keys implements Runnable {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** Which keys file. */
    static final class FileOption {
        /** The same that a door started by {@code costops up} reads. */
        private static final String VARIABLE = "HTTP_KEYS_FILE";

        @Option(
                names = "--file",
                paramLabel = "FILE",
                description = "The keys file (default: HTTP_KEYS_FILE, or keys.json in the data directory).")
        private @Nullable Path given;

        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        Path path() {
            String variable = System.getenv(VARIABLE);
            if (given != null) {
                return given;
            }
            return variable != null && !variable.isBlank()
                    ? Path.of(variable)
                    : data.ownPath().resolve("keys.json");
        }

        List<ApiKey> keys() {
            try {
                return ApiKeyFile.list(path());
            } catch (NoSuchFileException e) {
                throw new PlatformException(
                        "there is no keys file " + path() + ": make a key with costops keys create --tenant NAME", e);
            } catch (IOException e) {
                throw new PlatformException("can't read the keys file " + path() + ": " + e, e);
            }
        }
    }

    @Command(
            name = "create",
            description = {
                "Makes a key for a tenant and prints it, this once: it can't be had again.",
                "The key alone goes to standard output, so that a script can keep it."
            },
            mixinStandardHelpOptions = true)
    static final class Create implements Runnable {
        @Mixin
        private final FileOption file = new FileOption();

        @Option(names = "--tenant", required = true, paramLabel = "NAME", description = "The tenant it writes for.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String tenant;

        @Option(names = "--name", paramLabel = "TEXT", description = "What people call it, such as the gateway's name.")
        private String name = "";

        @Option(
                names = "--rate",
                paramLabel = "N",
                description = "Elements a second that it may write (default: the door's --http.rate).")
        private @Nullable Long rate;

        @Option(
                names = "--expires",
                paramLabel = "TIME",
                description = "From when it is refused, such as 2027-01-01T00:00:00Z (default: never).")
        private @Nullable Instant expires;

        @Option(names = "--json", description = "Print the key and what is stored of it as JSON.")
        private boolean json;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            if (rate != null && rate < 1) {
                throw new ConfigurationException("--rate must be above 0, but is " + rate);
            }
            Clock clock = Clock.systemUTC();
            if (expires != null && !expires.isAfter(clock.instant())) {
                throw new ConfigurationException("--expires " + expires + " is over already: name a time to come");
            }
            boolean first = !Files.exists(file.path());
            ApiKeyFile.Issued issued = issue(clock);
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(asJson(issued.key()).put("key", issued.text()));
            } else {
                out.println(issued.text());
                spec.commandLine()
                        .getErr()
                        .println("Key " + issued.key().id() + " writes for tenant " + tenant
                                + ". It is shown this once; " + file.path() + " holds its hash only.");
                if (first) {
                    spec.commandLine()
                            .getErr()
                            .println("It is the first key: a platform that runs already asks for keys after"
                                    + " costops down and costops up.");
                }
            }
        }

        private ApiKeyFile.Issued issue(Clock clock) {
            Path path = file.path().toAbsolutePath();
            try {
                Path folder = path.getParent();
                if (folder != null) {
                    Files.createDirectories(folder);
                }
                return ApiKeyFile.issue(
                        path,
                        new TenantId(tenant),
                        name,
                        rate == null ? OptionalLong.empty() : OptionalLong.of(rate),
                        Optional.ofNullable(expires),
                        new SecureRandom(),
                        clock);
            } catch (IOException | UncheckedIOException e) {
                throw new PlatformException("no key was made: can't write the keys file " + path + ": " + e, e);
            }
        }
    }

    @Command(
            name = "list",
            description = "Lists the keys, revoked ones too, oldest first. What is shown of a key is its public part.",
            mixinStandardHelpOptions = true)
    static final class Listing implements Runnable {
        @Mixin
        private final FileOption file = new FileOption();

        @Option(names = "--tenant", paramLabel = "NAME", description = "Only this tenant's.")
        private @Nullable String tenant;

        @Option(names = "--json", description = "Print a JSON object a line.")
        private boolean json;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            List<ApiKey> keys = file.keys().stream()
                    .filter(key -> tenant == null || key.tenant().value().equals(tenant))
                    .toList();
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                keys.forEach(key -> out.println(asJson(key)));
                return;
            }
            Instant now = Clock.systemUTC().instant();
            TextTable table = new TextTable("id", "tenant", "name", "state", "created", "expires", "elements/s");
            for (ApiKey key : keys) {
                table.row(
                        key.id(),
                        key.tenant().value(),
                        key.name(),
                        key.state(now).name().toLowerCase(java.util.Locale.ROOT),
                        key.createdAt().toString(),
                        key.expiresAt().map(Instant::toString).orElse(null),
                        key.elementsPerSecond().isPresent()
                                ? key.elementsPerSecond().getAsLong()
                                : null);
            }
            table.lines().forEach(out::println);
        }
    }

    @Command(
            name = "revoke",
            description = {
                "Revokes a key by its id: the door refuses it from the next second on.",
                "Its entry stays, so that what it wrote can still be told."
            },
            mixinStandardHelpOptions = true)
    static final class Revoke implements Runnable {
        @Mixin
        private final FileOption file = new FileOption();

        @Parameters(paramLabel = "ID", description = "The key's id: what stands between cok_ and the next underscore.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String id;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            ApiKey key = file.keys().stream()
                    .filter(one -> one.id().equals(id))
                    .findFirst()
                    .orElseThrow(() -> new PlatformException("the keys file " + file.path() + " has no key "
                            + (id.startsWith("cok_") ? "of that text: name its id, not the key itself" : id)
                            + "; see costops keys list"));
            try {
                ApiKeyFile.revoke(file.path(), id);
            } catch (IOException e) {
                throw new PlatformException("the key is NOT revoked: can't write " + file.path() + ": " + e, e);
            }
            spec.commandLine()
                    .getOut()
                    .println("revoked " + id + " of tenant " + key.tenant().value());
        }
    }

    /** Neither the key, which is nowhere, nor its hash, which nobody needs to see. */
    private static ObjectNode asJson(ApiKey key) {
        ObjectNode node = JSON.createObjectNode();
        node.put("id", key.id());
        node.put("tenant", key.tenant().value());
        node.put("name", key.name());
        node.put("state", key.state(Clock.systemUTC().instant()).name().toLowerCase(java.util.Locale.ROOT));
        node.put("created_at", key.createdAt().toString());
        node.put("expires_at", key.expiresAt().map(Instant::toString).orElse(null));
        node.put(
                "elements_per_second",
                key.elementsPerSecond().isPresent() ? key.elementsPerSecond().getAsLong() : null);
        return node;
    }
}
