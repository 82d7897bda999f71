package io.costops.sinks.notify.lane;

import static org.assertj.core.api.Assertions.assertThat;

import io.costops.sinks.TestAlerts;
import io.costops.sinks.notify.TestClock;
import io.costops.sinks.notify.courier.Answer;
import io.costops.sinks.notify.courier.Letter;
import io.costops.sinks.notify.lane.Lane.Next;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A lane")
class LaneTest {
    private static final Answer OK = new Answer.Taken(200, "ok");
    private static final Answer BROKEN = new Answer.Later(500, "oops");
    private static final Object OWNER = new Object();

    private final TestClock clock = new TestClock(TestAlerts.NOON);
    private final Lane lane = new Lane(
            "finops",
            IntervalFunction.ofExponentialBackoff(Duration.ofSeconds(1), 2, Duration.ofMinutes(5)),
            Lane.breaker("finops", clock));

    private static Parcel parcel(String incident, long key) {
        return parcel(OWNER, incident, key, null);
    }

    private static Parcel parcel(Object owner, String incident, long key, @Nullable Instant notBefore) {
        return new Parcel(owner, key, Letter.to("finops", TestAlerts.of("acme", incident)), 0, notBefore);
    }

    private long take() {
        Next next = lane.take(clock.instant());
        assertThat(next).isInstanceOf(Next.Try.class);
        return ((Next.Try) next).parcel().key();
    }

    private Report answer(Answer answer) {
        return lane.report(answer, Duration.ofMillis(5), clock.instant());
    }

    private void succeed() {
        answer(OK);
    }

    @Test
    void with_nothing_in_it_is_idle() {
        assertThat(lane.take(clock.instant())).isEqualTo(new Next.Idle());
    }

    @Test
    void keeps_the_order_of_an_incidents_steps_when_one_fails() {
        lane.add(parcel("a", 1));
        lane.add(parcel("a", 2));
        assertThat(take()).isEqualTo(1);
        answer(BROKEN);
        assertThat(lane.take(clock.instant()))
                .isEqualTo(new Next.Wait(clock.instant().plusSeconds(1)));
        clock.advance(Duration.ofSeconds(1));
        assertThat(take()).isEqualTo(1);
        succeed();
        assertThat(take()).isEqualTo(2);
    }

    @Test
    void lets_other_incidents_pass_one_that_fails() {
        lane.add(parcel("poison", 1));
        lane.add(parcel("b", 2));
        assertThat(take()).isEqualTo(1);
        answer(BROKEN);
        assertThat(take()).isEqualTo(2);
    }

    @Test
    void waits_twice_as_long_after_each_failure() {
        lane.add(parcel("a", 1));
        for (int seconds : new int[] {1, 2, 4, 8}) {
            take();
            Report report = answer(BROKEN);
            assertThat(report.nextAttemptAt()).isEqualTo(clock.instant().plusSeconds(seconds));
            clock.advance(Duration.ofSeconds(seconds));
        }
    }

    @Test
    void never_tries_again_what_was_refused() {
        lane.add(parcel("a", 1));
        take();
        Report report = answer(new Answer.Refused(400, "invalid_payload"));
        assertThat(report.nextAttemptAt()).isNull();
        assertThat(lane.take(clock.instant())).isEqualTo(new Next.Idle());
    }

    @Test
    void is_still_for_as_long_as_the_receiver_asks() {
        lane.add(parcel("a", 1));
        lane.add(parcel("b", 2));
        take();
        answer(new Answer.Throttled(429, "", Optional.of(Duration.ofSeconds(30))));
        assertThat(lane.take(clock.instant()))
                .isEqualTo(new Next.Wait(clock.instant().plusSeconds(30)));
        clock.advance(Duration.ofSeconds(30));
        take();
    }

    @Test
    void leaves_a_receiver_alone_that_fails_whatever_it_is_brought_and_then_tries_one() {
        for (int i = 0; i < 10; i++) {
            lane.add(parcel("incident " + i, i));
        }
        for (int i = 0; i < 6; i++) {
            take();
            answer(BROKEN);
        }
        assertThat(lane.isBroken()).isTrue();
        assertThat(lane.take(clock.instant())).isInstanceOf(Next.Wait.class);
        clock.advance(Duration.ofSeconds(30));
        take();
        assertThat(lane.isBroken()).isFalse();
        succeed();
        take();
        succeed();
        take();
    }

    @Test
    void does_not_take_refusals_and_throttling_for_a_broken_receiver() {
        for (int i = 0; i < 20; i++) {
            lane.add(parcel("incident " + i, i));
            take();
            answer(
                    i % 2 == 0
                            ? new Answer.Refused(400, "")
                            : new Answer.Throttled(429, "", Optional.of(Duration.ZERO)));
        }
        assertThat(lane.isBroken()).isFalse();
    }

    @Test
    void waits_on_where_an_earlier_process_was_to_wait() {
        lane.add(parcel(OWNER, "a", 1, clock.instant().plusSeconds(20)));
        assertThat(lane.take(clock.instant()))
                .isEqualTo(new Next.Wait(clock.instant().plusSeconds(20)));
    }

    @Test
    void gives_an_owners_letters_back() {
        Object other = new Object();
        lane.add(parcel("a", 1));
        lane.add(parcel(other, "a", 2, null));
        lane.forget(OWNER);
        assertThat(take()).isEqualTo(2);
    }

    @Test
    void gives_one_letter_back() {
        lane.add(parcel("a", 1));
        lane.add(parcel("a", 2));
        lane.remove(OWNER, 1);
        assertThat(take()).isEqualTo(2);
    }
}
