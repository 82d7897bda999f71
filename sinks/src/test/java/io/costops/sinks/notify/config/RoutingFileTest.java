package io.costops.sinks.notify.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.avro.AlertCategory;
import io.costops.schemas.avro.AlertSeverity;
import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.config.Secret;
import io.costops.sinks.notify.config.ReceiverSettings.Email;
import io.costops.sinks.notify.config.ReceiverSettings.Login;
import io.costops.sinks.notify.config.ReceiverSettings.PagerDuty;
import io.costops.sinks.notify.config.ReceiverSettings.Security;
import io.costops.sinks.notify.config.ReceiverSettings.Slack;
import io.costops.sinks.notify.config.ReceiverSettings.Webhook;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("The file of receivers and routes")
class RoutingFileTest {
    private static final String SLACK_URL = "https://hooks.slack.com/services/T0/B0/verysecret";
    private static final Map<String, String> ENVIRONMENT = Map.of(
            "SLACK_URL", SLACK_URL,
            "PD_KEY", "pd-very-secret",
            "HOOK_KEY", "a key of enough bytes",
            "SHORT", "short",
            "HTTP_URL", "http://example.com/verysecret",
            "NONSENSE", "not an address",
            "TWO_LINES", "a\nb");

    @TempDir
    Path directory;

    private static Routing parse(String json) {
        return RoutingFile.parse("notify.json", json.replace('\'', '"'), ENVIRONMENT);
    }

    @Test
    void says_who_is_told_of_what() throws Exception {
        Path password = Files.writeString(directory.resolve("smtp"), "letmein\n");
        Routing routing = parse("""
                {
                  // The channel that everybody reads.
                  'link': {'text': 'Dashboard', 'url': 'https://grafana.example.com/d/costops?tenant={tenant}'},
                  'receivers': {
                    'finops': {'kind': 'slack', 'url': {'env': 'SLACK_URL'}, 'per_minute': 30, 'timeout': '5s'},
                    'on-call': {'kind': 'pagerduty', 'routing_key': {'env': 'PD_KEY'}},
                    'archive': {'kind': 'webhook', 'url': 'https://example.com/hook', 'key': {'env': 'HOOK_KEY'}},
                    'mail': {'kind': 'email', 'host': 'smtp.example.com', 'from': 'costops@example.com',
                             'to': ['finops@example.com'], 'user': 'costops', 'password': {'file': '%s'}}
                  },
                  'routes': [
                    {'name': 'pages', 'severities': ['error', 'critical'], 'receivers': ['on-call']},
                    {'name': 'acme', 'tenants': ['acme'], 'categories': ['anomaly', 'budget'], 'receivers': ['finops', 'mail']},
                    {'name': 'everything', 'receivers': ['archive']},
                    {'name': 'operators', 'about': 'all_together', 'receivers': ['finops']}
                  ]
                }
                """.formatted(password));

        assertThat(routing.receivers().values())
                .containsExactly(
                        new Webhook(
                                new ReceiverSettings.Common("archive", Duration.ofSeconds(10), 600),
                                new Secret("https://example.com/hook"),
                                new Secret("a key of enough bytes")),
                        new Slack(
                                new ReceiverSettings.Common("finops", Duration.ofSeconds(5), 30),
                                new Secret(SLACK_URL)),
                        new Email(
                                new ReceiverSettings.Common("mail", Duration.ofSeconds(10), 60),
                                "smtp.example.com",
                                587,
                                Security.STARTTLS,
                                "costops@example.com",
                                List.of("finops@example.com"),
                                Optional.of(new Login("costops", new Secret("letmein")))),
                        new PagerDuty(
                                new ReceiverSettings.Common("on-call", Duration.ofSeconds(10), 120),
                                URI.create("https://events.pagerduty.com/v2/enqueue"),
                                new Secret("pd-very-secret")));
        assertThat(routing.routes())
                .contains(
                        new Route(
                                "acme",
                                Route.About.ANY,
                                Set.of("acme"),
                                Set.of(),
                                Set.of(AlertCategory.ANOMALY, AlertCategory.BUDGET),
                                Set.of("finops", "mail")),
                        new Route(
                                "pages",
                                Route.About.ANY,
                                Set.of(),
                                Set.of(AlertSeverity.ERROR, AlertSeverity.CRITICAL),
                                Set.of(),
                                Set.of("on-call")))
                .hasSize(4);
        assertThat(routing.toString()).doesNotContain("secret", "letmein", "enough bytes");
    }

    @Test
    void is_what_the_readme_shows() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        String example = readme.substring(readme.indexOf("```json") + "```json".length());
        example = example.substring(0, example.indexOf("```"));
        Files.writeString(directory.resolve("pagerduty"), "key");
        Files.writeString(directory.resolve("smtp"), "password");
        Routing routing = RoutingFile.parse(
                "README.md",
                example.replace("/run/secrets", directory.toString()),
                Map.of("FINOPS_SLACK_URL", SLACK_URL, "HOOK_KEY", "a key of enough bytes"));
        assertThat(routing.receivers()).containsOnlyKeys("finops", "on-call", "archive", "mail");
        assertThat(routing.routes()).hasSize(4);
    }

    @Test
    void tells_which_variables_it_needs() throws Exception {
        Path file = Files.writeString(
                directory.resolve("notify.json"),
                "{\"receivers\": {\"a\": {\"url\": {\"env\": \"B_URL\"}, \"key\": {\"env\": \"A_KEY\"}}}, \"routes\": []}");
        assertThat(RoutingFile.variables(file)).containsExactly("A_KEY", "B_URL");
    }

    @Test
    void names_itself_when_it_cannot_be_read() {
        assertThatThrownBy(() -> RoutingFile.read(directory.resolve("absent.json"), Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("absent.json");
    }

    @Nested
    @DisplayName("with a mistake")
    class Mistaken {
        @ParameterizedTest(name = "{1}")
        @CsvSource(
                delimiter = '|',
                quoteCharacter = '~',
                value = {
                    "{} | key receivers is missing",
                    "[] | one JSON object",
                    "{'receivers': {}, | not JSON in line 1",
                    "{'receivers': {}, 'receivers': {}, 'routes': []} | a key stands twice in one object",
                    "{'receivers': {}, 'routes': [], 'rotues': []} | unknown key rotues; the keys here are receivers, routes, link",
                    "{'receivers': {'A b': {}}, 'routes': []} | key receivers.A b: a receiver's name holds small letters",
                    "{'receivers': {'a': {'kind': 'sms'}}, 'routes': []} | key receivers.a.kind: must be slack, pagerduty, webhook or email",
                    "{'receivers': {'a': {'kind': 'slack'}}, 'routes': []} | key receivers.a.url is missing",
                    "{'receivers': {'a': {'kind': 'slack', 'url': 'https://x.example'}}, 'routes': []} | a secret doesn't stand in this file",
                    "{'receivers': {'a': {'kind': 'slack', 'url': {'env': 'ABSENT'}}}, 'routes': []} | key receivers.a.url: the variable ABSENT is not set",
                    "{'receivers': {'a': {'kind': 'slack', 'url': {'file': '/no/such/file'}}}, 'routes': []} | key receivers.a.url: can't read the file /no/such/file",
                    "{'receivers': {'a': {'kind': 'slack', 'url': {'env': 'SLACK_URL', 'file': 'x'}}}, 'routes': []} | must name either env or file",
                    "{'receivers': {'a': {'kind': 'slack', 'url': {'env': 'HTTP_URL'}}}, 'routes': []} | key receivers.a.url: is http://, which anyone on the way can read",
                    "{'receivers': {'a': {'kind': 'slack', 'url': {'env': 'NONSENSE'}}}, 'routes': []} | key receivers.a.url: is not an address",
                    "{'receivers': {'a': {'kind': 'slack', 'url': {'env': 'TWO_LINES'}}}, 'routes': []} | holds a control character or more than one line",
                    "{'receivers': {'a': {'kind': 'slack', 'chanel': 'x', 'url': {'env': 'SLACK_URL'}}}, 'routes': []} | unknown key receivers.a.chanel",
                    "{'receivers': {'a': {'kind': 'slack', 'url': {'env': 'SLACK_URL'}, 'timeout': '2h'}}, 'routes': []} | key receivers.a.timeout: must be between 1s and 60s",
                    "{'receivers': {'a': {'kind': 'slack', 'url': {'env': 'SLACK_URL'}, 'per_minute': 0}}, 'routes': []} | key receivers.a.per_minute: must be a whole number from 1",
                    "{'receivers': {'a': {'kind': 'webhook', 'url': 'https://x.example', 'key': {'env': 'SHORT'}}}, 'routes': []} | key receivers.a.key: must be at least 16 bytes long",
                    "{'receivers': {'a': {'kind': 'email', 'host': 'h', 'from': 'nobody', 'to': ['a@b.example']}}, 'routes': []} | key receivers.a.from: 'nobody' is not an e-mail address",
                    "{'receivers': {'a': {'kind': 'email', 'host': 'h', 'from': 'a@b.example', 'to': ['a@b.example'], 'user': 'u'}}, 'routes': []} | key receivers.a.password: is missing",
                    "{'receivers': {'a': {'kind': 'email', 'host': 'h', 'security': 'none', 'from': 'a@b.example', 'to': ['a@b.example'], 'user': 'u', 'password': {'env': 'PD_KEY'}}}, 'routes': []} | would send the password in the clear",
                    "{'receivers': {}, 'routes': [{'name': 'r', 'receivers': ['x']}]} | key routes[0].receivers: 'x' is not one of the receivers",
                    "{'receivers': {'a': {'kind': 'slack', 'url': {'env': 'SLACK_URL'}}}, 'routes': [{'name': 'r', 'receivers': ['a'], 'severities': ['sever']}]} | key routes[0].severities: 'sever' is not one of info, warning, error, critical",
                    "{'receivers': {'a': {'kind': 'slack', 'url': {'env': 'SLACK_URL'}}}, 'routes': [{'name': 'r', 'receivers': ['a'], 'tenants': []}]} | key routes[0].tenants: must be an array of one text or more",
                    "{'receivers': {'a': {'kind': 'slack', 'url': {'env': 'SLACK_URL'}}}, 'routes': [{'name': 'r', 'receivers': ['a']}, {'name': 'r', 'receivers': ['a']}]} | key routes[1].name: 'r' is the name of another route too"
                })
        void names_the_key_and_the_fix_and_shows_no_secret(String json, String problem) {
            assertThatThrownBy(() -> parse(json))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("notify.json: ")
                    .hasMessageContaining(problem)
                    .hasMessageNotContaining("verysecret")
                    .hasMessageNotContaining("pd-very-secret");
        }
    }
}
