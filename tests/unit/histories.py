"""Made-up histories of which the truth is known: parcels that take as long as a distribution says."""

import random
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from math import exp

from porchlight.domain.forecast.book import Book
from porchlight.domain.forecast.lives import Life, Route
from porchlight.domain.forecast.model import Model

MONDAY = date(2026, 1, 5)
A_DAY = timedelta(days=1)
OSLO = Route(carrier="posten", origin="NO-03", destination="NO-03", prefix="0150", sender="harbour")
TROMSO = Route(carrier="posten", origin="NO-03", destination="NO-55", prefix="9008", sender="harbour")

type Times = Callable[[random.Random], float]
"""Worked days that a parcel takes."""


def about(median: float, spread: float) -> Times:
    """Log-normal around a median."""
    return lambda chance: median * exp(chance.gauss(0.0, spread))


QUICK, STEADY = about(1.5, 0.3), about(4, 0.3)


def later(day: date, worked: float) -> date:
    """The day on which so many worked days are over (Monday to Friday); the day itself is the first."""
    left = worked
    while True:
        if day.weekday() < 5:
            left -= 1
        if left <= 0:
            return day
        day += A_DAY


def story(
    parcel_id: str,
    placed: date,
    chance: random.Random,
    *,
    route: Route = OSLO,
    handling: Times = QUICK,
    transit: Times = STEADY,
    promised_days: int | None = 12,
) -> Life:
    handed = later(placed, handling(chance))
    delivered = later(handed, transit(chance))
    promised = placed + timedelta(days=promised_days) if promised_days is not None else None
    return Life(parcel_id, route, placed, promised, handed, delivered)


def history(days: int, a_day: int = 10, seed: int = 1, *, first: date = MONDAY, **how: object) -> list[Life]:
    """So many parcels on each of so many days."""
    chance = random.Random(seed)
    return [
        story(f"{seed}-{day}-{number}", first + day * A_DAY, chance, **how)  # type: ignore[arg-type]
        for day in range(days)
        for number in range(a_day)
    ]


def known_by(life: Life, day: date) -> Life:
    """What was known of a parcel by the end of a day."""
    handed = life.handed if life.handed and life.handed <= day else None
    delivered = life.delivered if life.delivered and life.delivered <= day else None
    return life._replace(handed=handed, delivered=delivered)


def told(lives: Iterable[Life], through: date, book: Book | None = None, first: date = MONDAY) -> Book:
    """A book that heard of everything on its day."""
    book = book or Book("larkspur")
    days: dict[date, list[Life]] = {}
    for life in lives:
        for day in {life.placed, life.handed, life.delivered} - {None}:
            assert day is not None
            days.setdefault(day, []).append(life)
    day = first
    while day <= through:
        for life in days.get(day, ()):
            book.record(known_by(life, day))
        book.close(day)
        day += A_DAY
    return book


def learned(lives: Iterable[Life], through: date) -> Model:
    return told(lives, through).model()
