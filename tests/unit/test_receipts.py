"""What providers report of messages, in their own words and in ours."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from porchlight.channels.receipts import parse
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.messages import MessageState
from porchlight.domain.moments import Moment
from porchlight.domain.outreach import ChannelPolicy
from porchlight.domain.preferences import Profile
from porchlight.domain.receipts import Receipt, ReceiptKind, applied
from tests.unit.stories import NOW
from tests.unit.test_explain_messages import record
from tests.unit.test_fanout_life import City

AT = datetime(2026, 3, 2, 12, 5, tzinfo=UTC)
TAGS = {"brand": "larkspur", "order_id": "ord_1", "message_id": "msg_1"}


def sms(kind: str, **more: Any) -> dict[str, Any]:
    return {
        **{"eventType": kind, "eventVersion": "1.0", "eventTimestamp": int(AT.timestamp() * 1000), "isFinal": True},
        **{"originationPhoneNumber": "+15035550100", "destinationPhoneNumber": "+15032281234", "messageId": "m-1"},
        **{"messageStatus": kind.removeprefix("TEXT_"), "context": TAGS, **more},
    }


def whatsapp(status: str, tags: object = TAGS, **more: Any) -> dict[str, Any]:
    told = {
        **{"id": "wamid.1", "status": status, "timestamp": str(int(AT.timestamp())), "recipient_id": "15032281234"},
        **{"biz_opaque_callback_data": json.dumps(tags), **more},
    }
    entry = {"id": "1", "changes": [{"field": "messages", "value": {"statuses": [told]}}]}
    return {"context": {}, "whatsAppWebhookEntry": json.dumps(entry), "messageId": "x"}


def ses(kind: str, **more: Any) -> dict[str, Any]:
    mail = {
        **{"timestamp": "2026-03-02T12:00:00.000Z", "messageId": "0100", "destination": ["ada@x.example"]},
        "tags": {name: [value] for name, value in TAGS.items()},
    }
    return {"eventType": kind, "mail": mail, **more}


@pytest.mark.parametrize(
    ("report", "channel", "kind", "address"),
    [
        (ses("Delivery", delivery={"timestamp": AT.isoformat()}), "email", "delivered", "ada@x.example"),
        (ses("Bounce", bounce={"bounceType": "Permanent", "timestamp": AT.isoformat()}), "email", "bounced", None),
        (ses("Bounce", bounce={"bounceType": "Transient"}), "email", "undelivered", None),
        (ses("Complaint", complaint={"timestamp": AT.isoformat()}), "email", "complained", None),
        (ses("Open", open={"timestamp": AT.isoformat()}), "email", "opened", None),
        (ses("Click", click={"timestamp": AT.isoformat()}), "email", "clicked", None),
        (sms("TEXT_DELIVERED"), "sms", "delivered", "+15032281234"),
        (sms("TEXT_INVALID"), "sms", "bounced", None),
        (sms("TEXT_CARRIER_UNREACHABLE"), "sms", "undelivered", None),
        (sms("TEXT_SPAM"), "sms", "rejected", None),
        (whatsapp("delivered"), "whatsapp", "delivered", "+15032281234"),
        (whatsapp("read"), "whatsapp", "opened", None),
        (whatsapp("failed"), "whatsapp", "undelivered", None),
        (whatsapp("failed", errors=[{"code": 131026}]), "whatsapp", "bounced", None),
    ],
)
def test_each_provider_in_our_words(report: dict[str, Any], channel: str, kind: str, address: str | None) -> None:
    (receipt,) = parse(report)
    assert (receipt.channel, receipt.kind, receipt.message_id) == (channel, kind, "msg_1")
    assert receipt.at in (AT, NOW)
    assert address is None or receipt.address == address


@pytest.mark.parametrize(
    "report",
    [
        ses("Subscription"),
        sms("TEXT_DELIVERED", context={}),
        sms("MEDIA_DELIVERED"),
        whatsapp("deleted"),
        whatsapp("delivered", tags="no object"),
        {"whatsAppWebhookEntry": "not json"},
        {"whatsAppWebhookEntry": json.dumps({"changes": [{"value": {"messages": [{"text": {"body": "hi"}}]}}]})},
        {},
    ],
)
def test_what_is_not_about_our_messages_says_nothing(report: dict[str, Any]) -> None:
    assert parse(report) == []


def receipt(kind: ReceiptKind, minutes: int = 0, **more: Any) -> Receipt:
    known = {"channel": Channel.SMS, "at": AT + timedelta(minutes=minutes), "provider_id": "p-1", **TAGS}
    return Receipt(kind=kind, **(known | more))


def test_any_order_of_reports_gives_the_same_message() -> None:
    reports = [
        receipt(ReceiptKind.TAKEN),
        receipt(ReceiptKind.DELIVERED, 1),
        receipt(ReceiptKind.OPENED, 2),
        receipt(ReceiptKind.CLICKED, 3),
    ]
    ends = set()
    for course in permutations(reports):
        known = record(state=MessageState.SENT, sent_at=NOW)
        for one in (*course, *course):
            known = applied(known, one) or known
        ends.add((known.state, known.sent_at, known.opened_at, known.clicked_at, known.delivered_at is not None))
    assert ends == {(MessageState.SENT, NOW, AT + timedelta(minutes=2), AT + timedelta(minutes=3), True)}


class TestService:
    def city(self, **policy: Any) -> City:
        city = City(**policy)
        city.tell()
        return city

    def report(self, city: City, kind: ReceiptKind, **more: Any) -> str:
        sent = city.email.sent[-1]
        known = {"address": sent.to, "channel": sent.channel, "message_id": sent.message_id}
        return city.feedback.apply(receipt(kind, **(known | more)), AT)

    def test_a_number_that_takes_nothing_hands_over_and_is_not_used_again(self) -> None:
        city = self.city()
        self.report(city, ReceiptKind.BOUNCED)
        city.sweep(AT)
        assert city.channels == [Channel.SMS, Channel.EMAIL]
        assert city.profiles.get("larkspur", "cus_1").unreachable[Channel.SMS].reason == "bounced"
        self.report(city, ReceiptKind.BOUNCED, message_id=city.email.sent[0].message_id, channel=Channel.SMS)
        city.sweep(AT + timedelta(hours=1))
        assert city.channels == [Channel.SMS, Channel.EMAIL]

    def test_a_network_that_is_away_hands_over_too_but_the_number_stays(self) -> None:
        city = self.city()
        self.report(city, ReceiptKind.UNDELIVERED)
        city.sweep(AT)
        assert city.channels == [Channel.SMS, Channel.EMAIL]
        assert not city.profiles.get("larkspur", "cus_1").unreachable

    def test_who_said_stop_to_the_network_gets_no_more(self) -> None:
        city = self.city()
        self.report(city, ReceiptKind.OPTED_OUT)
        profile = city.profiles.get("larkspur", "cus_1")
        standing = profile.standing(Purpose.SERVICE, Channel.SMS)
        assert standing
        assert standing.action == "withdrawn"
        assert len(city.profiles.ledger("larkspur", "cus_1")) == len(Purpose)

    def test_a_complaint_ends_questions_and_offers_there(self) -> None:
        city = self.city(channels=(Channel.EMAIL,))
        self.report(city, ReceiptKind.COMPLAINED)
        profile = city.profiles.get("larkspur", "cus_1")
        assert profile.unreachable[Channel.EMAIL].reason == "complained"
        standing = profile.standing(Purpose.MARKETING, Channel.EMAIL)
        assert standing
        assert standing.action == "withdrawn"

    @pytest.mark.parametrize(
        ("kind", "channel"), [(ReceiptKind.COMPLAINED, Channel.EMAIL), (ReceiptKind.OPTED_OUT, Channel.SMS)]
    )
    def test_what_a_mailbox_or_a_phone_says_counts_for_everybody_who_is_reached_by_it(
        self, kind: ReceiptKind, channel: Channel
    ) -> None:
        # Given another customer with the same address and number
        city = self.city(channels=(channel,))
        city.orders.shoppers["larkspur", "cus_2"] = city.orders.shoppers["larkspur", "cus_1"].model_copy(
            update={"shopper_id": "cus_2"}
        )
        city.profiles.save(Profile(brand="larkspur", shopper_id="cus_2", mobile="+15032281234", version=1))
        # When a message to it is called spam, or refused after a STOP
        self.report(city, kind)
        # Then offers have ended there for both
        standing = city.profiles.get("larkspur", "cus_2").standing(Purpose.MARKETING, channel)
        assert standing
        assert standing.action == "withdrawn"

    def test_what_was_delivered_is_not_waited_for_any_more(self) -> None:
        waits = {one: ChannelPolicy(providers=("one",), confirm_minutes=30) for one in Channel}
        city = self.city(providers=waits)
        self.report(city, ReceiptKind.DELIVERED)
        city.sweep(NOW + timedelta(hours=2))
        assert city.channels == [Channel.SMS]

    def test_what_they_did_with_it_is_added_up_once(self) -> None:
        city = self.city()
        for kind in (ReceiptKind.TAKEN, ReceiptKind.DELIVERED, ReceiptKind.OPENED, ReceiptKind.OPENED):
            self.report(city, kind)
        (day,) = city.engagement.days("larkspur", AT.date(), AT.date())
        assert (day.moment, day.channel) == (Moment.OUT_FOR_DELIVERY, Channel.SMS)
        assert day.counts == {ReceiptKind.DELIVERED: 1, ReceiptKind.OPENED: 1}
