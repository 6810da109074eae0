"""The dates engine learns: in whatever order it is told, corrected later, closed twice, kept and read again."""

import gzip
import json
import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.domain.forecast.book import Book, BookFormatError
from porchlight.domain.forecast.free_days import free_days
from porchlight.domain.forecast.lives import Life, Route
from porchlight.domain.forecast.model import Model
from tests.unit.histories import A_DAY, MONDAY, OSLO, TROMSO, about, history, known_by, learned, story, told

LATER = MONDAY + timedelta(days=45)


def answers(model: Model, day: date = LATER) -> list[Any]:
    """What a model says, all in all."""
    promised, since = day + timedelta(days=10), day - timedelta(days=3)
    return [
        [
            model.purchase(route, day, promised=promised),
            model.handover(route, day, placed=since, promised=promised),
            model.remaining(route, placed=since, handed=None, today=day),
            model.late(route, placed=since, handed=since, today=day, promised=promised),
            model.lane(route),
            model.silence(route),
        ]
        for route in (OSLO, TROMSO)
    ]


# -- told in any way -------------------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_in_which_parcels_are_told_changes_nothing(chance: random.Random) -> None:
    # Given what happened until a day, told in two orders and partly twice
    lives = history(20, 4) + history(20, 2, seed=2, route=TROMSO, transit=about(8, 0.4))
    one, other = told(lives, LATER - 30 * A_DAY), told(lives, LATER - 30 * A_DAY)
    news = [known_by(life, LATER) for life in lives]
    shuffled = news + chance.sample(news, 20)
    chance.shuffle(shuffled)
    # When
    for life in news:
        one.record(life)
    for life in shuffled:
        other.record(life)
    one.close(LATER)
    other.close(LATER)
    # Then
    assert one.dump() == other.dump()
    assert one.model().version == other.model().version


def test_all_told_beforehand_is_learned_on_its_day_only() -> None:
    lives = history(30, 4)
    day = MONDAY + 30 * A_DAY
    at_once = Book("larkspur")
    for life in lives:
        at_once.record(life)
    at_once.close(MONDAY)
    at_once.close(day)

    assert answers(at_once.model()) == answers(told(lives, day).model())


def test_nothing_after_a_day_changes_what_is_said_on_it() -> None:
    # Given one history, and another in which everything after a day is otherwise
    day = MONDAY + 25 * A_DAY
    lives = history(40, 5)
    others = [
        life._replace(
            handed=life.handed if life.handed and life.handed <= day else None,
            delivered=life.delivered if life.delivered and life.delivered <= day else None,
        )
        for life in lives
        if life.placed <= day
    ]
    # Then
    assert answers(learned(lives, day)) == answers(learned(others, day))
    assert answers(learned(lives, day + 5 * A_DAY)) != answers(learned(others, day + 5 * A_DAY))


def test_a_day_is_closed_once_and_gaps_are_closed_day_by_day() -> None:
    lives = history(20, 5)
    book, day = told(lives, MONDAY + 12 * A_DAY), MONDAY + 20 * A_DAY
    before = book.dump()
    book.close(MONDAY + 12 * A_DAY)
    book.close(MONDAY)
    assert (book.dump(), book.through) == (before, MONDAY + 12 * A_DAY)

    by_steps = Book.load(before)
    for life in lives:
        book.record(life)
        by_steps.record(life)
    book.close(day)
    for ahead in range(13, 21):
        by_steps.close(MONDAY + ahead * A_DAY)
    assert book.dump() == by_steps.dump()


# -- taken back ------------------------------------------------------------------------------------------------------


def test_a_delivery_that_is_taken_back_is_no_delivery() -> None:
    # Given a lane on which two of three deliveries of the last days were mistakes
    lives = history(30, 6)
    day = MONDAY + 34 * A_DAY
    mistaken = {life.parcel_id for life in lives[-90:] if int(life.parcel_id.rpartition("-")[2]) < 4}
    right = [life._replace(delivered=None) if life.parcel_id in mistaken else life for life in lives]
    # When they are taken back a little later
    corrected = told(lives, day)
    wrong = corrected.model()
    for life in right:
        corrected.record(known_by(life, day))
    for book in (corrected, truth := told(right, day)):
        book.close(day + A_DAY)
    # Then the book is about where it would be had they never been told
    late = [
        model.late(OSLO, placed=day, handed=day, today=day, promised=day + timedelta(days=9))
        for model in (wrong, corrected.model(), truth.model())
    ]
    assert late[0] < late[2]
    assert abs(late[1] - late[2]) < (late[2] - late[0]) / 2
    lanes = [model.lane(OSLO) for model in (corrected.model(), truth.model())]
    assert lanes[0] is not None
    assert lanes[1] is not None
    assert lanes[0].delivered == pytest.approx(lanes[1].delivered, rel=0.02)


def test_scans_that_come_days_late_teach_the_same() -> None:
    # Given a network whose scans all reach us three days late
    lives = history(40, 6)
    day, delay = MONDAY + 46 * A_DAY, timedelta(days=3)
    late, today = Book("larkspur"), MONDAY
    while today <= day:
        for life in lives:
            if life.placed <= today:
                late.record(known_by(life, today - delay))
        late.close(today)
        today += A_DAY
    for life in lives:
        late.record(life)
    late.close(day + A_DAY)
    # Then
    told_late, told_in_time = late.model().purchase(OSLO, day), learned(lives, day + A_DAY).purchase(OSLO, day)
    assert all(abs(a - b) <= 1 for a, b in zip(told_late, told_in_time, strict=True))


def test_a_history_that_is_imported_on_one_day_teaches_what_it_would_have_taught_day_by_day() -> None:
    lives = history(40, 6)
    day = max(life.delivered for life in lives if life.delivered) + A_DAY
    imported = Book("larkspur")
    for life in lives:
        imported.record(life)
    imported.close(day)
    for ask in ("purchase", "handover"):
        at_once = getattr(imported.model(), ask)(OSLO, day)
        day_by_day = getattr(learned(lives, day), ask)(OSLO, day)
        assert all(abs(a - b) <= 1 for a, b in zip(at_once, day_by_day, strict=True))


def test_a_handover_that_is_taken_back_waits_again() -> None:
    # Given a sender half of whose last handovers were none
    lives = history(30, 6)
    day = MONDAY + 32 * A_DAY
    right = [
        life._replace(handed=None, delivered=None) if index > 90 and index % 2 else life
        for index, life in enumerate(lives)
    ]
    corrected, truth = told(lives, day), told(right, day)
    wrong = corrected.model()
    # When that is told
    for life in right:
        corrected.record(known_by(life, day))
    for ahead in range(1, 8):
        corrected.close(day + ahead * A_DAY)
        truth.close(day + ahead * A_DAY)
    # Then orders wait about as long as had they never been told
    late = [
        model.late(OSLO, placed=day, handed=None, today=day, promised=day + timedelta(days=14))
        for model in (wrong, corrected.model(), truth.model())
    ]
    assert late[2] - late[0] > 0.1
    assert abs(late[1] - late[2]) < (late[2] - late[0]) / 2


# -- what cannot be, and what is over --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "life",
    [
        Life("x", OSLO, MONDAY, handed=MONDAY + 5 * A_DAY, delivered=MONDAY + 2 * A_DAY),
        Life("x", OSLO, MONDAY, handed=MONDAY - 9 * A_DAY, delivered=MONDAY - 8 * A_DAY),
        Life("x", OSLO, MONDAY, MONDAY - 3 * A_DAY, MONDAY, MONDAY + A_DAY, placed_hour=99, silence_hours=0),
        Life("x", OSLO, MONDAY, delivered=MONDAY + 3 * A_DAY),
        Life("x", Route(), MONDAY, handed=MONDAY),
        Life("x", Route(destination="NO-XX", origin="??", prefix="1"), MONDAY, MONDAY, MONDAY, MONDAY),
        Life("x", OSLO, MONDAY, ended=True),
        Life("x", OSLO, MONDAY, handed=MONDAY, delivered=MONDAY, out_for_delivery=MONDAY - A_DAY),
        Life("x", OSLO, date(2020, 2, 29), handed=MONDAY),
    ],
)
def test_impossible_stamps_do_no_harm(life: Life) -> None:
    lives = history(20, 5)
    day = MONDAY + 24 * A_DAY
    book = told(lives, MONDAY)
    book.record(life)
    told(lives, day, book, MONDAY + A_DAY)
    said = book.model().purchase(OSLO, day)
    assert all(abs(a - b) <= 1 for a, b in zip(said, learned(lives, day).purchase(OSLO, day), strict=True))
    assert Book.load(book.dump()).dump() == book.dump()


def test_parcels_that_never_arrive_make_lateness_likelier() -> None:
    lives = history(60, 6)
    lost = [life._replace(delivered=None) if index % 5 == 0 else life for index, life in enumerate(lives)]
    day = MONDAY + 75 * A_DAY
    chances = [
        model.late(OSLO, placed=day, handed=day, today=day, promised=day + timedelta(days=15))
        for model in (learned(lives, day), learned(lost, day))
    ]
    assert chances[0] < 0.08
    assert 0.12 < chances[1] < 0.35


def test_what_is_over_is_dropped_and_told_again_not_counted_again() -> None:
    # Given a history of half a year, with parcels that never arrive and some that were cancelled
    lives = history(180, 2)
    lives = [life._replace(delivered=None) if index % 9 == 0 else life for index, life in enumerate(lives)]
    lives = [
        life._replace(handed=None, delivered=None, ended=True) if i % 10 == 1 else life for i, life in enumerate(lives)
    ]
    day = MONDAY + 360 * A_DAY
    book = told(lives, day)
    # Then nothing of it is in flight any more
    assert b"1-0-0" not in _content(book)
    # When all of it is told again
    before = answers(book.model(), day)
    for life in lives:
        book.record(life)
    again = Book.load(book.dump())
    book.close(day + A_DAY)
    again.close(day + A_DAY)
    # Then
    silent = told(lives, day)
    silent.close(day + A_DAY)
    assert answers(book.model(), day) == answers(silent.model(), day) == answers(again.model(), day)
    assert before


def _content(book: Book) -> bytes:
    return gzip.decompress(book.dump())


# -- kept ------------------------------------------------------------------------------------------------------------


def test_a_book_that_was_kept_goes_on_as_if_it_never_stopped() -> None:
    # Given a book that is read from what was kept every few days, in the midst of news
    lives = history(70, 4) + history(70, 2, seed=2, route=TROMSO)
    on, kept = told(lives, MONDAY), told(lives, MONDAY)
    day = MONDAY + A_DAY
    while day <= MONDAY + 70 * A_DAY:
        for life in lives:
            if day in (life.placed, life.handed, life.delivered):
                on.record(known_by(life, day))
                kept.record(known_by(life, day))
        if day.day % 5 == 0:
            kept = Book.load(kept.dump())
        on.close(day)
        kept.close(day)
        day += A_DAY
    # Then
    assert kept.dump() == on.dump()
    assert answers(kept.model()) == answers(on.model())
    assert Book.load(kept.dump()).model().version == on.model().version


def test_a_book_of_a_later_release_is_read_as_far_as_it_is_known() -> None:
    # Given a book whose release knows another field of routes and another effect
    book = told(history(30, 4), MONDAY + 30 * A_DAY)
    state = json.loads(_content(book))
    state["route_fields"].append("weather")
    for row in state["routes"]:
        row.append("fine")
    state["learners"]["transit"]["effects"]["weather:fine"] = [0.1, 0.1, 739000, 5, 0.0, 1.0, False]
    # Then
    again = Book.load(gzip.compress(json.dumps(state).encode()))
    assert answers(again.model()) == answers(book.model())
    assert again.dump() == book.dump()


@pytest.mark.parametrize("raw", [b"", b"{}", b"\x1f\x8b garbage", None])
def test_what_is_no_book_is_said_to_be_none(raw: bytes | None) -> None:
    raw = gzip.compress(b'{"format": 99}') if raw is None else raw
    with pytest.raises(BookFormatError):
        Book.load(raw)


def test_three_hundred_thousand_parcels_in_flight_take_some_tens_of_megabytes() -> None:
    # Given a hundredth of them, each to a prefix of its own
    chance, book = random.Random(3), Book("larkspur")
    for number in range(3000):
        route = OSLO.model_copy(update={"prefix": f"{chance.randrange(10**4):04}"})
        life = story(f"shp_01K{number:023}", MONDAY + (number % 9) * A_DAY, chance, route=route, transit=about(40, 0.1))
        book.record(known_by(life, MONDAY + 8 * A_DAY))
    book.close(MONDAY + 8 * A_DAY)
    # Then
    assert len(_content(book)) * 100 < 80_000_000


# -- holidays --------------------------------------------------------------------------------------------------------


def test_nobody_delivers_on_a_holiday_nor_on_sunday_once_that_is_learned() -> None:
    # Given a network that works Monday to Friday
    model = learned(history(60, 8), MONDAY + 66 * A_DAY)
    friday = date(2026, 3, 27)
    late = [
        model.late(OSLO, placed=friday, handed=friday - 4 * A_DAY, today=friday, promised=friday + ahead * A_DAY)
        for ahead in range(4)
    ]
    # Then hardly any chance passes on the weekend, much on Monday
    assert late[0] - late[2] < 0.04 < 0.1 < late[2] - late[3]
    # And over Easter (Thursday, Friday, Monday) parcels lie as long
    easter, ordinary = date(2026, 4, 1), date(2026, 4, 22)
    assert {day.toordinal() for day in (easter + A_DAY, easter + 2 * A_DAY, easter + 5 * A_DAY)} < set(
        free_days("NO", 2026)
    )
    assert model.handover(OSLO, easter).p50 - model.handover(OSLO, ordinary).p50 >= 2


def test_the_turn_of_the_year_is_a_day_like_others() -> None:
    first = date(2025, 11, 3)
    book = told(history(50, 6, first=first), date(2025, 12, 31), first=first)
    before = book.model().purchase(OSLO, date(2025, 12, 31))
    book.close(date(2026, 1, 1))
    after = book.model()
    assert book.through == date(2026, 1, 1)
    assert after.version.startswith("larkspur-2026-01-01-")
    assert after.purchase(OSLO, date(2026, 1, 1)).p50 <= before.p50
    assert after.remaining(OSLO, placed=date(2025, 12, 30), handed=date(2025, 12, 31), today=date(2026, 1, 1)).p50 > 0


@pytest.mark.parametrize(
    ("place", "known"), [("NO", True), ("NO-03", True), ("BR-SP", True), ("US-ZZ", True), ("", False), ("??", False)]
)
def test_holidays_of_a_place(place: str, known: bool) -> None:
    days = free_days(place, 2026)
    assert bool(days) is known
    assert list(days) == sorted(days)
    assert all(date.fromordinal(day).year == 2026 for day in days)
