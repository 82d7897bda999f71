package io.costops.infra.clickhouse;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Someone who may query the engine over HTTP or TCP.
 *
 * <p>Only the SHA-256 of the password is kept: it is all that {@code users.xml} needs.
 */
public final class ClickHouseUser {

    /** What a user sees. */
    sealed interface Access {

        /** Reads and writes everything. */
        record Everything() implements Access {}

        /**
         * Reads the rows of one tenant. A row filter sits on each of {@code tables}; {@code views} are granted only, for the
         * filters below them hold through an invoker's view.
         */
        record TenantRows(String database, String tenant, List<String> tables, List<String> views, int queriesPerHour)
                implements Access {}
    }

    private static final Pattern USER_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]{0,63}");
    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");
    private static final int DEFAULT_QUERIES_PER_HOUR = 36_000;

    private final String name;
    private final String passwordSha256;
    private final Access access;

    private ClickHouseUser(String name, String passwordSha256, Access access) {
        this.name = name;
        this.passwordSha256 = passwordSha256;
        this.access = access;
    }

    /** A user without limits: the ledger writer, the {@code costops} command. */
    public static ClickHouseUser admin(String name, String password) {
        return new ClickHouseUser(checkedName(name), sha256(name, password), new Access.Everything());
    }

    /**
     * A user who reads the rows of one tenant in database {@code costops}, and nothing else.
     *
     * @param tables the tables that hold rows of tenants; each must have a column {@code tenant}
     */
    public static ClickHouseUser tenant(String name, String password, String tenantId, List<String> tables) {
        if (tenantId.isBlank()) {
            throw new IllegalArgumentException(
                    "user " + name + ": the tenant is blank; name the tenant whose rows it reads");
        }
        if (tables.isEmpty()) {
            throw new IllegalArgumentException("user " + name + ": no tables; name the tables whose rows it reads");
        }
        return new ClickHouseUser(
                checkedName(name),
                sha256(name, password),
                new Access.TenantRows(
                        "costops", tenantId, identifiers(name, tables), List.of(), DEFAULT_QUERIES_PER_HOUR));
    }

    /** The same tenant's user, who may also read these views over the filtered tables. */
    public ClickHouseUser withViews(List<String> views) {
        Access.TenantRows rows = tenantRows();
        return new ClickHouseUser(
                name,
                passwordSha256,
                new Access.TenantRows(
                        rows.database(),
                        rows.tenant(),
                        rows.tables(),
                        identifiers(name, views),
                        rows.queriesPerHour()));
    }

    /** The same tenant's user under another quota. */
    public ClickHouseUser withQueriesPerHour(int queriesPerHour) {
        if (queriesPerHour < 1) {
            throw new IllegalArgumentException(
                    "user " + name + ": queriesPerHour is " + queriesPerHour + "; give 1 or more");
        }
        Access.TenantRows rows = tenantRows();
        return new ClickHouseUser(
                name,
                passwordSha256,
                new Access.TenantRows(rows.database(), rows.tenant(), rows.tables(), rows.views(), queriesPerHour));
    }

    public String name() {
        return name;
    }

    String passwordSha256() {
        return passwordSha256;
    }

    Access access() {
        return access;
    }

    @Override
    public String toString() {
        return "ClickHouseUser[" + name + "]";
    }

    private Access.TenantRows tenantRows() {
        if (access instanceof Access.TenantRows rows) {
            return rows;
        }
        throw new IllegalStateException("user " + name + " is not a tenant's user");
    }

    private static String checkedName(String name) {
        // The name becomes an XML element, and a dot in one separates two elements for the engine.
        if (!USER_NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("user name '" + name
                    + "' must start with a letter or _ and hold letters, digits, _ and - only, 64 at most");
        }
        if (name.equals(ServerFiles.LOCAL_SESSION_USER)) {
            throw new IllegalArgumentException("user name '" + name + "' is the engine's own; choose another");
        }
        return name;
    }

    private static List<String> identifiers(String user, List<String> names) {
        for (String identifier : names) {
            if (!IDENTIFIER.matcher(identifier).matches()) {
                throw new IllegalArgumentException("user " + user + ": '" + identifier + "' is not a table's name");
            }
        }
        return List.copyOf(names);
    }

    private static String sha256(String user, String password) {
        if (Objects.requireNonNull(password).isEmpty()) {
            throw new IllegalArgumentException("user " + user + ": the password is empty");
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(password.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
