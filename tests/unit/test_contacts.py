"""Shoppers who wrote: counted once, in the part of an experiment that they are in, and nothing of it is kept."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from porchlight.connectors import InboundRequest
from porchlight.domain.channels import Channel
from porchlight.domain.experiments import Arm, Effect, arm_of
from porchlight.domain.ids import order_id
from porchlight.domain.orders import Shopper
from porchlight.errors import InvalidInputError, NotFoundError, PayloadTooLargeError, SignatureError
from porchlight.services.hear_contacts import LATE, ContactDesk, ContactLog, read_contact
from porchlight.services.receive_webhook import MAX_BODY
from tests.fakes import FakeSecrets
from tests.fakes_reaching import FakeReplies
from tests.unit.stories import NOW, order
from tests.unit.test_experiments import ETA
from tests.unit.test_fanout_life import City

ORDER = order_id("larkspur", "1001")
PART = arm_of("eta", ETA, "cus_1")
MINUTE = timedelta(minutes=1)
KEY, SCOPE = "plk_0123456789abcdef0123", "orders:write"


def asked(body: bytes, **headers: str) -> InboundRequest:
    return InboundRequest(
        method="POST", path="/v1/orders/1001/contacts", headers=headers or {"x-api-key": KEY}, body=body
    )


class Desk(City):
    """A help desk beside a brand with an experiment."""

    def __init__(self) -> None:
        super().__init__(channels=(Channel.EMAIL,), experiments={"eta": ETA})
        self.orders.save(order(order_id=ORDER), self.shopper)
        self.replies, self.log = FakeReplies(), ContactLog(self.profiles, self.laboratory, self.metrics)
        keys = [{"id": "one", "sha256": sha256(KEY.encode()).hexdigest(), "brand": "larkspur", "scopes": [SCOPE]}]
        secrets = FakeSecrets(**{"api-keys": {"keys": keys}})
        self.desk = ContactDesk(self.orders, self.brands, self.replies, self.log, secrets)

    def hear(self, key: str = "1001", **body: Any) -> bool:
        told = self.desk.take(asked(json.dumps({"id": "zd-1", **body}).encode()), key, NOW)
        assert told["order_id"] == ORDER
        return bool(told["counted"])

    @property
    def counted(self) -> int:
        assert not self.experiments.arms("larkspur", "eta/first")[Arm.TOLD if PART is Arm.HELD_OUT else Arm.HELD_OUT]
        return self.experiments.arms("larkspur", "eta/first")[PART].get(Effect.CONTACTS, 0)


@pytest.fixture
def desk() -> Desk:
    found = Desk()
    found.tell()  # puts the shopper into a part
    return found


def test_a_contact_counts_in_the_part_of_its_shopper(desk: Desk) -> None:
    assert desk.hear(channel="chat", topic="where_is_it")
    assert desk.counted == 1
    assert desk.metrics.total("Contacts", channel="chat", topic="where_is_it") == 1


def test_the_same_one_counts_once_and_another_one_again(desk: Desk) -> None:
    assert [desk.hear(), desk.hear(ORDER), desk.hear(id="zd-2")] == [True, False, True]
    assert desk.counted == desk.metrics.total("Contacts", channel="email", topic="unsaid") == 2


def test_one_of_before_is_no_effect_of_a_message(desk: Desk) -> None:
    assert desk.hear(at=(NOW - LATE - MINUTE).isoformat())
    assert (desk.counted, desk.metrics.total("Contacts", channel="email", topic="unsaid")) == (0, 1)
    assert desk.hear(id="zd-2", at=(NOW - LATE).isoformat())
    assert desk.counted == 1


def test_who_is_in_no_experiment_counts_in_none() -> None:
    desk = Desk()
    assert desk.hear()
    assert not desk.experiments.counts


def test_an_answer_is_counted_for_whoever_has_the_address(desk: Desk) -> None:
    desk.log.note_from(desk.brands.get("larkspur"), "email", "ada@x.example", NOW)
    desk.log.note_from(desk.brands.get("larkspur"), "email", "somebody@else.example", NOW)
    assert (desk.counted, desk.metrics.total("Contacts", channel="email", topic="unsaid")) == (1, 2)


def test_a_person_with_two_accounts_writes_once(desk: Desk) -> None:
    desk.orders.save(order(order_id="ord_2", shopper_id="cus_2"), Shopper(brand="larkspur", shopper_id="cus_2"))
    desk.log.note(desk.brands.get("larkspur"), "sms", ["cus_1", "cus_2"], NOW)
    assert (desk.counted, desk.metrics.total("Contacts", channel="sms", topic="unsaid")) == (1, 1)


@pytest.mark.parametrize("key", ["ord_9", "9", "shp_1"])
def test_of_an_order_that_is_not_there_nothing_is_counted(desk: Desk, key: str) -> None:
    with pytest.raises(NotFoundError):
        desk.hear(key)
    assert not desk.replies.known


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"id": ""}',
        b'{"id": "1", "channel": "pigeon"}',
        b'{"id": "1", "topic": "Ada wrote"}',
        b'{"id": "1", "at": "2026-03-02T10:00:00"}',
        b'{"id": "1", "text": "Where is my shirt, asks Ada?"}',
    ],
)
def test_what_is_no_contact_is_refused_and_not_repeated(body: bytes) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_contact(body)
    assert "Ada" not in str(refused.value.detail)


def test_who_may_not_write_orders_is_not_heard_and_nobody_at_length(desk: Desk) -> None:
    body = b'{"id": "1"}'
    for headers in ({"x-api-key": KEY[:-1] + "x"}, {"accept": "*/*"}):
        with pytest.raises(SignatureError):
            desk.desk.take(asked(body, **headers), "1001", NOW)
    with pytest.raises(PayloadTooLargeError):
        desk.desk.take(asked(body + b" " * MAX_BODY), "1001", NOW)
    assert not desk.replies.known
