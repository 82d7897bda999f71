package io.costops.infra.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.costops.infra.platform.PlatformStatus;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Asks each part of the platform whether it does its work. */
@Command(
        name = "status",
        description = "Asks each part of the platform whether it does its work. Exits with 0 if all do, else with 1.",
        mixinStandardHelpOptions = true)
final class Status implements Callable<Integer> {

    private static final ObjectMapper JSON = new ObjectMapper().registerModule(new Jdk8Module());

    @Mixin
    private final DataDirectoryOption data = new DataDirectoryOption();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() throws JsonProcessingException {
        PlatformStatus status = PlatformStatus.of(data.path());
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(JSON.writeValueAsString(status));
        } else if (status.phase().isEmpty()) {
            out.println("no platform runs in " + data.path());
        } else {
            out.println("platform in " + data.path() + ": "
                    + status.phase().get().toString().toLowerCase(Locale.ROOT));
            out.println(PlatformTable.of(status));
        }
        return status.isHealthy() ? 0 : 1;
    }
}
