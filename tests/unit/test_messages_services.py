"""Planning, sending and settling of messages: each moment is told once, whatever dies where."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from porchlight.asking import Caller
from porchlight.channels.receipts import parse
from porchlight.domain.changes import DomainEvent, order_changes, shipment_changes
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.delays import Delay, DelayKind
from porchlight.domain.messages import MessageRecord, MessageState, Suppression
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Shopper
from porchlight.domain.preferences import Preferences
from porchlight.errors import ConflictError, NotFoundError, PermanentProviderError, TransientError
from porchlight.reaching import EmailContent, HandedOver, Outgoing
from porchlight.services.blocks import BlockDesk
from porchlight.services.bundles import Gatherer
from porchlight.services.compose import Composer
from porchlight.services.consent import ConsentDesk
from porchlight.services.deliberate import Deliberation
from porchlight.services.experiments import Laboratory
from porchlight.services.links import Links
from porchlight.services.plan_messages import REDRIVE_AFTER, Planner
from porchlight.services.record_feedback import Feedback
from porchlight.services.send_message import IN_DOUBT, MAX_ATTEMPTS, NO_ANSWER, Sender
from tests.fakes import (
    FakeBrands,
    FakeCases,
    FakeDue,
    FakeMessages,
    FakeMetrics,
    FakeOrders,
    FakeRenderer,
    FakeReturns,
    FakeSecrets,
    FakeShipments,
)
from tests.fakes_reaching import (
    FakeBundles,
    FakeCatalogues,
    FakeCourier,
    FakeEngagement,
    FakeExperiments,
    FakeProfiles,
    FakeTouches,
)
from tests.fakes_returning import FakeLaws
from tests.fakes_sending import FakeReputations
from tests.unit.stories import DAY, NOW, after, brand, order, parcel, scan

MINUTE = timedelta(minutes=1)


class Killed(BaseException):
    """The function is gone: nothing catches this."""


class World:
    """An order with a parcel on its way, a shopper with an address, and the three services."""

    def __init__(self, milestone: Milestone = Milestone.IN_TRANSIT) -> None:
        self.orders, self.messages, self.returns = FakeOrders(), FakeMessages(), FakeReturns()
        self.orders.messages, self.orders.returns = self.messages, self.returns
        self.shipments, self.metrics, self.email = FakeShipments(self.orders), FakeMetrics(), FakeCourier()
        self.shopper = Shopper(brand="larkspur", shopper_id="cus_1", name="Ada", email="ada@x.example")
        self.orders.save(order(), self.shopper)
        first = scan(milestone, NOW)
        self.shipments.save(after(parcel(), [first]), [first], due_at=None, link=True)
        links = Links(FakeSecrets(links={"key": "k" * 32}), "https://track.example")
        self.brands, self.cases = FakeBrands(brand()), FakeCases()
        self.profiles, self.touches, self.bundles = FakeProfiles(self.orders), FakeTouches(), FakeBundles()
        self.catalogues, self.reputations = FakeCatalogues(), FakeReputations()
        deliberation = Deliberation(
            *(self.orders, self.shipments, self.returns, self.cases, self.brands, self.catalogues),
            *(self.profiles, self.touches, self.reputations),
        )
        gatherer = Gatherer(self.bundles, self.messages)
        blocks = BlockDesk(self.catalogues, cast(Caller, None), self.metrics, lambda: 0.0)
        self.experiments = FakeExperiments()
        self.laboratory = Laboratory(self.experiments, self.profiles)
        self.planner = Planner(deliberation, self.messages, gatherer, self.laboratory, self.metrics)
        self.sender = Sender(
            *(deliberation, self.messages, self.profiles, self.touches, gatherer),
            *(
                Composer(FakeRenderer(), links, blocks, FakeLaws()),
                self.email,
                self.laboratory,
                self.metrics,
                lambda: 0.0,
            ),
        )
        self.engagement = FakeEngagement()
        desk = ConsentDesk(self.profiles, self.metrics)
        self.feedback = Feedback(self.messages, desk, self.reputations, self.engagement, self.metrics)
        self.due = FakeDue(self.shipments, self.messages)

    def move(self, milestone: Milestone, at: datetime, **update: Any) -> list[DomainEvent]:
        """The parcel moves on; what the stream makes of it."""
        old = self.shipments.records["larkspur", "shp_1"]
        event = scan(milestone, at)
        known = [*self.shipments.events["larkspur", "shp_1"].values(), event]
        new = after(old, known).model_copy(update={"version": old.version + 1, **update})
        self.shipments.save(new, [event], due_at=None)
        return shipment_changes(old, new)

    def change(self, **update: Any) -> list[DomainEvent]:
        old = self.shipments.records["larkspur", "shp_1"]
        new = old.model_copy(update={"version": old.version + 1, **update})
        self.shipments.save(new, due_at=None)
        return shipment_changes(old, new)

    def news(self, moment: Moment = Moment.SHIPPED) -> DomainEvent:
        return DomainEvent(
            **{"id": "chg_1", "type": "ShipmentShipped", "brand": "larkspur", "moment": moment},
            **{"order_id": "ord_1", "shipment_id": "shp_1", "subject_id": "shp_1"},
            occurred_at=NOW,
            recorded_at=NOW,
        )

    def plan(self, event: DomainEvent | None = None, now: datetime = NOW) -> list[dict[str, str]]:
        return self.planner.plan(event or self.news(), now)

    def send(self, reference: dict[str, str], now: datetime = NOW) -> str:
        return self.sender.send(now=now, **reference)

    def report(self, kind: str = "Send", at: datetime = NOW) -> list[str]:
        """SES reports every message that it took."""
        reports = [ses_event(email, kind, at) for email in self.email.sent]
        return [self.feedback.apply(one, at) for report in reports for one in parse(report)]

    def prefer(self, **chosen: Any) -> None:
        profile = self.profiles.get("larkspur", "cus_1")
        changed = {"preferences": Preferences(**chosen), "version": profile.version + 1}
        self.profiles.save(profile.model_copy(update=changed))

    @property
    def record(self) -> MessageRecord:
        (found,) = self.messages.records.values()
        return found


def somebody_elses() -> Outgoing:
    return Outgoing(
        **{"brand": "larkspur", "channel": Channel.EMAIL, "message_id": "msg_9", "order_id": "ord_9"},
        **{"moment": Moment.SHIPPED, "purpose": Purpose.SERVICE, "to": "b@x.example"},
        content=EmailContent(subject="", html="", text=""),
    )


def ses_event(email: Outgoing, kind: str = "Send", at: datetime = NOW) -> dict[str, Any]:
    tags = {name: [value] for name, value in email.tags.items()}
    return {"eventType": kind, "mail": {"timestamp": at.isoformat(), "messageId": "ses-9", "tags": tags}}


@pytest.fixture
def world() -> World:
    return World()


class TestPlanning:
    def test_a_moment_is_planned_once_and_given_again_until_it_is_sent(self, world: World) -> None:
        (reference,) = world.plan()
        assert world.plan() == [reference]
        assert world.record.state is MessageState.PLANNED
        assert [due.due_at for due in world.due.due(0, NOW + REDRIVE_AFTER, 10)] == [NOW + REDRIVE_AFTER]
        world.send(reference)
        assert world.plan() == []
        assert len(world.messages.records) == 1

    def test_the_decision_names_the_shopper_and_holds_no_address(self, world: World) -> None:
        world.plan()
        assert world.record.shopper_id == "cus_1"
        assert "ada" not in world.record.model_dump_json()

    @pytest.mark.parametrize("update", [{"moment": None}, {"order_id": None}, {"order_id": "ord_unknown"}])
    def test_what_is_told_to_nobody(self, world: World, update: dict[str, Any]) -> None:
        assert world.plan(world.news().model_copy(update=update)) == []
        assert not world.messages.records

    def test_another_brand_does_not_see_the_order(self, world: World) -> None:
        assert world.plan(world.news().model_copy(update={"brand": "fjordhus"})) == []

    def test_news_that_was_overtaken_is_not_told(self, world: World) -> None:
        world.move(Milestone.DELIVERED, NOW + DAY)
        assert world.plan() == []
        assert (world.record.state, world.record.reason) == (MessageState.SUPPRESSED, Suppression.OVERTAKEN)
        assert world.metrics.total("Messages", outcome="suppressed_overtaken") == 1
        assert not world.messages.due_at

    def test_news_that_is_true_again_is_told_after_all(self, world: World) -> None:
        attempted = world.news(Moment.DELIVERY_ATTEMPTED)
        assert world.plan(attempted) == []
        (event,) = world.move(Milestone.DELIVERY_ATTEMPTED, NOW + DAY)
        (reference,) = world.plan(event)
        assert world.send(reference) == MessageState.SENT
        assert world.plan(event) == []

    @pytest.mark.parametrize("missing", [{"email": None}, {"email": ""}])
    def test_nobody_without_an_address(self, world: World, missing: dict[str, Any]) -> None:
        world.orders.shoppers["larkspur", "cus_1"] = world.shopper.model_copy(update=missing)
        assert world.plan() == []
        assert world.record.reason is Suppression.NO_ADDRESS

    def test_nobody_who_has_unsubscribed(self, world: World) -> None:
        world.prefer(off=frozenset({Purpose.SERVICE}))
        assert world.plan() == []
        assert world.record.reason is Suppression.UNSUBSCRIBED

    def test_an_order_that_was_cancelled_is_not_confirmed(self, world: World) -> None:
        cancelled = order(version=2, cancelled_at=NOW)
        (confirmed, _) = order_changes(None, cancelled)
        world.orders.save(cancelled)
        assert world.plan(confirmed) == []
        assert world.record.reason is Suppression.CANCELLED

    def test_an_order_is_confirmed(self, world: World) -> None:
        (confirmed,) = order_changes(None, order())
        (reference,) = world.plan(confirmed)
        assert world.send(reference) == MessageState.SENT

    def test_each_moment_of_a_parcel_once_however_often_the_carrier_repeats_itself(self, world: World) -> None:
        route = [Milestone.OUT_FOR_DELIVERY, Milestone.IN_TRANSIT, Milestone.OUT_FOR_DELIVERY, Milestone.DELIVERED]
        for hour, milestone in enumerate(route, 1):
            for event in world.move(milestone, NOW + timedelta(hours=hour)) * 2:
                for reference in world.plan(event):
                    world.send(reference)
        assert [email.tags["moment"] for email in world.email.sent] == ["out_for_delivery", "shipped", "delivered"]


class TestDelays:
    @staticmethod
    def delay(**update: Any) -> Delay:
        expected = {"earliest": "2026-03-09", "latest": "2026-03-10"}
        values = {"delay_id": "dly_1", "kind": DelayKind.STALLED, "declared_at": NOW, "expected": expected}
        return Delay.model_validate({**values, **update})

    def test_a_delay_is_told_once_and_its_end_once(self, world: World) -> None:
        (declared,) = world.change(delay=self.delay())
        for reference in world.plan(declared) + world.plan(declared):
            world.send(reference)
        (recovered,) = world.change(delay=self.delay(recovered_at=NOW))
        for reference in world.plan(recovered) + world.plan(recovered):
            world.send(reference)
        assert [email.tags["moment"] for email in world.email.sent] == ["delay_declared", "delay_recovered"]

    def test_a_delay_that_is_over_is_not_told(self, world: World) -> None:
        (declared,) = world.change(delay=self.delay())
        (recovered,) = world.change(delay=self.delay(recovered_at=NOW))
        assert world.plan(declared) == []
        assert world.plan(recovered) == []
        assert {record.reason for record in world.messages.records.values()} == {Suppression.OVERTAKEN}

    def test_a_second_delay_is_told_too(self, world: World) -> None:
        for number in ("dly_1", "dly_2"):
            (declared,) = world.change(delay=self.delay(delay_id=number))
            for reference in world.plan(declared):
                world.send(reference)
        assert len(world.email.sent) == 2


class TestSending:
    def test_a_message_is_sent_with_what_mail_programs_need(self, world: World) -> None:
        (reference,) = world.plan()
        assert world.send(reference, NOW + MINUTE) == MessageState.SENT
        (email,) = world.email.sent
        assert isinstance(email.content, EmailContent)
        assert (email.to, email.from_name, email.reply_to) == (
            "ada@x.example",
            "Larkspur",
            "b@larkspur.example",
        )
        assert email.content.headers["List-Unsubscribe"].startswith("<https://track.example/u/")
        assert email.content.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert email.tags == {**reference, "moment": "shipped"}
        assert (world.record.provider_id, world.record.sent_at, world.record.attempt) == ("ses-1", NOW + MINUTE, 1)
        assert not world.messages.due_at
        assert world.metrics.total("Messages", outcome="sent") == 1
        assert world.metrics.total("EventToMessage") == 60

    def test_sent_is_sent(self, world: World) -> None:
        (reference,) = world.plan()
        assert [world.send(reference) for _ in range(3)] == [MessageState.SENT] * 3
        assert len(world.email.sent) == 1

    def test_an_unknown_message_or_order(self, world: World) -> None:
        with pytest.raises(NotFoundError):
            world.send({"brand": "larkspur", "order_id": "ord_1", "message_id": "msg_none"})

    def test_news_overtaken_between_plan_and_send_is_not_sent(self, world: World) -> None:
        (reference,) = world.plan()
        world.move(Milestone.DELIVERED, NOW + DAY)
        assert world.send(reference) == MessageState.SUPPRESSED
        assert not world.email.sent

    def test_a_provider_that_is_busy_is_asked_again(self, world: World) -> None:
        (reference,) = world.plan()
        world.email.fails = [TransientError("TooManyRequestsException")]
        with pytest.raises(TransientError):
            world.send(reference)
        assert world.record.state is MessageState.PLANNED
        assert world.messages.due_at
        assert world.send(reference, NOW + 2 * MINUTE) == MessageState.SENT
        assert world.record.attempt == 1

    def test_a_provider_that_refuses_is_not_asked_again(self, world: World) -> None:
        (reference,) = world.plan()
        world.email.fails = [PermanentProviderError("MessageRejected")]
        assert world.send(reference) == world.send(reference) == MessageState.FAILED
        assert world.record.failure == "MessageRejected"
        assert world.metrics.total("Messages", outcome="failed") == 1
        assert not world.email.sent

    def test_what_cannot_work_has_failed(self, world: World) -> None:
        (reference,) = world.plan()
        assert world.sender.fail(**reference, error="KeyError", now=NOW) == MessageState.FAILED
        assert world.record.failure == "KeyError"
        assert world.sender.fail("larkspur", "ord_1", "msg_none", "x", NOW) == "missing"

    def test_giving_up_leaves_what_may_have_been_sent(self, world: World) -> None:
        (reference,) = world.plan()
        world.email.fails = [TransientError("ReadTimeoutError", code=NO_ANSWER)]
        world.send(reference)
        assert world.sender.fail(**reference, error="TransientError", now=NOW) == MessageState.SENDING

    def test_an_answer_that_is_lost_is_not_asked_for_twice(self, world: World) -> None:
        """Given SES took it and its answer was lost, when the report comes, then it was sent, once."""
        (reference,) = world.plan()
        world.email.fails = [TransientError("ReadTimeoutError", code=NO_ANSWER)]
        assert world.send(reference) == MessageState.SENDING
        assert world.send(reference, NOW + MINUTE) == MessageState.SENDING
        assert not world.email.sent
        assert world.send(reference, NOW + IN_DOUBT) == MessageState.SENT
        assert len(world.email.sent) == 1

    def test_two_senders_at_once_send_once(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        (reference,) = world.plan()
        real, states = world.messages.update, []

        def update(*arguments: Any, **options: Any) -> None:
            monkeypatch.undo()
            states.append(world.send(reference))
            real(*arguments, **options)

        monkeypatch.setattr(world.messages, "update", update)
        states.append(world.send(reference))
        assert states == [MessageState.SENT, MessageState.SENDING]
        assert len(world.email.sent) == 1

    def test_words_that_break_leave_the_message_as_it_was(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        (reference,) = world.plan()

        def broken(*_: Any) -> Any:
            raise ValueError("a template")

        monkeypatch.setattr(world.sender.composer.renderer, "email", broken)
        with pytest.raises(ValueError, match="template"):
            world.send(reference)
        assert (world.record.state, world.record.attempt) == (MessageState.PLANNED, 0)

    def test_a_message_is_not_taken_up_for_ever(self, world: World) -> None:
        (reference,) = world.plan()
        for number in range(MAX_ATTEMPTS):
            world.email.fails = [TransientError("ReadTimeoutError", code=NO_ANSWER)]
            assert world.send(reference, NOW + number * IN_DOUBT) == MessageState.SENDING
        assert world.send(reference, NOW + MAX_ATTEMPTS * IN_DOUBT) == MessageState.FAILED
        assert world.record.failure == "too-many-attempts"


class TestFeedback:
    def test_it_settles_a_message_whose_sender_died(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        (reference,) = world.plan()
        die_at(world, monkeypatch, "update", 2)
        with pytest.raises(Killed):
            world.send(reference)
        monkeypatch.undo()
        assert world.report() == [MessageState.SENT]
        assert (world.record.state, world.record.provider_id) == (MessageState.SENT, "ses-9")
        assert world.send(reference, NOW + IN_DOUBT) == MessageState.SENT
        assert len(world.email.sent) == 1
        assert not world.messages.due_at

    def test_without_it_the_message_is_sent_again_after_a_while(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (reference,) = world.plan()
        die_at(world, monkeypatch, "update", 1)
        with pytest.raises(Killed):
            world.send(reference)
        monkeypatch.undo()
        assert [due.record_id for due in world.due.due(0, NOW + REDRIVE_AFTER, 9)] == [reference["message_id"]]
        assert world.send(reference, NOW + IN_DOUBT) == MessageState.SENT
        assert len(world.email.sent) == 1

    def test_it_may_be_quicker_than_the_answer(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        (reference,) = world.plan()
        real = world.email.hand_over

        def send(email: Outgoing, now: datetime) -> HandedOver:
            found = real(email, now)
            world.report()
            return found

        monkeypatch.setattr(world.email, "hand_over", send)
        assert world.send(reference) == MessageState.SENT
        assert world.record.provider_id == "ses-9"
        assert world.metrics.total("Messages", outcome="sent") == 1

    def test_late_and_repeated_reports_change_nothing(self, world: World) -> None:
        (reference,) = world.plan()
        world.send(reference)
        before = world.record
        assert world.report() + world.report() == [MessageState.SENT] * 2
        assert world.record == before
        assert world.report("Delivery") + world.report("Delivery", NOW + DAY) == [MessageState.SENT] * 2
        assert world.record.delivered_at == NOW

    @pytest.mark.parametrize("kind", ["Bounce", "Complaint", "Reject", "Rendering Failure"])
    def test_trouble_is_counted(self, world: World, kind: str) -> None:
        (reference,) = world.plan()
        world.send(reference)
        world.report(kind)
        assert world.metrics.total("MessageFeedback") == 1
        assert world.record.state is MessageState.SENT

    @pytest.mark.parametrize(
        "detail", [{}, {"eventType": "Send", "mail": {}}, {"eventType": "Send", "mail": {"tags": {}}}]
    )
    def test_messages_of_others(self, world: World, detail: dict[str, Any]) -> None:
        assert not parse({"mail": {}, **detail})
        with pytest.raises(NotFoundError):
            world.feedback.apply(parse(ses_event(somebody_elses(), "Send"))[0], NOW)

    def test_two_reports_at_once(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        (reference,) = world.plan()
        die_at(world, monkeypatch, "update", 2)
        with pytest.raises(Killed):
            world.send(reference)
        monkeypatch.undo()

        real = world.messages.update

        def quicker(record: MessageRecord, **options: Any) -> None:
            monkeypatch.undo()
            real(record, **options)
            raise ConflictError

        monkeypatch.setattr(world.messages, "update", quicker)
        assert world.report() == [MessageState.SENT]
        assert world.metrics.total("Messages", outcome="sent") == 0  # the other one counted it


def die_at(world: World, monkeypatch: pytest.MonkeyPatch, name: str, call: int) -> None:
    """The function dies right before its ``call``-th write of a message has an effect."""
    real, calls = getattr(world.messages, name), [0]

    def dying(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == call:
            raise Killed
        return real(*arguments, **options)

    monkeypatch.setattr(world.messages, name, dying)


@pytest.mark.parametrize("after_effect", [False, True])
@pytest.mark.parametrize("step", range(1, 18))
def test_killed_at_any_step_it_is_told_once(step: int, after_effect: bool) -> None:
    """Given the function dies at a step (before or after its effect), SES reports, the sweep runs: one email."""
    world, calls, dead = World(), [0], [False]

    def between(real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            calls[0] += 1
            here = calls[0] == step and not dead[0]
            if here:
                dead[0] = True
            if here and not after_effect:
                raise Killed
            result = real(*arguments, **options)
            if here:
                raise Killed
            return result

        return call

    for port, names in (
        (world.orders, ("contents",)),
        (world.profiles, ("with_contact",)),
        (world.shipments, ("get",)),
        (world.messages, ("plan", "get", "update")),
        (world.email, ("hand_over",)),
    ):
        for name in names:
            setattr(port, name, between(getattr(port, name)))

    def once(now: datetime) -> None:
        for reference in world.plan(now=now):
            world.send(reference, now)

    def sweep(now: datetime) -> None:
        for due in world.due.due(0, now, 10):
            assert due.parent_id
            world.send({"brand": due.brand, "order_id": due.parent_id, "message_id": due.record_id}, now)

    def settled(function: Callable[[datetime], object], now: datetime) -> None:
        """The machine, the bus and the schedule try again."""
        try:
            function(now)
        except Killed:
            function(now + MINUTE)

    settled(once, NOW)
    for later in (IN_DOUBT + 2 * MINUTE, 3 * IN_DOUBT):
        settled(lambda now: world.report(at=now), NOW + MINUTE)
        settled(sweep, NOW + later)
    assert len(world.email.sent) == 1
    assert world.record.state is MessageState.SENT
    assert not world.messages.due_at
