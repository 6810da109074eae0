"""The token bucket that processes share: never over the quota, and not far below it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.channels import Channel
from porchlight.domain.pacing import GOOD_FOR, LEASES_PER_SECOND, SECOND
from porchlight.errors import THROTTLED, TransientError
from tests.fakes_sending import Bucket, FakeQuotas

LINE = ("larkspur", Channel.EMAIL, "ses")


class Clock:
    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now


def processes(clock: Clock, skews: list[float]) -> tuple[Bucket, list[FakeQuotas]]:
    bucket = Bucket()

    def process(skew: float) -> FakeQuotas:
        return FakeQuotas(lambda: clock.now + skew, bucket)

    return bucket, [process(skew) for skew in skews]


steps = st.lists(st.tuples(st.integers(0, 4), st.floats(0, 0.4), st.integers(1, 3)), min_size=1, max_size=150)


@given(steps, st.sampled_from([0.5, 1, 14, 97, 1_667]), st.lists(st.floats(-0.5, 0.5), min_size=5, max_size=5))
def test_no_window_has_more_than_the_quota_and_one_lease(
    moves: list[tuple[int, float, int]], per_second: float, skews: list[float]
) -> None:
    # Given five processes whose clocks are up to a second apart, which ask in any order at any time
    clock = Clock()
    _, quotas = processes(clock, skews)
    sent: list[float] = []
    for who, pause, parts in moves:
        clock.now += pause
        with suppress(TransientError):
            sent += [clock.now + quotas[who].take(*LINE, per_second, parts)] * parts
    # Then in no time from one message to another did more go out than were earned, tokens still good, and one lease
    sent.sort()
    slack = GOOD_FOR / SECOND + max(skews) - min(skews)
    for first, begin in enumerate(sent):
        for last in range(first, len(sent)):
            most = per_second * (sent[last] - begin + slack) + max(3, per_second / LEASES_PER_SECOND) + 1e-3
            assert last - first + 1 <= most + 1


@given(steps, st.floats(0.2, 2_000))
def test_nobody_waits_longer_than_a_second(moves: list[tuple[int, float, int]], per_second: float) -> None:
    clock = Clock()
    _, quotas = processes(clock, [0.0] * 5)
    for who, pause, parts in moves:
        clock.now += pause
        with suppress(TransientError):
            assert 0 <= quotas[who].take(*LINE, per_second, parts) <= 1


def test_a_text_of_three_parts_takes_three_turns() -> None:
    clock = Clock()
    _, (one, other) = processes(clock, [0.0, 0.0])
    assert one.take(*LINE, 4, 3) == 0
    assert other.take(*LINE, 4) == pytest.approx(0.75)


def test_after_a_quiet_time_the_first_message_goes_at_once() -> None:
    clock = Clock()
    _, (one, other) = processes(clock, [0.0, 0.0])
    for quotas in (one, other, one):
        assert quotas.take(*LINE, 14) < 0.2
    clock.now += 60
    assert one.take(*LINE, 14) == 0


def test_who_comes_too_early_is_told_so_and_takes_nothing() -> None:
    # Given a quota of two a second, used up for a second from now on
    clock = Clock()
    bucket, quotas = processes(clock, [0.0] * 10)
    waits = [quotas[number].take(*LINE, 2) for number in range(3)]
    assert waits == pytest.approx([0, 0.5, 1.0])
    before = dict(bucket.earned)
    # When more come
    for number in range(3, 10):
        with pytest.raises(TransientError) as caught:
            quotas[number].take(*LINE, 2)
        assert caught.value.problem == THROTTLED
    # Then nothing was taken from those who come later
    assert bucket.earned == before


@pytest.mark.parametrize("per_second", [0.1, 14.0, 1_667.0])
def test_one_clock_that_went_astray_does_not_keep_everybody_waiting(per_second: float) -> None:
    # Given a process whose clock is a day ahead for one message
    clock = Clock()
    _, (astray, other) = processes(clock, [86_400.0, 0.0])
    astray.take(*LINE, per_second)
    # Then the others go on by theirs
    assert other.take(*LINE, per_second) <= 1


def test_a_clock_that_is_put_back_makes_nobody_wait_for_the_old_time() -> None:
    clock = Clock()
    _, (one,) = processes(clock, [0.0])
    for _ in range(20):
        one.take(*LINE, 1_667.0)
    clock.now -= 3_600
    assert one.take(*LINE, 1_667.0) <= 1


@pytest.mark.parametrize(("per_second", "count", "each"), [(1_667.0, 333, 5.0), (100.0, 60, 5.0), (14.0, 10, 3.0)])
def test_a_million_in_ten_minutes_is_within_reach_of_one_item(per_second: float, count: int, each: float) -> None:
    # Given as many processes as it takes, each of which sends five messages a second if it may
    clock = Clock()
    bucket, quotas = processes(clock, [0.0] * count)
    ready = [number / count / each for number in range(count)]
    start, seconds, sent = clock.now, 6.0, 0
    while True:
        who = min(range(count), key=ready.__getitem__)
        if ready[who] >= seconds:
            break
        clock.now = start + ready[who]
        try:
            wait = quotas[who].take(*LINE, per_second)
            sent += 1
            ready[who] += wait + 1 / each
        except TransientError:
            ready[who] += 1.5  # the machine tries again later
    # Then nearly all of the quota is used, and the one item takes fewer writes than it can (1,000 a second)
    assert sent >= 0.8 * min(per_second, count * each) * seconds
    assert bucket.writes <= 700 * seconds
