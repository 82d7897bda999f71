package io.costops.sinks.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.infra.clickhouse.ClickHouseException;
import io.costops.infra.clickhouse.ClickHouseUser;
import io.costops.infra.clickhouse.LocalClickHouse;
import io.costops.schemas.avro.DeliveryOutcome;
import io.costops.schemas.avro.EntryKind;
import io.costops.schemas.avro.EntryStatus;
import io.costops.schemas.avro.LedgerEntry;
import io.costops.schemas.value.TenantId;
import io.costops.sinks.TestAlerts;
import io.costops.sinks.TestBudgets;
import io.costops.sinks.TestClickHouse;
import io.costops.sinks.TestEntries;
import io.costops.sinks.clickhouse.ClickHouse;
import io.costops.sinks.ledger.TestRows;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

@DisplayName("A tenant's user")
class TenantAccessTest {
    private static final String AWKWARD_TENANT = "o'neil \\ <&>";
    private static final String PASSWORD = "reads";

    private static LocalClickHouse engine;
    private static ClickHouse admin;

    @BeforeAll
    static void start() {
        engine = TestClickHouse.builder(TestClickHouse.directory("tenants"))
                .user(ClickHouseUser.tenant("acme_reader", PASSWORD, "acme", TenantAccess.TABLES)
                        .withViews(TenantAccess.VIEWS))
                .user(ClickHouseUser.tenant("oneil_reader", PASSWORD, AWKWARD_TENANT, TenantAccess.TABLES)
                        .withViews(TenantAccess.VIEWS))
                .user(ClickHouseUser.tenant("new_reader", PASSWORD, "has nothing yet", TenantAccess.TABLES)
                        .withViews(TenantAccess.VIEWS))
                .start();
        admin = TestClickHouse.migrated(TestClickHouse.at(engine.httpUrl(), "costops"));
        List<LedgerEntry> entries = new ArrayList<>();
        for (String tenant : List.of("acme", AWKWARD_TENANT, "globex", "")) {
            LedgerEntry priced = TestEntries.entry("priced for " + tenant, TestEntries.NOON);
            LedgerEntry unpriced = TestEntries.blank("unpriced for " + tenant, TestEntries.NOON)
                    .setStatus(EntryStatus.UNPRICED)
                    .build();
            LedgerEntry late = TestEntries.blank("priced for " + tenant, TestEntries.NOON)
                    .setEntryId("late for " + tenant)
                    .setSequence(1)
                    .setRequests(0)
                    .setKind(EntryKind.MEMO)
                    .setStatus(EntryStatus.POSITION_EXPIRED)
                    .setRecord(ByteBuffer.wrap(new byte[] {1}))
                    .build();
            for (LedgerEntry entry : List.of(priced, unpriced, late)) {
                entry.getDimensions().setTenant(tenant.isEmpty() ? null : tenant);
                entries.add(entry);
            }
        }
        TestRows.insertEntries(admin, entries);
        TestRows.insertAlerts(
                admin,
                List.of(
                        TestAlerts.of("acme", "1"),
                        TestAlerts.of(AWKWARD_TENANT, "2"),
                        TestAlerts.of("globex", "3"),
                        TestAlerts.of(null, "4")));
        TestRows.insertBudgets(
                admin,
                List.of(
                        TestBudgets.state("acme", "1", 0),
                        TestBudgets.state(AWKWARD_TENANT, "2", 0),
                        TestBudgets.state("globex", "3", 0),
                        TestBudgets.state(null, "4", 0)));
        TestRows.insertForecasts(
                admin,
                List.of(
                        TestBudgets.forecast("acme", "a", 0),
                        TestBudgets.forecast(AWKWARD_TENANT, "b", 0),
                        TestBudgets.forecast("globex", "c", 0)));
        TestRows.insertDeliveries(
                admin,
                List.of(
                        TestAlerts.delivery("acme", "1", "finops", 0, DeliveryOutcome.QUEUED),
                        TestAlerts.delivery(AWKWARD_TENANT, "2", "finops", 0, DeliveryOutcome.QUEUED),
                        TestAlerts.delivery("globex", "3", "finops", 0, DeliveryOutcome.QUEUED)));
        for (String tenant : List.of("acme", AWKWARD_TENANT, "globex")) {
            TestClickHouse.rows(
                    admin,
                    "INSERT INTO costops.statements (tenant) VALUES ('"
                            + tenant.replace("\\", "\\\\").replace("'", "\\'") + "')");
        }
        TestRows.insertRejected(
                admin,
                List.of(
                        TestEntries.rejected("acme", 1),
                        TestEntries.rejected(AWKWARD_TENANT, 2),
                        TestEntries.rejected("globex", 3)));
    }

    @AfterAll
    static void stop() {
        engine.close();
    }

    static Stream<String> visible() {
        return Stream.concat(TenantAccess.TABLES.stream(), TenantAccess.VIEWS.stream());
    }

    static Stream<String> hidden() {
        return TestClickHouse.rows(admin, "SHOW TABLES FROM costops").stream()
                .filter(relation -> visible().noneMatch(relation::equals));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("visible")
    void sees_its_own_rows_and_no_other(String relation) {
        String tenants = "SELECT DISTINCT tenant FROM costops." + relation + " ORDER BY tenant FORMAT TSVRaw";
        assertThat(TestClickHouse.rows(admin, tenants)).contains("acme", AWKWARD_TENANT, "globex");
        assertThat(as("acme_reader", tenants)).containsExactly("acme");
        assertThat(as("oneil_reader", tenants)).containsExactly(AWKWARD_TENANT);
        assertThat(as("new_reader", tenants)).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("visible")
    void learns_nothing_of_others_from_counts_and_totals(String relation) {
        String count = "SELECT count() FROM costops." + relation;
        assertThat(as("acme_reader", count))
                .isEqualTo(TestClickHouse.rows(admin, count + " WHERE tenant = 'acme'"))
                .isNotEqualTo(TestClickHouse.rows(admin, count));
        assertThat(as("acme_reader", count + " WHERE tenant = 'globex' OR tenant != 'acme' OR 1"))
                .isEqualTo(as("acme_reader", count));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hidden")
    void does_not_see_at_all(String relation) {
        String parameters = relation.equals("late_records") ? "(since = '2026-07-14 00:00:00')" : "";
        assertThatThrownBy(
                        () -> engine.queryAs("acme_reader", PASSWORD, "SELECT * FROM costops." + relation + parameters))
                .isInstanceOf(ClickHouseException.class)
                .hasMessageContaining("ACCESS_DENIED");
    }

    @Test
    void is_filtered_on_each_table_that_stores_a_tenants_rows() {
        assertThat(TenantAccess.TABLES)
                .containsExactlyInAnyOrderElementsOf(TestClickHouse.rows(
                        admin,
                        "SELECT table FROM system.columns WHERE database = 'costops' AND name = 'tenant' AND table IN"
                                + " (SELECT name FROM system.tables WHERE database = 'costops'"
                                + " AND engine LIKE '%MergeTree')"));
    }

    @Test
    void may_read_each_view_that_shows_a_tenant() {
        assertThat(TenantAccess.VIEWS)
                .containsExactlyInAnyOrderElementsOf(TestClickHouse.rows(
                        admin,
                        "SELECT table FROM system.columns WHERE database = 'costops' AND name = 'tenant' AND table IN"
                                + " (SELECT name FROM system.tables WHERE database = 'costops' AND engine = 'View')"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("visible")
    void can_change_nothing(String relation) {
        for (String statement : List.of(
                "INSERT INTO costops." + relation + " (tenant) VALUES ('acme')",
                "ALTER TABLE costops." + relation + " DELETE WHERE tenant = 'acme'",
                "TRUNCATE TABLE costops." + relation,
                "DROP TABLE costops." + relation)) {
            assertThatThrownBy(() -> engine.queryAs("acme_reader", PASSWORD, statement))
                    .as(statement)
                    .isInstanceOf(ClickHouseException.class);
        }
    }

    @Test
    void is_declared_for_a_real_server_with_the_same_grants_and_filters() throws Exception {
        String xml = TenantAccess.usersXml("reader", "0a".repeat(32), new TenantId(AWKWARD_TENANT), "costops");
        Document document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)));

        for (String table : TenantAccess.TABLES) {
            assertThat(document.getElementsByTagName(table).item(0).getTextContent())
                    .isEqualTo("tenant = 'o\\'neil \\\\ <&>'");
        }
        assertThat(document.getElementsByTagName("query").getLength())
                .isEqualTo(TenantAccess.TABLES.size() + TenantAccess.VIEWS.size());
        assertThat(xml)
                .contains("<readonly>2</readonly>", "<query>GRANT SELECT ON costops.ledger</query>")
                .doesNotContain("reconciliation", "schema_migrations");
    }

    @Test
    void is_refused_at_once_when_its_declaration_is_wrong() {
        TenantId acme = new TenantId("acme");
        assertThatThrownBy(() -> TenantAccess.usersXml("a b", "0a".repeat(32), acme, "costops"))
                .hasMessageContaining("user name 'a b'");
        assertThatThrownBy(() -> TenantAccess.usersXml("a", "secret", acme, "costops"))
                .hasMessageContaining("64 hexadecimal digits")
                .hasMessageNotContaining("secret");
    }

    private static List<String> as(String user, String sql) {
        return engine.queryAs(user, PASSWORD, sql).lines().toList();
    }
}
