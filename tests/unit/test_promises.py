"""Every promise that an order was given is kept, in the order in which the shop made them."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.dates import DateRange
from porchlight.domain.promises import MOST_KEPT, PromiseMade, kept_with, revisions
from tests.unit.stories import NOW


def made(day: int, hours: int) -> PromiseMade:
    days = DateRange(earliest=date(2026, 3, 1) + timedelta(days=day), latest=date(2026, 3, 2) + timedelta(days=day))
    return PromiseMade(range=days, made_at=NOW + timedelta(hours=hours))


def all_of(promises: list[PromiseMade]) -> tuple[PromiseMade, ...]:
    kept: tuple[PromiseMade, ...] = ()
    for one in promises:
        kept = kept_with(kept, one)
    return kept


MADE = st.lists(st.builds(made, st.integers(0, 3), st.integers(0, 90)), max_size=70)


@given(MADE, st.randoms())
def test_every_promise_is_kept_in_turn_whatever_the_order_of_arrival(
    promises: list[PromiseMade], random: object
) -> None:
    shuffled = list(promises)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    kept = all_of(promises)
    assert all_of([*shuffled, *promises]) == kept
    assert [one.made_at for one in kept] == sorted(one.made_at for one in kept)
    if len(set(promises)) <= MOST_KEPT:
        assert set(kept) == set(promises)


def test_one_that_comes_late_stands_between_two_that_say_the_same() -> None:
    kept = all_of([made(0, 0), made(0, 2), made(5, 1)])
    assert [one.range for one in revisions(kept)] == [made(day, 0).range for day in (0, 5, 0)]
    assert revisions(all_of([made(0, 0), made(0, 1), made(0, 2)])) == (made(0, 0),)
    assert revisions(()) == ()


def test_the_first_one_stays_however_often_it_is_revised() -> None:
    kept = all_of([made(number, number) for number in range(MOST_KEPT * 2)])
    assert len(kept) == MOST_KEPT
    assert (kept[0], kept[-1]) == (made(0, 0), made(MOST_KEPT * 2 - 1, MOST_KEPT * 2 - 1))
