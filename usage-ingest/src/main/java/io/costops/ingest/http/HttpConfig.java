package io.costops.ingest.http;

import io.costops.schemas.config.ConfigurationException;
import io.costops.schemas.config.Option;
import io.costops.schemas.config.Secret;
import io.costops.schemas.topics.Topics;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** The HTTP door's configuration: the options that begin with {@code http.}. */
public record HttpConfig(
        @Option("address to listen on; not given: all addresses with a keys file, 127.0.0.1 without")
        Optional<String> httpHost,

        @Option(value = "port to listen on; 0 takes a free one", byDefault = "8088")
        int httpPort,

        @Option("file with the API keys, read again when it changes; without one the door serves this machine only")
        Optional<Path> httpKeysFile,

        @Option("PKCS#12 file with the certificate and its private key; not given: plain HTTP")
        Optional<Path> httpTlsKeystore,

        @Option("password of http.tls.keystore") Optional<Secret> httpTlsPassword,

        @Option(value = "largest body as sent, in bytes", byDefault = "8388608")
        int httpBodyLimit,

        @Option(value = "largest body once decompressed, in bytes", byDefault = "16777216")
        int httpInflatedLimit,

        @Option(value = "most elements (envelopes, spans, events) in one request", byDefault = "10000")
        int httpElementsLimit,

        @Option(value = "bytes that all requests together may hold at one time", byDefault = "67108864")
        long httpMemoryLimit,

        @Option(value = "elements a second for each API key that has no rate of its own", byDefault = "50000")
        long httpRate,

        @Option(value = "most open connections", byDefault = "1024")
        int httpConnections,

        @Option(value = "most threads", byDefault = "32") int httpThreads,

        @Option(value = "a connection on which nothing moves is closed after this time", byDefault = "30s")
        Duration httpIdleTimeout,

        @Option(value = "time in which a request's head must be complete", byDefault = "10s")
        Duration httpHeadTimeout,

        @Option(value = "time in which a request's body must be complete", byDefault = "30s")
        Duration httpBodyTimeout,

        @Option(value = "time in which Kafka must have acknowledged all of a request", byDefault = "10s")
        Duration httpAckTimeout,

        @Option(value = "time that a stop leaves to the requests under way", byDefault = "10s")
        Duration httpStopTimeout) {

    public HttpConfig {
        positive("http.body.limit", httpBodyLimit);
        positive("http.elements.limit", httpElementsLimit);
        positive("http.rate", httpRate);
        positive("http.connections", httpConnections);
        positive("http.idle.timeout", httpIdleTimeout.toMillis());
        positive("http.head.timeout", httpHeadTimeout.toMillis());
        positive("http.body.timeout", httpBodyTimeout.toMillis());
        positive("http.ack.timeout", httpAckTimeout.toMillis());
        if (httpPort < 0 || httpPort > 65_535) {
            throw new ConfigurationException("option --http.port must be from 0 to 65535, but is " + httpPort);
        }
        if (httpInflatedLimit < httpBodyLimit) {
            throw new ConfigurationException("option --http.inflated.limit must not be below http.body.limit");
        }
        // The body as sent, the same inflated and the records made of it can be there at one time.
        if (httpMemoryLimit < 4L * httpInflatedLimit) {
            throw new ConfigurationException(
                    "option --http.memory.limit must be at least 4 times http.inflated.limit, or the largest body"
                            + " could never be taken");
        }
        if (httpThreads < 8) {
            throw new ConfigurationException("option --http.threads must be 8 or more");
        }
        if (httpTlsKeystore.isPresent() && httpTlsPassword.isEmpty()) {
            throw new ConfigurationException("option --http.tls.password.file is missing: http.tls.keystore needs it");
        }
        if (httpKeysFile.isEmpty() && httpHost.isPresent() && !isLoopback(httpHost.get())) {
            throw new ConfigurationException("option --http.keys.file is missing: without API keys the door listens on"
                    + " a loopback address only, and http.host is " + httpHost.get());
        }
    }

    /** Where to listen: never beyond this machine without keys. */
    String host() {
        return httpHost.orElse(httpKeysFile.isPresent() ? "0.0.0.0" : "127.0.0.1");
    }

    Limits limits() {
        return new Limits(httpBodyLimit, httpInflatedLimit, Topics.MAX_ENVELOPE_BYTES, httpElementsLimit);
    }

    private static void positive(String key, long value) {
        if (value < 1) {
            throw new ConfigurationException("option --" + key + " must be above 0, but is " + value);
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            throw new ConfigurationException("option --http.host names no address of this machine: " + host);
        }
    }
}
