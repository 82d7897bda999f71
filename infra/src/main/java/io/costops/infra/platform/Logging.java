package io.costops.infra.platform;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** One Logback configuration for every child: a file of its own, in UTC, of bounded size. */
final class Logging {

    private static final String CONFIGURATION = """
            <configuration>
              <statusListener class="ch.qos.logback.core.status.NopStatusListener"/>
              <appender name="file" class="ch.qos.logback.core.rolling.RollingFileAppender">
                <file>${costops.log}</file>
                <rollingPolicy class="ch.qos.logback.core.rolling.FixedWindowRollingPolicy">
                  <fileNamePattern>${costops.log}.%i</fileNamePattern>
                  <minIndex>1</minIndex>
                  <maxIndex>2</maxIndex>
                </rollingPolicy>
                <triggeringPolicy class="ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy">
                  <maxFileSize>20MB</maxFileSize>
                </triggeringPolicy>
                <encoder>
                  <pattern>%d{"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'",UTC} %-5level [%thread] %logger{36} - %msg%n</pattern>
                </encoder>
              </appender>
              <logger name="org.apache.kafka" level="WARN"/>
              <logger name="kafka" level="WARN"/>
              <logger name="state.change.logger" level="WARN"/>
              <logger name="org.apache.pekko" level="WARN"/>
              <root level="INFO">
                <appender-ref ref="file"/>
              </root>
            </configuration>
            """;

    private final DataDirectory data;
    private final Path configuration;

    Logging(DataDirectory data) {
        this.data = data;
        this.configuration = data.folder("logs").resolve("logback.xml");
        try {
            Files.writeString(configuration, CONFIGURATION);
        } catch (IOException e) {
            throw new PlatformException("can't write " + configuration + ": " + e, e);
        }
    }

    List<String> options(String component, List<String> jvmOptions) {
        List<String> options = new ArrayList<>(jvmOptions);
        options.add("-Dlogback.configurationFile=" + configuration);
        options.add("-Dcostops.log=" + data.log(component));
        return options;
    }
}
