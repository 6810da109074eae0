"""Replays: archived bodies are read anew; what changes is shown, applied, and told to nobody."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from porchlight.domain.changes import shipment_changes
from porchlight.domain.codes import Code, Meaning, words_of
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.ids import body_id, shipment_id
from porchlight.domain.milestones import Milestone as M
from porchlight.domain.milestones import Party, Reason
from porchlight.domain.shipments import MAX_EVENTS, Shipment
from porchlight.domain.watching import State
from porchlight.errors import UnreadableBodyError
from porchlight.ports import ArchivedBody, InboundMessage
from porchlight.services.record_events import Recorder
from porchlight.services.replay import Replay, ShipmentDiff, Window, summary
from tests.fakes import (
    NO_HISTORY,
    NOBODY,
    FakeArchive,
    FakeBrands,
    FakeCodes,
    FakeErrands,
    FakeMetrics,
    FakeOrders,
    FakeQuarantine,
    FakeShipments,
)
from tests.unit.asking import Town, said
from tests.unit.stories import DAY, NOW, brand

Scan = tuple[str, int]


class Carrier:
    """A connector whose table can be mended while it runs: a body is ``{"number", "scans": [[code, minute]]}``."""

    def __init__(self) -> None:
        self.table: dict[str, M] = {"DEP": M.IN_TRANSIT, "OK": M.DELIVERED}
        self.shift = timedelta(0)
        self.estimate: str | None = None
        self.broken = False
        self.reads = 0
        self.words: str | None = None
        self.later_words: str | None = None
        """Of all bodies but the first."""
        self.passes_over: Any = lambda data: False

    def parse(self, body: bytes) -> list[TrackingReport]:
        if self.broken:
            raise UnreadableBodyError("not today")
        data = json.loads(body)
        self.reads += 1
        scans = data["scans"][:1] if self.passes_over(data) else data["scans"]
        events = tuple(self._event(*scan) for scan in scans)
        day = DeliveryEstimate.model_validate({"day": self.estimate}) if self.estimate else None
        return [TrackingReport(carrier="acme", tracking_number=data["number"], events=events, estimate=day)]

    def _event(self, code: str, minute: int) -> TrackingEvent:
        known = self.table.get(code)
        later = self.later_words if self.reads > 1 else None
        return TrackingEvent(
            occurred_at=NOW + self.shift + timedelta(minutes=minute),
            raw_code=code,
            description=self.words or later or f"About {code}",
            milestone=known or M.UNKNOWN,
            recognised=known is not None,
        )


class World:
    def __init__(self) -> None:
        self.shipments, self.codes, self.archive = FakeShipments(FakeOrders()), FakeCodes(), FakeArchive()
        self.carrier: Any = Carrier()
        self.metrics, brands = FakeMetrics(), FakeBrands(brand())
        self.recorder = Recorder(
            self.shipments, FakeQuarantine(), brands, self.codes, self.metrics, NOBODY, FakeErrands(), NO_HISTORY
        )
        self.replay = Replay(
            self.archive, self.shipments, brands, self.codes, NOBODY, NO_HISTORY, lambda *_: self.carrier
        )

    def hear(self, *scans: Scan, number: str = "A1", at: datetime = NOW) -> str:
        body = json.dumps({"number": number, "scans": scans}).encode()
        message = InboundMessage(kind="carriers", source="acme", account="main", brand="larkspur", received_at=at)
        self.recorder.carrier_body(message, body, self.carrier, at)
        self.archive.put([ArchivedBody.of(message, body)])
        return body_id("acme", "main", at, body)

    def plan(self, since: datetime = NOW - DAY, days: int = 3, **options: Any) -> list[tuple[Window, ShipmentDiff]]:
        if self.carrier:
            self.carrier.reads = 0
        window = self.replay.read("acme", since, since + days * DAY, **options)
        return [(window, diff) for diff in self.replay.diffs(window, NOW)]

    def apply(self, **options: Any) -> list[ShipmentDiff]:
        planned = self.plan(**options)
        for window, diff in planned:
            self.replay.apply(window, diff, NOW)
        return [diff for _, diff in planned]

    def parcel(self, number: str = "A1") -> Shipment:
        return self.shipments.records["larkspur", shipment_id("larkspur", "acme", number)]

    def meaning(self, code: str, milestone: M, words: str = "", **more: Any) -> None:
        entry = Code(brand="larkspur", source="acme", code=code, words=words)
        self.codes.give_meaning(entry, Meaning(milestone=milestone, decided_at=NOW, **more))


@pytest.fixture
def world() -> World:
    return World()


def test_nothing_changed_is_no_difference(world: World) -> None:
    world.hear(("DEP", 0), ("OK", 5))
    assert world.plan() == []


def test_a_code_without_a_meaning_is_listed_with_count_and_sample(world: World) -> None:
    origin = world.hear(("DEP", 0), ("NEW", 1))
    world.hear(("NEW", 2), at=NOW + timedelta(hours=1))
    world.hear(("NEW", 2), at=NOW + timedelta(hours=2))  # known already: counted once
    (code,) = world.codes.of_brand("larkspur")
    assert (code.source, code.code, code.seen, code.sample) == ("acme", "NEW", 2, "About NEW")
    assert (code.body_id, code.shipment_id) == (origin, world.parcel().shipment_id)
    assert world.metrics.total("EventsUnmapped", carrier="acme") == 2


def test_a_meaning_is_heard_at_once_and_replayed_into_what_was_recorded(world: World) -> None:
    world.hear(("DEP", 0), ("HELD", 1))
    assert world.parcel().milestone is M.IN_TRANSIT
    world.meaning("HELD", M.EXCEPTION, reason=Reason.CUSTOMS)
    world.hear(("HELD", 1), number="A2")
    assert world.parcel("A2").milestone is M.EXCEPTION
    (diff,) = world.apply()
    assert diff.moves
    assert world.parcel().milestone is M.EXCEPTION
    assert (world.parcel().reason, world.parcel().at_fault) == (Reason.CUSTOMS, Party.CUSTOMS)
    assert world.plan() == [], "doing it again changes nothing"


def test_a_meaning_for_one_wording_leaves_the_others_alone(world: World) -> None:
    world.meaning("X", M.EXCEPTION, words=words_of("About  X!"))
    world.meaning("Y", M.EXCEPTION, words=words_of("something else"))
    world.hear(("X", 0), number="A1")
    world.hear(("Y", 0), number="A2")
    assert (world.parcel("A1").milestone, world.parcel("A2").milestone) == (M.EXCEPTION, M.UNKNOWN)


def test_a_meaning_overrules_the_table(world: World) -> None:
    world.meaning("OK", M.AVAILABLE_FOR_PICKUP)
    world.hear(("OK", 0))
    assert world.parcel().milestone is M.AVAILABLE_FOR_PICKUP


def test_the_difference_is_shown_before_anything_is_written(world: World) -> None:
    world.hear(("DEP", 0), ("NEW", 1))
    before, facts = world.parcel(), dict(world.shipments.events["larkspur", world.parcel().shipment_id])
    world.carrier.table["NEW"] = M.DELIVERED
    ((_, diff),) = world.plan()
    assert (world.parcel(), world.shipments.events["larkspur", before.shipment_id]) == (before, facts)
    (change,) = diff.facts
    assert change.before is not None
    assert change.after is not None
    assert (change.before.event.milestone, change.after.event.milestone) == (M.UNKNOWN, M.DELIVERED)
    assert summary([diff]) == {
        **{"shipments": 1, "moved": 1},
        **{"facts_added": 0, "facts_changed": 1, "facts_removed": 0},
    }


def test_mended_times_replace_the_facts_that_were_wrong(world: World) -> None:
    world.hear(("DEP", 0), ("OK", 5))
    world.carrier.shift = timedelta(hours=-6)
    (diff,) = world.apply()
    assert summary([diff])["facts_removed"] == summary([diff])["facts_added"] == 2
    assert world.parcel().milestone_at == NOW + timedelta(minutes=5, hours=-6)
    assert world.parcel().event_count == 2


def test_facts_of_bodies_outside_of_the_range_stay(world: World) -> None:
    world.hear(("DEP", 0))
    world.hear(("OK", 5), at=NOW + 10 * DAY)
    world.carrier.table["DEP"] = M.ACCEPTED
    world.carrier.table["OK"] = M.LOST
    world.apply()
    assert world.parcel().milestone is M.DELIVERED
    assert M.ACCEPTED in world.parcel().reached


def test_other_brands_and_sources_are_left_alone(world: World) -> None:
    world.hear(("NEW", 0))
    world.carrier.table["NEW"] = M.DELIVERED
    assert world.plan(brand="fjordhus") == []
    assert world.replay.read("other", NOW - DAY, NOW + DAY).bodies == 0
    assert len(world.plan(brand="larkspur")) == 1


def test_what_is_not_read_any_more_loses_nothing(world: World) -> None:
    world.hear(("DEP", 0))
    world.carrier.broken = True
    assert world.replay.read("acme", NOW - DAY, NOW + DAY).unreadable == 1
    assert world.plan() == []


def test_a_parcel_that_could_not_be_read_before_appears(world: World) -> None:
    world.carrier.broken = True
    world.hear(("DEP", 0))
    world.carrier.broken = False
    (diff,) = world.apply()
    assert diff.before is None
    assert world.parcel().milestone is M.IN_TRANSIT


def test_estimates_are_read_anew(world: World) -> None:
    world.carrier.estimate = "2026-03-09"
    world.hear(("DEP", 0))
    world.carrier.estimate = "2026-03-06"
    world.apply()
    estimate = world.parcel().estimate
    assert estimate is not None
    assert str(estimate.day) == "2026-03-06"
    world.carrier.estimate = None
    world.apply()
    assert world.parcel().estimate is None


def test_nobody_is_told_again(world: World) -> None:
    """Given a shopper who waits, when a replay finds the delivery, the bus hears of it and no message is planned."""
    world.hear(("DEP", 0), ("NEW", 1))
    key = ("larkspur", world.parcel().shipment_id)
    known = world.parcel().model_copy(update={"shopper_id": "cus_1", "order_id": "ord_1"})
    world.shipments.records[key] = known
    world.carrier.table["NEW"] = M.DELIVERED
    world.apply()
    old, new = world.shipments.history[-1]
    events = shipment_changes(old, new)
    assert [event.type for event in events] == ["ShipmentDelivered"]
    assert [event.moment for event in events] == [None]
    later = new.model_copy(update={"version": new.version + 1, "milestone": M.RETURN_IN_TRANSIT})
    assert shipment_changes(new, later) == []
    told = shipment_changes(known, known.model_copy(update={"milestone": M.DELIVERED}))
    assert told[0].moment is not None, "without a replay the shopper is told"


def test_news_that_came_in_since_the_difference_was_shown_is_kept(world: World) -> None:
    world.hear(("DEP", 0), ("NEW", 1))
    world.carrier.table["NEW"] = M.OUT_FOR_DELIVERY
    ((window, diff),) = world.plan()
    world.hear(("OK", 30), at=NOW + timedelta(hours=1))
    world.replay.apply(window, diff, NOW)
    assert world.parcel().milestone is M.DELIVERED
    assert world.parcel().event_count == 3


def test_more_facts_than_a_transaction_holds(world: World) -> None:
    world.hear(*(("DEP", minute) for minute in range(200)))
    world.carrier.shift = timedelta(hours=1)
    world.apply()
    assert world.parcel().event_count == 200
    assert len(world.shipments.events["larkspur", world.parcel().shipment_id]) == 200
    assert world.plan() == []


def test_killed_in_the_middle_it_goes_on_when_it_is_done_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.hear(*(("DEP", minute) for minute in range(200)))
    world.carrier.shift = timedelta(hours=1)
    real, calls = world.shipments.rewrite, []

    def once(*arguments: Any, **options: Any) -> None:
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError
        real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(world.shipments, "rewrite", once)
        with pytest.raises(RuntimeError):
            world.apply()
    world.apply()
    assert len(world.shipments.events["larkspur", world.parcel().shipment_id]) == 200


# ------------------------------------------------------------------------------------------ what other bodies say of it
def test_bodies_that_word_one_fact_differently_are_no_difference(world: World) -> None:
    """Given a push and the answers of later days, each with words of its own, then the fact stays the first one's."""
    world.hear(("DEP", 0))
    world.carrier.words = "Said otherwise"
    world.hear(("DEP", 0), at=NOW + DAY)
    world.hear(("DEP", 0), at=NOW + 2 * DAY)
    world.carrier.words = None
    world.carrier.later_words = "Said otherwise"
    for since in (NOW - DAY, NOW + DAY):
        assert world.plan(since=since, days=4) == []


def test_a_fact_stays_as_its_own_body_tells_it_though_another_is_read(world: World) -> None:
    world.hear(("DEP", 0))
    world.hear(("DEP", 0), at=NOW + 10 * DAY)
    world.carrier.table["DEP"] = M.ACCEPTED
    assert world.plan(since=NOW + 9 * DAY) == []
    assert len(world.plan()) == 1


def test_a_fact_that_its_own_body_names_no_more_stays_if_another_that_was_read_does(world: World) -> None:
    world.hear(("DEP", 0), ("OK", 5))
    later = world.hear(("DEP", 0), ("OK", 5), at=NOW + 30 * timedelta(hours=1))
    world.carrier.passes_over = lambda body: len(body["scans"]) > 1 and world.carrier.reads == 1
    world.apply(days=4)
    assert world.parcel().milestone is M.DELIVERED
    facts = world.shipments.events["larkspur", world.parcel().shipment_id].values()
    assert {fact.body_id for fact in facts if fact.event.raw_code == "OK"} == {later}
    assert world.plan(days=4) == []


def test_facts_that_another_source_brought_are_left_alone(world: World) -> None:
    world.hear(("DEP", 0))
    key = ("larkspur", world.parcel().shipment_id)
    ((event_id, fact),) = world.shipments.events[key].items()
    theirs = fact.event.model_copy(update={"description": "In the broker's words"})
    foreign = fact.model_copy(update={"event": theirs, "source": "broker", "body_id": "raw_theirs"})
    world.shipments.events[key][event_id] = foreign
    assert world.plan() == []


def test_an_estimate_of_another_body_is_kept(world: World) -> None:
    """Given an estimate that was moved without a new scan, when only the first body is read anew, it stays moved."""
    world.carrier.estimate = "2026-03-06"
    world.hear(("DEP", 0))
    world.carrier.estimate = "2026-03-09"
    world.hear(("DEP", 0), at=NOW + 10 * DAY)
    world.carrier.estimate = "2026-03-06"
    assert world.plan() == []
    world.carrier.estimate = None
    assert world.plan() == []


def test_a_clock_far_ahead_makes_no_estimate_the_newest_for_ever(world: World) -> None:
    world.carrier.estimate = "2026-03-06"
    world.hear(("DEP", 0), ("DEP", 60 * 24 * 400))
    assert world.plan() == []


def test_an_estimate_without_scans_is_read_anew_too(world: World) -> None:
    world.carrier.estimate = "2026-03-06"
    world.hear()
    assert world.plan() == []
    world.carrier.estimate = "2026-03-07"
    world.apply()
    estimate = world.parcel().estimate
    assert estimate is not None
    assert str(estimate.day) == "2026-03-07"


# ------------------------------------------------------------------------------------------------- numbers used again
YEAR = 60 * 24 * 366


def test_what_recording_left_out_as_an_earlier_parcels_stays_out(world: World) -> None:
    world.hear(("OK", -YEAR), ("DEP", 0))
    assert (world.parcel().milestone, world.parcel().event_count) == (M.IN_TRANSIT, 1)
    assert world.plan() == []


def test_also_where_a_store_said_when_it_was_shipped(world: World) -> None:
    key = ("larkspur", shipment_id("larkspur", "acme", "A1"))
    known = Shipment(
        brand="larkspur", shipment_id=key[1], carrier="acme", tracking_number="A1", shipped_at=NOW,
        created_at=NOW, updated_at=NOW, version=1,
    )  # fmt: skip
    world.shipments.save(known, due_at=None)
    world.hear(("OK", -YEAR))
    assert world.parcel().milestone is M.UNKNOWN
    assert world.plan() == []


def test_a_second_use_that_could_not_be_read_when_it_came_is_another_parcel(world: World) -> None:
    world.hear(("OK", 0))
    world.carrier.broken = True
    world.hear(("DEP", YEAR), at=NOW + 366 * DAY)
    world.carrier.broken = False
    world.apply(since=NOW + 365 * DAY)
    second = world.shipments.records["larkspur", shipment_id("larkspur", "acme", "A1", 2)]
    assert (world.parcel().milestone, world.parcel().next_id) == (M.DELIVERED, second.shipment_id)
    assert second.milestone is M.IN_TRANSIT
    assert world.plan(since=NOW + 365 * DAY) == []


# -------------------------------------------------------------------------------------------------- bounds, and watches
def test_more_events_than_a_parcel_can_have_are_not_added_either(world: World) -> None:
    world.hear(("DEP", 0))
    world.hear(*(("DEP", minute) for minute in range(MAX_EVENTS + 1)))
    assert world.parcel().event_count == 1
    assert world.plan() == []


def test_a_parcel_that_was_found_by_a_replay_tells_nobody(world: World) -> None:
    world.carrier.broken = True
    world.hear(("OK", 0))
    world.carrier.broken = False
    world.apply()
    old, new = world.shipments.history[-1]
    assert old is None
    assert [event.moment for event in shipment_changes(None, new)] == [None]


def test_a_parcel_that_lives_again_is_asked_about_again() -> None:
    town = Town()
    archive, number = FakeArchive(), "A1"
    town.ship(number)
    town.api.rule = said(A1=[("delivered", 1)])
    town.run()
    archive.put([ArchivedBody.of(message, body) for message, body in town.inbound.queue])
    town.record()
    town.minutes(2, 13 * timedelta(hours=1))
    assert town.watch(number).state is State.ENDED
    codes = FakeCodes()
    replay = Replay(archive, town.shipments, town.brands, codes, town.lookout, NO_HISTORY, lambda *_: town.connector)
    meaning = Meaning(milestone=M.AVAILABLE_FOR_PICKUP, decided_at=NOW)
    codes.give_meaning(Code(brand="larkspur", source="acme", code="delivered"), meaning)
    window = replay.read("acme", NOW - DAY, NOW + DAY)
    for diff in replay.diffs(window, town.clock.now):
        replay.apply(window, diff, town.clock.now)
    assert town.parcel(number).milestone is M.AVAILABLE_FOR_PICKUP
    assert town.watch(number).state is State.ASKING
    assert town.watch(number).due_at


def test_bodies_of_a_brand_that_is_gone_keep_the_others_from_nothing(world: World) -> None:
    message = InboundMessage(kind="carriers", source="acme", account="main", brand="closed", received_at=NOW)
    world.archive.put([ArchivedBody.of(message, b'{"number": "A9", "scans": [["DEP", 0]]}')])
    world.hear(("NEW", 0))
    world.carrier.table["NEW"] = M.DELIVERED
    world.apply()
    assert world.parcel().milestone is M.DELIVERED
    assert len(world.shipments.records) == 1


def test_a_brand_that_declares_the_carrier_no_more_loses_nothing(world: World) -> None:
    world.hear(("DEP", 0))
    world.carrier = None
    assert world.plan() == []
