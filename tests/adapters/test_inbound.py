"""The inbound queue: what goes in comes out, byte by byte, however large."""

from dataclasses import replace
from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from porchlight.adapters.aws import client
from porchlight.adapters.s3 import Bodies
from porchlight.adapters.sqs import MAX_INLINE, SqsInbound
from porchlight.errors import NotFoundError, TransientError
from porchlight.ports import InboundMessage
from tests.adapters.conftest import Stores
from tests.fakes import FakeInbound

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def message(brand: str) -> InboundMessage:
    return InboundMessage(kind="carriers", source="ups", account="main", brand=brand, received_at=NOW)


def queued(stores: Stores, queue_url: str) -> list[tuple[InboundMessage, str]]:
    """What a consumer gets, with the text of each message."""
    if isinstance(stores.inbound, FakeInbound):
        return [(found, found.as_json()) for found, _ in stores.inbound.queue]
    texts = []
    while found := boto3.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
        for one in found:
            texts.append(one["Body"])
            boto3.client("sqs").delete_message(QueueUrl=queue_url, ReceiptHandle=one["ReceiptHandle"])
    return [(InboundMessage.of_json(text), text) for text in texts]


@pytest.mark.parametrize("size", [0, 1, MAX_INLINE, MAX_INLINE + 1, 1_000_000])
def test_the_body_comes_out_as_it_went_in(stores: Stores, cloud: str, size: int) -> None:
    body = bytes(number % 256 for number in range(size % 1000)) + b"\xff" * (size - size % 1000)
    stores.inbound.put(message(stores.brand), body)
    ((found, _),) = queued(stores, cloud)
    assert replace(found, body="", body_ref=None) == message(stores.brand)
    assert stores.inbound.body_of(found) == body


def test_large_bodies_go_to_the_bucket_and_small_ones_do_not(real: Stores, cloud: str) -> None:
    for size in (MAX_INLINE, MAX_INLINE + 1):
        real.inbound.put(message(real.brand), b"x" * size)
    small, large = sorted(queued(real, cloud), key=lambda pair: pair[0].body_ref or "")
    assert small[0].body_ref is None
    assert len(small[1]) < 256_000
    assert large[0].body_ref
    assert large[0].body_ref.startswith(f"inbound/{real.brand}/2026/03/02/")
    assert len(large[1]) < 1_000


def test_the_same_body_twice_is_one_object_and_two_messages(real: Stores, cloud: str) -> None:
    for _ in range(2):
        real.inbound.put(message(real.brand), b"y" * (MAX_INLINE + 1))
    first, second = queued(real, cloud)
    assert first[0].body_ref == second[0].body_ref


def test_a_body_that_has_expired_is_not_found(real: Stores) -> None:
    with pytest.raises(NotFoundError):
        real.inbound.body_of(replace(message(real.brand), body_ref="inbound/none"))


def test_a_queue_that_refuses_is_tried_again(cloud: str, bodies: Bodies) -> None:
    with Stubber(client("sqs")) as stub:
        stub.add_client_error("send_message", "ServiceUnavailable", http_status_code=503)
        with pytest.raises(TransientError):
            SqsInbound(cloud, bodies).put(message("larkspur"), b"x")
