"""Deliveries to endpoints and notices to people: fakes and table alike; queue, bus and due index as AWS has them."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import boto3
import pytest

from porchlight import announcing
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.due import DynamoDueIndex
from porchlight.adapters.dynamodb.table import Table
from porchlight.adapters.dynamodb.webhooks import KEPT, DynamoOpsLog, DynamoWebhookDeliveries
from porchlight.adapters.eventbridge import EventBridgeOps
from porchlight.adapters.sqs import SqsWebhooks
from porchlight.announcing import OpsNotice, WebhookTask
from porchlight.domain.webhooks import Attempt, DeliveryState, Occurrence, WebhookDelivery
from porchlight.errors import ConflictError
from tests.adapters.conftest import TABLE
from tests.announced import FakeOpsLog, FakeWebhookDeliveries

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "https://oms.larkspur.example/in"
_brands = count(1)


@pytest.fixture
def name() -> str:
    """A brand that no other test uses."""
    return f"webhooks-{next(_brands)}"


@pytest.fixture(params=["fake", "real"])
def deliveries(request: pytest.FixtureRequest) -> announcing.WebhookDeliveries:
    if request.param == "fake":
        return FakeWebhookDeliveries()
    request.getfixturevalue("cloud")
    return DynamoWebhookDeliveries(Table(TABLE))


@pytest.fixture(params=["fake", "real"])
def log(request: pytest.FixtureRequest) -> announcing.OpsLog:
    if request.param == "fake":
        return FakeOpsLog()
    request.getfixturevalue("cloud")
    return DynamoOpsLog(Table(TABLE))


def delivery(brand: str, number: int = 1, endpoint: str = "oms") -> WebhookDelivery:
    at = NOW + timedelta(minutes=number)
    body = '{"type":"ShipmentDelivered","data":{"id":"é"}}'
    event = Occurrence(id=f"chg_{number}", type="ShipmentDelivered", brand=brand, recorded_at=at, body=body)
    return WebhookDelivery.of(event, endpoint, NOW, NOW + timedelta(minutes=2))


class TestDeliveries:
    def test_one_is_created_once_and_comes_back_as_it_was(
        self, deliveries: announcing.WebhookDeliveries, name: str
    ) -> None:
        first = delivery(name)
        assert deliveries.create(first)
        assert not deliveries.create(first.model_copy(update={"body": "other"}))
        assert deliveries.get(name, "oms", first.delivery_id) == first
        assert deliveries.get(name, "crm", first.delivery_id) is None
        assert deliveries.get("another", "oms", first.delivery_id) is None

    def test_of_two_who_claim_it_one_does(self, deliveries: announcing.WebhookDeliveries, name: str) -> None:
        first = delivery(name)
        deliveries.create(first)
        claimed = first.claimed(NOW + timedelta(hours=1))
        deliveries.update(claimed)
        with pytest.raises(ConflictError):
            deliveries.update(claimed)
        with pytest.raises(ConflictError):
            deliveries.update(delivery(name, 2).claimed(NOW))
        tried = claimed.failed_with(Attempt(at=NOW, status=500, milliseconds=12), 0.5)
        deliveries.update(tried)
        assert deliveries.get(name, "oms", first.delivery_id) == tried

    def test_the_newest_come_first_page_by_page(self, deliveries: announcing.WebhookDeliveries, name: str) -> None:
        for number in (3, 1, 5, 2, 4):
            deliveries.create(delivery(name, number))
        deliveries.create(delivery(name, 9, "crm"))
        deliveries.save_health(deliveries.health(name, "oms").failed(NOW))  # lies in the same partition
        found: list[str] = []
        before = ""
        while page := deliveries.of_endpoint(name, "oms", 2, before):
            assert len(page) <= 2
            found += [one.event_id for one in page]
            before = page[-1].delivery_id
        assert found == ["chg_5", "chg_4", "chg_3", "chg_2", "chg_1"]

    def test_an_endpoint_is_well_until_it_fails_and_begins_anew_under_another_address(
        self, deliveries: announcing.WebhookDeliveries, name: str
    ) -> None:
        new = deliveries.health(name, "oms").at(URL)
        assert (new.failures, new.version) == (0, 0)
        failed = new.failed(NOW)
        deliveries.save_health(failed)
        with pytest.raises(ConflictError):
            deliveries.save_health(failed)
        assert deliveries.health(name, "oms") == failed
        assert failed.at(URL) == failed
        moved = deliveries.health(name, "oms").at("https://new.example/")
        assert (moved.failures, moved.failing_since) == (0, None)
        deliveries.save_health(moved.gone(NOW))
        assert deliveries.health(name, "oms").why == "gone"


class TestInTheTable:
    def due(self, brand: str, until: datetime) -> list[tuple[str, str | None]]:
        index = DynamoDueIndex(Table(TABLE))
        found = (entry for shard in range(keys.SHARDS) for entry in index.due(shard, until, 10))
        return [(one.record_id, one.parent_id) for one in found if (one.brand, one.kind) == (brand, "webhook")]

    def test_what_is_pending_is_due_and_what_has_ended_is_not(self, cloud: str, name: str) -> None:
        deliveries, first = DynamoWebhookDeliveries(Table(TABLE)), delivery(name)
        deliveries.create(first)
        assert self.due(name, NOW) == []
        assert self.due(name, NOW + timedelta(minutes=2)) == [(f"oms/{first.delivery_id}", "oms")]
        ended = first.delivered(Attempt(at=NOW, status=200))
        deliveries.update(ended)
        assert ended.state is DeliveryState.DELIVERED
        assert self.due(name, NOW + timedelta(days=9)) == []

    def test_many_of_one_endpoint_are_spread_over_the_shards(self, cloud: str, name: str) -> None:
        shards = {keys.delivery_shard(delivery(name, number).delivery_id) for number in range(200)}
        assert len(shards) == keys.SHARDS

    def test_they_are_forgotten_a_month_after_the_last_try(self, cloud: str, name: str) -> None:
        deliveries, first = DynamoWebhookDeliveries(Table(TABLE)), delivery(name)
        deliveries.create(first)
        last = NOW + timedelta(days=3)
        deliveries.update(first.failed_with(Attempt(at=last, status=500), 0))
        stored = Table(TABLE).get(keys.webhook_pk(name, "oms"), keys.DELIVERY + first.delivery_id)
        assert stored
        assert int(stored["ttl"]["N"]) == int((last + KEPT).timestamp())


class TestOpsLog:
    def test_a_subject_is_told_once_in_ten_minutes_at_each_desk(self, log: announcing.OpsLog, name: str) -> None:
        assert log.claim(name, "slack", "alarm#a", "e1", NOW)
        log.told(name, "slack", "alarm#a", "e1", NOW)
        later = NOW + timedelta(minutes=9)
        assert not log.claim(name, "slack", "alarm#a", "e1", later), "the same event again"
        assert not log.claim(name, "slack", "alarm#a", "e2", later), "another one about it"
        assert log.claim(name, "teams", "alarm#a", "e2", later)
        assert log.claim(name, "slack", "alarm#b", "e2", later)
        assert log.claim("another", "slack", "alarm#a", "e2", later)
        assert log.claim(name, "slack", "alarm#a", "e2", NOW + timedelta(minutes=11))

    def test_who_died_before_telling_may_try_again_and_nobody_else(self, log: announcing.OpsLog, name: str) -> None:
        assert log.claim(name, "slack", "alarm#a", "e1", NOW)
        assert not log.claim(name, "slack", "alarm#a", "e2", NOW + timedelta(minutes=1))
        assert log.claim(name, "slack", "alarm#a", "e1", NOW + timedelta(minutes=1))


def _received(url: str) -> list[dict[str, Any]]:
    return boto3.client("sqs").receive_message(QueueUrl=url, AttributeNames=["All"]).get("Messages", [])  # type: ignore[return-value]


def test_a_task_is_queued_in_the_group_of_its_endpoint(cloud: str) -> None:
    url = boto3.client("sqs").create_queue(QueueName="porchlight-webhooks")["QueueUrl"]
    task = WebhookTask(brand="larkspur", endpoint="oms", delivery_id="d", version=3)
    SqsWebhooks(url).put(task)
    (message,) = _received(url)
    assert WebhookTask.model_validate_json(message["Body"]) == task
    assert message["Attributes"]["MessageGroupId"] == "larkspur.oms"
    SqsWebhooks(url).put(task, 900)
    assert _received(url) == []


def test_a_notice_goes_on_the_bus_under_a_source_of_its_own(cloud: str) -> None:
    events, sqs = boto3.client("events"), boto3.client("sqs")
    events.create_event_bus(Name="porchlight-ops")
    url = sqs.create_queue(QueueName="porchlight-notices")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["porchlight.ops"]})
    events.put_rule(Name="notices", EventBusName="porchlight-ops", EventPattern=pattern)
    events.put_targets(Rule="notices", EventBusName="porchlight-ops", Targets=[{"Id": "queue", "Arn": arn}])
    notice = OpsNotice(kind="webhook_dead", brand="larkspur", subject="oms", facts={"why": "gone"})
    EventBridgeOps("porchlight-ops").notify(notice)
    (message,) = _received(url)
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("porchlight.ops", "OpsNotice")
    assert OpsNotice.model_validate(event["detail"]) == notice
