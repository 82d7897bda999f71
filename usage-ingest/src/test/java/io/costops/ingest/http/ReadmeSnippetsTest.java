package io.costops.ingest.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.ingest.http.TestDoor.Answer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Addresses and headers are taken out of the snippets themselves, so that none of them can go stale. */
@DisplayName("As the README configures it,")
class ReadmeSnippetsTest {
    @TempDir
    private Path folder;

    private String readme = "";
    private String key = "";
    private TestDoor door;

    @BeforeEach
    void open() throws IOException {
        readme = Files.readString(Path.of("README.md"));
        Path keys = folder.resolve("keys.json");
        key = TestDoor.issueKey(keys, "acme");
        door = TestDoor.open("http.keys.file", keys.toString(), "http.host", "127.0.0.1");
    }

    @AfterEach
    void close() {
        door.close();
    }

    /** What the first group finds in the part of the README that follows a text. */
    private String told(String after, String pattern) {
        int from = readme.indexOf(after);
        assertThat(from).as(after).isNotNegative();
        Matcher matcher = Pattern.compile(pattern).matcher(readme);
        assertThat(matcher.find(from)).as(pattern).isTrue();
        return matcher.group(1);
    }

    private String header(String after) {
        return told(after, "Authorization: \"(Bearer cok_)…\"").replace("cok_", key);
    }

    @Test
    void litellms_callback_reaches_the_door() {
        URI endpoint = URI.create(told("callback_type: generic_api", "endpoint: (\\S+)"));

        Answer answer = door.post(
                endpoint.getPath(),
                "application/json",
                "[{\"id\":\"chatcmpl-1\",\"custom_llm_provider\":\"openai\",\"model\":\"gpt-4o\",\"startTime\":1786237386.5,"
                        + "\"metadata\":{\"usage_object\":{\"prompt_tokens\":7,\"completion_tokens\":2}}}]",
                "Authorization",
                header("callback_type: generic_api"));

        assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
        assertThat(door.envelope(0).path("source").textValue()).isEqualTo("litellm.slp");
        assertThat(door.envelope(0).path("tenant").textValue()).isEqualTo("acme");
    }

    @Test
    void a_collectors_exporter_reaches_the_door() {
        URI endpoint = URI.create(told("otlphttp/costops", "endpoint: (\\S+)"));
        String compression = told("otlphttp/costops", "compression: (\\S+)");
        try (OtlpHttpSpanExporter exporter = OtlpHttpSpanExporter.builder()
                        .setEndpoint(door.uri(endpoint.getPath() + "/v1/traces").toString())
                        .setCompression(compression)
                        .addHeader("Authorization", header("otlphttp/costops"))
                        .build();
                SdkTracerProvider tracing = SdkTracerProvider.builder()
                        .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
                        .build()) {
            Span chat = tracing.get("test").spanBuilder("chat").startSpan();
            chat.setAttribute("gen_ai.provider.name", "openai")
                    .setAttribute("gen_ai.response.model", "gpt-4o")
                    .setAttribute("gen_ai.usage.input_tokens", 300);
            chat.end();
            assertThat(tracing.forceFlush().join(30, TimeUnit.SECONDS).isSuccess())
                    .isTrue();
        }
        assertThat(door.records()).hasSize(1);
    }

    @Test
    void an_example_of_a_raw_payload_reaches_the_door() {
        URI address = URI.create("http://" + told("costops keys create --file", "curl (localhost\\S+)"));

        Answer answer = door.post(
                address.getPath(),
                "application/json",
                TestDoor.chat("a", 1),
                "Authorization",
                "Bearer " + key,
                "X-CostOps-Project",
                told("costops keys create --file", "X-CostOps-Project: (\\w+)"));

        assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
        assertThat(door.envelope(0).path("project").textValue()).isEqualTo("chatbot");
    }
}
