"""The clock of 16 CFR 435.2: when a notice goes out, until when it may be answered, and what silence means."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import end_of_day
from porchlight.domain.delays import Agreed
from porchlight.domain.dispatch import assess_order
from porchlight.domain.mail_order import (
    LATE_TIME,
    Nothing,
    Question,
    agreed_to,
    applies,
    left_unanswered,
    next_step,
    notice_due,
    original_day,
    overtaken,
    refund_by,
    zone_of_origin,
)
from porchlight.domain.orders import Destination, Order
from porchlight.domain.promises import ShipDaySaid
from porchlight.domain.remedies import Remedy
from tests.unit.stories import DAY, NOW, ZONE, brand, order

HERE = ZoneInfo(ZONE)
STATED = date(2026, 3, 10)
HOUR = timedelta(hours=1)


def stated(*days: date | None, hours: int = 0, **update: Any) -> Order:
    """An order for which these days of shipping were said in turn, a day after another."""
    said = tuple(ShipDaySaid(day=day, said_at=NOW + number * DAY + hours * HOUR) for number, day in enumerate(days))
    return order(ship_by=days[-1] if days else None, ship_days=said, **update)


def local(day: date, hour: int = 0) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=HERE)


def asked(late: Order, now: datetime, agreed: Agreed | None = None) -> Question:
    found = next_step(late, brand(), agreed, now)
    assert isinstance(found, Question)
    return found


@pytest.mark.parametrize(("country", "rule"), [("US", True), ("CA", False), (None, False)])
def test_it_applies_to_orders_to_the_united_states(country: str | None, *, rule: bool) -> None:
    assert applies(order(destination=Destination(country=country)), brand().delays) is rule


def test_a_brand_may_say_that_it_is_none_of_its_business() -> None:
    assert not applies(order(), brand().delays.model_copy(update={"mail_order_rule": False}))


class TestTheTimeToShip:
    def test_is_what_was_stated_when_it_was_ordered(self) -> None:
        assert original_day(stated(STATED, date(2026, 4, 1)), brand()) == STATED

    def test_is_thirty_days_where_none_was(self) -> None:
        assert original_day(stated(), brand()) == date(2026, 4, 1)
        # A day that was named afterwards was not stated when it was ordered
        assert original_day(stated(None, STATED), brand()) == date(2026, 4, 1)

    def test_an_order_of_an_older_release_has_no_history(self) -> None:
        assert original_day(order(ship_by=STATED), brand()) == STATED

    def test_days_are_those_of_the_place_where_it_is_packed(self) -> None:
        # Given: the evening of New Year's Eve in New York, New Year in UTC
        late = stated(placed_at=datetime(2027, 1, 1, 3, tzinfo=UTC))
        assert original_day(late, brand()) == date(2027, 1, 30)

    def test_without_any_zone_days_end_before_those_of_every_state(self) -> None:
        nowhere = brand().model_copy(update={"zone": None})
        assert zone_of_origin(order(destination=Destination(country="US")), nowhere) == "UTC"


class TestFirstNotice:
    def test_goes_out_in_the_evening_of_the_last_day(self) -> None:
        late = stated(STATED)
        assert next_step(late, brand(), None, NOW) == Nothing(local(STATED, 20).astimezone(UTC))
        assert asked(late, local(STATED, 20)).facts["notice_late"] is False

    def test_goes_out_at_once_when_the_shop_names_a_later_day(self) -> None:
        late = stated(STATED, date(2026, 3, 20))
        assert notice_due(late, brand()) == NOW + DAY

    def test_an_earlier_day_needs_no_consent(self) -> None:
        late = stated(STATED, date(2026, 3, 5))
        assert notice_due(late, brand()) == local(STATED, 20)

    def test_silence_is_a_yes_to_a_definite_day_within_thirty(self) -> None:
        revised = STATED + timedelta(days=30)
        question = asked(stated(STATED, revised), NOW + DAY)
        assert (question.default, question.revised) == (Remedy.KEEP_WAITING, revised)
        # The renewed notice takes over on that day, while it may still ship
        assert question.deadline == local(revised, 9)

    def test_silence_cancels_where_the_day_is_later(self) -> None:
        question = asked(stated(STATED, STATED + timedelta(days=31)), NOW + DAY)
        assert question.default is Remedy.CANCEL
        assert question.deadline == local(STATED + timedelta(days=31))  # thirty days after the original one are over

    def test_silence_cancels_where_no_day_is_named(self) -> None:
        question = asked(stated(STATED), local(STATED, 20))
        assert (question.default, question.revised) == (Remedy.CANCEL, None)
        assert question.deadline == local(STATED + timedelta(days=31))

    def test_a_day_that_leaves_no_time_for_a_renewed_notice_is_not_definite(self) -> None:
        question = asked(stated(STATED, STATED + DAY), local(STATED + DAY, 9))
        assert (question.default, question.revised) == (Remedy.CANCEL, None)

    def test_it_says_why_in_the_shops_words(self) -> None:
        late = stated(STATED, ship_note="The kiln broke.")
        assert asked(late, local(STATED, 20)).facts["reason"] == "The kiln broke."

    @pytest.mark.parametrize("revised", [None, date(2026, 3, 20)])
    def test_one_that_is_late_is_none_silence_cancels_after_a_day_and_the_record_says_so(
        self, revised: date | None
    ) -> None:
        late = stated(STATED, *([revised] if revised else []))
        now = local(STATED + DAY, 5)
        question = asked(late, now)
        assert (question.deadline, question.default) == (now + LATE_TIME, Remedy.CANCEL)
        assert question.facts["notice_late"] is True
        # Then: the refund is due as if it had been cancelled when its time was over, on Wednesday, 11 March
        assert refund_by(late, brand(), question.facts, question.deadline) == date(2026, 3, 20)


class TestRenewedNotice:
    REVISED = date(2026, 3, 20)

    def agreed(self, *, expressly: bool = False) -> Agreed:
        return Agreed(until=self.REVISED, expressly=expressly, at=NOW)

    def test_goes_out_in_the_morning_of_the_day_agreed_to(self) -> None:
        late = stated(STATED, self.REVISED)
        assert next_step(late, brand(), self.agreed(), NOW + DAY) == Nothing(local(self.REVISED, 9).astimezone(UTC))

    @pytest.mark.parametrize("further", [None, date(2026, 3, 25), date(2026, 9, 1)])
    def test_silence_cancels_at_the_end_of_that_day_whatever_is_named(self, further: date | None) -> None:
        late = stated(STATED, self.REVISED, *([further] if further else []))
        question = asked(late, local(self.REVISED, 9), self.agreed())
        assert (question.default, question.revised, question.renewed) == (Remedy.CANCEL, further, True)
        assert question.deadline == local(self.REVISED + DAY)

    def test_goes_out_at_once_when_the_shop_names_a_day_beyond(self) -> None:
        late = stated(STATED, self.REVISED, date(2026, 3, 25))
        assert notice_due(late, brand(), self.agreed()) == NOW + 2 * DAY


class TestAnswers:
    def test_a_yes_is_to_the_day_that_was_named(self) -> None:
        question = asked(stated(STATED, date(2026, 3, 20)), NOW + DAY)
        assert agreed_to(question.facts, expressly=True, now=NOW).until == date(2026, 3, 20)

    def test_a_yes_to_no_day_lasts_until_it_ships_and_may_be_taken_back(self) -> None:
        late = stated(STATED)
        agreed = agreed_to(asked(late, local(STATED, 20)).facts, expressly=True, now=NOW)
        assert agreed.until is None
        assert notice_due(late, brand(), agreed) is None
        again = asked(late, local(STATED, 21), agreed)
        # The question stays open: cancel at any time, and silence never cancels
        assert (again.options, again.default) == ((Remedy.KEEP_WAITING, Remedy.CANCEL), Remedy.KEEP_WAITING)
        assert again.deadline == local(STATED, 21) + timedelta(days=30)

    def test_a_later_day_overtakes_the_question_and_an_earlier_one_does_not(self) -> None:
        first = stated(STATED, date(2026, 3, 20))
        question = asked(first, NOW + DAY)
        now = NOW + 3 * DAY
        assert not overtaken(question.facts, first, brand(), now)
        assert not overtaken(question.facts, stated(STATED, date(2026, 3, 20), date(2026, 3, 15)), brand(), now)
        later = stated(STATED, date(2026, 3, 20), date(2026, 3, 30))
        assert overtaken(question.facts, later, brand(), now)
        # Then: silence so far was a yes to the first day, and the new one needs an express yes
        agreed = left_unanswered(question.facts, question.default, None, now)
        assert agreed == Agreed(until=date(2026, 3, 20), expressly=False, at=now)
        assert asked(later, now, agreed).default is Remedy.CANCEL

    def test_nothing_overtakes_a_question_whose_answer_is_due(self) -> None:
        question = asked(stated(STATED, date(2026, 3, 20)), NOW + DAY)
        later = stated(STATED, date(2026, 3, 20), date(2026, 3, 30))
        assert overtaken(question.facts, later, brand(), question.deadline - timedelta(seconds=1))
        assert not overtaken(question.facts, later, brand(), question.deadline)

    def test_a_day_overtakes_a_question_that_had_none(self) -> None:
        question = asked(stated(STATED), local(STATED, 20))
        named = stated(STATED, date(2026, 3, 30))
        now = local(STATED, 22)
        assert overtaken(question.facts, named, brand(), now)
        standing = left_unanswered(question.facts, question.default, None, now)
        assert standing
        again = asked(named, local(STATED + DAY, 8), standing)
        # Then: by the same rules, and though the time to ship is over, notice was given in time
        assert (again.default, again.revised) == (Remedy.KEEP_WAITING, date(2026, 3, 30))
        assert (again.deadline, again.facts["notice_late"]) == (local(date(2026, 3, 30), 9), False)
        # … but not beyond thirty days without an express yes
        far = asked(stated(STATED, STATED + timedelta(days=31)), local(STATED + DAY, 8), standing)
        assert (far.default, far.deadline) == (Remedy.CANCEL, question.deadline)
        assert left_unanswered(far.facts, far.default, standing, now) == standing

    def test_the_refund_is_due_seven_working_days_after_the_right_to_it(self) -> None:
        late = stated(STATED)
        facts = asked(late, local(STATED, 20)).facts
        # Given: cancelled on Thursday, 12 March
        assert refund_by(late, brand(), facts, local(date(2026, 3, 12), 12)) == date(2026, 3, 23)
        # Given: ended by silence, and we looked a day too late: the rule's own deadline counts
        ended = local(STATED + timedelta(days=31))
        assert refund_by(late, brand(), facts, ended + DAY) == refund_by(late, brand(), facts, ended)


ZONES = st.sampled_from(["America/New_York", "Pacific/Honolulu", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"])
DAYS = st.dates(date(2025, 12, 20), date(2027, 1, 15))


def packed_in(zone: str) -> BrandConfig:
    known = brand().model_dump(mode="json")
    origins = {"here": {"country": "US", "zone": zone, "cutoff": "14:00"}}
    return BrandConfig.model_validate(known | {"dates": {"origins": origins}})


@given(ZONES, DAYS, st.lists(st.one_of(st.none(), DAYS), max_size=3), st.integers(0, 120 * 24))
def test_every_notice_is_out_before_the_time_is_over(
    zone: str, placed: date, days: list[date | None], hours: int
) -> None:
    """Weekends, holidays, changes of the clock and New Year's Eve count as any other day."""
    shop = packed_in(zone)
    late = stated(*days, placed_at=datetime.combine(placed, time(12), tzinfo=UTC), promise=None)
    last = original_day(late, shop)
    due = notice_due(late, shop)
    assert due
    assert due < end_of_day(last, zone)
    if days and days[0]:
        assert last == days[0]
    else:
        assert (last - late.placed_at.astimezone(ZoneInfo(zone)).date()).days == 30
    # Then: whoever looks when the order is to be looked at finds it late by the time of the notice
    assert assess_order(late, [], shop, max(due, late.placed_at))
    now = due + hours * HOUR
    question = next_step(late, shop, None, now)
    assert isinstance(question, Question)
    assert question.deadline > now
    thirty = end_of_day(last + timedelta(days=30), zone)
    assert bool(question.facts["notice_late"]) == (now >= end_of_day(last, zone))
    if question.facts["notice_late"]:
        assert (question.default, question.deadline) == (Remedy.CANCEL, now + LATE_TIME)
    elif question.default is Remedy.KEEP_WAITING:
        # Silence is a yes only to a definite day, and never beyond thirty days after the original one
        assert question.revised
        assert last < question.revised <= last + timedelta(days=30)
        assert question.deadline < thirty
    else:
        assert question.deadline == thirty
    assert question.options == (Remedy.KEEP_WAITING, Remedy.CANCEL)


@given(ZONES, DAYS, DAYS, st.one_of(st.none(), DAYS), st.integers(0, 60 * 24))
def test_silence_never_takes_an_order_beyond_the_day_that_was_agreed_to(
    zone: str, first: date, until: date, further: date | None, hours: int
) -> None:
    shop = packed_in(zone)
    late = stated(first, until, *([further] if further else []))
    agreed = Agreed(until=until, expressly=False, at=NOW)
    due = notice_due(late, shop, agreed)
    assert due
    assert due < end_of_day(until, zone)
    now = due + hours * HOUR
    question = next_step(late, shop, agreed, now)
    assert isinstance(question, Question)
    assert question.default is Remedy.CANCEL
    over = end_of_day(until, zone)
    assert question.deadline == (now + LATE_TIME if now >= over else over)
    cancelled = refund_by(late, shop, question.facts, question.deadline)
    vested = min(question.deadline, end_of_day(until, zone)).astimezone(ZoneInfo(zone)).date()
    assert 7 <= (cancelled - vested).days <= 11
