package io.costops.infra.cli;

import io.costops.anomaly.backtest.BacktestException;
import io.costops.infra.bench.BenchException;
import io.costops.infra.books.BookException;
import io.costops.infra.demo.DemoException;
import io.costops.infra.platform.Build;
import io.costops.infra.platform.PlatformException;
import io.costops.schemas.config.ConfigurationException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The cost ledger for LLM spending, from the command line. */
@Command(
        name = "costops",
        description = "The cost ledger for LLM spending.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = {
            DemoCommand.class,
            Up.class,
            Down.class,
            Status.class,
            Publish.class,
            Price.class,
            Prices.class,
            Attribution.class,
            Keys.class,
            Budgets.class,
            Alerts.class,
            Reprice.class,
            Replay.class,
            Close.class,
            ReportCommand.class,
            LedgerCommand.class,
            Rebuild.class,
            Sql.class,
            Backtest.class,
            Notify.class,
            Bench.class
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Every command has --help."})
public final class Main implements Runnable {

    private static final int FAILURE = 1;
    private static final int USAGE = 2;

    /** Shows where an unexpected failure came from. */
    private static final String STACK_TRACES = "COSTOPS_STACK_TRACES";

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"costops " + Build.version()};
        }
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    public static void main(String[] arguments) {
        Build.allowAvroRecords();
        System.exit(execute(
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                arguments));
    }

    /** Runs a command and returns its exit code: 0, 1 for a failure, 2 for a command that isn't understood. */
    public static int execute(PrintWriter out, PrintWriter err, String... arguments) {
        int exitCode = new CommandLine(new Main())
                .setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((problem, given) -> misunderstood(problem))
                .setExecutionExceptionHandler((problem, command, parsed) -> failed(problem, command.getErr()))
                .execute(arguments);
        out.flush();
        err.flush();
        return exitCode;
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    private static int misunderstood(ParameterException problem) {
        CommandLine command = problem.getCommandLine();
        command.getErr()
                .println("costops: " + problem.getMessage() + " (see "
                        + command.getCommandSpec().qualifiedName() + " --help)");
        return USAGE;
    }

    private static int failed(Exception problem, PrintWriter err) {
        boolean expected = problem instanceof PlatformException
                || problem instanceof BookException
                || problem instanceof DemoException
                || problem instanceof BacktestException
                || problem instanceof BenchException
                || problem instanceof ConfigurationException
                || problem instanceof IllegalArgumentException;
        if (expected) {
            err.println("costops: " + problem.getMessage());
        } else {
            err.println("costops: unexpected " + problem + " (" + STACK_TRACES + "=1 shows where)");
        }
        if (System.getenv(STACK_TRACES) != null) {
            problem.printStackTrace(err);
        }
        return FAILURE;
    }
}
