"""News that is none any more by the time it would go out, and news that another message tells already."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from porchlight.domain.changes import DomainEvent, order_changes
from porchlight.domain.dates import DateRange
from porchlight.domain.day_changes import DaysTold
from porchlight.domain.delays import DelayKind
from porchlight.domain.echoes import WITHIN
from porchlight.domain.messages import MessageRecord, MessageState, Suppression
from porchlight.domain.milestones import Milestone, Signal
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Order
from porchlight.domain.returns import Return, ReturnState
from porchlight.domain.rma.names import SettlementKind
from porchlight.domain.rma.settlements import Settlement
from porchlight.domain.signals import FRESH, Heard
from porchlight.domain.stages import Stage, StageName
from porchlight.domain.telling import suppression
from tests.unit.stories import DAY, NOW, ZONE, after, order, parcel, scan, usd, wanted
from tests.unit.test_messages_services import World
from tests.unit.test_telling import delay

MINUTE = timedelta(minutes=1)
AFTERWARDS = (
    *(Moment.WELCOME, Moment.SATISFACTION, Moment.REVIEW_REQUEST, Moment.REPLENISHMENT, Moment.RELATED_OFFER),
)


def asked(moment: Moment, subject: str = "shp_1", **known: Any) -> Suppression | None:
    values: dict[str, Any] = {"order": order(), "shipment": parcel(), "messages": (), "case": None, "now": NOW}
    return suppression(moment, subject, **(values | known))


def about(moment: Moment, subject: str, **update: Any) -> MessageRecord:
    values: dict[str, Any] = {
        **{"brand": "larkspur", "message_id": f"msg_{moment}_{subject}", "order_id": "ord_1", "shopper_id": "cus_1"},
        **{"moment": moment, "subject_id": subject, "state": MessageState.SENT, "planned_at": NOW, "event_at": NOW},
    }
    return MessageRecord(**(values | update))


class TestParcels:
    def test_of_several_other_days_only_the_last_is_told(self) -> None:
        days = DateRange(earliest=date(2026, 3, 10), latest=date(2026, 3, 11), zone=ZONE)
        moved = parcel(milestone=Milestone.IN_TRANSIT, told=DaysTold(days=days, at=NOW, before=days, revision=2))
        assert asked(Moment.DAY_CHANGED, "shp_1#2", shipment=moved) is None
        assert asked(Moment.DAY_CHANGED, "shp_1#1", shipment=moved) is Suppression.OVERTAKEN

    @pytest.mark.parametrize(
        ("ago", "expected"),
        [
            (timedelta(), None),
            (-MINUTE, None),  # the courier's clock is a little ahead
            (FRESH[Signal.DRIVER_NEARBY] - 3 * MINUTE, None),
            (FRESH[Signal.DRIVER_NEARBY] + MINUTE, Suppression.OVERTAKEN),
        ],
    )
    def test_a_driver_who_was_near_is_not_near(self, ago: timedelta, expected: Suppression | None) -> None:
        near = parcel(
            milestone=Milestone.OUT_FOR_DELIVERY,
            milestone_at=NOW - DAY,
            signals={Signal.DRIVER_NEARBY: Heard(at=NOW - ago)},
        )
        assert asked(Moment.DRIVER_NEAR, "shp_1#2026-03-02", shipment=near) is expected

    def test_a_driver_who_is_assigned_is_not_near(self) -> None:
        signals = {Signal.DRIVER_ASSIGNED: Heard(at=NOW)}
        known = parcel(milestone=Milestone.OUT_FOR_DELIVERY, milestone_at=NOW - DAY, signals=signals)
        assert asked(Moment.DRIVER_NEAR, shipment=known) is Suppression.OVERTAKEN

    @pytest.mark.parametrize("moment", AFTERWARDS)
    def test_what_did_not_stay_delivered_is_not_asked_about(self, moment: Moment) -> None:
        assert asked(moment, shipment=parcel(milestone=Milestone.DELIVERED)) is None
        for milestone in (Milestone.RETURNED_TO_SENDER, Milestone.LOST, Milestone.OUT_FOR_DELIVERY):
            assert asked(moment, shipment=parcel(milestone=milestone)) is Suppression.OVERTAKEN

    def test_a_parcel_that_waits_is_told_of_once_where_it_is_about_to_go_back(self) -> None:
        """Given a reminder and a delay about the same shelf, when the delay was told, then the reminder is not."""
        late = delay(kind=DelayKind.PICKUP_EXPIRING, expected=None, declared_at=NOW)
        waits = parcel(milestone=Milestone.AVAILABLE_FOR_PICKUP, delay=late)
        warned = about(Moment.DELAY_DECLARED, "dly_1", shipment_id="shp_1")
        never = warned.model_copy(update={"state": MessageState.SUPPRESSED})
        before = warned.model_copy(update={"planned_at": NOW - DAY})  # of another delay
        assert asked(Moment.PICKUP_REMINDER, shipment=waits, messages=[warned]) is Suppression.CONTINUED
        for messages in ([], [never], [before]):
            assert asked(Moment.PICKUP_REMINDER, shipment=waits, messages=messages) is None
        other = waits.model_copy(update={"delay": late.model_copy(update={"kind": DelayKind.STALLED})})
        assert asked(Moment.PICKUP_REMINDER, shipment=other, messages=[warned]) is None


class TestOrders:
    def test_an_appointment_that_was_moved_is_told_as_it_is_now(self) -> None:
        first, second = (Stage(stage=StageName.INSTALLATION, at=NOW + days * DAY) for days in (3, 5))
        moved = order(stages=(second,))
        assert asked(Moment.INSTALLATION_DUE, second.subject("ord_1"), order=moved, shipment=None) is None
        old = asked(Moment.INSTALLATION_DUE, first.subject("ord_1"), order=moved, shipment=None)
        assert old is Suppression.OVERTAKEN

    def test_several_parcels_are_told_while_several_are_to_come(self) -> None:
        coming, came = parcel(milestone=Milestone.IN_TRANSIT), parcel(milestone=Milestone.DELIVERED)
        back = parcel(milestone=Milestone.IN_TRANSIT, return_id="rma_1")
        told = {"order": order(split=True), "shipment": None}
        for parcels in ([coming, came], [came, came], [coming, back]):
            assert asked(Moment.SPLIT_SHIPMENT, "ord_1", parcels=parcels, **told) is Suppression.OVERTAKEN
        for enough in ([coming, coming], [coming, coming, came], None):
            assert asked(Moment.SPLIT_SHIPMENT, "ord_1", parcels=enough, **told) is None

    def test_the_parcels_are_looked_at_when_it_goes_out(self) -> None:
        """Given an order in two parcels, when one has come before the message goes out, then it does not."""
        world = World()
        second = after(parcel(shipment_id="shp_2"), [scan(Milestone.IN_TRANSIT, NOW)])
        world.shipments.save(second, due_at=None, link=True)
        world.orders.save(split := order(split=True, version=2))
        (event,) = order_changes(order(), split)
        (reference,) = world.plan(event)
        world.move(Milestone.DELIVERED, NOW + MINUTE)
        assert world.send(reference, NOW + MINUTE) == MessageState.SUPPRESSED
        assert world.record.reason is Suppression.OVERTAKEN


def given_back(reference: str | None = None, **update: Any) -> Return:
    refund = Settlement(
        key="rfd_1",
        kind=SettlementKind.REFUND,
        order_id="ord_1",
        amount=usd(10_000),
        intended_at=NOW,
        reference=reference or "",
    )
    return wanted(**{"state": ReturnState.REFUNDED, "settlements": (refund,), **update})


def said(*refunds: str) -> Order:
    return order(refunds=dict.fromkeys(refunds, usd(10_000)))


def echoes(
    refund: str,
    known: Order,
    returns: Sequence[Return] = (),
    messages: Sequence[MessageRecord] = (),
    at: datetime = NOW,
) -> bool:
    found = asked(Moment.REFUND_ISSUED, refund, order=known, shipment=None, returns=returns, messages=messages, now=at)
    assert found in (None, Suppression.CONTINUED)
    return found is Suppression.CONTINUED


class TestRefunds:
    def test_the_shops_report_of_a_return_that_we_told_of_is_not_told_again(self) -> None:
        assert echoes("77", said("77"), [given_back("77")])
        assert echoes("77", said("77"), [given_back("re_1")])
        assert not echoes("77", said("77"))

    def test_another_amount_or_another_week_is_news(self) -> None:
        assert not echoes("77", order(refunds={"77": usd(9_999)}), [given_back("re_1")])
        assert echoes("77", said("77"), [given_back("re_1")], at=NOW + WITHIN)
        assert not echoes("77", said("77"), [given_back("re_1")], at=NOW + WITHIN + MINUTE)

    def test_money_that_was_asked_for_is_ours_before_the_answer_is_there_and_not_where_it_failed(self) -> None:
        assert echoes("77", said("77"), [given_back(state=ReturnState.IN_TRANSIT)])
        assert not echoes("77", said("77"), [given_back(state=ReturnState.FAILED)])
        assert not echoes("77", said("77"), [wanted()])

    def test_each_of_ours_has_one_echo(self) -> None:
        """Given one return and two refunds of its amount, when both are reported, then one of them is told."""
        both, first = said("77", "78"), about(Moment.REFUND_ISSUED, "77", state=MessageState.SUPPRESSED)
        heard = first.model_copy(update={"reason": Suppression.CONTINUED})
        assert echoes("77", both, [given_back("re_1")])
        assert not echoes("78", both, [given_back("re_1")], [heard])
        assert echoes("78", both, [given_back("re_1"), given_back("re_2")], [heard])
        again = heard.model_copy(update={"subject_id": "78"})
        assert echoes("78", both, [given_back("re_1")], [again])

    def test_a_reference_says_more_than_an_amount(self) -> None:
        """Given a return whose money is the shop's refund 77, then 78 of the same amount is news."""
        assert not echoes("78", said("77", "78"), [given_back("77")])

    def test_a_refund_for_a_delay_has_its_echo_too(self) -> None:
        ours = order(refunds={"rmd_1:re_1": usd(10_000), "77": usd(10_000)})
        assert echoes("77", ours)
        assert echoes("77", ours, messages=[about(Moment.REFUNDED, "cse_1")])
        long_ago = about(Moment.REFUNDED, "cse_1", planned_at=NOW - WITHIN - MINUTE)
        assert not echoes("77", ours, messages=[long_ago])

    def test_a_shops_refund_after_a_return_is_planned_as_told_already(self) -> None:
        world = World()
        world.returns.create(given_back("re_1"))
        world.orders.save(refunded := order(version=2, refunds={"77": usd(10_000)}))
        (event,) = order_changes(order(), refunded)
        assert isinstance(event, DomainEvent)
        assert world.plan(event) == []
        assert world.record.reason is Suppression.CONTINUED
