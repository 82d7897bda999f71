package io.costops.sinks.clickhouse;

import java.io.Serializable;
import java.net.URI;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Where ClickHouse is, and as whom to speak to it.
 *
 * @param url its HTTP or HTTPS interface, without credentials
 * @param password never printed; it travels in the job graph, as a connector's credentials do
 * @param requestTimeout how long one request may take, an insert of the largest batch among them
 */
public record ClickHouseAddress(URI url, String user, String password, String database, Duration requestTimeout)
        implements Serializable {
    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");

    public ClickHouseAddress {
        String scheme = url.getScheme();
        if (scheme == null || !(scheme.equals("http") || scheme.equals("https")) || url.getHost() == null) {
            throw new IllegalArgumentException(
                    "ClickHouse's URL must be http://host:8123 or https://host:8443, but is '" + url + "'");
        }
        if (url.getUserInfo() != null || url.getQuery() != null) {
            throw new IllegalArgumentException(
                    "ClickHouse's URL must carry no credentials and no parameters: use the options for user, password and"
                            + " database");
        }
        if (user.isEmpty()) {
            throw new IllegalArgumentException("ClickHouse's user is empty");
        }
        requireIdentifier("database", database);
        if (requestTimeout.isNegative() || requestTimeout.isZero()) {
            throw new IllegalArgumentException("ClickHouse's request timeout must be longer than nothing");
        }
    }

    /** Names go into statements as they are, so they hold nothing that would need quoting. */
    public static String requireIdentifier(String what, String name) {
        if (!IDENTIFIER.matcher(name).matches()) {
            throw new IllegalArgumentException(what + " '" + name
                    + "' must start with a letter or _ and hold letters, digits and _ only, 128 at most");
        }
        return name;
    }

    @Override
    public String toString() {
        return user + "@" + url + "/" + database;
    }
}
