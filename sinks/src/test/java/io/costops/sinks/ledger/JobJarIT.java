package io.costops.sinks.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.apache.flink.configuration.Configuration;
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
                    .isEqualTo("io.costops.sinks.ledger.LedgerWriterJob");
            assertThat(entries(jar))
                    .contains(
                            "io/costops/sinks/ledger/LedgerWriterJob.class",
                            "io/costops/sinks/migrations/V001__ledger.sql",
                            "io/costops/schemas/avro/LedgerEntry.class",
                            "org/apache/avro/Schema.class",
                            "org/apache/flink/formats/avro/typeutils/AvroTypeInfo.class",
                            "org/apache/flink/connector/kafka/source/KafkaSource.class",
                            "org/apache/flink/connector/base/source/reader/SourceReaderBase.class",
                            "org/apache/kafka/clients/consumer/KafkaConsumer.class",
                            "com/github/luben/zstd/Zstd.class",
                            "net/jpountz/lz4/LZ4FrameOutputStream.class");
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
                    .noneMatch(name -> name.startsWith("org/slf4j/"))
                    // The notifier's, which is a process of its own.
                    .noneMatch(name -> name.startsWith("io/costops/sinks/notify/"))
                    .noneMatch(name -> name.startsWith("org/apache/kafka/streams/"))
                    .noneMatch(name -> name.startsWith("org/rocksdb/"))
                    .noneMatch(name -> name.startsWith("io/github/resilience4j/"))
                    .noneMatch(name -> name.startsWith("jakarta/mail/"))
                    .noneMatch(name -> name.matches("META-INF/[^/]*\\.(SF|DSA|RSA)"))
                    .doesNotHaveDuplicates();
        }
    }

    /** With the class loader of a cluster and the cluster's jars alone. */
    @Test
    void builds_its_graph_with_its_own_classes() throws Exception {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader cluster = new URLClassLoader(clusterJars(), ClassLoader.getPlatformClassLoader());
                URLClassLoader job = new ChildFirstClassLoader(
                        new URL[] {JAR.toUri().toURL()},
                        cluster,
                        CoreOptions.getParentFirstLoaderPatterns(new Configuration()),
                        error -> {})) {
            Thread.currentThread().setContextClassLoader(job);
            for (String name : List.of(
                    "io.costops.sinks.ledger.LedgerWriterJob",
                    "io.costops.sinks.ledger.TopicRecords",
                    "io.costops.sinks.ledger.ClickHouseSink",
                    "io.costops.schemas.registry.ConfluentSchemaRegistry",
                    "org.apache.flink.connector.kafka.source.reader.KafkaSourceReader")) {
                assertThat(Class.forName(name, true, job).getClassLoader()).isSameAs(job);
            }
            Class<?> entry = job.loadClass("io.costops.schemas.avro.LedgerEntry");
            Object type = job.loadClass("org.apache.flink.formats.avro.typeutils.AvroTypeInfo")
                    .getConstructor(Class.class)
                    .newInstance(entry);
            assertThat(type.toString()).contains("LedgerEntry");
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    /** What a Flink cluster has: its own jars and what they need, and none of the job's. */
    private static URL[] clusterJars() throws IOException {
        List<URL> jars = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            String name = Path.of(entry).getFileName().toString();
            boolean flinks = name.startsWith("flink-")
                    && !name.startsWith("flink-avro")
                    && !name.startsWith("flink-connector-")
                    && !name.startsWith("flink-sql-");
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
