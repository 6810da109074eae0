"""A bench for each provider: what it is given, what it gets for an answer, and what it asked."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from botocore.stub import Stubber
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from py_vapid.utils import b64urlencode

from local.demo.mail_server import GONE, MailServer
from porchlight.adapters.aws import client
from porchlight.channels.kit import Kit
from porchlight.channels.registry import provider
from porchlight.connectors import Answer, Call
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.moments import Moment
from porchlight.errors import NO_ANSWER, PermanentProviderError, TransientError
from porchlight.reaching import EmailContent, Outgoing, PushContent, TemplateContent, TextContent
from tests.fakes import FakeSecrets

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NUMBER, ENDPOINT = "+4915123456789", "https://push.example/w/secret-of-this-browser"
DEVICE = "arn:aws:sns:eu-central-1:123456789012:endpoint/GCM/larkspur/1234"

_BROWSER = ec.generate_private_key(ec.SECP256R1())
_POINT = _BROWSER.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
KEYS = {"p256dh": b64urlencode(_POINT), "auth": b64urlencode(b"0123456789abcdef")}
BROWSER = (_BROWSER, b"0123456789abcdef")
"""The private half of the subscription."""

_VAPID = Vapid02()
_VAPID.generate_keys()
VAPID_KEY = b64urlencode(_VAPID.private_key.private_numbers().private_value.to_bytes(32, "big"))


def outgoing(channel: Channel, **update: Any) -> Outgoing:
    """A message as the sender hands it over."""
    to, content, sender = {
        Channel.EMAIL: (
            "ada@shopper.example",
            EmailContent(subject="It is on its way", html="<p>Today</p>", text="Today\n", headers={}),
            "orders@larkspur.example",
        ),
        Channel.SMS: (NUMBER, TextContent(text="Larkspur: today", max_price_cents=50), "+4930123456"),
        Channel.PUSH: (DEVICE, PushContent(title="Today", body="It comes", url="https://t.example/t/1"), ""),
        Channel.WEB_PUSH: (ENDPOINT, PushContent(title="Today", body="It comes", url="https://t.example/t/1"), ""),
        Channel.WHATSAPP: (
            NUMBER,
            TemplateContent(name="on_its_way", language="en_GB", parameters=("Ada", "today"), url_suffix="abc"),
            "phone-number-id-0123456789",
        ),
    }[channel]
    values: dict[str, Any] = {
        **{"brand": "larkspur", "channel": channel, "message_id": "msg_1", "order_id": "ord_1"},
        **{"moment": Moment.SHIPPED, "purpose": Purpose.SERVICE, "to": to, "content": content},
        **{"from_name": "Larkspur", "from_address": sender, "reply_to": "hello@larkspur.example"},
        "keys": KEYS if channel is Channel.WEB_PUSH else {},
        "expires_at": NOW + timedelta(hours=2),
    }
    return Outgoing(**{**values, **update})


class Bench(Protocol):
    """One provider, and the other side of it."""

    def ask(self, what: str, message: Outgoing) -> str:
        """Hand the message over where the other side answers ``what``: ``taken``, ``throttled``, ``down`` (surely not
        taken), ``silent`` (asked, no answer), ``failed`` (an error of its own), ``refused``, ``no_address``.
        """
        ...

    @property
    def asked(self) -> list[str]:
        """What the other side was asked, as text."""
        ...


@dataclass
class AwsBench:
    """A service of AWS, by botocore's stub: parameters are checked against the service's own model."""

    provider_id: str
    service: str
    operation: str
    answer: Mapping[str, Any]
    codes: Mapping[str, tuple[str, int, dict[str, Any]]]
    asked: list[str] = field(default_factory=list)

    def ask(self, what: str, message: Outgoing) -> str:
        made = provider(self.provider_id, Kit(FakeSecrets(), lambda: NOW, _nobody, "porchlight-test"))
        connection = client(self.service, attempts=1)
        with _heard(connection, "provide-client-params.*.*", self._note):
            if what in ("silent", "down"):
                with _heard(connection, "before-call.*.*", _lost(what)):
                    return made.send(message)
            with Stubber(connection) as stub:
                self._answer(stub, what, message)
                return made.send(message)

    def _answer(self, stub: Stubber, what: str, message: Outgoing) -> None:
        if what == "taken":
            stub.add_response(self.operation, dict(self.answer))
            return
        code, status, modelled = self.codes[what]
        text = f"{message.to} is bad"
        stub.add_client_error(self.operation, code, text, http_status_code=status, modeled_fields=modelled)

    def _note(self, params: Any, **_: Any) -> None:
        self.asked.append(json.dumps(params, default=lambda raw: raw.decode()))


@contextmanager
def _heard(connection: Any, event: str, handler: Callable[..., None]) -> Iterator[None]:
    connection.meta.events.register(event, handler, unique_id=event)
    try:
        yield
    finally:
        connection.meta.events.unregister(event, unique_id=event)


def _lost(what: str) -> Callable[..., None]:
    kind = ReadTimeoutError if what == "silent" else ConnectTimeoutError

    def lost(**_: Any) -> None:
        raise kind(endpoint_url="https://aws.example")

    return lost


def _nobody() -> Any:
    raise AssertionError("nobody is to be called")


class SmtpBench:
    """A mail server."""

    ANSWERS: Mapping[str, dict[str, str]] = {
        "taken": {},
        "throttled": {"MAIL": "454 4.7.0 Throttling failure: maximum sending rate exceeded"},
        "down": {"HELLO": GONE},
        "silent": {"END": GONE},
        "failed": {"DATA": "451 4.3.0 something is wrong here"},
        "refused": {"END": "554 5.6.0 we do not like it"},
        "no_address": {"RCPT": "550 5.1.1 <ada@shopper.example> no such user"},
    }

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, what: str, message: Outgoing) -> str:
        with MailServer() as server:
            server.answers = self.ANSWERS[what]
            secrets = FakeSecrets(**{"channels/smtp": {"default": server.account}})
            try:
                return provider("smtp", Kit(secrets, lambda: NOW, _nobody)).send(message)
            finally:
                self.asked += [mail.raw.decode() for mail in server.taken] or ["…"] * server.connections


class PushBench:
    """A push service, behind our own caller."""

    STATUS: Mapping[str, int] = {
        **{"taken": 201, "throttled": 429, "down": 503, "failed": 500, "refused": 403, "no_address": 410}
    }

    def __init__(self) -> None:
        self.calls: list[Call] = []

    @property
    def asked(self) -> list[str]:
        return [f"{call.headers} {call.body!r}" for call in self.calls]

    def ask(self, what: str, message: Outgoing) -> str:
        self._what = what
        account = {"private_key": VAPID_KEY, "subject": "mailto:web@larkspur.example"}
        secrets = FakeSecrets(**{"channels/vapid": {"default": account}})
        return provider("vapid", Kit(secrets, lambda: NOW, lambda: self)).send(message)

    def make(self, call: Call) -> Answer:
        self.calls.append(call)
        if self._what == "silent":
            raise TransientError("TimeoutError", code=NO_ANSWER)
        if self._what == "not allowed":
            raise PermanentProviderError("the address may not be called", code="bad-address")
        return Answer(self.STATUS[self._what], {}, b"")


_SES = {
    "throttled": ("TooManyRequestsException", 429, {}),
    "failed": ("InternalServiceErrorException", 500, {}),
    "refused": ("MessageRejected", 400, {}),
}
_VOICE = {
    "throttled": ("ThrottlingException", 400, {}),
    "failed": ("InternalServerException", 500, {"RequestId": "1"}),
    "refused": ("ValidationException", 400, {"Reason": "PRICE_OVER_THRESHOLD"}),
    "no_address": ("ConflictException", 400, {"Reason": "DESTINATION_PHONE_NUMBER_OPTED_OUT"}),
}
_SNS_SMS = {
    "throttled": ("Throttled", 429, {}),
    "failed": ("InternalError", 500, {}),
    "refused": ("AuthorizationError", 403, {}),
    "no_address": ("OptedOut", 400, {}),
}
_SNS_PUSH = {
    "throttled": ("Throttled", 429, {}),
    "failed": ("InternalError", 500, {}),
    "refused": ("PlatformApplicationDisabled", 400, {}),
    "no_address": ("EndpointDisabled", 400, {}),
}
_SOCIAL = {
    "throttled": ("ThrottledRequestException", 429, {}),
    "failed": ("DependencyException", 502, {}),
    "refused": ("InvalidParametersException", 400, {}),
}


@contextmanager
def bench(provider_id: str) -> Iterator[Bench]:
    """The bench of a provider."""
    made: dict[str, Any] = {
        "ses": lambda: AwsBench("ses", "sesv2", "send_email", {"MessageId": "0100"}, _SES),
        "smtp": SmtpBench,
        "aws_sms": lambda: AwsBench(
            "aws_sms", "pinpoint-sms-voice-v2", "send_text_message", {"MessageId": "sms-1"}, _VOICE
        ),
        "sns_sms": lambda: AwsBench("sns_sms", "sns", "publish", {"MessageId": "sns-1"}, _SNS_SMS),
        "sns_push": lambda: AwsBench("sns_push", "sns", "publish", {"MessageId": "sns-2"}, _SNS_PUSH),
        "vapid": PushBench,
        "aws_whatsapp": lambda: AwsBench(
            "aws_whatsapp", "socialmessaging", "send_whatsapp_message", {"messageId": "wa-1"}, _SOCIAL
        ),
    }
    yield made[provider_id]()
