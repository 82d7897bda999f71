package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.anomaly.alert.Hush;
import io.costops.infra.books.BookException;
import io.costops.infra.books.BookTopic;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.text.TextTable;
import io.costops.schemas.avro.Alert;
import io.costops.schemas.avro.AlertAction;
import io.costops.schemas.avro.AlertControl;
import io.costops.schemas.avro.AlertControlKind;
import io.costops.schemas.avro.AlertFeedback;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import java.io.PrintWriter;
import java.math.RoundingMode;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The incidents, and what people say about them. */
@Command(
        name = "alerts",
        description = "The incidents: lists them, takes them on, silences them, and says whether they were any.",
        mixinStandardHelpOptions = true,
        subcommands = {
            Alerts.Listing.class,
            Alerts.Acknowledge.class,
            Alerts.Silence.class,
            Alerts.QuietHours.class,
            Alerts.Feedback.class,
            Alerts.End.class
        },
        synopsisSubcommandLabel = "COMMAND")
final class Alerts implements Runnable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SHOWN_DIGITS = 8;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    private static SchemaRegistry registry(PlatformAddresses addresses) {
        return new ConfluentSchemaRegistry(URI.create(addresses.requireSchemaRegistry()));
    }

    private static BookTopic<Alert> alerts(PlatformAddresses addresses) {
        return BookTopic.alerts(addresses.requireKafka(), registry(addresses));
    }

    private static BookTopic<AlertControl> controls(PlatformAddresses addresses) {
        return BookTopic.alertControls(addresses.requireKafka(), registry(addresses));
    }

    private static AlertControl.Builder control(AlertControlKind kind, String id) {
        return AlertControl.newBuilder()
                .setControlId(id)
                .setKind(kind)
                .setBy(System.getProperty("user.name"))
                .setRecordedAt(Instant.now().truncatedTo(ChronoUnit.MICROS));
    }

    private static void put(PlatformAddresses addresses, AlertControl control) {
        requireSound(control);
        controls(addresses).append(List.of(control));
    }

    private static void requireSound(AlertControl control) {
        Optional<String> violation = Hush.violation(control);
        if (violation.isPresent()) {
            throw new BookException("nothing was changed: " + violation.get());
        }
    }

    /** The incident's whole identity: people may give its first digits. */
    private static String incident(PlatformAddresses addresses, String given) {
        if (given.isBlank()) {
            throw new BookException("nothing was changed: name the incident; costops alerts list shows them");
        }
        List<String> found = alerts(addresses).read().revisions().stream()
                .map(Alert::getIncidentId)
                .filter(id -> id.startsWith(given))
                .toList();
        if (found.size() != 1) {
            throw new BookException(
                    found.isEmpty()
                            ? "there is no incident " + given + "; costops alerts list shows them"
                            : found.size() + " incidents begin with " + given + ": give more digits");
        }
        return found.get(0);
    }

    @Command(name = "list", description = "Lists incidents, the newest first.", mixinStandardHelpOptions = true)
    static final class Listing implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Option(names = "--tenant", paramLabel = "TENANT", description = "Only this tenant's.")
        private @Nullable String tenant;

        @Option(names = "--all", description = "Also those that are over.")
        private boolean all;

        @Option(names = "--json", description = "Print JSON, a line each.")
        private boolean json;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            List<Alert> newest = alerts(data.addresses()).read().revisions().stream()
                    .filter(alert -> all || alert.getAction() != AlertAction.RESOLVED)
                    .filter(alert -> tenant == null || tenant.equals(alert.getTenant()))
                    .sorted(Comparator.comparing(Alert::getStartedAt).reversed())
                    .toList();
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                newest.forEach(alert -> out.println(asJson(alert)));
                return;
            }
            TextTable table =
                    new TextTable("incident", "state", "severity", "tenant", "since", "impact", "what", "told");
            for (Alert alert : newest) {
                table.row(
                        alert.getIncidentId()
                                .substring(
                                        0,
                                        Math.min(
                                                SHOWN_DIGITS,
                                                alert.getIncidentId().length())),
                        alert.getAction().name().toLowerCase(Locale.ROOT),
                        alert.getSeverity().name().toLowerCase(Locale.ROOT),
                        Objects.toString(alert.getTenant(), ""),
                        alert.getStartedAt().truncatedTo(ChronoUnit.SECONDS).toString(),
                        alert.getImpact() == null
                                ? ""
                                : alert.getImpact().setScale(2, RoundingMode.HALF_EVEN) + " " + alert.getCurrency(),
                        alert.getTitle(),
                        alert.getSuppressed() == null ? "yes" : "no: " + alert.getSuppressed());
            }
            table.lines().forEach(out::println);
        }

        private static ObjectNode asJson(Alert alert) {
            ObjectNode node = JSON.createObjectNode();
            node.put("incident_id", alert.getIncidentId());
            node.put("action", alert.getAction().name());
            node.put("category", alert.getCategory().name());
            node.put("severity", alert.getSeverity().name());
            node.put("cause", alert.getCause());
            node.put("tenant", alert.getTenant());
            ObjectNode scope = node.putObject("scope");
            alert.getScope().forEach(scope::put);
            node.put("started_at", alert.getStartedAt().toString());
            node.put("resolved_at", Objects.toString(alert.getResolvedAt(), null));
            node.put("metric", alert.getMetric());
            node.put(
                    "impact",
                    alert.getImpact() == null ? null : alert.getImpact().toPlainString());
            node.put("currency", alert.getCurrency());
            node.put("title", alert.getTitle());
            node.put("explanation", alert.getExplanation());
            node.put("query", alert.getQuery());
            node.put("suppressed", alert.getSuppressed());
            return node;
        }
    }

    @Command(
            name = "ack",
            description = "Takes an incident on: nobody is reminded of it any more.",
            mixinStandardHelpOptions = true)
    static final class Acknowledge implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Parameters(paramLabel = "INCIDENT", description = "The incident, or the first digits of it.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String incident;

        @Option(names = "--reason", paramLabel = "TEXT", description = "Why.")
        private @Nullable String reason;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            String id = incident(data.addresses(), incident);
            put(
                    data.addresses(),
                    control(AlertControlKind.ACKNOWLEDGE, "ack-" + id)
                            .setIncidentId(id)
                            .setReason(reason)
                            .build());
            spec.commandLine().getOut().println("acknowledged " + id);
        }
    }

    @Command(
            name = "silence",
            description = "Tells nobody of alerts for a while; they are listed all the same.",
            mixinStandardHelpOptions = true)
    static final class Silence implements Runnable {
        private static final Duration LONGEST = Duration.ofDays(3_660);

        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Option(names = "--tenant", paramLabel = "TENANT", description = "Only this tenant's; without it everyone's.")
        private @Nullable String tenant;

        @Option(
                names = "--scope",
                paramLabel = "DIMENSION=VALUE",
                description = "Only alerts about this, such as project=chat.")
        private List<String> scope = List.of();

        @Option(names = "--category", paramLabel = "CATEGORY", description = "Only of this category, such as anomaly.")
        private @Nullable String category;

        @Option(names = "--incident", paramLabel = "INCIDENT", description = "Only this incident.")
        private @Nullable String incident;

        @Option(names = "--from", paramLabel = "TIME", description = "From when, such as 2026-07-01T00:00:00Z.")
        private @Nullable Instant from;

        @Option(names = "--until", paramLabel = "TIME", description = "Until when.")
        private @Nullable Instant until;

        @Option(names = "--for", paramLabel = "DURATION", description = "How long, such as PT2H.")
        private @Nullable Duration lasting;

        @Option(names = "--maintenance", description = "It is a maintenance window.")
        private boolean maintenance;

        @Option(names = "--reason", paramLabel = "TEXT", description = "Why.")
        private @Nullable String reason;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
            Instant begin = from == null ? now : from;
            Instant end = end(begin);
            if (!end.isAfter(now)) {
                throw new BookException(
                        "nothing was changed: " + end + " is over: say until when, with --for or --until");
            }
            String id = UUID.randomUUID().toString();
            AlertControl.Builder control = control(
                            maintenance ? AlertControlKind.MAINTENANCE : AlertControlKind.SILENCE, id)
                    .setTenant(tenant)
                    .setScope(ScopeOption.of(scope, "nothing was changed"))
                    .setCategory(category == null ? null : category.toUpperCase(Locale.ROOT))
                    .setFrom(begin)
                    .setUntil(end)
                    .setReason(reason);
            requireSound(control.build());
            put(
                    data.addresses(),
                    control.setIncidentId(incident == null ? null : incident(data.addresses(), incident))
                            .build());
            spec.commandLine()
                    .getOut()
                    .println(about() + " silent until " + end + "; costops alerts end " + id + " ends it");
        }

        private Instant end(Instant begin) {
            if (lasting != null && until != null) {
                throw new BookException("nothing was changed: --for and --until exclude each other; give one of them");
            }
            if (until != null) {
                return until;
            }
            if (lasting == null) {
                throw new BookException("nothing was changed: say until when, with --for or --until");
            }
            if (lasting.isNegative() || lasting.isZero() || lasting.compareTo(LONGEST) > 0) {
                throw new BookException("nothing was changed: --for is " + lasting + ": give more than 0 and at most "
                        + LONGEST.toDays() + " days, such as PT2H");
            }
            return begin.plus(lasting);
        }

        /** Whom it is about, so that nobody silences more than was meant. */
        private String about() {
            if (incident != null) {
                return "incident " + incident + ":";
            }
            String what = (category == null ? "" : " " + category.toLowerCase(Locale.ROOT))
                    + (scope.isEmpty() ? "" : " " + String.join(" ", scope));
            return (tenant == null ? "every tenant" : "tenant " + tenant) + what + ":";
        }
    }

    @Command(
            name = "quiet-hours",
            description = "Tells nobody of warnings at these hours, each day.",
            mixinStandardHelpOptions = true)
    static final class QuietHours implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Option(names = "--tenant", paramLabel = "TENANT", description = "Only this tenant's; without it everyone's.")
        private @Nullable String tenant;

        @Option(names = "--from", paramLabel = "HH:MM", required = true, description = "Begin, local time.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String from;

        @Option(
                names = "--until",
                paramLabel = "HH:MM",
                required = true,
                description = "End; before the begin: next day.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String until;

        @Option(names = "--time-zone", paramLabel = "ZONE", defaultValue = "UTC", description = "Default: UTC.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String timeZone;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            // No tenant's name can make the identity of everyone's.
            String id = tenant == null ? "quiet-hours" : "quiet-hours-" + tenant;
            AlertControl control = control(AlertControlKind.QUIET_HOURS, id)
                    .setTenant(tenant)
                    .setDailyFrom(from)
                    .setDailyUntil(until)
                    .setTimeZone(timeZone)
                    .build();
            requireSound(control);
            put(data.addresses(), control);
            spec.commandLine()
                    .getOut()
                    .println("quiet from " + from + " to " + until + " " + timeZone + "; costops alerts end " + id
                            + " ends it");
        }
    }

    @Command(
            name = "feedback",
            description = {
                "Says whether an incident was one.",
                "After no or planned nobody hears of it any more; where a detector found it, what goes on is normal: the"
                        + " incident ends and the detectors learn from it."
            },
            mixinStandardHelpOptions = true)
    static final class Feedback implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Parameters(index = "0", paramLabel = "INCIDENT", description = "The incident, or the first digits of it.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String incident;

        @Parameters(index = "1", paramLabel = "ANSWER", description = "yes, no or planned.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String answer;

        @Option(names = "--reason", paramLabel = "TEXT", description = "Why.")
        private @Nullable String reason;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            AlertFeedback feedback = switch (answer) {
                case "yes" -> AlertFeedback.YES;
                case "no" -> AlertFeedback.NO;
                case "planned" -> AlertFeedback.PLANNED;
                default -> throw new BookException("nothing was changed: answer yes, no or planned, not " + answer);
            };
            String id = incident(data.addresses(), incident);
            put(
                    data.addresses(),
                    control(AlertControlKind.FEEDBACK, "feedback-" + id)
                            .setIncidentId(id)
                            .setFeedback(feedback)
                            .setReason(reason)
                            .build());
            spec.commandLine().getOut().println("noted: " + answer + " for " + id);
        }
    }

    @Command(name = "end", description = "Ends a silence or quiet hours.", mixinStandardHelpOptions = true)
    static final class End implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Parameters(paramLabel = "ID", description = "What silence or quiet-hours gave.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String id;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            BookTopic<AlertControl> topic = controls(data.addresses());
            AlertControl known = topic.read().revisions().stream()
                    .filter(control -> control.getControlId().equals(id))
                    .findFirst()
                    .orElseThrow(() -> new BookException("there is no silence " + id));
            topic.append(List.of(AlertControl.newBuilder(known)
                    .setDeleted(true)
                    .setRecordedAt(Instant.now().truncatedTo(ChronoUnit.MICROS))
                    .build()));
            spec.commandLine().getOut().println("ended " + id);
        }
    }
}
