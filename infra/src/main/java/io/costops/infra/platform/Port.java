package io.costops.infra.platform;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** Which port a component is to listen on. */
public sealed interface Port {

    /** This one, or the start fails. */
    record Fixed(int number) implements Port {
        public Fixed {
            if (number < 1 || number > 65_535) {
                throw new IllegalArgumentException("port " + number + " is not between 1 and 65535");
            }
        }
    }

    /** This one where it is free, else any. */
    record Preferred(int number) implements Port {}

    /** Any that is free. */
    record Free() implements Port {}

    /** 0 means any free port. */
    static Port of(int number) {
        return number == 0 ? new Free() : new Fixed(number);
    }

    /**
     * Turns choices into numbers, never the same twice.
     *
     * <p>Free ports come from below the range that the system gives to outgoing connections: there a client that tries to
     * reach a broker which is not up yet can be given the broker's own port.
     */
    final class Allocation {

        private static final int LOWEST = 20_000;
        private static final int HIGHEST = 32_000;
        private static final int ATTEMPTS = 500;

        private final Set<Integer> taken = new HashSet<>();

        int number(Port port, String component) {
            int number;
            if (port instanceof Fixed fixed) {
                number = fixed(fixed.number(), component);
            } else if (port instanceof Preferred preferred && isFree(preferred.number())) {
                number = preferred.number();
            } else {
                number = anyFree();
            }
            taken.add(number);
            return number;
        }

        private int fixed(int number, String component) {
            if (!isFree(number)) {
                throw new PlatformException("port " + number + ", wanted for " + component
                        + ", is in use by another program; stop it or choose another port (0 takes a free one)");
            }
            return number;
        }

        private int anyFree() {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                int candidate = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
                if (isFree(candidate)) {
                    return candidate;
                }
            }
            throw new PlatformException("no free port between " + LOWEST + " and " + HIGHEST);
        }

        private boolean isFree(int number) {
            if (taken.contains(number)) {
                return false;
            }
            try (ServerSocket socket = new ServerSocket()) {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), number));
                return true;
            } catch (IOException e) {
                return false;
            }
        }
    }
}
