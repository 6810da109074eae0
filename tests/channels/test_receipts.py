"""Reports as AWS documents them: what is final, what nobody knows, and what comes in an unexpected form."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from porchlight.channels.email import mime
from porchlight.channels.receipts import parse
from porchlight.domain.channels import Channel
from porchlight.domain.preferences import address_digest
from tests.channels.benches import outgoing

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
TAGS = {"brand": "larkspur", "order_id": "ord_1", "message_id": "msg_1"}


def sms(kind: str, *, final: bool = True, after: timedelta = timedelta(seconds=5)) -> dict[str, Any]:
    return {
        "eventType": kind,
        "eventVersion": "1.0",
        "eventTimestamp": int((AT + after).timestamp() * 1000),
        "messageRequestTimestamp": int(AT.timestamp() * 1000),
        "isFinal": final,
        "destinationPhoneNumber": "+15032281234",
        "messageId": "sms-1",
        "messageStatus": kind.removeprefix("TEXT_"),
        "context": TAGS,
    }


@pytest.mark.parametrize(
    ("kind", "final", "said"),
    [
        # Where networks confirm nothing, this is the last word: waiting for another one would send it once more
        ("TEXT_SUCCESSFUL", True, "delivered"),
        ("TEXT_SUCCESSFUL", False, "taken"),
        ("TEXT_DELIVERED", True, "delivered"),
    ],
)
def test_a_network_that_took_it_and_says_no_more_has_delivered_it(kind: str, final: bool, said: str) -> None:
    (receipt,) = parse(sms(kind, final=final))
    assert receipt.kind == said


@pytest.mark.parametrize("kind", ["TEXT_UNREACHABLE", "TEXT_CARRIER_UNREACHABLE", "TEXT_UNKNOWN", "TEXT_BLOCKED"])
def test_a_failure_that_is_not_final_lets_no_other_channel_tell_it_as_well(kind: str) -> None:
    # Given a phone that was out of reach, and a network that tries again
    (receipt,) = parse(sms(kind, final=False))
    assert receipt.kind == "delayed"
    (receipt,) = parse(sms(kind))
    assert receipt.kind == "undelivered"


def test_what_nobody_knows_after_three_days_is_no_failure() -> None:
    # Given AWS's own end to its waiting, and a network's "not delivered, for another reason"
    assert parse(sms("TEXT_UNKNOWN", after=timedelta(hours=72))) == []
    (receipt,) = parse(sms("TEXT_UNKNOWN", after=timedelta(minutes=2)))
    assert receipt.kind == "undelivered"


def whatsapp(**status: Any) -> dict[str, Any]:
    told = {
        "id": "wamid.1",
        "status": "failed",
        "timestamp": str(int(AT.timestamp())),
        "recipient_id": "15032281234",
        "biz_opaque_callback_data": json.dumps(TAGS),
        **status,
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": {"statuses": [told]}}]}
    return {"context": {}, "whatsAppWebhookEntry": json.dumps(entry), "messageId": "x"}


def test_whoever_goes_by_a_name_on_whatsapp_is_reported_without_a_number() -> None:
    (known,) = parse(whatsapp())
    assert known.address == "+15032281234"
    (unknown,) = parse(whatsapp(recipient_id=None, errors=[{"code": 131026}]))
    assert (unknown.kind, unknown.address) == ("bounced", "")


def bounce(kind: str, subtype: str, **recipient: str) -> dict[str, Any]:
    told = {"bounceType": kind, "bounceSubType": subtype, "timestamp": AT.isoformat()}
    told["bouncedRecipients"] = [{"emailAddress": "ada@shopper.example", **recipient}]  # type: ignore[assignment]
    mail = {"timestamp": AT.isoformat(), "messageId": "0100", "destination": ["ada@shopper.example"]}
    return {
        "eventType": "Bounce",
        "bounce": told,
        "mail": {**mail, "tags": {name: [one] for name, one in TAGS.items()}},
    }


@pytest.mark.parametrize(
    ("report", "said"),
    [
        # A person on holiday has the message: the answer of a machine, without a server's report
        (bounce("Transient", "General"), []),
        (bounce("Transient", "General", status="4.4.7", diagnosticCode="smtp; 450 4.4.7 expired"), ["undelivered"]),
        (bounce("Transient", "MailboxFull", status="4.2.2"), ["undelivered"]),
        (bounce("Transient", "MailboxFull"), ["undelivered"]),
        (bounce("Undetermined", "Undetermined"), ["undelivered"]),
        (bounce("Permanent", "General"), ["bounced"]),
        (bounce("Permanent", "OnAccountSuppressionList"), ["bounced"]),
    ],
)
def test_an_automatic_answer_is_no_bounce(report: dict[str, Any], said: list[str]) -> None:
    assert [one.kind for one in parse(report)] == said


@pytest.mark.parametrize("typed", ["ada@bücher.example", "Ada@BÜCHER.example", "ada@xn--bcher-kva.example"])
def test_a_bounce_finds_the_address_as_the_shopper_writes_it(typed: str) -> None:
    # Given a report that has the domain as servers have it
    assert mime.recipient(outgoing(Channel.EMAIL, to="ada@bücher.example")) == "ada@xn--bcher-kva.example"
    assert address_digest("larkspur", typed) == address_digest("larkspur", "ada@xn--bcher-kva.example")
    assert address_digest("larkspur", typed) != address_digest("larkspur", "ada@bucher.example")
