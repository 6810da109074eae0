"""SMS, WhatsApp and push as they go over the wire: to a peer that speaks AWS's own, and as browsers read them."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import http_ece
import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws
from py_vapid import Vapid02
from py_vapid.utils import b64urldecode

from local.front import Front
from local.phones import Phones, Trouble
from porchlight.adapters import aws
from porchlight.adapters.safe_http import SafeCaller
from porchlight.channels.kit import Kit
from porchlight.channels.registry import provider
from porchlight.domain.channels import Channel, Purpose
from porchlight.errors import NO_ANSWER, THROTTLED, AddressRefusedError, PermanentProviderError, TransientError
from porchlight.reaching import PushContent, TextContent
from tests.channels.benches import BROWSER, DEVICE, NOW, NUMBER, VAPID_KEY, PushBench, outgoing
from tests.fakes import FakeSecrets

SECRETS = FakeSecrets(
    **{"channels/vapid": {"default": {"private_key": VAPID_KEY, "subject": "mailto:web@larkspur.example"}}}
)


def made(provider_id: str) -> Any:
    return provider(provider_id, Kit(SECRETS, lambda: NOW, lambda: SafeCaller(loopback=True)))


@pytest.fixture
def phones() -> Phones:
    return Phones()


@pytest.fixture
def front(phones: Phones, monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """The peers, and botocore on its way to them."""
    with Front(routes={Phones.PREFIX: phones}) as found:
        for name, value in phones.environment(found.url).items():
            monkeypatch.setenv(name, value)
        aws.forget()
        yield found
    aws.forget()


# ------------------------------------------------------------------------------------------------------------------ SMS
SPENT = {"Reason": "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"}


def conflict(reason: str) -> Trouble:
    return Trouble(400, "ConflictException", {"Reason": reason})


def invalid(field: str) -> Trouble:
    return Trouble(400, "ValidationException", {"Fields": [{"Name": field, "Message": "it is bad"}]})


def test_an_sms_as_aws_gets_it(front: Front, phones: Phones) -> None:
    given = made("aws_sms").send(outgoing(Channel.SMS))
    (taken,) = phones.taken
    assert taken.message_id == given
    assert taken.request == {
        "DestinationPhoneNumber": NUMBER,
        "OriginationIdentity": "+4930123456",
        "MessageBody": "Larkspur: today",
        "MessageType": "TRANSACTIONAL",
        "MaxPrice": "0.50",
        "TimeToLive": 7200,
        "Context": {"brand": "larkspur", "order_id": "ord_1", "message_id": "msg_1", "moment": "shipped"},
    }


def test_an_sms_without_a_sender_or_an_end_or_a_price(front: Front, phones: Phones) -> None:
    text = TextContent(text="Larkspur: today")
    plain = outgoing(Channel.SMS, from_address="", expires_at=None, content=text, purpose=Purpose.MARKETING)
    made("aws_sms").send(plain)
    made("aws_sms").send(outgoing(Channel.SMS, expires_at=NOW - timedelta(hours=1)))
    first, late = (taken.request for taken in phones.taken)
    assert "OriginationIdentity" not in first
    assert "MaxPrice" not in first
    assert (first["MessageType"], first["TimeToLive"], late["TimeToLive"]) == ("PROMOTIONAL", 259_200, 5)


@pytest.mark.parametrize(
    ("trouble", "kind", "problem"),
    [
        (Trouble(400, "ThrottlingException"), TransientError, THROTTLED),
        (Trouble(503, "ServiceUnavailableException"), TransientError, "try-again"),
        (Trouble(500, "InternalServerException"), TransientError, NO_ANSWER),
        (Trouble(504), TransientError, NO_ANSWER),
        (conflict("DESTINATION_PHONE_NUMBER_NOT_VERIFIED"), PermanentProviderError, "provider-refused"),
        (conflict("DESTINATION_PHONE_NUMBER_OPTED_OUT"), AddressRefusedError, "address-refused"),
        (invalid("DestinationPhoneNumber"), AddressRefusedError, "address-refused"),
        (invalid("MessageBody"), PermanentProviderError, "provider-refused"),
        (Trouble(400, "ServiceQuotaExceededException", SPENT), PermanentProviderError, "provider-refused"),
        (Trouble(400, "AccessDeniedException"), PermanentProviderError, "provider-refused"),
    ],
)
def test_refusals_of_an_sms(
    front: Front, phones: Phones, trouble: Trouble, kind: type[Exception], problem: str
) -> None:
    phones.plan = [trouble]
    with pytest.raises((TransientError, PermanentProviderError)) as caught:
        made("aws_sms").send(outgoing(Channel.SMS))
    assert (type(caught.value), caught.value.problem) == (kind, problem)
    assert (phones.calls, phones.taken) == (1, [])
    assert NUMBER not in str(caught.value)


@pytest.mark.parametrize(
    ("sender", "attributes"),
    [
        ("+4930123456", {"AWS.MM.SMS.OriginationNumber": "+4930123456"}),
        ("Larkspur", {"AWS.SNS.SMS.SenderID": "Larkspur"}),
        ("pool-0123456789abcdef0123456789abcdef", {}),
        ("", {}),
    ],
)
def test_the_second_way_of_an_sms(sender: str, attributes: dict[str, str]) -> None:
    usual = {"AWS.SNS.SMS.SMSType": "Transactional", "AWS.SNS.SMS.MaxPrice": "0.50"}
    given = {
        name: {"DataType": "Number" if name.endswith("Price") else "String", "StringValue": value}
        for name, value in {**usual, **attributes}.items()
    }
    wanted = {"PhoneNumber": NUMBER, "Message": "Larkspur: today", "MessageAttributes": given}
    with Stubber(aws.client("sns", attempts=1)) as stub:
        stub.add_response("publish", {"MessageId": "sns-1"}, wanted)
        assert made("sns_sms").send(outgoing(Channel.SMS, from_address=sender)) == "sns-1"


# ------------------------------------------------------------------------------------------------------------- WhatsApp
def test_a_template_as_meta_gets_it(front: Front, phones: Phones) -> None:
    given = made("aws_whatsapp").send(outgoing(Channel.WHATSAPP))
    (taken,) = phones.taken
    assert (taken.message_id, taken.sender) == (given, "phone-number-id-0123456789")
    assert taken.tags == {"brand": "larkspur", "order_id": "ord_1", "message_id": "msg_1", "moment": "shipped"}
    assert {name: value for name, value in taken.request.items() if name != "biz_opaque_callback_data"} == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": NUMBER,
        "type": "template",
        "template": {
            "name": "on_its_way",
            "language": {"code": "en_GB"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": "Ada"}, {"type": "text", "text": "today"}]},
                {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "abc"}]},
            ],
        },
    }


# ----------------------------------------------------------------------------------------------------------------- push
def test_a_push_message_as_each_platform_gets_it() -> None:
    asked: dict[str, Any] = {}
    connection = aws.client("sns", attempts=1)
    connection.meta.events.register(
        "provide-client-params.sns.Publish", lambda params, **_: asked.update(params), unique_id="asked"
    )
    with Stubber(connection) as stub:
        wanted = dict.fromkeys(("TargetArn", "Message", "MessageStructure", "MessageAttributes"), ANY)
        stub.add_response("publish", {"MessageId": "sns-2"}, wanted)
        assert made("sns_push").send(outgoing(Channel.PUSH)) == "sns-2"
    assert (asked["TargetArn"], asked["MessageStructure"]) == (DEVICE, "json")
    body = json.loads(asked["Message"])
    fcm = json.loads(body["GCM"])["fcmV1Message"]["message"]
    assert fcm["notification"] == {"title": "Today", "body": "It comes"}
    assert fcm["data"] == {"url": "https://t.example/t/1", "message_id": "msg_1"}
    assert (fcm["android"]["ttl"], fcm["android"]["collapse_key"]) == ("7200s", "msg_1")
    assert body["APNS"] == body["APNS_SANDBOX"]
    apns = json.loads(body["APNS"])
    assert (apns["aps"]["alert"], apns["url"]) == ({"title": "Today", "body": "It comes"}, "https://t.example/t/1")
    collapse = asked["MessageAttributes"]["AWS.SNS.MOBILE.APNS.COLLAPSE_ID"]
    assert collapse == {"DataType": "String", "StringValue": "msg_1"}


def test_a_device_that_is_gone_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a device that an app has registered, on SNS as moto has it
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with mock_aws():
        aws.forget()
        sns = aws.client("sns")
        app = sns.create_platform_application(Name="larkspur", Platform="GCM", Attributes={"PlatformCredential": "x"})
        named = {
            "PlatformApplicationArn": app["PlatformApplicationArn"],
            "Token": "t",
            "Attributes": {"Enabled": "true"},
        }
        device = sns.create_platform_endpoint(**named)["EndpointArn"]
        assert made("sns_push").send(outgoing(Channel.PUSH, to=device))
        # When its token is taken back, and when it is deleted
        sns.set_endpoint_attributes(EndpointArn=device, Attributes={"Enabled": "false"})
        # Then the address takes nothing more
        with pytest.raises(AddressRefusedError):
            made("sns_push").send(outgoing(Channel.PUSH, to=device))
        sns.delete_endpoint(EndpointArn=device)
        with pytest.raises(AddressRefusedError):
            made("sns_push").send(outgoing(Channel.PUSH, to=device))
    aws.forget()


def test_a_browser_can_read_what_it_is_sent_and_nobody_else(front: Front, phones: Phones) -> None:
    # Given the subscription of a browser, at a push service
    message = outgoing(Channel.WEB_PUSH, to=f"{front.url}{Phones.PREFIX}/push/ada")
    # When a message is handed over
    topic = made("vapid").send(message)
    # Then what the service keeps cannot be read, and the browser reads all of it
    (taken,) = phones.taken
    body = base64.b64decode(taken.request["body"])
    assert b"It comes" not in body
    private, secret = BROWSER
    read = json.loads(http_ece.decrypt(body, private_key=private, auth_secret=secret, version="aes128gcm"))
    assert read == {"title": "Today", "body": "It comes", "url": "https://t.example/t/1", "tag": "msg_1"}
    # And it is signed by the brand, for this service, for at most a day
    assert Vapid02.verify(taken.request["authorization"])
    claims = json.loads(b64urldecode(taken.request["authorization"].split(".")[1].encode()))
    assert (claims["aud"], claims["sub"]) == (front.url, "mailto:web@larkspur.example")
    assert 0 < claims["exp"] - NOW.timestamp() <= 86_400
    assert (taken.request["ttl"], taken.request["urgency"], taken.request["topic"]) == ("7200", "normal", topic)
    assert len(topic) == 32


def test_what_sells_is_not_urgent(front: Front, phones: Phones) -> None:
    made("vapid").send(
        outgoing(
            Channel.WEB_PUSH, to=f"{front.url}{Phones.PREFIX}/push/ada", purpose=Purpose.MARKETING, expires_at=None
        )
    )
    assert [(one.request["urgency"], one.request["ttl"]) for one in phones.taken] == [("low", "2419200")]


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone(front: Front, phones: Phones, status: int) -> None:
    phones.plan = [Trouble(status)]
    with pytest.raises(AddressRefusedError):
        made("vapid").send(outgoing(Channel.WEB_PUSH, to=f"{front.url}{Phones.PREFIX}/push/ada"))


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"p256dh": "x", "auth": "y"},
        {"p256dh": "B" * 87, "auth": "MDEyMzQ1Njc4OWFiY2RlZg"},
        {"p256dh": "ä", "auth": ""},
    ],
)
def test_keys_that_are_none_are_an_address_that_is_none(keys: dict[str, str]) -> None:
    bench = PushBench()
    with pytest.raises(AddressRefusedError) as caught:
        bench.ask("taken", outgoing(Channel.WEB_PUSH, keys=keys))
    assert caught.value.detail == "bad-keys"
    assert bench.calls == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/w/1",
        "https://169.254.169.254/latest",
        "https://127.0.0.1/x",
        "https://[::1]/",
        "file:///etc/passwd",
    ],
)
def test_an_endpoint_that_leads_inside_is_no_address(endpoint: str) -> None:
    strict = provider("vapid", Kit(SECRETS, lambda: NOW, SafeCaller))
    with pytest.raises((AddressRefusedError, PermanentProviderError)):
        strict.send(outgoing(Channel.WEB_PUSH, to=endpoint))


@pytest.mark.parametrize(
    ("key", "subject"), [("x", "mailto:a@b.example"), (VAPID_KEY, "nobody")], ids=["key", "subject"]
)
def test_a_vapid_secret_that_is_none(key: str, subject: str) -> None:
    account = {"private_key": key, "subject": subject}
    kit = Kit(FakeSecrets(**{"channels/vapid": {"default": account}}), lambda: NOW, SafeCaller)
    with pytest.raises(PermanentProviderError) as caught:
        provider("vapid", kit).send(outgoing(Channel.WEB_PUSH))
    assert caught.value.problem == "not-set-up"


def test_a_payload_is_small_enough_for_every_push_service() -> None:
    bench = PushBench()
    long = PushContent(title="t" * 60, body="ß" * 500, url="https://track.example/t/" + "x" * 400)
    bench.ask("taken", outgoing(Channel.WEB_PUSH, content=long))
    assert len(bench.calls[0].body) < 4096
