package io.costops.enrichment;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.util.ChildFirstClassLoader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The job's jar")
class JobJarIT {
    private static final Path JAR = Path.of(System.getProperty("job.jar"));

    @Test
    void names_its_main_class_and_holds_all_that_a_cluster_has_not() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            assertThat(jar.getManifest().getMainAttributes().getValue("Main-Class"))
                    .isEqualTo("io.costops.enrichment.EnrichmentJob");
            assertThat(entries(jar))
                    .contains(
                            "io/costops/enrichment/EnrichmentJob.class",
                            "io/costops/schemas/avro/LedgerEntry.class",
                            "org/apache/avro/Schema.class",
                            "org/apache/flink/connector/kafka/sink/KafkaSink.class",
                            "org/apache/flink/connector/base/DeliveryGuarantee.class",
                            "org/apache/kafka/clients/producer/KafkaProducer.class",
                            "com/github/luben/zstd/Zstd.class",
                            "net/jpountz/lz4/LZ4Factory.class");
        }
    }

    @Test
    void holds_nothing_that_is_the_clusters_or_breaks_a_signature() throws IOException {
        try (JarFile jar = new JarFile(JAR.toFile())) {
            assertThat(entries(jar))
                    .noneMatch(name -> name.startsWith("org/apache/flink/api/"))
                    .noneMatch(name -> name.startsWith("org/apache/flink/runtime/"))
                    .noneMatch(name -> name.startsWith("org/apache/flink/configuration/"))
                    .noneMatch(name -> name.startsWith("org/apache/flink/streaming/api/"))
                    .noneMatch(name -> name.startsWith("org/apache/flink/formats/avro/"))
                    .noneMatch(name -> name.startsWith("org/slf4j/"))
                    .noneMatch(name -> name.matches("META-INF/[^/]*\\.(SF|DSA|RSA)"))
                    .noneMatch(name -> name.contains("libzstd-jni-1.5.5"))
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void reaches_a_registry_with_its_own_classes_alone() throws Exception {
        HttpServer registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        registry.createContext("/", exchange -> {
            byte[] answer = "{\"schema\": \"\\\"string\\\"\", \"id\": 7}".getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/vnd.schemaregistry.v1+json");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        registry.start();
        try (URLClassLoader cluster = new URLClassLoader(clusterJars(), ClassLoader.getPlatformClassLoader());
                URLClassLoader job = new ChildFirstClassLoader(
                        new URL[] {JAR.toUri().toURL()},
                        cluster,
                        CoreOptions.getParentFirstLoaderPatterns(new org.apache.flink.configuration.Configuration()),
                        error -> {})) {
            Thread.currentThread().setContextClassLoader(job);
            Class<?> client = job.loadClass("io.costops.schemas.registry.ConfluentSchemaRegistry");
            Class<?> schema = job.loadClass("org.apache.avro.Schema");
            Object connected = client.getConstructor(URI.class)
                    .newInstance(URI.create(
                            "http://127.0.0.1:" + registry.getAddress().getPort()));
            Object ledgerEntry = job.loadClass("io.costops.schemas.avro.LedgerEntry")
                    .getMethod("getClassSchema")
                    .invoke(null);

            assertThat(client.getMethod("register", String.class, schema).invoke(connected, "s", ledgerEntry))
                    .isEqualTo(7);
            assertThat(client.getMethod("byId", int.class).invoke(connected, 8)).isEqualTo(Optional.of("\"string\""));
            assertThat(job.loadClass("io.costops.enrichment.EnrichmentJob").getClassLoader())
                    .isSameAs(job);
            assertThat(Class.forName("io.costops.enrichment.job.StreamTypes", true, job)
                            .getClassLoader())
                    .isSameAs(job);
        } finally {
            Thread.currentThread().setContextClassLoader(JobJarIT.class.getClassLoader());
            registry.stop(0);
        }
    }

    /** What a Flink cluster has: its own jars and what they need, and none of the job's. */
    private static URL[] clusterJars() throws IOException {
        List<URL> jars = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            String name = Path.of(entry).getFileName().toString();
            boolean flinks =
                    name.startsWith("flink-") && !name.startsWith("flink-connector-") && !name.startsWith("flink-sql-");
            if (flinks || name.startsWith("slf4j-") || name.startsWith("kryo-") || name.startsWith("commons-")) {
                jars.add(Path.of(entry).toUri().toURL());
            }
        }
        return jars.toArray(new URL[0]);
    }

    private static List<String> entries(JarFile jar) {
        return jar.stream()
                .filter(entry -> !entry.isDirectory())
                .map(ZipEntry::getName)
                .toList();
    }
}
