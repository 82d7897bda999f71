package io.costops.infra.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.costops.anomaly.budget.BudgetRules;
import io.costops.anomaly.budget.Period;
import io.costops.infra.books.BookException;
import io.costops.infra.books.BookTopic;
import io.costops.infra.platform.ClickHouseHttp;
import io.costops.infra.platform.PlatformAddresses;
import io.costops.infra.platform.PlatformException;
import io.costops.infra.text.TextTable;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.avro.BudgetThreshold;
import io.costops.schemas.avro.StaleDecision;
import io.costops.schemas.budget.BudgetScope;
import io.costops.schemas.registry.ConfluentSchemaRegistry;
import io.costops.schemas.registry.SchemaRegistry;
import io.costops.schemas.value.LedgerDecimal;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The book of budgets. */
@Command(
        name = "budgets",
        description = "The book of budgets: how much may be spent on what, and what has been.",
        mixinStandardHelpOptions = true,
        subcommands = {Budgets.Put.class, Budgets.Listing.class},
        synopsisSubcommandLabel = "COMMAND")
final class Budgets implements Runnable {
    private static final ObjectMapper JSON = new ObjectMapper();

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

    private static String plain(BigDecimal amount) {
        return amount.signum() == 0 ? "0" : amount.stripTrailingZeros().toPlainString();
    }

    private static BookTopic<Budget> topic(PlatformAddresses addresses) {
        return BookTopic.budgets(addresses.requireKafka(), registry(addresses));
    }

    @Command(
            name = "put",
            description = {
                "Puts a budget, or replaces the one of the same id.",
                "What was spent in its period before is summed from the ledger once and added to what the job counts from"
                        + " now on; that takes some seconds."
            },
            mixinStandardHelpOptions = true)
    static final class Put implements Runnable {
        /** Until then every task of the job knows the budget. */
        private static final Duration AHEAD = Duration.ofSeconds(5);
        /** From an entry's making to its row. */
        private static final Duration TO_THE_LEDGER = Duration.ofSeconds(5);

        private static final Duration PATIENCE = Duration.ofMinutes(2);
        private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(2);

        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Parameters(paramLabel = "ID", description = "The budget's identity.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String id;

        @Option(names = "--limit", paramLabel = "AMOUNT", description = "Most that may be spent in a period.")
        private @Nullable BigDecimal limit;

        @Option(
                names = "--period",
                paramLabel = "PERIOD",
                defaultValue = "month",
                description = "request, day, week, month or quarter (default: month).")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String period;

        @Option(
                names = "--scope",
                paramLabel = "DIMENSION=VALUE",
                description = "What counts, all of them: tenant, project, team, cost_center, user, api_key_id, model or"
                        + " tags.NAME. Without one everything counts.")
        private List<String> scope = List.of();

        @Option(names = "--name", paramLabel = "NAME", defaultValue = "", description = "What people call it.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String name;

        @Option(names = "--currency", paramLabel = "CODE", defaultValue = "USD", description = "Default: USD.")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String currency;

        @Option(
                names = "--time-zone",
                paramLabel = "ZONE",
                defaultValue = "UTC",
                description = "The owner's, in which periods begin, such as Europe/Berlin (default: UTC).")
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private String timeZone;

        @Option(
                names = "--threshold",
                paramLabel = "PERCENT[:SEVERITY]",
                description =
                        "Tell people when so much of the limit is spent, how loudly: info, warning, error or critical"
                                + " (default: warning). Repeat it. These and --forecast-threshold take the place of the usual ones:"
                                + " 70:warning, 90:critical, 100:critical, and 100:warning of the forecast.")
        private List<String> thresholds = List.of();

        @Option(
                names = "--forecast-threshold",
                paramLabel = "PERCENT[:SEVERITY]",
                description = "Tell people when the forecast of the period reaches so much of the limit.")
        private List<String> forecastThresholds = List.of();

        @Option(names = "--usual-thresholds", description = "Go back to the usual thresholds.")
        private boolean usualThresholds;

        @Option(names = "--hard", description = "Decisions refuse what goes beyond the limit.")
        private boolean hard;

        @Option(
                names = "--fail-closed",
                description = "Decisions refuse everything while the spend isn't known; else they allow it.")
        private boolean failClosed;

        @Option(names = "--owner", paramLabel = "WHO", description = "Who is asked.")
        private @Nullable String owner;

        @Option(names = "--delete", description = "The budget no longer holds.")
        private boolean delete;

        @Option(names = "--from-now", description = "Count from now on; don't look into the ledger.")
        private boolean fromNow;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            if (!delete) {
                requireSound(budget(Optional.empty()));
            }
            PlatformAddresses addresses = data.addresses();
            BookTopic<Budget> topic = topic(addresses);
            Optional<Budget> known = topic.read().revisions().stream()
                    .filter(budget -> budget.getBudgetId().equals(id))
                    .findFirst();
            Optional<Budget> before = known.filter(budget -> !budget.getDeleted());
            Budget budget = delete ? deleted(known) : budget(before);
            requireSound(budget);
            countFrom(budget, before);
            topic.append(List.of(budget));
            PrintWriter out = spec.commandLine().getOut();
            if (delete) {
                out.println("deleted the budget " + id);
                return;
            }
            if (awaitsOpening(budget, Instant.now())) {
                BigDecimal opening = openingSpend(addresses, budget);
                topic.append(List.of(Budget.newBuilder(budget)
                        .setOpeningSpend(LedgerDecimal.fit(opening, "opening spend"))
                        .setRecordedAt(Instant.now().truncatedTo(ChronoUnit.MICROS))
                        .build()));
                out.println("spent in the period before: " + plain(opening) + " " + budget.getCurrency());
                otherCurrencies(addresses, budget)
                        .ifPresent(other -> out.println("not counted, since the budget is in " + budget.getCurrency()
                                + " and this is billed otherwise: " + other));
            }
            out.println("put the budget " + id + ": " + inWords(budget));
            before.map(Put::inWords)
                    .filter(words -> !words.equals(inWords(budget)))
                    .ifPresent(words -> out.println("instead of: " + words));
        }

        private static void requireSound(Budget budget) {
            Optional<String> violation = BudgetRules.violation(budget);
            if (violation.isPresent()) {
                throw new BookException("nothing was put: " + violation.get());
            }
        }

        private Budget deleted(Optional<Budget> known) {
            return Budget.newBuilder(known.orElseThrow(() -> new BookException("there is no budget " + id)))
                    .setDeleted(true)
                    .setRecordedAt(Instant.now().truncatedTo(ChronoUnit.MICROS))
                    .build();
        }

        /** A budget that counts the same goes on counting; another begins, once every task of the job knows it. */
        private void countFrom(Budget budget, Optional<Budget> before) {
            if (budget.getDeleted()) {
                return;
            }
            Budget same = before.filter(known -> sameCount(known, budget)).orElse(null);
            budget.setCountedFrom(same == null ? budget.getRecordedAt().plus(AHEAD) : same.getCountedFrom());
            budget.setOpeningSpend(same == null ? null : same.getOpeningSpend());
            if (fromNow && budget.getOpeningSpend() == null) {
                budget.setOpeningSpend(LedgerDecimal.fit(BigDecimal.ZERO, "opening spend"));
            }
        }

        /** Whether what was spent before is still to be summed: also by a command whose forerunner was cut off. */
        static boolean awaitsOpening(Budget budget, Instant now) {
            Instant from = budget.getCountedFrom();
            return from != null
                    && budget.getOpeningSpend() == null
                    && budget.getPeriod() != BudgetPeriod.REQUEST
                    && now.isBefore(Period.at(from, budget.getPeriod(), ZoneId.of(budget.getTimeZone()))
                            .end());
        }

        /** All that holds, for whoever has put it. */
        static String inWords(Budget budget) {
            String of = budget.getScope().isEmpty()
                    ? "everything"
                    : new TreeMap<>(budget.getScope())
                            .entrySet().stream()
                                    .map(each -> each.getKey() + " " + each.getValue())
                                    .collect(Collectors.joining(", "));
            String told = BudgetRules.thresholds(budget).stream()
                    .map(threshold -> plain(threshold.getPercent()) + " %"
                            + (threshold.getOnForecast() ? " of the forecast" : "") + " ("
                            + threshold.getSeverity().name().toLowerCase(Locale.ROOT) + ")")
                    .collect(Collectors.joining(", "));
            String enforced = !budget.getHard()
                    ? "soft"
                    : "hard, " + (budget.getWhenStale() == StaleDecision.FAIL_CLOSED ? "fails closed" : "fails open");
            return plain(budget.getLimit()) + " " + budget.getCurrency() + " a "
                    + budget.getPeriod().name().toLowerCase(Locale.ROOT) + " (" + budget.getTimeZone() + ") on " + of
                    + "; " + enforced + "; tells at " + told;
        }

        private Budget budget(Optional<Budget> known) {
            Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
            BigDecimal amount = limit;
            if (amount == null) {
                throw new BookException("nothing was put: --limit is missing");
            }
            if (!LedgerDecimal.fits(amount)) {
                throw new BookException("nothing was put: --limit must have at most 30 decimals and be below 10^30");
            }
            return Budget.newBuilder()
                    .setBudgetId(id)
                    .setName(name)
                    .setScope(ScopeOption.of(scope, "nothing was put"))
                    .setPeriod(period())
                    .setLimit(LedgerDecimal.fit(amount, "limit"))
                    .setCurrency(currency)
                    .setTimeZone(timeZone)
                    .setHard(hard)
                    .setWhenStale(failClosed ? StaleDecision.FAIL_CLOSED : StaleDecision.FAIL_OPEN)
                    .setOwner(owner)
                    .setThresholds(thresholds(known))
                    .setRecordedAt(now)
                    .build();
        }

        /** Those that are given; else the budget keeps what it has. */
        private List<BudgetThreshold> thresholds(Optional<Budget> known) {
            List<BudgetThreshold> given = new ArrayList<>();
            thresholds.forEach(text -> given.add(threshold("--threshold", text, false)));
            forecastThresholds.forEach(text -> given.add(threshold("--forecast-threshold", text, true)));
            if (usualThresholds && !given.isEmpty()) {
                throw new BookException(
                        "nothing was put: --usual-thresholds and other thresholds exclude each other; give one of them");
            }
            boolean kept = given.isEmpty() && !usualThresholds;
            return kept ? known.map(Budget::getThresholds).orElse(List.of()) : given;
        }

        static BudgetThreshold threshold(String option, String text, boolean onForecast) {
            int colon = text.indexOf(':');
            String percent = colon < 0 ? text : text.substring(0, colon);
            String severity = colon < 0 ? "warning" : text.substring(colon + 1);
            try {
                AlertSeverity loudness = AlertSeverity.valueOf(severity.toUpperCase(Locale.ROOT));
                if (loudness != AlertSeverity.UNKNOWN) {
                    return new BudgetThreshold(
                            LedgerDecimal.fit(new BigDecimal(percent), "percent"), loudness, onForecast);
                }
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw new BookException(noThreshold(option, text), e);
            }
            throw new BookException(noThreshold(option, text));
        }

        private static String noThreshold(String option, String text) {
            return "nothing was put: " + option + " is '" + text
                    + "': give a percentage, and after a colon info, warning, error or critical, such as 80:warning";
        }

        private BudgetPeriod period() {
            try {
                return BudgetPeriod.valueOf(period.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new BookException(
                        "nothing was put: --period is '" + period + "': give request, day, week, month or quarter", e);
            }
        }

        private static boolean sameCount(Budget a, Budget b) {
            return a.getScope().equals(b.getScope())
                    && a.getPeriod() == b.getPeriod()
                    && Objects.equals(a.getCurrency(), b.getCurrency())
                    && a.getTimeZone().equals(b.getTimeZone());
        }

        /** Entries recorded before the job counts are all in the ledger soon after, and then their sum no longer changes. */
        private static BigDecimal openingSpend(PlatformAddresses addresses, Budget budget) {
            Instant from = budget.getCountedFrom();
            String query = openingQuery(budget);
            ClickHouseHttp clickHouse = addresses.requireClickHouse().connect();
            Instant ready = from.plus(TO_THE_LEDGER);
            while (Instant.now().isBefore(ready)) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            }
            String before = clickHouse.query(query, PATIENCE).strip();
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (System.nanoTime() < deadline) {
                LockSupport.parkNanos(AGAIN_NANOS);
                String now = clickHouse.query(query, PATIENCE).strip();
                if (now.equals(before)) {
                    return new BigDecimal(now);
                }
                before = now;
            }
            throw new PlatformException("the ledger still changes after " + PATIENCE.toSeconds()
                    + " s: the budget counts from now on; put it again when the platform has caught up");
        }

        /** Amounts that are covered and billed in another currency; a budget that seems to be empty may only look so. */
        private static Optional<String> otherCurrencies(PlatformAddresses addresses, Budget budget) {
            String sums = addresses
                    .requireClickHouse()
                    .connect()
                    .query(otherCurrenciesQuery(budget), PATIENCE)
                    .strip();
            return sums.isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                            sums.lines().map(line -> line.replace('\t', ' ')).collect(Collectors.joining(", ")));
        }

        /** What hasn't a cost adds nothing; and a sum of nothing is 0. */
        static String openingQuery(Budget budget) {
            return "SELECT toString(sum(ifNull(billed_cost, 0))) FROM costops.ledger WHERE billing_currency = "
                    + quoted(budget.getCurrency()) + " AND " + covered(budget) + " FORMAT TSVRaw";
        }

        static String otherCurrenciesQuery(Budget budget) {
            return "SELECT toString(sum(ifNull(billed_cost, 0)) AS spent), billing_currency FROM costops.ledger"
                    + " WHERE billing_currency != " + quoted(budget.getCurrency()) + " AND " + covered(budget)
                    + " GROUP BY billing_currency HAVING spent != 0 ORDER BY billing_currency FORMAT TSVRaw";
        }

        /** The scope's entries of the period in which the budget begins to count, as far as they were recorded before. */
        private static String covered(Budget budget) {
            Instant from = budget.getCountedFrom();
            Period period = Period.at(from, budget.getPeriod(), ZoneId.of(budget.getTimeZone()));
            StringBuilder covered = new StringBuilder();
            new TreeMap<>(budget.getScope())
                    .forEach((dimension, value) -> covered.append(
                                    dimension.startsWith(BudgetScope.TAG_PREFIX)
                                            ? "tags[" + quoted(dimension.substring(BudgetScope.TAG_PREFIX.length()))
                                                    + "]"
                                            : "`" + dimension + "`")
                            .append(" = ")
                            .append(quoted(value))
                            .append(" AND "));
            return covered.append("recorded_at < fromUnixTimestamp64Micro(")
                    .append(ChronoUnit.MICROS.between(Instant.EPOCH, from))
                    .append(") AND event_time >= fromUnixTimestamp64Milli(")
                    .append(period.start().toEpochMilli())
                    .append(") AND event_time < fromUnixTimestamp64Milli(")
                    .append(period.end().toEpochMilli())
                    .append(')')
                    .toString();
        }

        private static String quoted(String text) {
            return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
        }
    }

    @Command(
            name = "list",
            description = "Lists the budgets of the running platform with what is spent of them.",
            mixinStandardHelpOptions = true)
    static final class Listing implements Runnable {
        @Mixin
        private final DataDirectoryOption data = new DataDirectoryOption();

        @Option(names = "--json", description = "Print JSON, a line each.")
        private boolean json;

        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it
        private CommandSpec spec;

        @Override
        public void run() {
            PlatformAddresses addresses = data.addresses();
            Map<String, BudgetState> states =
                    BookTopic.budgetStates(addresses.requireKafka(), registry(addresses)).read().revisions().stream()
                            .collect(Collectors.toMap(BudgetState::getBudgetId, state -> state));
            List<Budget> budgets = topic(addresses).read().revisions().stream()
                    .filter(budget -> !budget.getDeleted())
                    .sorted(Comparator.comparing(Budget::getBudgetId))
                    .toList();
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                budgets.forEach(budget -> out.println(asJson(budget, states.get(budget.getBudgetId()))));
                return;
            }
            TextTable table = new TextTable(
                    "budget", "of", "period", "limit", "spent", "percent", "forecast", "runs out", "kind", "as of");
            for (Budget budget : budgets) {
                BudgetState state = states.get(budget.getBudgetId());
                table.row(
                        budget.getBudgetId(),
                        budget.getScope().isEmpty() ? "everything" : new TreeMap<>(budget.getScope()).toString(),
                        budget.getPeriod().name().toLowerCase(Locale.ROOT),
                        money(budget.getLimit()) + " " + budget.getCurrency(),
                        state == null ? "" : money(state.getSpent()),
                        state == null || state.getPercent() == null ? "" : money(state.getPercent()),
                        state == null || state.getForecast() == null ? "" : money(state.getForecast()),
                        state == null || state.getExhaustedAt() == null
                                ? ""
                                : state.getExhaustedAt()
                                        .truncatedTo(ChronoUnit.HOURS)
                                        .toString(),
                        budget.getHard() ? "hard" : "soft",
                        // While the job is down this stands still, and so does what is spent.
                        state == null
                                ? ""
                                : state.getUpdatedAt()
                                        .truncatedTo(ChronoUnit.SECONDS)
                                        .toString());
            }
            table.lines().forEach(out::println);
        }

        private static String money(BigDecimal amount) {
            return amount.setScale(2, RoundingMode.HALF_EVEN).toPlainString();
        }

        private static ObjectNode asJson(Budget budget, @Nullable BudgetState state) {
            ObjectNode node = JSON.createObjectNode();
            node.put("budget_id", budget.getBudgetId());
            node.put("name", budget.getName());
            ObjectNode scope = node.putObject("scope");
            new TreeMap<>(budget.getScope()).forEach(scope::put);
            node.put("period", budget.getPeriod().name().toLowerCase(Locale.ROOT));
            node.put("limit", plain(budget.getLimit()));
            node.put("currency", budget.getCurrency());
            node.put("time_zone", budget.getTimeZone());
            node.put("hard", budget.getHard());
            if (state != null) {
                node.put("period_start", state.getPeriodStart().toString());
                node.put("period_end", state.getPeriodEnd().toString());
                node.put("spent", plain(state.getSpent()));
                node.put("forecast", state.getForecast() == null ? null : plain(state.getForecast()));
                node.put("exhausted_at", Objects.toString(state.getExhaustedAt(), null));
                node.put("as_of", state.getAsOf().toString());
                node.put("updated_at", state.getUpdatedAt().toString());
            }
            return node;
        }
    }
}
