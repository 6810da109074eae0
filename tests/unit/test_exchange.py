"""Breakers and paces of the lines to a source."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.exchange import (
    FAILURES_TO_SHUT,
    LONGEST_RETRY_AFTER,
    REFUSED_FOR,
    SHUT_MOST,
    Exchange,
    Line,
    bad,
    good,
    is_open,
    refused,
    throttled,
    took_call,
)
from tests.unit.stories import NOW

MINUTE = timedelta(minutes=1)


def after_failures(count: int, line: Line | None = None, chance: float = 1) -> Line:
    line = line or Line()
    for _ in range(count):
        line = bad(line, NOW, chance)
    return line


def test_single_failures_shut_nothing() -> None:
    assert is_open(after_failures(FAILURES_TO_SHUT - 1), NOW)
    assert is_open(after_failures(FAILURES_TO_SHUT - 1, good(after_failures(FAILURES_TO_SHUT - 1))), NOW)


def test_failures_in_a_row_shut_it_for_a_minute_then_one_call_decides() -> None:
    line = after_failures(FAILURES_TO_SHUT)
    assert not is_open(line, NOW + MINUTE - timedelta(seconds=1))
    assert is_open(line, NOW + MINUTE)
    again = bad(line, NOW + MINUTE, 1)
    assert again.shut_until == NOW + 3 * MINUTE, "half open: the first failure shuts it for twice as long"
    assert good(line) == Line()


def test_it_is_shut_longer_and_longer_up_to_an_hour() -> None:
    line, waits = after_failures(FAILURES_TO_SHUT - 1), []
    for _ in range(9):
        line = bad(line, NOW, 1)
        assert line.shut_until
        waits.append((line.shut_until - NOW) / MINUTE)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@given(st.integers(0, 60), st.floats(0, 1))
def test_chance_takes_at_most_half_of_it_away(times: int, chance: float) -> None:
    line = Line(failures=FAILURES_TO_SHUT, shut_times=times)
    longest, found = bad(line, NOW, 1).shut_until, bad(line, NOW, chance).shut_until
    assert longest
    assert found
    assert (longest - NOW) / 2 <= found - NOW <= longest - NOW <= SHUT_MOST


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (90 * MINUTE, 90 * MINUTE),
        (timedelta(days=9), LONGEST_RETRY_AFTER),
        (-MINUTE, timedelta(seconds=1)),
        (None, MINUTE),
    ],
)
def test_too_many_requests_shut_it_as_long_as_the_source_says(said: timedelta | None, kept: timedelta) -> None:
    line = throttled(Line(), NOW, said, 1)
    assert (line.shut_until, line.why) == (NOW + kept, "throttled")


def test_refused_credentials_rest_for_an_hour() -> None:
    line = refused(Line(), NOW)
    assert (line.shut_until, line.why) == (NOW + REFUSED_FOR, "refused")


def test_calls_begin_an_even_part_of_a_minute_apart() -> None:
    assert took_call(Line(), NOW, 4).next_call_at == NOW + timedelta(seconds=15)
    assert took_call(Line(), NOW, 0.25).next_call_at == NOW + 4 * MINUTE
    assert took_call(Line(), NOW, 0).next_call_at == NOW + timedelta(days=1)


def test_one_run_has_the_lines_to_itself() -> None:
    exchange = Exchange(brand="larkspur", kind="carriers", source="acme")
    assert exchange.is_free(NOW)
    leased = exchange.model_copy(update={"leased_until": NOW + MINUTE})
    assert not leased.is_free(NOW)
    assert leased.is_free(NOW + MINUTE)
