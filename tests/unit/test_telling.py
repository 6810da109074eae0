"""What is told of a delay, and when: nothing that has been overtaken, one message a day unless it becomes graver, and
a question while it is asked.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.cases import Audience, Case, CaseState
from porchlight.domain.changes import DomainEvent, order_changes, shipment_changes
from porchlight.domain.channels import Purpose
from porchlight.domain.dates import DateRange, local_day
from porchlight.domain.delays import WEIGHT, Delay, DelayKind, Suspected
from porchlight.domain.messages import MessageState, Suppression
from porchlight.domain.milestones import Milestone, Party
from porchlight.domain.moments import Moment
from porchlight.domain.remedies import Remedy
from porchlight.domain.telling import MORE_FOLLOWS
from tests.unit.stories import DAY, NOW, ZONE, order, parcel
from tests.unit.test_messages_services import World

HOUR = timedelta(hours=1)
MORNING = datetime(2026, 3, 3, 13, tzinfo=UTC)
"""Eight o'clock of the next day where the parcel goes."""


def delay(**update: Any) -> Delay:
    expected = {"earliest": "2026-03-09", "latest": "2026-03-10"}
    values = {"delay_id": "dly_1", "kind": DelayKind.STALLED, "declared_at": NOW, "expected": expected}
    return Delay.model_validate({**values, **update})


def later(revision: int, at: datetime, kind: DelayKind = DelayKind.STALLED, **update: Any) -> Delay:
    expected = {"earliest": "2026-03-11", "latest": f"2026-03-{11 + revision}"}
    return delay(revision=revision, updated_at=at, kind=kind, expected=expected, **update)


def question(**update: Any) -> Case:
    values: dict[str, Any] = {"brand": "larkspur", "case_id": "cse_1", "delay_id": "dly_1", "kind": DelayKind.STALLED}
    values |= {"audience": Audience.SHOPPER, "shipment_id": "shp_1", "order_id": "ord_1", "opened_at": NOW}
    values |= {"options": (Remedy.KEEP_WAITING, Remedy.REFUND), "default": Remedy.KEEP_WAITING}
    return Case(**{**values, "deadline": NOW + 3 * DAY, **update})


def asked(case: Case, moment: Moment = Moment.DELAY_QUESTION) -> DomainEvent:
    return DomainEvent(
        **{"id": "chg_1", "type": "DelayCaseOpened", "brand": "larkspur", "moment": moment, "kind": case.kind},
        **{"order_id": "ord_1", "shipment_id": case.shipment_id, "subject_id": case.case_id},
        occurred_at=NOW,
        recorded_at=NOW,
    )


def tell(world: World, events: list[DomainEvent], now: datetime = NOW) -> list[str]:
    """What is sent at once, by its moment."""
    before = len(world.email.sent)
    for event in events:
        for reference in world.plan(event, now):
            world.send(reference, now)
    return [email.tags["moment"] for email in world.email.sent[before:]]


def sweep(world: World, now: datetime) -> list[str]:
    """What is sent because its time has come."""
    before = len(world.email.sent)
    for due in list(world.due.due(0, now, 100)):
        if due.kind == "message":
            world.send({"brand": due.brand, "order_id": due.parent_id or "", "message_id": due.record_id}, now)
    return [email.tags["moment"] for email in world.email.sent[before:]]


@pytest.fixture
def world() -> World:
    return World()


class TestEvents:
    def test_each_change_of_a_delay_is_one_event(self) -> None:
        """Given a parcel that goes through all of it, when each version is compared with the one before, then …"""
        suspected = Suspected(delay_id="dly_1", kind=DelayKind.STALLED, at=NOW - HOUR)
        closed = {"resolved_at": NOW + 2 * DAY}
        versions = [
            *(parcel(), parcel(suspected=suspected), parcel(delay=delay()), parcel(delay=later(1, NOW + HOUR))),
            parcel(delay=later(2, NOW + DAY, DelayKind.PRESUMED_LOST)),
            parcel(delay=later(2, NOW + DAY, DelayKind.PRESUMED_LOST, **closed)),
        ]
        found = [event for old, new in pairwise(versions) for event in shipment_changes(old, new)]
        assert [(event.type, event.moment, event.subject_id) for event in found] == [
            ("DelaySuspected", None, "dly_1"),
            ("DeliveryDelayed", "delay_declared", "dly_1"),
            ("DeliveryDelayUpdated", "delay_updated", "dly_1#1"),
            ("DeliveryDelayUpdated", "delay_updated", "dly_1#2"),
            ("DeliveryDelayResolved", None, "dly_1"),
        ]
        assert [event.occurred_at for event in found] == [NOW - HOUR, NOW, NOW + HOUR, NOW + DAY, NOW + 2 * DAY]
        assert found[0].recorded_at == NOW - HOUR
        assert len({event.id for event in found}) == len(found)
        assert not any(shipment_changes(version, version) for version in versions)

    def test_events_say_what_brands_need_and_nothing_personal(self) -> None:
        (event,) = shipment_changes(parcel(), parcel(delay=delay(fault=Party.WEATHER)))
        assert (event.kind, event.fault) == (DelayKind.STALLED, Party.WEATHER)
        assert event.expected == delay().expected
        assert "1Z999" not in event.model_dump_json()

    def test_a_false_alarm_is_called_one(self) -> None:
        vain = delay(kind=DelayKind.PREDICTED_LATE, resolved_at=NOW, false_alarm=True)
        (event,) = shipment_changes(parcel(delay=delay(kind=DelayKind.PREDICTED_LATE)), parcel(delay=vain))
        assert (event.type, event.moment) == ("DelayFalseAlarm", None)

    @pytest.mark.parametrize("kind", [DelayKind.LABEL_NEVER_SCANNED, DelayKind.STALLED])
    def test_a_first_scan_is_told_as_shipped(self, kind: DelayKind) -> None:
        known = delay(kind=kind)
        mended = known.model_copy(update={"recovered_at": NOW})
        (event,) = shipment_changes(parcel(delay=known), parcel(delay=mended))
        assert event.type == "DeliveryRecovered"
        assert (event.moment is None) == (kind is DelayKind.LABEL_NEVER_SCANNED)

    def test_what_is_read_anew_is_no_news(self) -> None:
        (event,) = shipment_changes(parcel(), parcel(delay=delay(), replays=1))
        assert (event.type, event.moment) == ("DeliveryDelayed", None)

    def test_an_order_that_does_not_ship_is_late_itself(self) -> None:
        known = delay(kind=DelayKind.NOT_DISPATCHED)
        (declared,) = order_changes(order(), order(delay=known))
        assert (declared.type, declared.moment) == ("DeliveryDelayed", Moment.DELAY_DECLARED)
        assert (declared.order_id, declared.shipment_id, declared.subject_id) == ("ord_1", None, "dly_1")
        named = later(1, NOW + HOUR, DelayKind.NOT_DISPATCHED)
        (updated,) = order_changes(order(delay=known), order(delay=named))
        assert (updated.type, updated.subject_id) == ("DeliveryDelayUpdated", "dly_1#1")
        left = named.model_copy(update={"recovered_at": NOW})
        recovered = {event.type: event.moment for event in order_changes(order(delay=named), order(delay=left))}
        assert recovered["DeliveryRecovered"] is None
        assert not any(recovered.values())


class TestStatements:
    def test_small_news_waits_for_the_morning_and_only_the_newest_is_sent(self, world: World) -> None:
        """Given a delay told today, when its range moves twice on that day, then one message comes next morning."""
        assert tell(world, world.change(delay=delay())) == ["delay_declared"]
        for revision in (1, 2):
            at = NOW + revision * HOUR
            assert tell(world, world.change(delay=later(revision, at)), at) == []
        assert sweep(world, MORNING - timedelta(seconds=1)) == []
        assert sweep(world, MORNING) == ["delay_updated"]
        assert sweep(world, MORNING + DAY) == []
        subjects = {m.subject_id: (m.state, m.reason) for m in world.messages.records.values()}
        assert subjects["dly_1#1"] == (MessageState.SUPPRESSED, Suppression.OVERTAKEN)
        assert subjects["dly_1#2"] == (MessageState.SENT, None)

    def test_a_held_message_is_not_sent_by_a_repeat(self, world: World) -> None:
        tell(world, world.change(delay=delay()))
        events = world.change(delay=later(1, NOW + HOUR))
        assert tell(world, events * 3, NOW + HOUR) == []
        (held,) = [m for m in world.messages.records.values() if m.not_before]
        reference = {"brand": "larkspur", "order_id": "ord_1", "message_id": held.message_id}
        assert world.send(reference, NOW + 2 * HOUR) == MessageState.PLANNED
        assert held.not_before == MORNING

    def test_a_graver_kind_is_told_at_once(self, world: World) -> None:
        tell(world, world.change(delay=delay(kind=DelayKind.PREDICTED_LATE)))
        assert tell(world, world.change(delay=later(1, NOW + HOUR)), NOW + HOUR) == ["delay_updated"]

    def test_another_day_is_told_at_once(self, world: World) -> None:
        tell(world, world.change(delay=delay()))
        assert tell(world, world.change(delay=later(1, NOW + DAY)), NOW + DAY) == ["delay_updated"]

    def test_a_declaration_that_an_update_has_overtaken_is_not_told(self, world: World) -> None:
        declared = world.change(delay=delay())
        updated = world.change(delay=later(1, NOW))
        assert tell(world, declared + updated) == ["delay_updated"]

    @pytest.mark.parametrize("milestone", [Milestone.DELIVERED, Milestone.RETURNED_TO_SENDER])
    def test_nothing_is_told_of_what_is_no_longer_under_way(self, world: World, milestone: Milestone) -> None:
        """Given a declaration and a held update, when the parcel arrives before they are sent, then they are not."""
        declared = world.change(delay=delay())
        (reference,) = world.plan(declared[0])
        world.move(milestone, NOW + HOUR)
        assert world.send(reference, NOW + HOUR) == MessageState.SUPPRESSED
        assert tell(world, world.change(delay=later(1, NOW + HOUR)), NOW + DAY) == []

    def test_nobody_waits_for_a_cancelled_order(self, world: World) -> None:
        world.orders.save(order(version=2, cancelled_at=NOW))
        assert tell(world, world.change(delay=delay())) == []
        assert world.record.reason is Suppression.CANCELLED

    def test_an_orders_own_delay_is_told_without_a_parcel(self, world: World) -> None:
        late = order(version=2, delay=delay(kind=DelayKind.NOT_DISPATCHED), destination={"country": "DE"})
        world.orders.save(late)
        assert tell(world, order_changes(order(), late)) == ["delay_declared"]
        assert world.messages.records[next(iter(world.messages.records))].shipment_id is None

    def test_a_return_that_is_stuck_is_told_to_who_sent_it(self, world: World) -> None:
        back = world.change(return_id="rma_1", delay=delay(kind=DelayKind.RETURN_STALLED, expected=None))
        assert tell(world, [event for event in back if event.type == "DeliveryDelayed"]) == ["delay_declared"]
        assert world.record.return_id == "rma_1"


class TestRecovery:
    def told(self, world: World, milestone: Milestone) -> list[str]:
        tell(world, world.change(delay=delay()))
        world.move(milestone, NOW + HOUR)
        return tell(world, world.change(delay=delay(recovered_at=NOW + HOUR)), NOW + HOUR)

    def test_it_is_told_where_the_parcel_moves(self, world: World) -> None:
        assert self.told(world, Milestone.IN_TRANSIT) == ["delay_recovered"]

    @pytest.mark.parametrize(
        "milestone",
        [
            *(Milestone.OUT_FOR_DELIVERY, Milestone.AVAILABLE_FOR_PICKUP, Milestone.DELIVERY_ATTEMPTED),
            Milestone.DELIVERED,
        ],
    )
    def test_a_better_message_says_it(self, world: World, milestone: Milestone) -> None:
        assert self.told(world, milestone) == []

    def test_a_question_was_news_of_the_delay_too(self, world: World) -> None:
        known = delay(case_id="cse_1")
        world.change(delay=known)
        world.cases.open(question())
        assert tell(world, [asked(question())]) == ["delay_question"]
        ended = known.model_copy(update={"recovered_at": NOW + HOUR, "case_id": None})
        assert tell(world, world.change(delay=ended), NOW + HOUR) == ["delay_recovered"]

    def test_another_parcels_delay_was_not_told(self, world: World) -> None:
        """Given another parcel's delay was told in the same order, when this one's ends untold, then none."""
        other = parcel(shipment_id="shp_2", delay=delay(), version=1)
        world.shipments.save(other, due_at=None, link=True)
        assert tell(world, shipment_changes(None, other)) == ["delay_declared"]
        world.change(delay=delay(delay_id="dly_2"))
        assert tell(world, world.change(delay=delay(delay_id="dly_2", recovered_at=NOW))) == []


class TestQuestions:
    def test_what_is_asked_at_once_is_told_as_a_question(self, world: World) -> None:
        """Given a playbook that begins with a question, when delay and question come, then one message is sent."""
        lost = delay(kind=DelayKind.PRESUMED_LOST, expected=None)
        assert tell(world, world.change(delay=lost)) == []
        world.change(delay=lost.model_copy(update={"case_id": "cse_1"}))
        case = question(kind=DelayKind.PRESUMED_LOST)
        world.cases.open(case)
        assert tell(world, [asked(case)]) == ["delay_question"]
        assert sweep(world, NOW + MORE_FOLLOWS) == []

    def test_what_is_mended_at_once_is_told_as_that(self, world: World) -> None:
        """Given a playbook that presumes it lost and sends a new one, when both come, then one message is sent."""
        lost = later(1, NOW, DelayKind.PRESUMED_LOST, chosen=Remedy.RESEND)
        world.change(delay=delay())
        assert tell(world, world.change(delay=lost)) == []
        world.change(delay=lost.model_copy(update={"chosen": None, "resolved_at": NOW}))
        sent = asked(question(kind=DelayKind.PRESUMED_LOST, case_id="rmd_1"), Moment.RESENT)
        assert tell(world, [sent]) == ["resent"]
        assert sweep(world, NOW + MORE_FOLLOWS) == []

    def test_where_the_question_never_comes_the_delay_is_told(self, world: World) -> None:
        assert tell(world, world.change(delay=delay(kind=DelayKind.PRESUMED_LOST, expected=None))) == []
        assert sweep(world, NOW + MORE_FOLLOWS) == ["delay_declared"]

    @pytest.mark.parametrize(
        "update",
        [
            {"state": CaseState.DECIDED, "decision": Remedy.REFUND},
            {"state": CaseState.MOOT},
            {"deadline": NOW},
            {"case_id": "cse_other"},
        ],
    )
    def test_a_question_that_is_not_asked_any_more(self, world: World, update: dict[str, Any]) -> None:
        world.change(delay=delay(case_id="cse_1"))
        world.cases.open(question(**update))
        assert tell(world, [asked(question(**update))]) == []
        assert world.record.reason is Suppression.OVERTAKEN

    def test_an_answer_before_it_is_sent(self, world: World) -> None:
        world.change(delay=delay(case_id="cse_1"))
        world.cases.open(question())
        (reference,) = world.plan(asked(question()))
        world.cases.update(question(state=CaseState.DECIDED, version=1))
        assert world.send(reference) == MessageState.SUPPRESSED

    def test_who_has_unsubscribed_still_gets_the_notice_that_is_owed(self, world: World) -> None:
        world.prefer(off=frozenset({Purpose.SERVICE}))
        late = order(version=2, delay=delay(kind=DelayKind.NOT_DISPATCHED, case_id="cse_1"))
        world.orders.save(late)
        case = question(kind=DelayKind.NOT_DISPATCHED, shipment_id=None)
        world.cases.open(case)
        assert tell(world, [asked(case)]) == []
        assert tell(world, [asked(case, Moment.DELAY_OPTION)]) == ["delay_option"]


KINDS = [kind for kind in DelayKind if kind is not DelayKind.PRESUMED_LOST]


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from(KINDS), st.booleans()), max_size=12))
def test_one_message_a_day_unless_it_becomes_graver(steps: list[tuple[int, DelayKind, bool]]) -> None:
    """Given any course of a delay with sweeps between, then two messages on one day are never of the same weight, and
    what was last said is what is so in the end.
    """
    world, now, revision, kind = World(), NOW, 0, DelayKind.PREDICTED_LATE
    sent: list[tuple[Any, int, DateRange | None]] = []

    def note(count: int) -> None:
        assert count <= 1
        if count:
            record = world.shipments.records["larkspur", "shp_1"]
            assert record.delay
            sent.append((local_day(now, ZONE), WEIGHT[record.delay.kind], record.delay.expected))

    note(len(tell(world, world.change(delay=delay(kind=kind)), now)))
    for hours, other, swept in steps:
        now += hours * HOUR
        if swept:
            note(len(sweep(world, now)))
            continue
        revision += 1
        kind = other if WEIGHT[other] > WEIGHT[kind] else kind
        note(len(tell(world, world.change(delay=later(revision, now, kind)), now)))
    now += 2 * DAY
    note(len(sweep(world, now)))
    assert len({(day, weight) for day, weight, _ in sent}) == len(sent)
    last = world.shipments.records["larkspur", "shp_1"].delay
    assert last
    assert sent[-1][2] == last.expected
