"""Every kind of delay: from which silence or news on it holds, whose fault it is, and what mends it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.dates import DateRange
from porchlight.domain.delays import Delay, DelayChange, DelayDecision, DelayKind
from porchlight.domain.events import DeliveryEstimate, TrackingEvent
from porchlight.domain.forecast.lives import Forecast
from porchlight.domain.lateness import Suspicion, assess, next_check
from porchlight.domain.mending import clear, declare, follow_carrier, mend, suspect
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party, Reason
from porchlight.domain.outlook import NOTHING_KNOWN, Outlook
from porchlight.domain.ranges import expected_range
from porchlight.domain.shipments import Shipment, StoredEvent
from tests.unit.stories import DAY, NOW, ZONE, after, brand, parcel, scan

BRAND = brand()
POLICY = BRAND.delays
SUNDAY = NOW + 6 * DAY
MONDAY = date(2026, 3, 2)


def trouble(milestone: M, reason: Reason, at: datetime = NOW, fault: Party | None = None) -> StoredEvent:
    event = TrackingEvent(occurred_at=at, raw_code="x", milestone=milestone, reason=reason, at_fault=fault)
    return StoredEvent(event_id=event.event_id("ups", "x"), event=event, received_at=at, source="ups")


def local(day: int, hour: int = 0, month: int = 3) -> datetime:
    """That local hour in New York, which is five hours behind before the 8th of March and four after it."""
    return datetime(2026, month, day, hour + (5 if day <= 8 and month == 3 else 4), tzinfo=UTC)


def forecast(p50: int, p90: int, *reasons: str) -> Forecast:
    days = {"p10": date(2026, 3, p50 - 1), "p50": date(2026, 3, p50), "p80": date(2026, 3, p90 - 1)}
    return Forecast(
        moment="in_flight",
        p90=date(2026, 3, p90),
        **days,
        zone=ZONE,
        made_at=NOW,
        version="larkspur-1",
        reasons=reasons,
    )


def found(shipment: Shipment, now: datetime, outlook: Outlook = NOTHING_KNOWN) -> Suspicion:
    suspicion = assess(shipment, POLICY, now, outlook)
    assert suspicion
    return suspicion


def late(shipment: Shipment, now: datetime, outlook: Outlook = NOTHING_KNOWN) -> Shipment:
    return declare(shipment, found(shipment, now, outlook), POLICY, now, outlook)[0]


def delay_of(shipment: Shipment) -> Delay:
    assert shipment.delay
    return shipment.delay


UNPROMISED: dict[str, Any] = {"promise": None}


@pytest.mark.parametrize(
    ("shipment", "since", "kind", "fault"),
    [
        # Shipped on Monday, never scanned: two working days later the label is suspect.
        (parcel(shipped_at=NOW), local(5), DelayKind.LABEL_NEVER_SCANNED, Party.RETAILER),
        (
            after(parcel(shipped_at=NOW), [scan(M.PRE_TRANSIT, NOW)]),
            local(5),
            DelayKind.LABEL_NEVER_SCANNED,
            Party.RETAILER,
        ),
        # At the door in vain on Monday, and not again by the end of Tuesday.
        (after(parcel(), [scan(M.DELIVERY_ATTEMPTED, NOW)]), local(4), DelayKind.ATTEMPT_FAILED, Party.CONSIGNEE),
        # A trouble of Monday noon is older than a working day on Tuesday noon; one of Friday noon on Monday noon.
        (
            after(parcel(), [trouble(M.EXCEPTION, Reason.WEATHER, NOW, Party.WEATHER)]),
            NOW + DAY,
            DelayKind.EXCEPTION_UNRESOLVED,
            Party.WEATHER,
        ),
        (
            after(parcel(**UNPROMISED), [trouble(M.EXCEPTION, Reason.MISROUTED, NOW + 4 * DAY, Party.CARRIER)]),
            NOW + 7 * DAY - timedelta(hours=1),  # the clocks went forward
            DelayKind.EXCEPTION_UNRESOLVED,
            Party.CARRIER,
        ),
        (
            after(parcel(), [trouble(M.EXCEPTION, Reason.CUSTOMS, NOW)]),
            NOW + DAY,
            DelayKind.CUSTOMS_HOLD,
            Party.CUSTOMS,
        ),
        (after(parcel(), [scan(M.DELAYED, NOW)]), NOW + DAY, DelayKind.EXCEPTION_UNRESOLVED, Party.CARRIER),
        # Waiting since Monday, kept for a week, reminded two days before.
        (
            after(parcel(), [scan(M.AVAILABLE_FOR_PICKUP, NOW)]),
            local(7),
            DelayKind.PICKUP_EXPIRING,
            Party.CONSIGNEE,
        ),
        (
            after(parcel(return_id="rma_1", **UNPROMISED), [scan(M.IN_TRANSIT, NOW)]),
            NOW + 7 * DAY,
            DelayKind.RETURN_STALLED,
            Party.CARRIER,
        ),
        (after(parcel(**UNPROMISED), [scan(M.IN_TRANSIT, NOW)]), NOW + 4 * DAY, DelayKind.STALLED, Party.CARRIER),
    ],
)
def test_it_holds_from_that_instant_on(shipment: Shipment, since: datetime, kind: DelayKind, fault: Party) -> None:
    assert assess(shipment, POLICY, since - timedelta(microseconds=1)) is None
    suspicion = found(shipment, since)
    assert (suspicion.kind, suspicion.fault, suspicion.since) == (kind, fault, since)
    assert next_check(shipment, POLICY, since - timedelta(hours=1)) == since


def test_silence_beyond_the_loss_horizon_is_graver_than_any() -> None:
    shipment = after(parcel(), [scan(M.IN_TRANSIT, NOW)])
    assert found(shipment, NOW + 14 * DAY).kind is DelayKind.PRESUMED_LOST
    lost = delay_of(late(shipment, NOW + 14 * DAY))
    assert (lost.expected, lost.fault) == (None, Party.CARRIER)


def test_a_lanes_own_silence_counts_within_half_and_double_of_the_policys() -> None:
    shipment = after(parcel(**UNPROMISED), [scan(M.IN_TRANSIT, NOW)])
    for silence, days in ((3 * DAY, 3), (DAY, 2), (30 * DAY, 8)):
        outlook = Outlook(silence=silence)
        assert assess(shipment, POLICY, NOW + days * DAY - timedelta(seconds=1), outlook) is None
        assert found(shipment, NOW + days * DAY, outlook).kind is DelayKind.STALLED


class TestPredicted:
    moving = after(parcel(), [scan(M.IN_TRANSIT, NOW)])

    def test_from_the_day_on_which_silence_makes_it_likely(self) -> None:
        outlook = Outlook(forecast=forecast(9, 11), late=0.4, crossing=date(2026, 3, 4))
        assert assess(self.moving, POLICY, local(4) - timedelta(seconds=1), outlook) is None
        assert next_check(self.moving, POLICY, NOW, outlook) == local(4)
        suspicion = found(self.moving, local(4), outlook._replace(late=0.62))
        assert suspicion.kind is DelayKind.PREDICTED_LATE
        assert (suspicion.facts["late_probability"], suspicion.facts["threshold"]) == (0.62, 0.5)
        assert suspicion.facts["p90"] == "2026-03-11"

    def test_the_new_range_is_the_models_and_after_the_promise(self) -> None:
        outlook = Outlook(forecast=forecast(5, 10), late=0.6, crossing=MONDAY)
        delay = delay_of(late(self.moving, NOW, outlook))
        assert delay.expected == DateRange(earliest=date(2026, 3, 7), latest=date(2026, 3, 10), zone=ZONE)
        assert (delay.model_version, delay.promised) == ("larkspur-1", date(2026, 3, 6))

    def test_without_history_the_policys_working_days_count(self) -> None:
        estimate = {"estimate": DeliveryEstimate(day=date(2026, 3, 9)), "estimate_at": NOW - DAY}
        shipment = self.moving.model_copy(update=estimate)
        outlook = Outlook(forecast=forecast(5, 10, "cold_start"))
        delay = delay_of(late(shipment, NOW, outlook))
        assert delay.expected == DateRange(earliest=date(2026, 3, 9), latest=date(2026, 3, 11), zone=ZONE)
        assert (delay.model_version, delay.facts["range_from"]) == ("", "policy")

    def test_at_once_where_the_carrier_names_a_later_day(self) -> None:
        estimate = {"estimate": DeliveryEstimate(day=date(2026, 3, 9)), "estimate_at": NOW}
        shipment = self.moving.model_copy(update=estimate)
        suspicion = found(shipment, NOW)
        assert (suspicion.kind, suspicion.facts["carrier_estimate"]) == (DelayKind.PREDICTED_LATE, "2026-03-09")
        delay = delay_of(late(shipment, NOW))
        assert delay.expected == DateRange(earliest=date(2026, 3, 9), latest=date(2026, 3, 10), zone=ZONE)
        placeholder = shipment.model_copy(update={"estimate": DeliveryEstimate(day=date.max)})
        assert assess(placeholder, POLICY, NOW) is None

    def test_a_scan_alone_mends_it_not_and_the_van_does(self) -> None:
        outlook = Outlook(forecast=forecast(9, 11), late=0.6, crossing=MONDAY)
        told = late(self.moving, NOW, outlook)
        events = [scan(M.IN_TRANSIT, NOW), trouble(M.IN_TRANSIT, Reason.OTHER, NOW + DAY)]
        assert mend(after(told, events), POLICY, NOW + DAY)[1] == ()
        events.append(scan(M.OUT_FOR_DELIVERY, NOW + 2 * DAY))
        mended, decisions = mend(after(told, events), POLICY, NOW + 2 * DAY)
        assert delay_of(mended).recovered_at
        assert [decision.change for decision in decisions] == [DelayChange.RECOVERED]

    @pytest.mark.parametrize(("days", "vain"), [(3, True), (4, True), (5, False)])
    def test_delivered_in_time_after_all_it_was_a_false_alarm(self, days: int, vain: bool) -> None:
        outlook = Outlook(forecast=forecast(9, 11), late=0.6, crossing=MONDAY)
        told = late(self.moving, NOW, outlook)
        events = [scan(M.IN_TRANSIT, NOW), scan(M.DELIVERED, NOW + days * DAY)]
        mended, (decision,) = mend(after(told, events), POLICY, NOW + days * DAY)
        assert delay_of(mended).false_alarm is vain
        assert decision.change is (DelayChange.FALSE_ALARM if vain else DelayChange.RESOLVED)

    def test_a_seller_who_packed_late_is_at_fault(self) -> None:
        outlook = Outlook(forecast=forecast(9, 11), late=0.6, crossing=MONDAY)
        in_time = self.moving.model_copy(update={"ship_by": MONDAY})
        too_late = self.moving.model_copy(update={"ship_by": MONDAY - DAY})
        assert found(in_time, NOW, outlook).fault is Party.CARRIER
        assert found(too_late, NOW, outlook).fault is Party.RETAILER


class TestTheLifeOfOne:
    """Suspected, declared, updated as it becomes graver, and mended: each with its record."""

    moving = after(parcel(**UNPROMISED), [scan(M.IN_TRANSIT, NOW)])
    stalled_at = NOW + 4 * DAY

    def test_suspected_once_and_declared_under_the_same_id(self) -> None:
        suspicion = found(self.moving, self.stalled_at)
        noted, (first,) = suspect(self.moving, suspicion, POLICY, self.stalled_at)
        assert suspect(noted, suspicion, POLICY, self.stalled_at + DAY) == (noted, ())
        declared, (second,) = declare(noted, suspicion, POLICY, self.stalled_at)
        assert (first.change, second.change) == (DelayChange.SUSPECTED, DelayChange.DECLARED)
        assert first.delay_id == second.delay_id == delay_of(declared).delay_id == suspicion.delay_id
        assert declared.suspected is None
        assert second.facts["limit_hours"] == 96
        assert second.policy_version == POLICY.version

    def test_a_suspicion_that_news_has_answered_is_cleared(self) -> None:
        noted, _ = suspect(self.moving, found(self.moving, self.stalled_at), POLICY, self.stalled_at)
        cleared, (decision,) = clear(noted, POLICY, self.stalled_at)
        assert (cleared.suspected, decision.change) == (None, DelayChange.CLEARED)
        assert clear(cleared, POLICY, self.stalled_at) == (cleared, ())

    def test_it_becomes_graver_and_is_the_same_delay_with_a_new_playbook(self) -> None:
        told = late(self.moving, self.stalled_at)
        waiting = told.model_copy(update={"delay": delay_of(told).model_copy(update={"step": 2, "case_id": "cse_1"})})
        lost, (decision,) = declare(waiting, found(waiting, NOW + 14 * DAY), POLICY, NOW + 14 * DAY)
        delay = delay_of(lost)
        assert (delay.delay_id, delay.kind, delay.revision) == (delay_of(told).delay_id, DelayKind.PRESUMED_LOST, 1)
        assert (delay.step, delay.case_id, delay.expected) == (0, None, None)
        assert (decision.change, decision.kind) == (DelayChange.UPDATED, DelayKind.PRESUMED_LOST)
        assert assess(lost, POLICY, NOW + 90 * DAY) is None

    def test_a_range_that_is_over_is_said_anew(self) -> None:
        told = late(self.moving, self.stalled_at)
        over = local(12)  # declared on Friday 6 for the 9th to the 11th
        expected = delay_of(told).expected
        assert expected
        assert expected.latest == date(2026, 3, 11)
        assert assess(told, POLICY, over - timedelta(seconds=1)) is None
        again, (decision,) = declare(told, found(told, over), POLICY, over)
        new = delay_of(again).expected
        assert new
        assert new.earliest > date(2026, 3, 12) - DAY
        assert new.latest > expected.latest
        assert (decision.change, delay_of(again).kind) == (DelayChange.UPDATED, DelayKind.STALLED)

    def test_it_follows_the_carrier_where_that_is_news(self) -> None:
        told = late(self.moving, self.stalled_at)

        def estimated(day: int, at: datetime) -> Shipment:
            return told.model_copy(update={"estimate": DeliveryEstimate(day=date(2026, 3, day)), "estimate_at": at})

        later = self.stalled_at + timedelta(hours=2)
        assert follow_carrier(estimated(16, self.stalled_at - DAY), POLICY, later)[1] == ()
        assert follow_carrier(estimated(10, later), POLICY, later)[1] == ()  # within what was said
        moved, (decision,) = follow_carrier(estimated(16, later), POLICY, later)
        assert delay_of(moved).expected == DateRange(earliest=date(2026, 3, 16), latest=date(2026, 3, 17), zone=ZONE)
        assert (decision.by, delay_of(moved).revision) == ("carrier", 1)
        assert follow_carrier(moved, POLICY, later)[1] == ()

    def test_what_turns_up_again_has_an_honest_range_from_then_on(self) -> None:
        lost = late(self.moving, NOW + 14 * DAY)
        then = NOW + 15 * DAY
        events = [scan(M.IN_TRANSIT, NOW), scan(M.ACCEPTED, then)]
        mended, _ = mend(after(lost, events), POLICY, then)
        assert delay_of(mended).recovered_at == then
        assert expected_range(mended, BRAND, then)
        assert assess(mended, POLICY, then) is None

    def test_a_delivery_that_is_taken_back_leaves_the_parcel_late_again_as_another_delay(self) -> None:
        shipment = after(parcel(), [scan(M.IN_TRANSIT, NOW)])
        told = late(shipment, local(7))
        events = [scan(M.IN_TRANSIT, NOW), scan(M.DELIVERED, SUNDAY)]
        resolved, _ = mend(after(told, events), POLICY, SUNDAY)
        assert delay_of(resolved).resolved_at
        back = after(resolved, [*events, scan(M.OUT_FOR_DELIVERY, SUNDAY + DAY)])
        again = found(back, SUNDAY + 10 * DAY)
        assert again.delay_id != delay_of(resolved).delay_id


KINDS_OF_NEWS = st.sampled_from([m for m in M if m is not M.UNKNOWN])
HISTORIES = st.lists(st.tuples(KINDS_OF_NEWS, st.integers(0, 400)), max_size=8)
OUTLOOKS = st.builds(
    Outlook,
    forecast=st.none() | st.just(forecast(9, 12)),
    late=st.none() | st.floats(0, 1),
    crossing=st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 8)),
    silence=st.none() | st.timedeltas(timedelta(hours=1), 30 * DAY),
)


@given(HISTORIES, OUTLOOKS, st.integers(0, 1000), st.booleans())
def test_a_delay_is_declared_once_whatever_comes(
    history: list[tuple[M, int]], outlook: Outlook, step: int, returned: bool
) -> None:
    """Hour by hour through any history: between two declarations the one before has been closed."""
    shipment = parcel(shipped_at=NOW, return_id="rma_1" if returned else None)
    told: list[DelayDecision] = []
    heard: list[StoredEvent] = []
    for hour in range(0, 700, 24 + step % 24):
        now = NOW + timedelta(hours=hour)
        news = [scan(m, NOW + timedelta(hours=at)) for m, at in history if at <= hour]
        heard = list({event.event_id: event for event in news}.values())
        shipment, mended = mend(after(shipment, heard), POLICY, now, outlook)
        suspicion = assess(shipment, POLICY, now, outlook)
        declared: tuple[DelayDecision, ...] = ()
        if suspicion:
            shipment, declared = declare(shipment, suspicion, POLICY, now, outlook)
        told += [*mended, *declared]
    open_id = ""
    seen: set[str] = set()
    for decision in told:
        if decision.change is DelayChange.DECLARED:
            assert not open_id
            assert decision.delay_id not in seen
            open_id = decision.delay_id
            seen.add(open_id)
        elif decision.change is DelayChange.FALSE_ALARM and not open_id:
            assert decision.delay_id in seen  # recovered, and then delivered in time
        else:
            assert decision.delay_id == open_id
            open_id = open_id if decision.change is DelayChange.UPDATED else ""
    assert len({decision.decision_id for decision in told}) == len(told)


@given(HISTORIES, OUTLOOKS, st.integers(0, 800))
def test_nothing_is_declared_for_what_has_been_delivered(
    history: list[tuple[M, int]], outlook: Outlook, hours: int
) -> None:
    events = [scan(m, NOW + timedelta(hours=at)) for m, at in history]
    shipment = after(parcel(shipped_at=NOW), {event.event_id: event for event in events}.values())
    if not shipment.is_awaited:
        assert assess(shipment, POLICY, NOW + timedelta(hours=hours), outlook) is None
        assert next_check(shipment, POLICY, NOW, outlook) is None
