"""What one shopper hears of one parcel over its whole life: no delay without reason, none told for ever, none lost."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from porchlight.domain.dates import DateRange
from porchlight.domain.delays import Delay, DelayChange, DelayDecision, DelayKind
from porchlight.domain.events import DeliveryEstimate
from porchlight.domain.forecast.lives import Forecast
from porchlight.domain.lateness import assess, next_check
from porchlight.domain.mending import declare, follow_carrier, mend, suspect
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.outlook import NOTHING_KNOWN, Outlook
from porchlight.domain.promises import PromiseMade
from porchlight.domain.ranges import expected_range
from porchlight.domain.shipments import Shipment, StoredEvent
from tests.unit.stories import DAY, NOW, ZONE, after, brand, parcel, scan

BRAND = brand()
POLICY = BRAND.delays
HOUR = timedelta(hours=1)
FRIDAY_OVER = datetime(2026, 3, 7, 5, tzinfo=UTC)
LIKELY = Outlook(late=0.7, crossing=date(2026, 3, 2))


def late(shipment: Shipment, now: datetime, outlook: Outlook = NOTHING_KNOWN) -> Shipment:
    suspicion = assess(shipment, POLICY, now, outlook)
    assert suspicion
    return declare(shipment, suspicion, POLICY, now, outlook)[0]


def heard(shipment: Shipment, events: list[StoredEvent], now: datetime) -> tuple[Shipment, tuple[DelayDecision, ...]]:
    return mend(after(shipment, events), POLICY, now)


def delay_of(shipment: Shipment) -> Delay:
    assert shipment.delay
    return shipment.delay


def estimated(day: int, at: datetime) -> dict[str, Any]:
    return {"estimate": DeliveryEstimate(day=date(2026, 3, day)), "estimate_at": at}


def silent_for_a_year(shipment: Shipment, outlook: Outlook = NOTHING_KNOWN) -> list[DelayDecision]:
    """All that is decided about a parcel that nobody hears of, looked at whenever it is due."""
    found: list[DelayDecision] = []
    now = NOW
    while (due := next_check(shipment, POLICY, now, outlook)) and due < NOW + 365 * DAY:
        now = max(due, now)
        suspicion = assess(shipment, POLICY, now, outlook)
        decisions: tuple[DelayDecision, ...] = ()
        if suspicion:
            shipment, decisions = declare(shipment, suspicion, POLICY, now, outlook)
        found += decisions
        now += DAY if suspicion and not decisions else timedelta()
    return found


class TestNoReason:
    """What is no reason to call a parcel late."""

    def test_on_the_van_it_is_not_late_by_an_estimate_or_history_from_before(self) -> None:
        van = [scan(M.OUT_FOR_DELIVERY, NOW)]
        assert assess(after(parcel(**estimated(9, NOW - DAY)), van), POLICY, NOW) is None
        assert assess(after(parcel(), van), POLICY, NOW, LIKELY) is None
        assert assess(after(parcel(**estimated(9, NOW)), van), POLICY, NOW), "the carrier has said so since"

    def test_after_a_recovery_history_does_not_say_again_what_it_has_said(self) -> None:
        # Given a parcel that was likely to be late, told so, and is on the van with its promise still ahead
        events = [scan(M.IN_TRANSIT, NOW)]
        told = late(after(parcel(), events), NOW, LIKELY)
        moving = [*events, scan(M.IN_TRANSIT, NOW + DAY), scan(M.OUT_FOR_DELIVERY, NOW + 2 * DAY)]
        mended, _ = heard(told, moving, NOW + 2 * DAY)
        # Then nothing is wrong with it; nor when it goes back to the depot
        assert assess(mended, POLICY, NOW + 2 * DAY, LIKELY) is None
        back = after(mended, [*moving, scan(M.IN_TRANSIT, NOW + 3 * DAY)])
        assert assess(back, POLICY, NOW + 3 * DAY, LIKELY) is None

    def test_after_a_recovery_an_estimate_from_before_the_delay_says_nothing(self) -> None:
        events = [scan(M.IN_TRANSIT, NOW)]
        then = NOW + 4 * DAY
        told = late(after(parcel(promise=None, **estimated(20, NOW - DAY)), events), then)
        mended, _ = heard(told, [*events, scan(M.IN_TRANSIT, then + HOUR)], then + HOUR)
        assert delay_of(mended).recovered_at
        assert assess(mended, POLICY, then + HOUR) is None

    def test_a_recovery_that_names_a_later_day_says_that_day_and_is_no_second_delay(self) -> None:
        events = [scan(M.IN_TRANSIT, NOW)]
        told = late(after(parcel(promise=None), events), NOW + 4 * DAY)
        then = NOW + 5 * DAY
        news = told.model_copy(update=estimated(18, then))
        mended, _ = heard(news, [*events, scan(M.IN_TRANSIT, then)], then)
        assert delay_of(mended).expected == DateRange(earliest=date(2026, 3, 18), latest=date(2026, 3, 19), zone=ZONE)
        assert assess(mended, POLICY, then) is None
        later = mended.model_copy(update=estimated(25, then + DAY))
        assert assess(later, POLICY, then + DAY), "a day that the carrier names later is another delay"

    def test_an_old_scan_that_reaches_us_late_is_no_recovery_and_no_second_delay(self) -> None:
        events = [scan(M.IN_TRANSIT, NOW)]
        told = late(after(parcel(promise=None), events), NOW + 4 * DAY)
        then = NOW + 9 * DAY
        old = [*events, scan(M.ACCEPTED, NOW + DAY)]
        assert heard(told, old, then)[1] == ()
        _, (decision,) = heard(told, [*old, scan(M.OUT_FOR_DELIVERY, then)], then)
        assert decision.change is DelayChange.RECOVERED

    def test_a_day_that_the_shop_promised_since_is_what_counts(self) -> None:
        # Given a parcel that is late, and a shop that has promised a later day since
        events = [scan(M.IN_TRANSIT, NOW + 4 * DAY)]
        told = late(after(parcel(), events), FRIDAY_OVER)
        far = DateRange(earliest=date(2026, 3, 18), latest=date(2026, 3, 19), zone=ZONE)
        made = (PromiseMade(range=far, made_at=FRIDAY_OVER + HOUR),)
        told = told.model_copy(update={"promise": far, "promises": made})
        # Then that is said, and the range from before does not break it
        assert expected_range(told, BRAND, FRIDAY_OVER + HOUR) == far
        over = datetime(2026, 3, 14, 4, tzinfo=UTC)
        moving = after(told, [*events, scan(M.IN_TRANSIT, over)])
        assert delay_of(told).expected.latest < date(2026, 3, 14)  # type: ignore[union-attr]
        assert assess(moving, POLICY, over) is None
        end = datetime(2026, 3, 20, 4, tzinfo=UTC)
        fresh = after(told, [*events, scan(M.IN_TRANSIT, end - HOUR)])
        assert assess(fresh, POLICY, end), "and its end does"


class TestNoSpam:
    """One delay is told anew more and more seldom."""

    def test_a_label_that_nobody_ever_scans_is_told_of_a_few_times_a_year(self) -> None:
        told = silent_for_a_year(parcel(shipped_at=NOW))
        assert [decision.change for decision in told][:2] == [DelayChange.DECLARED, DelayChange.UPDATED]
        assert len(told) <= 9

    def test_nor_is_one_that_its_model_expects_tomorrow_every_day(self) -> None:
        soon = date(2026, 3, 3)
        days = {"p10": soon, "p50": soon, "p80": soon, "p90": soon, "made_at": NOW}
        told = silent_for_a_year(parcel(), Outlook(forecast=Forecast(moment="in_flight", version="larkspur-1", **days)))
        assert 2 <= len(told) <= 12

    def test_a_carrier_that_moves_its_day_each_day_is_believed_less_and_less(self) -> None:
        shipment = late(after(parcel(), [scan(M.IN_TRANSIT, NOW + 4 * DAY)]), FRIDAY_OVER)
        updates = 0
        for day in range(14):
            now = FRIDAY_OVER + day * DAY
            estimate = {"estimate": DeliveryEstimate(day=now.date() + 5 * DAY), "estimate_at": now}
            shipment, decisions = follow_carrier(shipment.model_copy(update=estimate), POLICY, now)
            updates += len(decisions)
        assert 2 <= updates <= 6

    def test_a_parcel_that_moves_all_the_while_is_not_said_to_move_again(self) -> None:
        # Given a parcel that is scanned twice a day, and misses its promise
        half = [scan(M.IN_TRANSIT, NOW + count * 12 * HOUR) for count in range(20)]
        shipment = late(after(parcel(), half[:10]), FRIDAY_OVER)
        assert delay_of(shipment).kind is DelayKind.PROMISE_MISSED
        # Then more of the same mends nothing, and the van does
        for count in range(10, 16):
            shipment, decisions = heard(shipment, half[:count], NOW + count * 12 * HOUR)
            assert decisions == ()
        van = NOW + 9 * DAY
        shipment, (decision,) = heard(shipment, [*half[:16], scan(M.OUT_FOR_DELIVERY, van)], van)
        assert decision.change is DelayChange.RECOVERED

    def test_one_that_was_silent_when_it_was_told_moves_again_with_its_next_scan(self) -> None:
        events = [scan(M.IN_TRANSIT, NOW + 3 * DAY)]
        shipment = late(after(parcel(), events), FRIDAY_OVER)
        _, (decision,) = heard(shipment, [*events, scan(M.IN_TRANSIT, FRIDAY_OVER + HOUR)], FRIDAY_OVER + HOUR)
        assert decision.change is DelayChange.RECOVERED


class TestNothingLost:
    """Every delay ends as what it was, and every look finds its way."""

    def test_in_time_after_its_recovery_it_was_a_false_alarm_all_the_same(self) -> None:
        # Nearly every delivery comes after a scan on the van, which is what mends a delay that was foreseen.
        events = [scan(M.IN_TRANSIT, NOW)]
        shipment = late(after(parcel(), events), NOW, LIKELY)
        events.append(scan(M.OUT_FOR_DELIVERY, NOW + DAY))
        shipment, (first,) = heard(shipment, events, NOW + DAY)
        events.append(scan(M.DELIVERED, NOW + DAY + 4 * HOUR))
        delivered, (second,) = heard(shipment, events, NOW + DAY + 4 * HOUR)
        assert (first.change, second.change) == (DelayChange.RECOVERED, DelayChange.FALSE_ALARM)
        assert delay_of(delivered).false_alarm
        assert heard(delivered, events, NOW + 2 * DAY) == (delivered, ())
        too_late = [*events[:2], scan(M.DELIVERED, NOW + 6 * DAY)]
        assert heard(shipment, too_late, NOW + 6 * DAY)[1] == ()

    def test_a_scan_that_we_hear_of_late_mends_a_label_that_was_never_scanned(self) -> None:
        events = [scan(M.PRE_TRANSIT, NOW), scan(M.UNKNOWN, NOW + DAY)]
        shipment = late(after(parcel(promise=None, shipped_at=NOW), events), NOW + 3 * DAY)
        assert delay_of(shipment).kind is DelayKind.LABEL_NEVER_SCANNED
        _, (decision,) = heard(shipment, [*events, scan(M.ACCEPTED, NOW + HOUR)], NOW + 3 * DAY + HOUR)
        assert decision.change is DelayChange.RECOVERED

    def test_a_suspicion_that_has_become_another_is_declared_under_the_id_that_its_workflow_has(self) -> None:
        shipment = after(parcel(promise=None), [scan(M.IN_TRANSIT, NOW)])
        suspicion = assess(shipment, POLICY, NOW + 4 * DAY)
        assert suspicion
        noted, _ = suspect(shipment, suspicion, POLICY, NOW + 4 * DAY)
        lost = delay_of(late(noted, NOW + 14 * DAY))
        assert (lost.kind, lost.delay_id) == (DelayKind.PRESUMED_LOST, suspicion.delay_id)

    @pytest.mark.parametrize("day", [date.max, date.max - DAY, date.max - 3 * DAY, date.min, date.min + DAY])
    @pytest.mark.parametrize("zone", [ZONE, None, "Pacific/Kiritimati"])
    def test_a_placeholder_for_a_promise_stops_no_look(self, day: date, zone: str | None) -> None:
        shipment = after(parcel(zone=zone, promise=DateRange(earliest=day, latest=day)), [scan(M.IN_TRANSIT, NOW)])
        then = NOW + 4 * DAY
        assert next_check(shipment, POLICY, then)
        expected = delay_of(late(shipment, then)).expected
        assert expected
        assert expected.latest < date(2026, 3, 20)

    def test_what_the_carrier_says_is_lost_is_no_end_but_the_gravest_delay(self) -> None:
        # Given a parcel that stands still, and a carrier that says that it has lost it
        events = [scan(M.IN_TRANSIT, NOW)]
        stalled = late(after(parcel(promise=None), events), NOW + 4 * DAY)
        then = NOW + 5 * DAY
        events.append(scan(M.LOST, then))
        lost, nothing = heard(stalled, events, then)
        assert nothing == ()
        # Then the delay becomes that at once; one that was not late before is declared
        assert next_check(lost, POLICY, then) == then
        assert delay_of(late(lost, then)).kind is DelayKind.PRESUMED_LOST
        told = late(after(parcel(), events), then)
        assert (delay_of(told).kind, delay_of(told).expected) == (DelayKind.PRESUMED_LOST, None)
        # And where it turns up, it is resolved
        _, (decision,) = heard(told, [*events, scan(M.DELIVERED, then + DAY)], then + DAY)
        assert decision.change is DelayChange.RESOLVED

    @pytest.mark.parametrize("update", [{"return_id": "rma_1"}, {"order_cancelled": True}])
    def test_one_that_nobody_waits_for_is_lost_for_nobody(self, update: dict[str, Any]) -> None:
        assert assess(after(parcel(**update), [scan(M.LOST, NOW)]), POLICY, NOW + DAY) is None

    def test_nor_is_one_that_was_delivered_before(self) -> None:
        events = [scan(M.DELIVERED, NOW), scan(M.LOST, NOW + DAY)]
        assert assess(after(parcel(), events), POLICY, NOW + 2 * DAY) is None
