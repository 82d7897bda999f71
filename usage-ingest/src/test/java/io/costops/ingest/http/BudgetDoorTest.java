package io.costops.ingest.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.ingest.http.TestDoor.Answer;
import io.costops.schemas.avro.Budget;
import io.costops.schemas.avro.BudgetPeriod;
import io.costops.schemas.avro.BudgetState;
import io.costops.schemas.value.LedgerDecimal;
import java.math.BigDecimal;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The door of the budgets")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BudgetDoorTest {
    private static final String JSON = "application/json";

    private TestDoor door;

    @BeforeAll
    void open() {
        door = TestDoor.open();
        door.budgets.take(state("acme", "10", "9"));
        door.budgets.take(state("borealis", "100", "0"));
        door.budgets.ready();
    }

    @AfterAll
    void close() {
        door.close();
    }

    @Test
    void decides_and_says_by_what() {
        Answer refused = door.get("/v1/budgets/decision?tenant=acme&model=gpt-5&estimate=1.5");

        assertThat(refused.status()).isEqualTo(200);
        assertThat(refused.body().path("allow").asBoolean()).isFalse();
        assertThat(refused.body().path("budget").asText()).isEqualTo("of-acme");
        assertThat(refused.body().path("spent").asText()).isEqualTo("9");
        assertThat(refused.body().path("limit").asText()).isEqualTo("10");
        assertThat(refused.body().has("until")).isTrue();
        assertThat(door.get("/v1/budgets/decision?tenant=acme&estimate=1")
                        .body()
                        .path("allow")
                        .asBoolean())
                .isTrue();
        assertThat(door.get("/v1/budgets/decision?tenant=nobody")
                        .body()
                        .path("reason")
                        .asText())
                .isEqualTo("no_budget");
    }

    @Test
    void reserves_once_for_an_id_and_releases() {
        String body = "{\"id\": \"r-1\", \"tenant\": \"borealis\", \"estimate\": 60.5, \"ttl\": \"PT5M\"}";

        assertThat(door.post("/v1/budgets/reservations", JSON, body)
                        .body()
                        .path("allow")
                        .asBoolean())
                .isTrue();
        assertThat(door.post("/v1/budgets/reservations", JSON, body)
                        .body()
                        .path("allow")
                        .asBoolean())
                .isTrue();
        Answer second = door.post("/v1/budgets/reservations", JSON, body.replace("r-1", "r-2"));
        assertThat(second.body().path("allow").asBoolean()).isFalse();
        assertThat(second.body().path("reserved").asText()).isEqualTo("60.5");

        HttpRequest.Builder delete =
                HttpRequest.newBuilder(door.uri("/v1/budgets/reservations/r-1")).DELETE();
        assertThat(door.send(delete).status()).isEqualTo(200);
        assertThat(door.send(HttpRequest.newBuilder(door.uri("/v1/budgets/reservations/r-9"))
                                .DELETE())
                        .status())
                .isEqualTo(404);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "estimate=-1 | estimate",
                "estimate=NaN | estimate",
                "estimate=1e400 | estimate",
                "colour=red | colour",
                "tenant=borealis | tenant stands twice",
            })
    void refuses_a_question_it_does_not_understand(String query, String field) {
        Answer answer = door.get("/v1/budgets/decision?tenant=acme&" + query);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body().path("detail").asText()).contains(field);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "[]",
                "{\"id\": \"x\"",
                "{\"tenant\": \"acme\", \"estimate\": 1}",
                "{\"id\": \"x\", \"tenant\": \"acme\"}",
                "{\"id\": \"x\", \"tenant\": {\"a\": 1}, \"estimate\": 1}",
                "{\"id\": \"x\", \"id\": \"y\", \"estimate\": 1}",
                "{\"id\": \"x\", \"estimate\": 1, \"ttl\": \"P1000D\"}"
            })
    void refuses_a_reservation_it_does_not_understand(String body) {
        assertThat(door.post("/v1/budgets/reservations", JSON, body).status()).isEqualTo(400);
    }

    @Test
    void takes_each_path_by_its_method_only() {
        assertThat(door.post("/v1/budgets/decision", JSON, "{}").status()).isEqualTo(405);
        assertThat(door.get("/v1/budgets/reservations").status()).isEqualTo(405);
    }

    @Test
    void asks_for_a_key_and_answers_for_its_tenant_only(@TempDir Path folder) {
        Path file = folder.resolve("keys.json");
        String key = TestDoor.issueKey(file, "acme");
        try (TestDoor guarded = TestDoor.open("http.keys.file", file.toString(), "http.host", "127.0.0.1")) {
            guarded.budgets.take(state("acme", "10", "9"));
            guarded.budgets.ready();

            assertThat(guarded.get("/v1/budgets/decision?estimate=5").status()).isEqualTo(401);
            assertThat(guarded.get("/v1/budgets/decision?tenant=borealis", "X-API-Key", key)
                            .status())
                    .isEqualTo(403);
            assertThat(guarded.get("/v1/budgets/decision?estimate=5", "X-API-Key", key)
                            .body()
                            .path("allow")
                            .asBoolean())
                    .isFalse();
        }
    }

    @Test
    void decides_nothing_before_the_budgets_were_read() {
        try (TestDoor started = TestDoor.open()) {
            Answer decision = started.get("/v1/budgets/decision?tenant=acme");
            Answer reservation = started.post(
                    "/v1/budgets/reservations", JSON, "{\"id\": \"r\", \"tenant\": \"acme\", \"estimate\": 1}");

            assertThat(decision.status()).isEqualTo(503);
            assertThat(decision.header("Retry-After")).contains("1");
            assertThat(decision.body().path("type").asText()).endsWith("budgets-not-read");
            assertThat(reservation.status()).isEqualTo(503);

            started.budgets.ready();
            assertThat(started.get("/v1/budgets/decision?tenant=acme").status()).isEqualTo(200);
        }
    }

    @Test
    void answers_within_10_ms_at_the_median() {
        for (int i = 0; i < 200; i++) {
            door.get("/v1/budgets/decision?tenant=acme&estimate=1");
        }
        long[] nanos = new long[400];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            door.get("/v1/budgets/decision?tenant=acme&estimate=1");
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);

        assertThat(nanos[nanos.length / 2]).isLessThan(10_000_000L);
    }

    private static BudgetState state(String tenant, String limit, String spent) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
        return BudgetState.newBuilder()
                .setBudgetId("of-" + tenant)
                .setBudget(Budget.newBuilder()
                        .setBudgetId("of-" + tenant)
                        .setPeriod(BudgetPeriod.MONTH)
                        .setScope(Map.of("tenant", tenant))
                        .setLimit(decimal(limit))
                        .setHard(true)
                        .setRecordedAt(now)
                        .build())
                .setPeriodStart(now.minus(1, ChronoUnit.DAYS))
                .setPeriodEnd(now.plus(1, ChronoUnit.DAYS))
                .setSpent(decimal(spent))
                .setAsOf(now)
                .setUpdatedAt(now.plus(1, ChronoUnit.HOURS))
                .build();
    }

    private static BigDecimal decimal(String text) {
        return LedgerDecimal.fit(new BigDecimal(text), "amount");
    }
}
