package io.costops.sinks.notify.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.config.Secret;
import io.costops.sinks.notify.config.ReceiverSettings.Common;
import io.costops.sinks.notify.config.ReceiverSettings.Email;
import io.costops.sinks.notify.config.ReceiverSettings.Login;
import io.costops.sinks.notify.config.ReceiverSettings.PagerDuty;
import io.costops.sinks.notify.config.ReceiverSettings.Security;
import io.costops.sinks.notify.config.ReceiverSettings.Slack;
import io.costops.sinks.notify.config.ReceiverSettings.Webhook;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads receivers and routes from a JSON file, which may hold {@code //} comments.
 *
 * <p>Every problem names the key by its path. A secret stands in the environment or in a file of its own: here is only
 * where it is found, so that this file can be kept with the other configuration.
 */
public final class RoutingFile {
    static final int MAX_RECEIVERS = 100;
    static final int MAX_ROUTES = 1_000;
    static final int LEAST_KEY_BYTES = 16;

    private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(60);
    private static final int MOST_PER_MINUTE = 60_000;
    private static final URI PAGERDUTY = URI.create("https://events.pagerduty.com/v2/enqueue");
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,63}");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern SECONDS = Pattern.compile("(\\d{1,3})s");
    private static final Pattern ADDRESS = Pattern.compile("[^\\s<>,;:\"()\\[\\]]+@[A-Za-z0-9.\\[\\]:-]+");
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final Map<String, String> environment;

    private RoutingFile(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * Reads a file, and the secrets that it points at.
     *
     * @throws ConfigurationException naming the key that is unknown, missing or wrong
     */
    public static Routing read(Path file, Map<String, String> environment) {
        return parse(file.toString(), text(file), environment);
    }

    static Routing parse(String origin, String text, Map<String, String> environment) {
        try {
            return new RoutingFile(environment).routing(tree(text));
        } catch (ConfigurationException e) {
            throw new ConfigurationException(origin + ": " + e.getMessage());
        }
    }

    /** The variables that the file takes secrets from, for whoever starts the notifier with an environment of its own. */
    public static Set<String> variables(Path file) {
        try {
            return tree(text(file)).findValues("env").stream()
                    .filter(JsonNode::isTextual)
                    .map(JsonNode::textValue)
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (ConfigurationException e) {
            throw new ConfigurationException(file + ": " + e.getMessage());
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new ConfigurationException("can't read the routes from " + file);
        }
    }

    private static JsonNode tree(String text) {
        try {
            JsonNode tree = JSON.readTree(text);
            if (tree == null || !tree.isObject()) {
                throw new ConfigurationException("the file must hold one JSON object with receivers and routes");
            }
            return tree;
        } catch (JsonProcessingException e) {
            // The text around the fault is left out: someone may have put a secret there.
            String where = e.getLocation() == null
                    ? ""
                    : " in line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            String what = e.getOriginalMessage().startsWith("Duplicate field")
                    ? "a key stands twice in one object"
                    : "not JSON";
            throw new ConfigurationException(what + where);
        }
    }

    private Routing routing(JsonNode tree) {
        Keys top = new Keys("", tree).allow("receivers", "routes", "link");
        Map<String, ReceiverSettings> receivers = new TreeMap<>();
        Keys declared = top.object("receivers");
        for (String name : declared.names()) {
            if (!NAME.matcher(name).matches()) {
                throw declared.wrong(name, "a receiver's name holds small letters, digits, _, . and -, 64 at most");
            }
            receivers.put(name, receiver(name, declared.object(name)));
        }
        if (receivers.size() > MAX_RECEIVERS) {
            throw top.wrong("receivers", "there are " + receivers.size() + "; at most " + MAX_RECEIVERS);
        }
        List<Route> routes = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Keys route : top.objects("routes")) {
            Route read = route(route, receivers.keySet());
            if (!names.add(read.name())) {
                throw route.wrong("name", "'" + read.name() + "' is the name of another route too");
            }
            routes.add(read);
        }
        if (routes.size() > MAX_ROUTES) {
            throw top.wrong("routes", "there are " + routes.size() + "; at most " + MAX_ROUTES);
        }
        return new Routing(
                receivers, routes, top.has("link") ? Optional.of(link(top.object("link"))) : Optional.empty());
    }

    private static Link link(Keys keys) {
        keys.allow("text", "url");
        String template = keys.text("url");
        URI example;
        try {
            example = URI.create(template.replace("{tenant}", "t").replace("{incident}", "i"));
        } catch (IllegalArgumentException e) {
            throw keys.wrong("url", "must be an address, with {tenant} and {incident} where they belong");
        }
        if (!"https".equals(example.getScheme()) && !"http".equals(example.getScheme())) {
            throw keys.wrong("url", "must begin with https:// or http://");
        }
        return new Link(keys.text("text"), template);
    }

    private static Route route(Keys keys, Set<String> receivers) {
        keys.allow("name", "about", "tenants", "severities", "categories", "receivers");
        String name = keys.text("name");
        Set<String> to = new LinkedHashSet<>(keys.texts("receivers"));
        for (String receiver : to) {
            if (!receivers.contains(receiver)) {
                throw keys.wrong("receivers", "'" + receiver + "' is not one of the receivers: " + receivers);
            }
        }
        Route.About about = keys.has("about") ? keys.word("about", Route.About.values(), Set.of()) : Route.About.ANY;
        Set<String> tenants = keys.has("tenants") ? new LinkedHashSet<>(keys.texts("tenants")) : Set.of();
        if (about == Route.About.ALL_TOGETHER && !tenants.isEmpty()) {
            throw keys.wrong("tenants", "goes with alerts about tenants, but 'about' is all_together");
        }
        return new Route(
                name,
                about,
                tenants,
                keys.words("severities", AlertSeverity.values(), AlertSeverity.UNKNOWN),
                keys.words("categories", AlertCategory.values(), AlertCategory.UNKNOWN),
                to);
    }

    private ReceiverSettings receiver(String name, Keys keys) {
        return switch (keys.text("kind")) {
            case "slack" -> slack(name, keys);
            case "pagerduty" -> pagerDuty(name, keys);
            case "webhook" -> webhook(name, keys);
            case "email" -> email(name, keys);
            default -> throw keys.wrong("kind", "must be slack, pagerduty, webhook or email");
        };
    }

    private ReceiverSettings slack(String name, Keys keys) {
        keys.allow("kind", "url", "timeout", "per_minute", "allow_http");
        // Slack takes about one message a second for each channel.
        return new Slack(common(name, keys, 60), address(keys, secret(keys, "url")));
    }

    private ReceiverSettings pagerDuty(String name, Keys keys) {
        keys.allow("kind", "url", "routing_key", "timeout", "per_minute", "allow_http");
        URI url = PAGERDUTY;
        if (keys.has("url")) {
            url = URI.create(address(keys, new Secret(keys.text("url"))).reveal());
        }
        return new PagerDuty(common(name, keys, 120), url, secret(keys, "routing_key"));
    }

    private ReceiverSettings webhook(String name, Keys keys) {
        keys.allow("kind", "url", "key", "timeout", "per_minute", "allow_http");
        Secret key = secret(keys, "key");
        if (key.reveal().getBytes(StandardCharsets.UTF_8).length < LEAST_KEY_BYTES) {
            throw keys.wrong("key", "must be at least " + LEAST_KEY_BYTES + " bytes long");
        }
        Secret url = keys.node("url").isTextual() ? new Secret(keys.text("url")) : secret(keys, "url");
        return new Webhook(common(name, keys, 600), address(keys, url), key);
    }

    private ReceiverSettings email(String name, Keys keys) {
        keys.allow("kind", "host", "port", "security", "from", "to", "user", "password", "timeout", "per_minute");
        Security security =
                keys.has("security") ? keys.word("security", Security.values(), Set.of()) : Security.STARTTLS;
        int usualPort = switch (security) {
            case TLS -> 465;
            case STARTTLS -> 587;
            case NONE -> 25;
        };
        if (keys.has("user") != keys.has("password")) {
            throw keys.wrong(keys.has("user") ? "password" : "user", "is missing: user and password go together");
        }
        Optional<Login> login = keys.has("user")
                ? Optional.of(new Login(keys.text("user"), secret(keys, "password")))
                : Optional.empty();
        if (login.isPresent() && security == Security.NONE && !LOOPBACK.contains(keys.text("host"))) {
            throw keys.wrong("security", "'none' would send the password in the clear; use starttls or tls");
        }
        List<String> to = keys.texts("to");
        to.forEach(address -> requireAddress(keys, "to", address));
        requireAddress(keys, "from", keys.text("from"));
        return new Email(
                common(name, keys, 60),
                keys.text("host"),
                keys.has("port") ? keys.number("port", 1, 65_535) : usualPort,
                security,
                keys.text("from"),
                to,
                login);
    }

    private static void requireAddress(Keys keys, String key, String address) {
        if (!ADDRESS.matcher(address).matches()) {
            throw keys.wrong(key, "'" + address + "' is not an e-mail address of the form name@example.com");
        }
    }

    private static Common common(String name, Keys keys, int usualPerMinute) {
        Duration timeout = USUAL_TIMEOUT;
        if (keys.has("timeout")) {
            var matcher = SECONDS.matcher(keys.text("timeout"));
            timeout = matcher.matches() ? Duration.ofSeconds(Long.parseLong(matcher.group(1))) : Duration.ZERO;
            if (timeout.isZero() || timeout.compareTo(LONGEST_TIMEOUT) > 0) {
                throw keys.wrong("timeout", "must be between 1s and " + LONGEST_TIMEOUT.toSeconds() + "s");
            }
        }
        int perMinute = keys.has("per_minute") ? keys.number("per_minute", 1, MOST_PER_MINUTE) : usualPerMinute;
        return new Common(name, timeout, perMinute);
    }

    /** An address is never part of a message: it may be the secret. */
    private static Secret address(Keys keys, Secret url) {
        URI uri;
        try {
            uri = new URI(url.reveal());
        } catch (java.net.URISyntaxException e) {
            throw keys.wrong("url", "is not an address (its text is not shown: it may be secret)");
        }
        boolean http = "http".equals(uri.getScheme());
        if ((!http && !"https".equals(uri.getScheme())) || uri.getHost() == null) {
            throw keys.wrong(
                    "url", "must begin with https:// and name a host (its text is not shown: it may be secret)");
        }
        if (http && !LOOPBACK.contains(uri.getHost()) && !keys.flag("allow_http")) {
            throw keys.wrong(
                    "url", "is http://, which anyone on the way can read; use https:// or set allow_http to true");
        }
        return url;
    }

    private Secret secret(Keys keys, String key) {
        JsonNode node = keys.node(key);
        if (!node.isObject()) {
            throw keys.wrong(
                    key,
                    "must be {\"env\": \"VARIABLE\"} or {\"file\": \"/path\"}: a secret doesn't stand in this file");
        }
        Keys source = keys.object(key).allow("env", "file");
        if (source.has("env") == source.has("file")) {
            throw keys.wrong(key, "must name either env or file");
        }
        String value;
        if (source.has("env")) {
            String variable = source.text("env");
            if (!VARIABLE.matcher(variable).matches()) {
                throw source.wrong("env", "must be the name of a variable (its text is not shown: it may be secret)");
            }
            String found = environment.get(variable);
            if (found == null || found.isBlank()) {
                throw keys.wrong(key, "the variable " + variable + " is not set");
            }
            value = found.strip();
        } else {
            String file = source.text("file");
            try {
                value = Files.readString(Path.of(file)).strip();
            } catch (IOException | IllegalArgumentException e) {
                throw keys.wrong(key, "can't read the file " + file);
            }
            if (value.isEmpty()) {
                throw keys.wrong(key, "the file " + file + " is empty");
            }
        }
        if (value.chars().anyMatch(Character::isISOControl)) {
            throw keys.wrong(key, "holds a control character or more than one line");
        }
        return new Secret(value);
    }

    /** The keys of one object, and where it stands. */
    private record Keys(String path, JsonNode node) {

        Keys allow(String... known) {
            for (String name : names()) {
                if (!Arrays.asList(known).contains(name)) {
                    throw new ConfigurationException(
                            "unknown key " + path(name) + "; the keys here are " + String.join(", ", known));
                }
            }
            return this;
        }

        List<String> names() {
            List<String> names = new ArrayList<>();
            node.fieldNames().forEachRemaining(names::add);
            return names;
        }

        boolean has(String key) {
            return node.has(key);
        }

        JsonNode node(String key) {
            JsonNode child = node.get(key);
            if (child == null || child.isNull()) {
                throw new ConfigurationException("key " + path(key) + " is missing");
            }
            return child;
        }

        Keys object(String key) {
            JsonNode child = node(key);
            if (!child.isObject()) {
                throw wrong(key, "must be an object");
            }
            return new Keys(path(key), child);
        }

        List<Keys> objects(String key) {
            JsonNode array = node(key);
            if (!array.isArray()) {
                throw wrong(key, "must be an array");
            }
            List<Keys> objects = new ArrayList<>();
            for (int i = 0; i < array.size(); i++) {
                if (!array.get(i).isObject()) {
                    throw wrong(key + "[" + i + "]", "must be an object");
                }
                objects.add(new Keys(path(key) + "[" + i + "]", array.get(i)));
            }
            return objects;
        }

        String text(String key) {
            JsonNode child = node(key);
            if (!child.isTextual() || child.textValue().isBlank()) {
                throw wrong(key, "must be a text that isn't empty");
            }
            return child.textValue();
        }

        List<String> texts(String key) {
            JsonNode array = node(key);
            if (!array.isArray() || array.isEmpty()) {
                throw wrong(key, "must be an array of one text or more");
            }
            List<String> texts = new ArrayList<>();
            for (JsonNode element : array) {
                if (!element.isTextual() || element.textValue().isBlank()) {
                    throw wrong(key, "must be an array of texts that aren't empty");
                }
                texts.add(element.textValue());
            }
            return texts;
        }

        int number(String key, int least, int most) {
            JsonNode child = node(key);
            if (!child.isInt() || child.intValue() < least || child.intValue() > most) {
                throw wrong(key, "must be a whole number from " + least + " to " + most);
            }
            return child.intValue();
        }

        boolean flag(String key) {
            if (!has(key)) {
                return false;
            }
            if (!node(key).isBoolean()) {
                throw wrong(key, "must be true or false");
            }
            return node(key).booleanValue();
        }

        <E extends Enum<E>> E word(String key, E[] values, Set<E> except) {
            return word(key, text(key), values, except);
        }

        <E extends Enum<E>> Set<E> words(String key, E[] values, E unknown) {
            if (!has(key)) {
                return Set.of();
            }
            return texts(key).stream()
                    .map(text -> word(key, text, values, Set.of(unknown)))
                    .collect(Collectors.toSet());
        }

        private <E extends Enum<E>> E word(String key, String text, E[] values, Set<E> except) {
            Function<E, String> word = value -> value.name().toLowerCase(Locale.ROOT);
            List<E> known = Arrays.stream(values)
                    .filter(value -> !except.contains(value))
                    .toList();
            return known.stream()
                    .filter(value -> word.apply(value).equals(text))
                    .findFirst()
                    .orElseThrow(() -> wrong(
                            key,
                            "'" + text + "' is not one of "
                                    + known.stream().map(word).collect(Collectors.joining(", "))));
        }

        ConfigurationException wrong(String key, String what) {
            return new ConfigurationException("key " + path(key) + ": " + what);
        }

        private String path(String key) {
            return path.isEmpty() ? key : path + "." + key;
        }
    }
}
