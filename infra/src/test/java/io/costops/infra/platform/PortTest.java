package io.costops.infra.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A port")
class PortTest {

    private final Port.Allocation ports = new Port.Allocation();

    @Test
    void that_is_free_is_never_given_twice_and_lies_below_the_range_of_outgoing_connections() {
        Set<Integer> given = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            int number = ports.number(new Port.Free(), "test");
            assertThat(number).isBetween(20_000, 32_000);
            assertThat(given.add(number)).isTrue();
        }
    }

    @Test
    void that_is_asked_for_and_taken_is_an_error_naming_it() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int number = taken.getLocalPort();
            assertThatThrownBy(() -> ports.number(Port.of(number), "kafka"))
                    .isInstanceOf(PlatformException.class)
                    .hasMessageContaining("port " + number + ", wanted for kafka, is in use");
            assertThat(ports.number(new Port.Preferred(number), "kafka")).isNotEqualTo(number);
        }
    }

    @Test
    void of_0_is_any_free_one_and_one_beyond_the_range_is_refused() {
        assertThat(Port.of(0)).isEqualTo(new Port.Free());
        assertThatThrownBy(() -> Port.of(70_000)).hasMessageContaining("70000");
    }
}
