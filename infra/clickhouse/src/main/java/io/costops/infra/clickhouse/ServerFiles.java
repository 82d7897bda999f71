package io.costops.infra.clickhouse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The files in the child's working directory that tell the engine what to do. */
final class ServerFiles {

    /** The engine starts its own session under this name, without a password. */
    static final String LOCAL_SESSION_USER = "default";

    static final String SERVER_XML = "server.xml";
    static final String USERS_XML = "users.xml";
    static final String START_SQL = "start.sql";
    static final String PORTS_TSV = "ports.tsv";

    private static final int SECONDS_PER_HOUR = 3600;

    private ServerFiles() {}

    static void write(
            Path runDirectory,
            Path dataDirectory,
            int httpPort,
            int tcpPort,
            long memoryBytes,
            long keepFreeBytes,
            List<ClickHouseUser> users)
            throws IOException {
        Files.writeString(
                runDirectory.resolve(SERVER_XML),
                serverXml(dataDirectory, httpPort, tcpPort, memoryBytes, keepFreeBytes));
        Files.writeString(runDirectory.resolve(USERS_XML), usersXml(users));
        Files.writeString(runDirectory.resolve(START_SQL), startSql());
        // The engine refuses to write over an older run's answer.
        Files.deleteIfExists(runDirectory.resolve(PORTS_TSV));
    }

    static String serverXml(Path dataDirectory, int httpPort, int tcpPort, long memoryBytes, long keepFreeBytes) {
        return """
                <clickhouse>
                  <path>%s</path>
                  <listen_host>127.0.0.1</listen_host>
                  <http_port>%d</http_port>
                  <tcp_port>%d</tcp_port>
                  <users_config>%s</users_config>
                  <!-- The default is about 90 %% of the machine's memory. -->
                  <max_server_memory_usage>%d</max_server_memory_usage>
                  <mark_cache_size>67108864</mark_cache_size>
                  <uncompressed_cache_size>0</uncompressed_cache_size>
                  <storage_configuration><disks><default>
                    <keep_free_space_bytes>%d</keep_free_space_bytes>
                  </default></disks></storage_configuration>
                </clickhouse>
                """.formatted(xml(dataDirectory.toString()), httpPort, tcpPort, USERS_XML, memoryBytes, keepFreeBytes);
    }

    static String startSql() {
        return """
                SYSTEM START LISTEN HTTP;
                SYSTEM START LISTEN TCP;
                SELECT getServerPort('http_port'), getServerPort('tcp_port') INTO OUTFILE '%s' FORMAT TSV;
                """.formatted(PORTS_TSV);
    }

    static String usersXml(List<ClickHouseUser> users) {
        StringBuilder profiles = new StringBuilder();
        StringBuilder quotas = new StringBuilder();
        StringBuilder entries = new StringBuilder();
        for (ClickHouseUser user : users) {
            if (user.access() instanceof ClickHouseUser.Access.TenantRows rows) {
                appendTenantQuota(quotas, user, rows);
                appendTenant(entries, user, rows);
            } else {
                appendAdmin(entries, user);
            }
        }
        profiles.append("""
                    <default>
                      <async_insert>0</async_insert>
                      <deduplicate_blocks_in_dependent_materialized_views>1</deduplicate_blocks_in_dependent_materialized_views>
                    </default>
                    <!-- readonly 2, not 1: drivers send harmless settings with each query. -->
                    <tenant>
                      <readonly>2</readonly>
                      <allow_ddl>0</allow_ddl>
                      <max_memory_usage>500000000</max_memory_usage>
                      <max_execution_time>60</max_execution_time>
                      <constraints>
                        <allow_ddl><readonly/></allow_ddl>
                        <max_memory_usage><readonly/></max_memory_usage>
                        <max_execution_time><readonly/></max_execution_time>
                      </constraints>
                    </tenant>
                """);
        return """
                <clickhouse>
                  <profiles>
                %s  </profiles>
                  <quotas>
                    <default/>
                %s  </quotas>
                  <users>
                    <!-- The engine's own session: it may open the ports and nothing else, since anyone on this machine can be it. -->
                    <%s>
                      <password></password>
                      <networks><ip>127.0.0.1</ip></networks>
                      <profile>default</profile>
                      <quota>default</quota>
                      <grants><query>GRANT SYSTEM LISTEN ON *.*</query></grants>
                    </%s>
                %s  </users>
                </clickhouse>
                """.formatted(profiles, quotas, LOCAL_SESSION_USER, LOCAL_SESSION_USER, entries);
    }

    private static void appendAdmin(StringBuilder xml, ClickHouseUser user) {
        xml.append("""
                    <%s>
                      <password_sha256_hex>%s</password_sha256_hex>
                      <networks><ip>127.0.0.1</ip></networks>
                      <profile>default</profile>
                      <quota>default</quota>
                    </%s>
                """.formatted(user.name(), user.passwordSha256(), user.name()));
    }

    private static void appendTenantQuota(
            StringBuilder xml, ClickHouseUser user, ClickHouseUser.Access.TenantRows rows) {
        xml.append("""
                    <%s><interval><duration>%d</duration><queries>%d</queries></interval></%s>
                """.formatted(user.name(), SECONDS_PER_HOUR, rows.queriesPerHour(), user.name()));
    }

    private static void appendTenant(StringBuilder xml, ClickHouseUser user, ClickHouseUser.Access.TenantRows rows) {
        StringBuilder grants = new StringBuilder();
        StringBuilder filters = new StringBuilder();
        String filter = xml("tenant = " + sqlLiteral(rows.tenant()));
        for (String table : rows.tables()) {
            appendGrant(grants, rows.database(), table);
            filters.append("          <%s><filter>%s</filter></%s>\n".formatted(table, filter, table));
        }
        for (String view : rows.views()) {
            appendGrant(grants, rows.database(), view);
        }
        xml.append("""
                    <%s>
                      <password_sha256_hex>%s</password_sha256_hex>
                      <networks><ip>127.0.0.1</ip></networks>
                      <profile>tenant</profile>
                      <quota>%s</quota>
                      <grants>
                %s      </grants>
                      <databases>
                        <%s>
                %s        </%s>
                      </databases>
                    </%s>
                """.formatted(
                        user.name(),
                        user.passwordSha256(),
                        user.name(),
                        grants,
                        rows.database(),
                        filters,
                        rows.database(),
                        user.name()));
    }

    private static void appendGrant(StringBuilder xml, String database, String relation) {
        xml.append("        <query>GRANT SELECT ON %s.%s</query>\n".formatted(database, relation));
    }

    private static String sqlLiteral(String value) {
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    private static String xml(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                default -> {
                    if (Character.isISOControl(c)) {
                        throw new IllegalArgumentException("control character in '" + text + "'");
                    }
                    out.appendCodePoint(c);
                }
            }
        });
        return out.toString();
    }
}
