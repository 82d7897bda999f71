package io.costops.sinks.access;

import io.costops.schemas.value.TenantId;
import io.costops.sinks.clickhouse.ClickHouseAddress;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a tenant may read: its own rows, through a filter on every table that holds rows of tenants.
 *
 * <p>The views run with the reader's rights, so the filters below hold through them. What is not listed here a tenant
 * doesn't see at all: {@code reconciliation} sums over all tenants.
 */
public final class TenantAccess {
    /** Tables with a column {@code tenant}; each needs a filter for each tenant's user. */
    public static final List<String> TABLES = List.of(
            "ledger",
            "chargeback_hourly_store",
            "chargeback_daily_store",
            "chargeback_monthly_store",
            "rejected_usage",
            "alert_steps",
            "alert_deliveries",
            "budget_states",
            "forecast_history");

    /** Views over those tables, with a column {@code tenant} too; a grant is enough. */
    public static final List<String> VIEWS = List.of(
            "ledger_lines",
            "chargeback_hourly",
            "chargeback_daily",
            "chargeback_monthly",
            "usage_current",
            "unpriced_usage",
            "alerts",
            "incidents",
            "anomalies",
            "budget_status",
            "forecasts");

    private static final Pattern USER_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0,63}");
    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

    private TenantAccess() {}

    /** The filter of a table: only rows of this tenant. */
    public static String filter(TenantId tenant) {
        return "tenant = '" + tenant.value().replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    /**
     * A file for {@code users.d} of a ClickHouse server: one user who reads the rows of one tenant and nothing else.
     *
     * @param passwordSha256 hash of the password, 64 hexadecimal digits
     */
    public static String usersXml(String user, String passwordSha256, TenantId tenant, String database) {
        if (!USER_NAME.matcher(user).matches()) {
            throw new IllegalArgumentException("user name '" + user
                    + "' must start with a letter or _ and hold letters, digits, _ and - only, 64 at most");
        }
        if (!SHA_256.matcher(passwordSha256).matches()) {
            throw new IllegalArgumentException(
                    "the password's SHA-256 of user " + user + " must be 64 hexadecimal digits in lower case");
        }
        ClickHouseAddress.requireIdentifier("database", database);
        StringBuilder grants = new StringBuilder();
        StringBuilder filters = new StringBuilder();
        for (String table : TABLES) {
            grants.append(grant(database, table));
            filters.append("          <%s><filter>%s</filter></%s>\n".formatted(table, xml(filter(tenant)), table));
        }
        for (String view : VIEWS) {
            grants.append(grant(database, view));
        }
        return """
                <clickhouse>
                  <profiles>
                    <!-- readonly 2, not 1: drivers send harmless settings with each query. -->
                    <costops_tenant>
                      <readonly>2</readonly>
                      <allow_ddl>0</allow_ddl>
                      <constraints><allow_ddl><readonly/></allow_ddl></constraints>
                    </costops_tenant>
                  </profiles>
                  <users>
                    <%1$s>
                      <password_sha256_hex>%2$s</password_sha256_hex>
                      <networks><ip>::/0</ip></networks>
                      <profile>costops_tenant</profile>
                      <quota>default</quota>
                      <grants>
                %3$s      </grants>
                      <databases>
                        <%4$s>
                %5$s        </%4$s>
                      </databases>
                    </%1$s>
                  </users>
                </clickhouse>
                """.formatted(user, passwordSha256, grants, database, filters);
    }

    private static String grant(String database, String relation) {
        return "        <query>GRANT SELECT ON %s.%s</query>\n".formatted(database, relation);
    }

    private static String xml(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
