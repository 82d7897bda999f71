package io.costops.infra.cli;

import io.costops.infra.platform.ClickHouseHttp;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.platform.PlatformException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a query against ClickHouse. */
@Command(
        name = "sql",
        description = {
            "Runs a query against the ledger's ClickHouse.",
            "Decimals are printed exactly, in JSON as strings. A FORMAT clause in the query wins over the format chosen here."
        },
        mixinStandardHelpOptions = true)
final class Sql implements Runnable {

    private static final Duration PATIENCE = Duration.ofHours(1);
    private static final int BUFFER_CHARS = 1 << 16;

    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    @Parameters(
            arity = "0..1",
            paramLabel = "QUERY",
            description = "The query, one statement; read from standard input when it is absent or -.")
    private @Nullable String query;

    @Option(names = "--json", description = "Print one JSON object a row.")
    private boolean json;

    @Option(
            names = "--user",
            paramLabel = "NAME",
            description = "Ask as this user, such as a tenant's, instead of the admin.")
    private @Nullable String user;

    @Option(names = "--password-file", paramLabel = "FILE", description = "That user's password.")
    private @Nullable Path passwordFile;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        Map<String, String> settings = json
                ? Map.of(
                        "wait_end_of_query", "1",
                        "output_format_json_quote_decimals", "1",
                        "output_format_json_quote_64bit_integers", "1")
                : Map.of(
                        "wait_end_of_query", "1",
                        "output_format_pretty_color", "0",
                        "output_format_pretty_row_numbers", "0",
                        "output_format_pretty_single_large_number_tip_threshold", "0");
        PrintWriter out = spec.commandLine().getOut();
        try (InputStream answer =
                        connect().stream(text(), json ? "JSONEachRow" : "PrettyCompactMonoBlock", settings, PATIENCE);
                Reader reader = new InputStreamReader(answer, StandardCharsets.UTF_8)) {
            char[] buffer = new char[BUFFER_CHARS];
            for (int count = reader.read(buffer); count >= 0; count = reader.read(buffer)) {
                out.write(buffer, 0, count);
            }
            out.flush();
        } catch (IOException e) {
            throw new PlatformException("ClickHouse broke off its answer: " + e.getMessage(), e);
        }
    }

    private ClickHouseHttp connect() {
        PlatformAddresses.ClickHouse server = data.addresses().requireClickHouse();
        if (user == null) {
            return server.connect();
        }
        try {
            return new ClickHouseHttp(
                    server.url(),
                    user,
                    passwordFile == null ? "" : Files.readString(passwordFile).strip());
        } catch (IOException e) {
            throw new PlatformException("can't read the password from " + passwordFile, e);
        }
    }

    private String text() {
        if (query != null && !query.equals("-")) {
            return query;
        }
        try {
            String read = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
            if (read.isBlank()) {
                throw new PlatformException("no query: give it as an argument or on standard input");
            }
            return read;
        } catch (IOException e) {
            throw new PlatformException("can't read the query from standard input: " + e.getMessage(), e);
        }
    }
}
