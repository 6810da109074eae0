"""Phones and browsers, pretended: taken as AWS and push services take messages, and shown beside the emails."""

import boto3
import pytest

from local.front import Front, Request
from local.inbox import Inbox
from local.phones import Phones, Trouble

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def phones() -> Phones:
    return Phones()


def client(front: Front, service: str) -> object:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=f"{front.url}{Phones.PREFIX}",
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def page(phones: Phones) -> str:
    return Inbox(NOBODY, phones)(Request("GET", "/inbox/phones")).body.decode()


def test_an_sms_is_taken_by_the_sdks_own_words_and_shown(phones: Phones) -> None:
    with Front(routes={Phones.PREFIX: phones}) as front:
        voice = client(front, "pinpoint-sms-voice-v2")
        tags = {"moment": "shipped", "message_id": "msg_1"}
        text = "<b>Your order</b> is on its way"
        voice.send_text_message(DestinationPhoneNumber="+4915123456789", MessageBody=text, Context=tags)  # type: ignore[attr-defined]
    assert [(one.channel, one.to, one.text, one.tags) for one in phones.taken] == [
        ("sms", "+4915123456789", text, tags)
    ]
    shown = page(phones)
    assert "&lt;b&gt;Your order&lt;/b&gt; is on its way" in shown
    assert "SMS to +4915123456789" in shown
    assert "shipped · msg_1" in shown


def test_an_answer_to_a_shopper_is_about_no_moment(phones: Phones) -> None:
    with Front(routes={Phones.PREFIX: phones}) as front:
        voice, tags = client(front, "pinpoint-sms-voice-v2"), {"message_id": "msg_2"}
        voice.send_text_message(DestinationPhoneNumber="+4915123456789", MessageBody="Done.", Context=tags)  # type: ignore[attr-defined]
    assert ">msg_2</span>" in page(phones)


def test_what_is_planned_is_answered_once(phones: Phones) -> None:
    phones.plan = [Trouble(400, "ThrottlingException")]
    with Front(routes={Phones.PREFIX: phones}) as front:
        voice = client(front, "pinpoint-sms-voice-v2")
        voice.send_text_message(DestinationPhoneNumber="+4915123456789", MessageBody="x")  # type: ignore[attr-defined]
    # the SDK asked again by itself, and the second time it was taken
    assert (phones.calls, len(phones.taken)) == (2, 1)


def test_nothing_yet(phones: Phones) -> None:
    assert "No phone and no browser was sent anything yet." in page(phones)


def test_what_nobody_knows_is_refused(phones: Phones) -> None:
    assert phones(Request("POST", f"{Phones.PREFIX}/v1/other")).status == 400
    assert phones.taken == []
