"""Peers that answer yes and nothing else that can be read: nobody knows whether they took the message."""

import smtplib
import ssl
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from local.demo.mail_server import MailServer
from porchlight.adapters.aws import client
from porchlight.adapters.safe_http import SafeCaller
from porchlight.channels.aws import handing_over
from porchlight.channels.kit import Kit
from porchlight.channels.registry import channel_of, provider
from porchlight.domain.channels import Channel
from porchlight.errors import NO_ANSWER, AddressRefusedError, TransientError
from tests.channels.benches import NOW, VAPID_KEY, outgoing
from tests.fakes import FakeSecrets

SERVICES = {
    "ses": "sesv2",
    "aws_sms": "pinpoint-sms-voice-v2",
    "sns_sms": "sns",
    "sns_push": "sns",
    "aws_whatsapp": "socialmessaging",
}


class _Raw(BytesIO):
    """A body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """All of it at once."""
        yield self.read()


def nobody() -> Any:
    raise AssertionError("nobody is to be called")


@pytest.mark.parametrize("body", [b"", b"<html>Welcome</html>", b"{}", b"[]", b"{", b'{"MessageId": null}', b"<a/>"])
@pytest.mark.parametrize("provider_id", SERVICES)
def test_a_yes_of_aws_that_cannot_be_read(provider_id: str, body: bytes) -> None:
    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, {"content-type": "text/plain"}, _Raw(body))

    channel = channel_of(provider_id)
    assert channel is not None
    events = client(SERVICES[provider_id], attempts=1).meta.events
    events.register("before-send.*.*", answer, unique_id="garbage")
    try:
        with pytest.raises(TransientError) as caught:
            provider(provider_id, Kit(FakeSecrets(), lambda: NOW, nobody, "porchlight-test")).send(outgoing(channel))
    finally:
        events.unregister("before-send.*.*", unique_id="garbage")
    # Then it counts as silence: no second provider is asked, a report may still settle it
    assert caught.value.problem == NO_ANSWER


def smtp(account: dict[str, str], **update: Any) -> str:
    secrets = FakeSecrets(**{"channels/smtp": {"default": account}})
    return provider("smtp", Kit(secrets, lambda: NOW, nobody)).send(outgoing(Channel.EMAIL, **update))


@pytest.mark.parametrize("answer", ["banana", "2", "", "99 bottles"])
def test_a_mail_server_that_mumbles_behind_the_message(answer: str) -> None:
    with MailServer() as server:
        server.answers = {"END": answer}
        with pytest.raises(TransientError) as caught:
            smtp(server.account)
    assert caught.value.problem == NO_ANSWER


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_mail_server_that_mumbles_before_it_has_taken_nothing(verb: str) -> None:
    with MailServer() as server:
        server.answers = {verb: "banana"}
        with pytest.raises(TransientError) as caught:
            smtp(server.account)
    assert caught.value.problem != NO_ANSWER
    assert not server.taken


def test_a_certificate_that_is_not_good_may_be_good_tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a server whose certificate has expired (for Python that is a ValueError, too)
    def dial(*_: Any, **__: Any) -> Any:
        raise ssl.SSLCertVerificationError("certificate has expired")

    monkeypatch.setattr(smtplib, "SMTP_SSL", dial)
    account = {"host": "mail.example", "port": "465", "username": "u", "password": "p"}
    with pytest.raises(TransientError):
        smtp(account)


@pytest.mark.parametrize(
    "send", [lambda to: smtp(_ACCOUNT, to=to), lambda to: _ses().send(outgoing(Channel.EMAIL, to=to))]
)
def test_a_mailbox_in_letters_that_no_provider_takes_is_an_address_that_takes_nothing(
    send: Callable[[str], str],
) -> None:
    with pytest.raises(AddressRefusedError):
        send("jürgen@shopper.example")


_ACCOUNT = {"host": "127.0.0.1", "port": "9", "username": "u", "password": "p"}


def _ses() -> Any:
    return provider("ses", Kit(FakeSecrets(), lambda: NOW, nobody, "porchlight-test"))


@pytest.mark.parametrize("to", ["https://[::1", "https://", "https:///w/1", "https://push.example:99999999/w/1", "w"])
def test_a_subscription_whose_address_is_none_takes_nothing(to: str) -> None:
    account = {"private_key": VAPID_KEY, "subject": "mailto:web@larkspur.example"}
    secrets = FakeSecrets(**{"channels/vapid": {"default": account}})
    with pytest.raises(AddressRefusedError):
        provider("vapid", Kit(secrets, lambda: NOW, SafeCaller)).send(outgoing(Channel.WEB_PUSH, to=to))


@pytest.mark.parametrize("code", ["ExpiredTokenException", "RequestExpired", "InvalidSignatureException"])
def test_a_clock_or_credentials_that_are_off_for_a_while_refuse_no_message_for_good(code: str) -> None:
    error = ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "SendEmail")
    with pytest.raises(TransientError) as caught, handing_over():
        raise error
    assert caught.value.problem != NO_ANSWER
