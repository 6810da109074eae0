"""What the dates engine says: honest quantiles, patience that only shrinks, words for doubt; and it can be kept."""

import random
import subprocess
import sys
from datetime import date, timedelta
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.domain.forecast.book import Book
from porchlight.domain.forecast.lives import Life, Route
from porchlight.domain.forecast.model import Model, ModelFormatError
from tests.unit.histories import A_DAY, MONDAY, OSLO, TROMSO, about, history, later, learned, story, told

NOW = MONDAY + timedelta(days=100)


@cache
def grown() -> Model:
    """Two lanes, one of them slow, and a sender who takes his time."""
    slow = Route(carrier="posten", origin="NO-03", destination="NO-03", prefix="0150", sender="attic")
    return learned(
        [
            *history(100, 6),
            *history(100, 4, seed=2, route=TROMSO, transit=about(9, 0.25)),
            *history(100, 3, seed=3, route=slow, handling=about(5, 0.3)),
        ],
        NOW - A_DAY,
    )


def new() -> Model:
    return Book("larkspur").model()


days = st.integers(-3, 60).map(lambda ahead: NOW + timedelta(days=ahead))
ages = st.integers(0, 90)
promises = st.none() | st.integers(-5, 70)
routes = st.sampled_from(
    (
        OSLO,
        TROMSO,
        Route(),
        Route(destination="NO-03"),
        OSLO.model_copy(update={"sender": "nobody", "prefix": "9"}),
        Route(carrier="other", service="express", origin="DE", destination="NO", origin_prefix="80331", prefix="7010"),
    )
)
models = st.sampled_from((grown, new))


# -- properties ------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=150)
@given(models, routes, days, st.integers(0, 23), promises, ages, ages, st.sampled_from((0, 1.5, 4)))
def test_quantiles_never_cross(
    model: object, route: Route, day: date, hour: int, promise: int | None, age: int, moving: int, wider: float
) -> None:
    asked: Model = model()  # type: ignore[operator]
    promised = day + timedelta(days=promise) if promise is not None else None
    handed, placed = day - timedelta(days=min(age, moving)), day - timedelta(days=age)
    for said in (
        asked.purchase(route, day, hour=hour, promised=promised, wider=wider),
        asked.handover(route, day, placed=placed, promised=promised, wider=wider),
        asked.remaining(route, placed=placed, handed=None, today=day, promised=promised, wider=wider),
        asked.remaining(route, placed=placed, handed=handed, today=day, promised=promised, wider=wider),
        asked.remaining(route, placed=placed, handed=handed, today=day, out_for_delivery=handed, wider=wider),
    ):
        assert 0 <= said.p10 <= said.p50 <= said.p80 <= said.p90


@settings(deadline=None, max_examples=100)
@given(models, routes, days, st.integers(0, 30), st.booleans(), st.integers(0, 23))
def test_more_silence_never_makes_lateness_less_likely(
    model: object, route: Route, placed: date, length: int, sent: bool, hour: int
) -> None:
    # Given a promise, and a parcel of which nothing is heard
    asked: Model = model()  # type: ignore[operator]
    promised = placed + timedelta(days=length)
    handed = placed if sent else None
    ask = lambda today: asked.late(  # noqa: E731 - used twice
        route, placed=placed, handed=handed, today=today, promised=promised, hour=hour
    )
    # When the days pass
    chances = [ask(placed + timedelta(days=passed)) for passed in range(length + 3)]
    # Then
    assert all(before <= after + 1e-12 for before, after in pairwise(chances))
    assert all(0 <= chance <= 1 for chance in chances)
    assert chances[length + 1 :] == [1.0, 1.0]


@settings(deadline=None, max_examples=100)
@given(models, routes, days, st.integers(-2, 30), st.booleans(), st.floats(0.01, 1))
def test_the_crossing_is_the_first_day_of_that_chance(
    model: object, route: Route, today: date, length: int, sent: bool, threshold: float
) -> None:
    asked: Model = model()  # type: ignore[operator]
    promised, placed = today + timedelta(days=length), today - timedelta(days=2)
    known = {"placed": placed, "handed": today - A_DAY if sent else None, "promised": promised}
    found = asked.crossing(route, today=today, threshold=threshold, **known)  # type: ignore[arg-type]
    passed = [today + timedelta(days=ahead) for ahead in range(length + 1)]
    late = [day for day in passed if asked.late(route, today=day, **known) >= threshold]  # type: ignore[arg-type]
    assert found == (late[0] if late else None)


# -- the truth is known ----------------------------------------------------------------------------------------------


def test_what_is_said_is_kept_as_often_as_is_said() -> None:
    # Given a network that the engine has seen for three months
    model, chance = learned(history(100, 12), NOW - A_DAY), random.Random(99)
    kept = {"purchase": [0, 0, 0, 0], "handover": [0, 0, 0, 0]}
    # When a thousand more parcels go their way
    for number in range(1000):
        life = story(str(number), NOW + timedelta(days=number % 14), chance)
        assert life.handed is not None
        assert life.delivered is not None
        purchase = model.purchase(OSLO, life.placed, promised=life.promised)
        handover = model.handover(OSLO, life.handed, placed=life.placed, promised=life.promised)
        for index in range(4):
            kept["purchase"][index] += (life.delivered - life.placed).days <= purchase[index]
            kept["handover"][index] += (life.delivered - life.handed).days <= handover[index]
    # Then: whole days make it a little more or less than is said; p10 and p50 are the first day that keeps it
    for p10, p50, p80, p90 in kept.values():
        assert 0.08 <= p10 / 1000 <= 0.3
        assert 0.46 <= p50 / 1000 <= 0.72
        assert 0.74 <= p80 / 1000 <= 0.9
        assert 0.84 <= p90 / 1000 <= 0.96


def test_probabilities_of_lateness_come_true() -> None:
    model, chance = grown(), random.Random(4)
    said, late = 0.0, 0
    for number in range(1500):
        life = story(str(number), NOW + timedelta(days=number % 14), chance, promised_days=8)
        assert life.promised is not None
        assert life.delivered is not None
        said += model.late(OSLO, placed=life.placed, handed=None, today=life.placed, promised=life.promised)
        late += life.delivered > life.promised
    assert 0.1 < late / 1500 < 0.4
    assert abs(said - late) / 1500 < 0.06


def test_lanes_and_senders_are_told_apart() -> None:
    model = grown()
    near, far = model.handover(OSLO, NOW), model.handover(TROMSO, NOW)
    assert far.p50 - near.p50 >= 4
    attic = OSLO.model_copy(update={"sender": "attic"})
    assert model.purchase(attic, NOW).p50 - model.purchase(OSLO, NOW).p50 >= 3
    assert abs(model.handover(attic, NOW).p50 - near.p50) <= 1
    # A place that nobody has sent to leans on what is usual
    unknown = model.handover(OSLO.model_copy(update={"destination": "NO-50", "prefix": "7010"}), NOW)
    assert near.p50 <= unknown.p50 <= far.p50


def test_a_shop_that_does_not_know_the_carrier_yet_gets_the_lane_all_the_same() -> None:
    model = grown()
    unknown = [route.model_copy(update={"carrier": ""}) for route in (OSLO, TROMSO)]
    near, far = (model.purchase(route, NOW) for route in unknown)
    assert far.p50 - near.p50 >= 4
    assert abs(near.p50 - model.purchase(OSLO, NOW).p50) <= 1
    assert [model.confidence(route) for route in unknown] == [(), ()]


def test_slower_times_are_noticed_within_weeks() -> None:
    quick, slow = history(60, 8), history(30, 8, seed=5, first=MONDAY + 60 * A_DAY, transit=about(8, 0.3))
    before = learned(quick, MONDAY + 59 * A_DAY).handover(OSLO, MONDAY + 60 * A_DAY)
    after = told([*quick, *slow], MONDAY + 90 * A_DAY).model().handover(OSLO, MONDAY + 91 * A_DAY)
    assert after.p50 - before.p50 >= 3


def test_an_order_in_the_evening_and_before_a_weekend_takes_longer() -> None:
    model, thursday = grown(), date(2026, 4, 16)
    assert model.purchase(OSLO, thursday, hour=23).p80 >= model.purchase(OSLO, thursday, hour=6).p80
    friday, monday = model.purchase(OSLO, thursday + A_DAY), model.purchase(OSLO, thursday + 4 * A_DAY)
    assert friday.p50 > monday.p50


def test_the_van_knows_better() -> None:
    # Given parcels that come the day they are loaded, or the next working day
    lives = [
        life._replace(out_for_delivery=later(life.delivered - A_DAY, 1) if index % 4 == 0 else life.delivered)
        for index, life in enumerate(history(60, 6))
        if life.delivered is not None
    ]
    book = Book("larkspur")
    for life in lives:
        book.record(life)
    book.close(MONDAY)
    book.close(MONDAY + 75 * A_DAY)
    today = date(2026, 3, 24)
    loaded = book.model().remaining(
        OSLO, placed=today - 3 * A_DAY, handed=today - A_DAY, today=today, out_for_delivery=today
    )
    moving = book.model().remaining(OSLO, placed=today - 3 * A_DAY, handed=today - A_DAY, today=today)
    assert loaded.p50 == 0
    assert loaded.p80 <= 1 < moving.p80


# -- doubt -----------------------------------------------------------------------------------------------------------


def test_a_brand_without_history_gets_something_wide() -> None:
    said = new().purchase(OSLO, NOW)
    assert 3 <= said.p10 < said.p50 < said.p80 < said.p90 < 60
    assert "cold_start" in new().confidence(OSLO)
    assert new().version.startswith("larkspur-new-")
    assert new().through is None


def test_history_replaces_what_was_taken_for_usual() -> None:
    widths = []
    for length in (0, 14, 100):
        model = learned(history(length, 8), MONDAY + max(length, 1) * A_DAY) if length else new()
        said = model.purchase(OSLO, MONDAY + 105 * A_DAY)
        widths.append(said.p90 - said.p10)
    assert widths[0] > widths[1] >= widths[2]
    assert widths[2] <= 6


def test_reasons_for_doubt() -> None:
    model = grown()
    assert model.confidence(OSLO) == ()
    assert model.confidence(OSLO.model_copy(update={"destination": "NO-50"})) == ("thin_lane",)
    assert model.confidence(OSLO.model_copy(update={"prefix": ""})) == ("address_imprecise",)
    assert "address_imprecise" in model.confidence(Route(carrier="posten", prefix="0150"))


def test_a_lane_that_breaks_its_promises_of_late_is_volatile() -> None:
    good = history(60, 6, promised_days=14)
    bad = history(14, 6, seed=8, first=MONDAY + 60 * A_DAY, transit=about(20, 0.2), promised_days=10)
    book = told(good, MONDAY + 62 * A_DAY)
    assert "volatile" not in book.model().confidence(OSLO)
    usual = book.model().expected_late_share("posten||NO-03|NO-03")
    for life in bad:
        book.record(life)
    book.close(MONDAY + 80 * A_DAY)
    model = book.model()
    assert "volatile" in model.confidence(OSLO)
    lane = model.lane(OSLO)
    assert lane is not None
    assert lane.lately > 0.5 > lane.late_share > usual
    assert model.expected_late_share("nowhere") == model.expected_late_share("")


@pytest.mark.parametrize(("hours", "count", "expected"), [(30, 200, 36), (5, 200, 24), (500, 200, 672), (30, 5, 72)])
def test_how_long_a_lane_may_be_silent(hours: int, count: int, expected: int) -> None:
    # Given parcels with such a longest gap between scans, and a few that were silent for long
    book = Book("larkspur")
    for number in range(count):
        gap = 400 if number % 40 == 0 and count > 5 else hours
        book.record(Life(str(number), OSLO, MONDAY, handed=MONDAY, delivered=MONDAY + A_DAY, silence_hours=gap))
    book.close(MONDAY + A_DAY)
    assert book.model().silence(OSLO) == timedelta(hours=expected)
    # A lane that nobody knows is as silent as all are
    assert book.model().silence(TROMSO) == timedelta(hours=expected)


# -- kept ------------------------------------------------------------------------------------------------------------


def test_a_model_that_was_kept_says_the_same() -> None:
    model = grown()
    again = Model.load(model.dump())
    assert (again.version, again.through, again.dump()) == (model.version, model.through, model.dump())
    assert len(model.dump()) < 300_000
    promised = NOW + timedelta(days=6)
    for route in (OSLO, TROMSO, Route()):
        assert again.purchase(route, NOW, hour=20, promised=promised) == model.purchase(
            route, NOW, hour=20, promised=promised
        )
        assert again.late(route, placed=NOW, handed=None, today=NOW, promised=promised) == model.late(
            route, placed=NOW, handed=None, today=NOW, promised=promised
        )
        assert again.confidence(route) == model.confidence(route)
    assert again.days("NO-03").holidays == model.days("NO-03").holidays != ()


def test_the_version_names_what_is_in_it() -> None:
    brand, year, month, day, digits = grown().version.split("-")
    assert (brand, date(int(year), int(month), int(day))) == ("larkspur", NOW - A_DAY)
    assert len(digits) == 4
    assert grown().version != learned(history(100, 6), NOW - A_DAY).version


@pytest.mark.parametrize("raw", [b"", b"no", b'{"format": 1}', None])
def test_what_is_no_model_is_said_to_be_none(raw: bytes | None) -> None:
    import gzip

    raw = gzip.compress(b'{"format": 99}') if raw is None else raw
    with pytest.raises(ModelFormatError):
        Model.load(raw)


def test_predicting_loads_no_calendar_of_holidays() -> None:
    code = "import sys, porchlight.domain.forecast.model; print('holidays' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
