package io.costops.ingest.http;

import static io.costops.ingest.http.TestDoor.envelope;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.costops.schemas.config.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("With a certificate the door speaks TLS")
class TlsDoorTest {
    private static final String PASSWORD = "correct horse";

    @TempDir
    Path folder;

    @Test
    void and_takes_usage_over_https() throws Exception {
        Path keystore = keystore();
        Path password = Files.writeString(folder.resolve("password"), PASSWORD + "\n");
        try (TestDoor door = TestDoor.open(
                "http.tls.keystore", keystore.toString(), "http.tls.password.file", password.toString())) {
            assertThat(door.door.address().getScheme()).isEqualTo("https");
            HttpClient client =
                    HttpClient.newBuilder().sslContext(trusting(keystore)).build();
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(door.uri("/v1/usage"))
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(envelope("a", 1)))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(202);
        }
    }

    @Test
    void and_needs_the_password() {
        assertThatThrownBy(() -> TestDoor.config(Map.of("http.tls.keystore", "door.p12")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("--http.tls.password.file");
    }

    @Test
    void and_names_the_option_if_the_certificate_cannot_be_read() throws IOException {
        Path keystore = Files.writeString(folder.resolve("broken.p12"), "nonsense");
        Path password = Files.writeString(folder.resolve("password"), PASSWORD);
        assertThatThrownBy(() -> TestDoor.open(
                        "http.tls.keystore", keystore.toString(), "http.tls.password.file", password.toString()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("--http.tls.keystore")
                .hasMessageNotContaining(PASSWORD);
    }

    private Path keystore() throws IOException, InterruptedException {
        Path keystore = folder.resolve("door.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "door",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        keystore.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor()).isZero();
        return keystore;
    }

    private static SSLContext trusting(Path keystore) throws IOException, GeneralSecurityException {
        KeyStore own = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keystore)) {
            own.load(in, PASSWORD.toCharArray());
        }
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("door", own.getCertificate("door"));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }
}
