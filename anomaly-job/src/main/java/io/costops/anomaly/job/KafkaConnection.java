package io.costops.anomaly.job;

import io.costops.schemas.config.ConfigurationException;
import java.io.IOException;
import java.io.Reader;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;

/** How any client of the job reaches Kafka. Its properties may hold secrets: they are never part of its text form. */
final class KafkaConnection implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String bootstrap;
    private final Properties further;

    private KafkaConnection(String bootstrap, Properties further) {
        this.bootstrap = bootstrap;
        this.further = further;
    }

    /**
     * @param file further properties, read now and not by the tasks, whose machines need not have the file
     */
    static KafkaConnection of(String bootstrap, Optional<Path> file) {
        Properties further = new Properties();
        if (file.isPresent()) {
            try (Reader reader = Files.newBufferedReader(file.get(), StandardCharsets.UTF_8)) {
                further.load(reader);
            } catch (IOException | IllegalArgumentException e) {
                throw new ConfigurationException(
                        "option --kafka.properties: can't read the properties of the file " + file.get());
            }
        }
        return new KafkaConnection(bootstrap, further);
    }

    /** A copy, to which a client adds its own. */
    Properties properties() {
        Properties properties = new Properties();
        properties.putAll(further);
        properties.setProperty(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        return properties;
    }

    @Override
    public String toString() {
        return "Kafka at " + bootstrap;
    }
}
