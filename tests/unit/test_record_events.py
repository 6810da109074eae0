"""Recording: what carriers report becomes facts and one projection, in whatever order and however often it comes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.ids import shipment_id
from porchlight.domain.milestones import Milestone, Reason
from porchlight.domain.shipments import MAX_EVENTS, Shipment
from porchlight.errors import ConflictError, NotFoundError, TransientError, UnreadableBodyError
from porchlight.ports import InboundMessage
from porchlight.services.record_events import MAX_REPORTS, Recorder, record_store_body
from tests.fakes import (
    NO_HISTORY,
    NOBODY,
    FakeBrands,
    FakeCodes,
    FakeErrands,
    FakeMetrics,
    FakeOrders,
    FakeQuarantine,
    FakeShipments,
)
from tests.unit.stories import DAY, NOW, brand

MINUTE = timedelta(minutes=1)
KEY = ("larkspur", shipment_id("larkspur", "ups", "1Z999"))


def fact(minutes: int, milestone: Milestone = Milestone.IN_TRANSIT, **update: Any) -> TrackingEvent:
    values: dict[str, Any] = {
        "occurred_at": NOW + minutes * MINUTE,
        "raw_code": milestone.value,
        "milestone": milestone,
    }
    return TrackingEvent(**{**values, **update})


def report(*events: TrackingEvent, number: str = "1Z999", estimate: str | None = None) -> TrackingReport:
    known = DeliveryEstimate.model_validate({"day": estimate}) if estimate else None
    return TrackingReport(carrier="ups", tracking_number=number, events=events, estimate=known)


def message(brand_id: str = "larkspur", received_at: datetime = NOW) -> InboundMessage:
    return InboundMessage(kind="carriers", source="ups", account="main", brand=brand_id, received_at=received_at)


class Connector:
    """Reads what it is told to read."""

    def __init__(self, *reports: TrackingReport, fails: Exception | None = None) -> None:
        self.reports, self.fails = list(reports), fails

    def parse(self, *_: Any) -> Any:
        if self.fails:
            raise self.fails
        return self.reports


class World:
    def __init__(self) -> None:
        self.shipments, self.quarantine, self.metrics = FakeShipments(FakeOrders()), FakeQuarantine(), FakeMetrics()
        fjordhus = brand().model_copy(update={"brand_id": "fjordhus"})
        self.codes = FakeCodes()
        brands = FakeBrands(brand(), fjordhus)
        self.recorder = Recorder(
            self.shipments, self.quarantine, brands, self.codes, self.metrics, NOBODY, FakeErrands(), NO_HISTORY
        )

    def hear(
        self, *reports: TrackingReport, now: datetime = NOW, brand_id: str = "larkspur", at: datetime = NOW
    ) -> None:
        connector: Any = Connector(*reports)
        self.recorder.carrier_body(message(brand_id, at), b"{}", connector, now)

    @property
    def parcel(self) -> Shipment:
        return self.shipments.records[KEY]


@pytest.fixture
def world() -> World:
    return World()


def test_a_first_report_makes_the_parcel(world: World) -> None:
    world.hear(report(fact(0), fact(5, Milestone.OUT_FOR_DELIVERY)))
    assert world.parcel.milestone is Milestone.OUT_FOR_DELIVERY
    assert world.parcel.event_count == len(world.shipments.events[KEY]) == 2
    assert world.parcel.version == 1
    assert world.metrics.total("EventsRecorded", carrier="ups") == 2


def test_a_report_without_events_makes_a_parcel_that_waits(world: World) -> None:
    world.hear(report())
    assert world.parcel.milestone is Milestone.UNKNOWN


def test_a_duplicate_writes_nothing_and_is_counted(world: World) -> None:
    world.hear(report(fact(0), estimate="2026-03-05"))
    before = list(world.shipments.history)
    for days in (0, 1, 3):
        world.hear(report(fact(0), estimate="2026-03-05"), now=NOW + days * DAY, at=NOW + days * DAY)
    assert world.shipments.history == before
    assert world.metrics.total("EventsIgnored", carrier="ups") == 3


def test_a_fact_twice_in_one_body_is_one(world: World) -> None:
    world.hear(report(fact(0), fact(0)))
    assert world.parcel.event_count == 1


def test_late_news_never_turns_back_a_delivery(world: World) -> None:
    world.hear(report(fact(60, Milestone.DELIVERED)))
    world.hear(report(fact(30, Milestone.OUT_FOR_DELIVERY)))
    assert world.parcel.milestone is Milestone.DELIVERED
    assert world.parcel.event_count == 2


def test_somebody_was_quicker_and_nothing_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given two reports at once, when the second is written between the first's read and write, then both are there."""
    real, others = world.shipments.save, [report(fact(1)), report(fact(2))]

    def save(*arguments: Any, **options: Any) -> None:
        if others:
            other = others.pop()
            world.hear(other)
        real(*arguments, **options)

    monkeypatch.setattr(world.shipments, "save", save)
    world.hear(report(fact(0)))
    assert world.parcel.event_count == 3
    assert world.metrics.total("EventsRecorded") == 3


def test_a_parcel_that_never_comes_to_rest_is_tried_again_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def save(*_: Any, **__: Any) -> None:
        raise ConflictError

    monkeypatch.setattr(world.shipments, "save", save)
    with pytest.raises(TransientError):
        world.hear(report(fact(0)))
    assert not world.quarantine.entries


def test_a_clock_far_ahead_moves_nothing_and_is_shown_to_operators(world: World) -> None:
    world.hear(report(fact(0), fact(60 * 24 * 2, Milestone.DELIVERED)))
    assert world.parcel.milestone is Milestone.IN_TRANSIT
    assert len(world.shipments.events[KEY]) == 2
    assert world.metrics.total("EventsUnmapped", carrier="ups") == 1


def test_only_codes_that_no_table_has_are_unmapped(world: World) -> None:
    notice, strange = fact(1, Milestone.UNKNOWN), fact(2, Milestone.UNKNOWN, recognised=False)
    world.hear(report(notice, strange))
    assert world.metrics.total("EventsUnmapped", carrier="ups") == 1


@pytest.mark.parametrize("count", [90, 91, 300, MAX_EVENTS])
def test_many_events_are_written_in_several_transactions(world: World, count: int) -> None:
    world.hear(report(*(fact(number) for number in range(count))))
    assert world.parcel.event_count == len(world.shipments.events[KEY]) == count
    assert world.parcel.version == -(-count // 90)


def test_dying_between_transactions_is_made_good_by_the_next_try(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = world.shipments.save, []

    def save(*arguments: Any, **options: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise TransientError
        real(*arguments, **options)

    monkeypatch.setattr(world.shipments, "save", save)
    body = report(*(fact(number) for number in range(200)))
    with pytest.raises(TransientError):
        world.hear(body)
    assert world.parcel.event_count == 90
    world.hear(body)
    assert world.parcel.event_count == 200


def test_more_than_a_parcel_can_have_is_quarantined_and_the_rest_of_the_body_is_recorded(world: World) -> None:
    loop = report(*(fact(number) for number in range(MAX_EVENTS + 1)))
    world.hear(report(fact(0), number="A1234"), loop, report(fact(0), number="B1234"))
    assert {parcel.tracking_number for parcel in world.shipments.records.values()} == {"A1234", "B1234"}
    ((entry, body),) = world.quarantine.entries.values()
    assert (entry.reason, body, entry.brand) == ("more events than one parcel can have", b"{}", "larkspur")
    assert world.metrics.total("WebhooksQuarantined", carrier="ups") == 1


def test_a_parcel_without_a_number_keeps_no_other_of_its_body_from_being_recorded(world: World) -> None:
    world.hear(report(fact(0), number=""), report(fact(0), number="B1234"))
    assert {parcel.tracking_number for parcel in world.shipments.records.values()} == {"B1234"}
    ((entry, _),) = world.quarantine.entries.values()
    assert entry.reason == "the body does not say which parcel it is about"


def test_more_parcels_than_a_body_can_have_are_not_even_begun(world: World) -> None:
    world.hear(*(report(fact(0), number=f"A{number}") for number in range(MAX_REPORTS)))
    assert len(world.shipments.records) == MAX_REPORTS
    world.hear(*(report(fact(0), number=f"B{number}") for number in range(MAX_REPORTS + 1)))
    assert len(world.shipments.records) == MAX_REPORTS
    ((entry, _),) = world.quarantine.entries.values()
    assert entry.reason == "more parcels than one body can have"


def test_a_code_that_comes_often_in_one_report_is_one_write(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Any] = []
    monkeypatch.setattr(world.codes, "seen", written.append)
    strange = [fact(n, Milestone.UNKNOWN, recognised=False, raw_code="NEW") for n in range(40)]
    world.hear(report(*strange, fact(99, Milestone.UNKNOWN, recognised=False, raw_code="ODD")))
    assert [(code.code, code.seen) for code in written] == [("NEW", 40), ("ODD", 1)]


def test_a_carriers_name_that_a_stranger_invents_is_in_no_metric(world: World) -> None:
    odd = report(fact(0)).model_copy(update={"carrier": "invented"})
    again = report(fact(60 * 24 * 366)).model_copy(update={"carrier": "invented"})
    world.hear(odd)
    world.hear(again, at=NOW + 366 * DAY)
    assert world.metrics.total("NumbersUsedAgain", carrier="ups") == 1


def test_what_cannot_be_read_is_kept_once_with_the_reason(world: World) -> None:
    connector: Any = Connector(fails=UnreadableBodyError("the body is not JSON"))
    for _ in range(2):
        world.recorder.carrier_body(message(), b"<xml>", connector, NOW)
    ((entry, body),) = world.quarantine.entries.values()
    assert (entry.reason, body, entry.size, entry.redrives) == ("the body is not JSON", b"<xml>", 5, 0)


def test_a_store_body_that_cannot_be_read_is_kept_too(world: World) -> None:
    connector: Any = Connector(fails=UnreadableBodyError("no order"))
    shop = replace(message(), kind="stores", source="shopify", topic="orders/create")
    keeper: Any = None
    record_store_body(shop, b"{", connector, keeper, world.quarantine, world.metrics, FakeErrands(), NOW)
    ((entry, _),) = world.quarantine.entries.values()
    assert (entry.kind, entry.topic) == ("stores", "orders/create")


def test_a_brand_that_is_gone_is_an_error_and_no_quarantine(world: World) -> None:
    with pytest.raises(NotFoundError):
        world.hear(report(fact(0)), brand_id="unknown")
    assert not world.quarantine.entries


def test_two_brands_with_one_tracking_number_have_two_parcels(world: World) -> None:
    world.hear(report(fact(0)))
    world.hear(report(fact(1, Milestone.DELIVERED)), brand_id="fjordhus")
    assert sorted((parcel.brand, parcel.milestone) for parcel in world.shipments.records.values()) == [
        ("fjordhus", Milestone.DELIVERED),
        ("larkspur", Milestone.IN_TRANSIT),
    ]


class TestEstimates:
    def test_the_one_with_the_newer_facts_counts_whenever_it_comes(self, world: World) -> None:
        world.hear(report(fact(0), fact(5), estimate="2026-03-06"))
        world.hear(report(fact(0), estimate="2026-03-04"), at=NOW + DAY)
        assert world.parcel.estimate
        assert str(world.parcel.estimate.day) == "2026-03-06"

    def test_a_newer_one_replaces_an_older_one_also_without_a_fact_of_its_own(self, world: World) -> None:
        world.hear(report(fact(0), estimate="2026-03-04"))
        world.hear(report(fact(0), estimate="2026-03-06"), at=NOW + DAY)
        assert world.parcel.estimate
        assert str(world.parcel.estimate.day) == "2026-03-06"

    def test_a_report_without_one_takes_none_away(self, world: World) -> None:
        world.hear(report(fact(0), estimate="2026-03-04"))
        world.hear(report(fact(5)))
        assert world.parcel.estimate

    def test_a_clock_far_ahead_does_not_hold_an_estimate_for_ever(self, world: World) -> None:
        world.hear(report(fact(0), fact(60 * 24 * 900), estimate="2026-03-04"))
        world.hear(report(fact(0), fact(5), estimate="2026-03-06"))
        assert world.parcel.estimate
        assert str(world.parcel.estimate.day) == "2026-03-06"


_REASONS = {Milestone.EXCEPTION: Reason.ADDRESS, Milestone.DELAYED: Reason.WEATHER}
_FACTS = st.builds(
    lambda minutes, milestone: fact(minutes, milestone, reason=_REASONS.get(milestone)),
    st.integers(0, 3000),
    st.sampled_from(Milestone),
)
_REPORTS = st.builds(
    lambda events, number, day: report(*events, number=number, estimate=day),
    st.lists(_FACTS, min_size=1, max_size=4),
    st.sampled_from(["1Z999", "1Z888"]),
    st.sampled_from([None, "2026-03-04", "2026-03-05", "2026-03-09"]),
)


def end(deliveries: list[tuple[TrackingReport, str, int]]) -> dict[Any, Any]:
    """The shipments (without clocks and counters) and facts after these deliveries."""
    world = World()
    for body, owner, minutes in deliveries:
        world.hear(body, brand_id=owner, now=NOW + 4 * DAY, at=NOW + 3 * DAY + minutes * MINUTE)
    clocks: Callable[[Shipment], Any] = lambda shipment: shipment.model_dump(  # noqa: E731
        exclude={"version", "updated_at", "created_at", "estimate_body_id"}
    )
    found = {
        key: (clocks(shipment), set(world.shipments.events[key])) for key, shipment in world.shipments.records.items()
    }
    facts = sum(len(ids) for _, ids in found.values())
    assert world.metrics.total("EventsRecorded") == facts
    return found


@settings(max_examples=120, deadline=None)
@given(st.data(), st.lists(st.tuples(_REPORTS, st.sampled_from(["larkspur", "fjordhus"])), min_size=1, max_size=6))
def test_any_order_and_any_repetition_of_reports_ends_in_the_same(
    data: st.DataObject, sent: list[tuple[TrackingReport, str]]
) -> None:
    again = data.draw(st.lists(st.sampled_from(sent), max_size=5))
    shuffled = data.draw(st.permutations(sent + again))
    minutes = data.draw(st.lists(st.integers(0, 600), min_size=len(shuffled), max_size=len(shuffled)))
    once = [(body, owner, number) for number, (body, owner) in enumerate(sent)]
    thrice = [(body, owner, at) for (body, owner), at in zip(shuffled, minutes, strict=True)]
    assert end(once) == end(thrice)
