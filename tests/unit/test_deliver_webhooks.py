"""Events to brands' endpoints: once recorded, signed, tried again, and never lost; one bad endpoint hurts no other."""

import base64
import itertools
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from standardwebhooks import Webhook

from porchlight.connectors import Answer
from porchlight.domain.brands import BrandConfig
from porchlight.domain.changes import DomainEvent
from porchlight.domain.webhooks import (
    BREAKS_AFTER,
    GIVEN_UP_AFTER,
    JITTER,
    LEFT_ALONE,
    RETRIES,
    DeliveryState,
    Occurrence,
    WebhookDelivery,
    WebhookEndpoint,
)
from porchlight.errors import NO_ANSWER, ConflictError, TransientError
from porchlight.ports import Due
from porchlight.services.deliver_webhooks import LEASE, WebhookSender
from porchlight.services.webhook_desk import QUEUED, WebhookDesk
from tests.announced import FakeCaller, FakeOpsBus, FakeWebhookDeliveries, FakeWebhookQueue
from tests.fakes import FakeBrands, FakeMetrics, FakeSecrets
from tests.unit.stories import NOW, brand

OMS, CRM = "https://oms.larkspur.example/in", "https://crm.larkspur.example/in"
SECRET = "whsec_" + base64.b64encode(b"o" * 32).decode()
OLD = "whsec_" + base64.b64encode(b"p" * 24).decode()
ENDPOINTS = (
    WebhookEndpoint.model_validate({"id": "oms", "url": OMS}),
    WebhookEndpoint.model_validate({"id": "crm", "url": CRM, "events": ["ShipmentDelivered"]}),
)


def event(kind: str = "ShipmentDelivered", number: int = 1) -> dict[str, Any]:
    """An event in the bus's envelope, as the stream publishes it."""
    detail = DomainEvent(
        id=f"chg_{number}",
        type=kind,
        brand="larkspur",
        occurred_at=NOW,
        recorded_at=NOW + timedelta(seconds=number),
        shipment_id="shp_1",
        subject_id="shp_1",
        waiting=True,
    )
    return {
        "id": "of the bus",
        "source": "porchlight",
        "detail-type": kind,
        "time": "2026-03-02T12:00:09Z",
        "detail": json.loads(detail.model_dump_json(exclude_none=True)),
    }


class World:
    """A brand with two endpoints, whose clock stands still until it is moved."""

    def __init__(self, *endpoints: WebhookEndpoint, spread: float = 0) -> None:
        self.now = NOW
        self.deliveries, self.queue, self.caller = FakeWebhookDeliveries(), FakeWebhookQueue(), FakeCaller()
        self.ops, self.metrics = FakeOpsBus(), FakeMetrics()
        self.brands = FakeBrands(brand().model_copy(update={"webhooks": endpoints or ENDPOINTS}))
        self.secrets = FakeSecrets(**{"webhooks/larkspur": {"oms": SECRET, "crm": SECRET, "previous": {"oms": OLD}}})
        self.desk = WebhookDesk(self.deliveries, self.queue, lambda: self.now)
        self.sender = WebhookSender(
            *(self.deliveries, self.desk, self.brands, self.secrets, self.caller, self.ops, self.metrics),
            *(lambda: self.now, lambda: spread),
        )

    def receive(self, message: str | dict[str, Any]) -> None:
        """A message of the queue is handled."""
        text = message if isinstance(message, str) else json.dumps(message)
        self.sender.attempt_all(self.sender.open(text))

    def one(self, endpoint: str = "oms", number: int = 1) -> WebhookDelivery:
        (found,) = [
            one
            for one in self.deliveries.of_endpoint("larkspur", endpoint, 100)
            if one.event_id in (f"chg_{number}", "test_1")
        ]
        return found

    def sweep(self) -> list[str]:
        """What is due is queued, as the sweep does it."""
        due = [
            Due(
                brand=one.brand,
                kind="webhook",
                record_id=f"{one.endpoint}/{one.delivery_id}",
                parent_id=one.endpoint,
                due_at=one.due_at,
            )
            for one in self.deliveries.records.values()
            if one.due_at and one.due_at <= self.now
        ]
        return [self.desk.due(entry, self.now) for entry in due]

    def pass_time(self, until: datetime) -> None:
        """Minute by minute: the sweep runs, and what the queue shows is handled."""
        waiting = [(self.now + timedelta(seconds=seconds), task) for task, seconds in self.queue.tasks]
        self.queue.tasks.clear()
        while self.now < until:
            self.now += timedelta(minutes=1)
            self.sweep()
            waiting += [(self.now + timedelta(seconds=seconds), task) for task, seconds in self.queue.tasks]
            self.queue.tasks.clear()
            for at, task in [one for one in waiting if one[0] <= self.now]:
                waiting.remove((at, task))
                self.receive(task.model_dump_json())
                waiting += [(self.now + timedelta(seconds=seconds), one) for one, seconds in self.queue.tasks]
                self.queue.tasks.clear()


class TestWhatIsSent:
    def test_the_event_reaches_each_endpoint_that_wants_it_signed_and_without_anything_of_ours(self) -> None:
        world = World()
        world.receive(event())
        assert world.caller.made() == {OMS: 1, CRM: 1}
        call = next(call for call in world.caller.calls if call.url == OMS)
        for secret in (SECRET, OLD):  # while it is rotated, either one verifies
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Webhook, "_Webhook__verify_timestamp", lambda *_: world.now)
                message = Webhook(secret).verify(call.body, dict(call.headers))
        assert (message["type"], message["timestamp"]) == ("ShipmentDelivered", event()["detail"]["occurred_at"])
        assert message["data"] == {
            name: event()["detail"][name]
            for name in ("id", "brand", "occurred_at", "recorded_at", "shipment_id", "subject_id")
        }
        assert call.headers["webhook-id"] == "chg_1"
        assert call.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
        assert world.one().state is DeliveryState.DELIVERED
        assert world.one().due_at is None

    def test_only_what_it_subscribes_to(self) -> None:
        world = World()
        world.receive(event("ReturnRequested"))
        assert world.caller.made() == {OMS: 1}

    def test_an_event_of_a_brand_that_is_gone_is_nobodys(self) -> None:
        world = World()
        strange = event()
        strange["detail"]["brand"] = "gone"
        world.receive(strange)
        assert not world.caller.calls
        assert not world.deliveries.records

    def test_anything_on_the_bus_can_be_subscribed_to(self) -> None:
        """Given an event that is no domain event, then its own id and the bus's time are used."""
        world = World()
        world.receive(
            {"id": "e-1", "detail-type": "MessageSent", "time": "2026-03-02T12:00:00Z", "detail": {"brand": "larkspur"}}
        )
        ((call),) = world.caller.calls
        assert call.headers["webhook-id"] == "e-1"
        assert json.loads(call.body) == {
            "type": "MessageSent",
            "timestamp": "2026-03-02T12:00:00Z",
            "data": {"brand": "larkspur"},
        }


class TestOnce:
    def test_the_same_event_again_is_the_same_delivery(self) -> None:
        world = World()
        for _ in range(50):
            world.receive(event())
        assert world.caller.made() == {OMS: 1, CRM: 1}

    def test_the_same_task_again_tries_nothing(self) -> None:
        world = World()
        world.caller.answers[OMS] = 500
        world.receive(event())
        ((task, seconds),) = world.queue.tasks
        assert seconds == 5
        for _ in range(10):
            world.receive(task.model_dump_json())
        assert world.caller.made()[OMS] == 2

    def test_each_try_has_the_same_id_and_body_and_its_own_time(self) -> None:
        world = World()
        world.caller.answers[OMS] = 500
        world.receive(event())
        world.pass_time(NOW + timedelta(hours=1))
        calls = [call for call in world.caller.calls if call.url == OMS]
        assert len(calls) == 4
        assert len({call.body for call in calls}) == 1
        assert {call.headers["webhook-id"] for call in calls} == {"chg_1"}
        assert len({call.headers["webhook-timestamp"] for call in calls}) == len(calls)

    def test_who_dies_before_the_try_is_followed_by_the_sweep(self) -> None:
        world = World()
        # Given a function that recorded the event and died
        world.sender.open(json.dumps(event()))
        assert not world.caller.calls
        # When its lease is over
        world.pass_time(NOW + LEASE + timedelta(minutes=1))
        # Then others have tried, each once, and the event that comes again adds nothing
        world.receive(event())
        assert world.caller.made() == {OMS: 1, CRM: 1}

    def test_what_the_queue_lost_the_sweep_finds(self) -> None:
        world = World()
        world.caller.answers[OMS] = 500
        world.receive(event())
        world.queue.tasks.clear()
        world.caller.answers[OMS] = 200
        world.pass_time(NOW + QUEUED + timedelta(minutes=2))
        assert world.one().state is DeliveryState.DELIVERED

    def test_the_sweep_queues_what_is_due_once_for_a_while(self) -> None:
        world = World()
        world.sender.open(json.dumps(event("ReturnRequested")))
        world.now += LEASE
        assert world.sweep() == ["webhook_due"]
        world.now += timedelta(minutes=1)
        assert world.sweep() == []
        assert len(world.queue.tasks) == 1


class TestRetries:
    def tries(self, world: World) -> list[timedelta]:
        """Between the tries."""
        times = [attempt.at for attempt in world.one().attempts]
        return [later - earlier for earlier, later in itertools.pairwise(times)]

    @pytest.mark.parametrize("spread", [0.0, 1.0])
    def test_the_schedule_of_standard_webhooks_then_it_is_dead(self, spread: float) -> None:
        # Given an endpoint that fails, alone with this one event
        world = World(ENDPOINTS[0], spread=spread)
        world.caller.answers[OMS] = 503
        world.receive(event())
        world.pass_time(NOW + sum(RETRIES, timedelta()) * 1.2)
        # Then ten tries were made, each no earlier than the schedule, and within jitter and the sweep's minutes
        assert len(world.one().attempts) == len(RETRIES) + 1
        for passed, wanted in zip(self.tries(world), RETRIES, strict=True):
            assert wanted <= passed <= wanted * (1 + JITTER) + LEFT_ALONE * 2 + timedelta(minutes=4)
        assert (world.one().state, world.one().why) == (DeliveryState.DEAD, "retries_used_up")
        assert world.one().due_at is None
        assert world.metrics.total("WebhookDeliveries", outcome="dead") == 1
        assert [notice.kind for notice in world.ops.notices] == ["webhook_dead"]

    @pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 422, 429, 500, 503])
    def test_any_answer_but_2xx_is_tried_again(self, status: int) -> None:
        world = World()
        world.caller.answers[OMS] = status
        world.receive(event())
        assert (world.one().state, world.one().attempts[0].status) == (DeliveryState.PENDING, status)
        world.caller.answers[OMS] = 204
        world.pass_time(NOW + timedelta(minutes=2))
        assert world.one().state is DeliveryState.DELIVERED

    def test_no_answer_is_recorded_by_its_word(self) -> None:
        world = World()
        world.caller.answers[OMS] = TransientError("TimeoutError", code=NO_ANSWER)
        world.receive(event())
        assert [(one.status, one.error) for one in world.one().attempts] == [(None, NO_ANSWER)]

    @pytest.mark.parametrize(
        ("header", "least"),
        [
            ("600", timedelta(seconds=600)),
            ("999999999", timedelta(hours=24)),
            ("9" * 5_000, timedelta(hours=24)),
            ("Mon, 02 Mar 99999 20:00:00 GMT", timedelta(seconds=5)),
            ("Mon, 02 Mar 2026 20:00:00 +9999", timedelta(seconds=5)),
            ("Mon, 02 Mar 2026 20:00:00 GMT", timedelta(hours=1)),
            ("soon", timedelta(seconds=5)),
            ("-5", timedelta(seconds=5)),
        ],
    )
    def test_what_the_endpoint_asks_for_is_waited_for_up_to_a_day(self, header: str, least: timedelta) -> None:
        delivery = World()
        delivery.now = datetime.fromisoformat("2026-03-02T19:00:00+00:00")
        delivery.caller.answers[OMS] = Answer(status=429, headers={"retry-after": header}, body=b"")
        delivery.receive(event())
        due = delivery.one().due_at
        assert due
        if delivery.queue.tasks:
            assert delivery.queue.tasks[0][1] == least.total_seconds()
        else:
            assert due - delivery.now == least

    @pytest.mark.parametrize("secret", [None, {}, {"oms": "whsec_short"}, {"crm": SECRET}])
    def test_without_a_good_secret_nothing_is_sent_and_the_endpoint_is_not_to_blame(self, secret: Any) -> None:
        world = World(ENDPOINTS[0])
        world.secrets.values = {"webhooks/larkspur": secret} if secret is not None else {}
        world.receive(event())
        assert not world.caller.calls
        assert world.one().attempts[0].error == "no_secret"
        assert not world.deliveries.healths
        # When an operator has put it right, then it goes out
        world.secrets.values = {"webhooks/larkspur": {"oms": SECRET}}
        world.pass_time(NOW + timedelta(minutes=2))
        assert world.one().state is DeliveryState.DELIVERED

    @given(st.lists(st.sampled_from([200, 500, 0, 410, 302]), min_size=12, max_size=12))
    @settings(deadline=None, max_examples=40)
    def test_whatever_is_answered_a_delivery_ends_and_each_try_is_kept(self, answers: list[int]) -> None:
        world, left = World(ENDPOINTS[0]), list(answers)

        def answer() -> int:
            status = left.pop(0)
            if not status:
                raise TransientError("TimeoutError", code=NO_ANSWER)
            return status

        world.caller.answers[OMS] = answer
        world.receive(event())
        world.now += timedelta(seconds=5)
        for _ in range(20):
            pending = [one for one in world.deliveries.records.values() if one.due_at]
            if not pending:
                break
            world.now = max(world.now, *(one.due_at for one in pending if one.due_at))
            world.sweep()
            for task, _seconds in list(world.queue.tasks):
                world.queue.tasks.clear()
                world.receive(task.model_dump_json())
        one = world.one()
        assert one.state is not DeliveryState.PENDING
        assert len(one.attempts) == len(world.caller.calls) <= len(RETRIES) + 1
        ended = [attempt.status for attempt in one.attempts][-1]
        assert (one.state is DeliveryState.DELIVERED) == (ended == 200)


class TestOneBadEndpoint:
    def test_it_is_left_alone_for_a_minute_after_failures_in_a_row_and_no_other_is(self) -> None:
        world = World()
        world.caller.answers[OMS] = 500
        for number in range(BREAKS_AFTER + 10):
            world.receive(event(number=number))
        assert world.caller.made() == {OMS: BREAKS_AFTER, CRM: BREAKS_AFTER + 10}
        # What came meanwhile has used up no try
        assert world.one(number=BREAKS_AFTER + 1).attempts == ()
        # When it is well again, then all of it arrives, each once more
        world.caller.answers[OMS] = 200
        world.pass_time(NOW + timedelta(minutes=10))
        assert {one.state for one in world.deliveries.records.values()} == {DeliveryState.DELIVERED}
        assert not world.deliveries.health("larkspur", "oms").failures

    def test_one_that_stays_down_is_looked_at_ever_more_rarely(self) -> None:
        # Given many events that wait for an endpoint (each look at one costs reads, writes and a message)
        world = World(ENDPOINTS[0], spread=0.5)
        world.caller.answers[OMS] = 500
        for number in range(120):
            world.receive(event(number=number))
        world.pass_time(NOW + timedelta(hours=4))
        # Then nobody goes round with all of them each minute
        assert max(one.version for one in world.deliveries.records.values()) < 70
        # When it is well again, then what waited for it without a try of its own arrives within the half hour
        untried = {one.delivery_id for one in world.deliveries.records.values() if not one.attempts}
        assert len(untried) > 60
        world.caller.answers[OMS] = 200
        world.pass_time(world.now + timedelta(minutes=30))
        found = {one.delivery_id: one.state for one in world.deliveries.records.values()}
        assert {found[one] for one in untried} == {DeliveryState.DELIVERED}

    def test_a_slow_one_keeps_no_other_waiting(self) -> None:
        """Given an endpoint that answers only after the other one was called, then both are served."""
        import threading

        world, called = World(), threading.Event()

        def slow() -> int:
            assert called.wait(20), "the other one was not called meanwhile"
            return 200

        def quick() -> int:
            called.set()
            return 200

        world.caller.answers = {OMS: slow, CRM: quick}
        world.receive(event())
        assert world.one("crm").state is world.one("oms").state is DeliveryState.DELIVERED

    def test_one_that_is_gone_is_switched_off_at_once(self) -> None:
        world = World()
        world.caller.answers[OMS] = 410
        world.receive(event())
        assert (world.one().state, world.one().why) == (DeliveryState.DEAD, "gone")
        world.receive(event(number=2))
        assert world.caller.made()[OMS] == 1
        assert (world.one(number=2).state, world.one(number=2).why) == (DeliveryState.DEAD, "endpoint_disabled")
        assert world.metrics.total("WebhookEndpointsDisabled", why="gone") == 1
        assert [(notice.kind, notice.subject) for notice in world.ops.notices] == [("webhook_disabled", "oms")]

    def test_one_that_fails_for_five_days_is_switched_off(self) -> None:
        world = World(ENDPOINTS[0])
        world.caller.answers[OMS] = 500
        world.receive(event())
        world.now += GIVEN_UP_AFTER - timedelta(hours=1)
        world.receive(event(number=2))
        assert world.deliveries.health("larkspur", "oms").disabled_at is None
        world.now += timedelta(hours=1)
        world.receive(event(number=3))
        assert world.deliveries.health("larkspur", "oms").why == "failing"
        assert world.metrics.total("WebhookEndpointsDisabled", why="failing") == 1

    def test_it_works_again_when_a_person_says_so_and_what_died_is_sent_anew(self) -> None:
        world = World(ENDPOINTS[0])
        world.caller.answers[OMS] = 410
        world.receive(event())
        world.caller.answers[OMS] = 200
        assert world.desk.enable("larkspur", "oms")
        assert not world.desk.enable("larkspur", "oms")
        world.desk.send_anew(world.one())
        world.pass_time(NOW + timedelta(minutes=1))
        assert world.one().state is DeliveryState.DELIVERED
        assert [attempt.status for attempt in world.one().attempts] == [410, 200]

    def test_or_when_it_has_another_address(self) -> None:
        world = World(ENDPOINTS[0])
        world.caller.answers[OMS] = 410
        world.receive(event())
        moved = WebhookEndpoint.model_validate({"id": "oms", "url": "https://new.larkspur.example/"})
        world.brands.brands["larkspur"] = brand().model_copy(update={"webhooks": (moved,)})
        world.receive(event(number=2))
        assert world.one(number=2).state is DeliveryState.DELIVERED

    def test_a_stage_may_have_an_address_of_its_own_and_without_one_nothing_is_recorded(self) -> None:
        endpoint = WebhookEndpoint.model_validate({"id": "oms"})
        world = World(endpoint)
        world.receive(event())
        assert not world.deliveries.records
        world.secrets.values["webhooks/larkspur"] = {"oms": SECRET, "urls": {"oms": CRM}}
        world.receive(event(number=2))
        assert world.caller.made() == {CRM: 1}

    def test_what_waits_for_one_that_was_taken_away_ends(self) -> None:
        world = World()
        world.caller.answers[OMS] = 500
        world.receive(event())
        world.brands.brands["larkspur"] = brand()
        world.pass_time(NOW + timedelta(minutes=2))
        assert (world.one().state, world.one().why) == (DeliveryState.DEAD, "no_endpoint")


class TestTheDesk:
    def test_what_is_on_its_way_is_not_sent_anew(self) -> None:
        world = World()
        world.caller.answers[OMS] = 500
        world.receive(event())
        with pytest.raises(ConflictError):
            world.desk.send_anew(world.one())

    def test_a_test_goes_to_its_endpoint_alone_whatever_that_subscribes_to(self) -> None:
        world = World()
        detail = {"brand": "larkspur", "id": "test_1", "occurred_at": NOW.isoformat()}
        trial = {"detail-type": "WebhookTest", "time": NOW.isoformat(), "detail": detail}
        world.desk.test(ENDPOINTS[1], trial)
        world.pass_time(NOW + timedelta(minutes=1))
        assert world.caller.made() == {CRM: 1}
        assert world.one("crm").state is DeliveryState.DELIVERED


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://oms.larkspur.example/"},
        {"url": "ftp://oms.larkspur.example/"},
        {"id": "Not An Id"},
        {"events": ["shipment delivered"]},
        {"secret": SECRET},
    ],
)
def test_an_endpoint_that_cannot_be_is_refused_when_the_pack_is_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WebhookEndpoint.model_validate({"id": "oms", "url": OMS, **wrong})


def test_two_endpoints_with_one_id_are_refused() -> None:
    given = brand().model_dump(mode="json")
    with pytest.raises(ValidationError, match="same id"):
        BrandConfig.model_validate(given | {"webhooks": [{"id": "oms", "url": OMS}, {"id": "oms", "url": CRM}]})


def test_ids_of_deliveries_sort_by_time() -> None:
    first, second = (
        WebhookDelivery.of(Occurrence.of(event(number=number)), "oms", NOW, NOW).delivery_id for number in (9, 10)
    )
    assert first < second
