"""Email: the message as it goes over the wire, and how the two providers are handed it."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

import pytest
from botocore.stub import ANY, Stubber

from local.demo.mail_server import GONE, MailServer
from porchlight.adapters.aws import client
from porchlight.channels.email import smtp
from porchlight.channels.email.mime import mime
from porchlight.channels.kit import Kit
from porchlight.channels.registry import provider
from porchlight.domain.channels import Channel
from porchlight.errors import NO_ANSWER, AddressRefusedError, PermanentProviderError, TransientError
from porchlight.reaching import EmailContent, Outgoing
from tests.channels.benches import NOW, outgoing
from tests.fakes import FakeSecrets

LINK = "https://track.example/u/" + "t" * 400


def email(**update: Any) -> Outgoing:
    values: dict[str, Any] = {
        **{"subject": "Your order is on its way", "html": "<p>It is on its way.</p>", "text": "It is on its way.\n"},
        "headers": {"List-Unsubscribe": f"<{LINK}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    }
    content = {name: update.pop(name) for name in tuple(update) if name in values}
    return outgoing(Channel.EMAIL, content=EmailContent(**{**values, **content}), **update)


def nobody() -> Any:
    raise AssertionError("nobody is to be called")


def kit(secrets: FakeSecrets | None = None) -> Kit:
    return Kit(secrets or FakeSecrets(), lambda: NOW, nobody, "porchlight-test")


def parsed(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_parts_and_headers_of_a_message() -> None:
    found = parsed(mime(email()))
    assert found["From"] == "Larkspur <orders@larkspur.example>"
    assert found["To"] == "ada@shopper.example"
    assert found["Reply-To"] == "hello@larkspur.example"
    assert found["Subject"] == "Your order is on its way"
    assert found["List-Unsubscribe"] == f"<{LINK}>"
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found.get_content_type() == "multipart/alternative"
    text, html = found.iter_parts()
    assert (text.get_content_type(), text.get_content().strip()) == ("text/plain", "It is on its way.")
    assert (html.get_content_type(), html.get_content().strip()) == ("text/html", "<p>It is on its way.</p>")


def test_letters_of_the_world_arrive_and_the_wire_stays_ascii() -> None:
    name, subject, text = "Fjordhús & Søn", "Pakken er på vej 📦", "Grüße, 東京\n"
    raw = mime(email(from_name=name, subject=subject, text=text, html=f"<p>{text}</p>"))
    assert raw.isascii()
    found = parsed(raw)
    assert found["From"].addresses[0].display_name == name
    assert found["Subject"] == subject
    assert [part.get_content().split()[0] for part in found.iter_parts()] == ["Grüße,", "<p>Grüße,"]


def test_a_link_in_a_header_is_on_one_line_as_it_is() -> None:
    assert f"\r\nList-Unsubscribe: <{LINK}>\r\n".encode() in mime(email())


def test_a_domain_in_other_letters_is_written_as_dns_knows_it() -> None:
    assert parsed(mime(email(to="ada@bücher.example")))["To"] == "ada@xn--bcher-kva.example"


def test_lines_are_short_enough_for_the_mail_of_the_world() -> None:
    raw = mime(email(html="<td>" + "x" * 50_000 + "</td>", text="y" * 5_000))
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_subject_is_one_line() -> None:
    found = parsed(mime(email(subject="Hello\r\nBcc: eve@evil.example\n x")))
    assert found["Bcc"] is None
    assert found["Subject"] == "Hello Bcc: eve@evil.example x"


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "ada",
            "ada@",
            "@x.example",
            "a b@x.example",
            "ada@x.example, eve@y.example",
            "ada@x.example\nBcc: e@y.z",
        ),
        *("Ada <ada@x.example>", "jörg@x.example", "ada@x.example\r\n", "<ada@x.example>"),
    ],
)
def test_what_is_no_address_is_refused_for_good(address: str) -> None:
    with pytest.raises(AddressRefusedError) as caught:
        mime(email(to=address))
    assert caught.value.detail == "invalid-address"


def test_a_header_cannot_bring_another() -> None:
    with pytest.raises(PermanentProviderError):
        mime(email(headers={"List-Unsubscribe": "<https://x.example>\r\nBcc: eve@evil.example"}))


def test_ses_gets_the_raw_message_and_our_tags() -> None:
    wanted = {
        "FromEmailAddress": "Larkspur <orders@larkspur.example>",
        "Destination": {"ToAddresses": ["ada@xn--bcher-kva.example"]},
        "Content": {"Raw": {"Data": ANY}},
        "ConfigurationSetName": "porchlight-test",
        "EmailTags": [
            {"Name": "brand", "Value": "larkspur"},
            {"Name": "order_id", "Value": "ord_1"},
            {"Name": "message_id", "Value": "msg_1"},
            {"Name": "moment", "Value": "shipped"},
        ],
    }
    with Stubber(client("sesv2", attempts=1)) as stub:
        stub.add_response("send_email", {"MessageId": "0100"}, wanted)
        assert provider("ses", kit()).send(email(to="ada@bücher.example")) == "0100"


def test_a_name_in_other_letters_is_encoded_for_ses() -> None:
    wanted: dict[str, Any] = dict.fromkeys(("Destination", "Content", "ConfigurationSetName", "EmailTags"), ANY)
    wanted["FromEmailAddress"] = "=?utf-8?b?RmpvcmRow7pz?= <orders@larkspur.example>"
    with Stubber(client("sesv2", attempts=1)) as stub:
        stub.add_response("send_email", {"MessageId": "0100"}, wanted)
        provider("ses", kit()).send(email(from_name="Fjordhús"))


def test_the_sdk_asks_once() -> None:
    assert client("sesv2", attempts=1).meta.config.retries["total_max_attempts"] == 1


class TestSmtp:
    def test_the_message_arrives_whole_under_an_id_of_ours(self) -> None:
        # Given a server that knows the brand, and a text with a line that begins with a dot
        with MailServer() as server:
            secrets = FakeSecrets(**{"channels/smtp": {"larkspur": server.account, "default": {"host": "other"}}})
            # When a message is handed over
            given = provider("smtp", kit(secrets)).send(email(text=".hidden\nGrüße\n"))
        # Then it came to the address, as one message, with our id where readers and servers look for it
        (mail,) = server.taken
        assert (mail.sender, mail.recipient) == ("orders@larkspur.example", "ada@shopper.example")
        found = parsed(mail.raw)
        assert found["Message-ID"] == given == "<msg_1@larkspur.example>"
        assert found["X-Porchlight-Message"] == "msg_1"
        assert found["List-Unsubscribe"] == f"<{LINK}>"
        text, _ = found.iter_parts()
        assert text.get_content().split() == [".hidden", "Grüße"]

    @pytest.mark.parametrize(
        ("answers", "kind", "problem"),
        [
            # While a password is rotated, the old one is in use for some minutes: no message is given up for that
            ({"AUTH": "535 5.7.8 who are you"}, TransientError, "try-again"),
            ({"AUTH": "454 4.7.0 later"}, TransientError, "throttled"),
            ({"HELLO": "421 too busy"}, TransientError, "throttled"),
            ({"MAIL": "550 5.7.1 not from you"}, PermanentProviderError, "provider-refused"),
            ({"MAIL": "451 4.3.0 later"}, TransientError, "try-again"),
            ({"MAIL": GONE}, TransientError, "try-again"),
            ({"RCPT": "450 4.2.0 its box is full"}, TransientError, "try-again"),
            ({"RCPT": "554 5.7.1 we are on a list"}, PermanentProviderError, "provider-refused"),
            ({"RCPT": "553 5.1.3 no such form"}, AddressRefusedError, "address-refused"),
            ({"RCPT": "550-5.1.1 no such\r\n550 5.1.1 mailbox"}, AddressRefusedError, "address-refused"),
            # About us: it would be said of each shopper, and none of them would ever be written to again
            ({"RCPT": "550 5.7.1 relaying denied"}, PermanentProviderError, "provider-refused"),
            ({"RCPT": "553 5.7.1 sender not owned by user"}, PermanentProviderError, "provider-refused"),
            ({"RCPT": "550 5.1.8 the sender's domain is none"}, PermanentProviderError, "provider-refused"),
            ({"RCPT": "550 who knows"}, PermanentProviderError, "provider-refused"),
            ({"DATA": "452 4.3.1 no room"}, TransientError, "try-again"),
            ({"END": "451 4.3.0 it was not kept"}, TransientError, "try-again"),
            ({"END": "550 5.7.1 it looks like spam"}, PermanentProviderError, "provider-refused"),
            ({"END": GONE}, TransientError, "no-answer"),
        ],
    )
    def test_each_answer_of_a_server(self, answers: dict[str, str], kind: type[Exception], problem: str) -> None:
        with MailServer() as server:
            server.answers = answers
            secrets = FakeSecrets(**{"channels/smtp": {"default": server.account}})
            with pytest.raises((PermanentProviderError, TransientError)) as caught:
                provider("smtp", kit(secrets)).send(email())
        assert (type(caught.value), caught.value.problem) == (kind, problem)
        assert (server.taken, server.connections) == ([], 1)
        assert server.lost == (problem == "no-answer"), "only what came whole is in doubt"

    def test_nobody_listens(self) -> None:
        with MailServer() as server:
            account = server.account
        with pytest.raises(TransientError) as caught:
            provider("smtp", kit(FakeSecrets(**{"channels/smtp": {"default": account}}))).send(email())
        assert caught.value.problem == "try-again"


class Dripping:
    """A mail server that answers, from a verb on, letter by letter and never to the end: each comes in time. After some
    of them, ``time_is_up`` is called.
    """

    def __init__(self, verb: str) -> None:
        self.verb = verb.encode()
        self.time_is_up: Callable[[], None] = lambda: None
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()

    @property
    def account(self) -> dict[str, str]:
        host, port = self._listening.getsockname()
        return {"host": host, "port": str(port), "username": "u", "password": "p"}

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            channel, _ = self._listening.accept()
            with channel, channel.makefile("rb") as lines:
                channel.sendall(b"220 mail.example\r\n")
                for line in lines:
                    if line.upper().startswith(self.verb):
                        channel.sendall(b"222")
                        self.time_is_up()
                        while not self._over.wait(0.02):
                            channel.sendall(b"2")
                        return
                    said = {b"EHLO": b"250-m\r\n250 AUTH PLAIN", b"AUTH": b"235 in", b"DATA": b"354 go on"}
                    if (verb := line[:4].upper()) in (*said, b"MAIL", b"RCPT"):
                        channel.sendall(said.get(verb, b"250 ok") + b"\r\n")


@pytest.mark.parametrize(("verb", "problem"), [("EHLO", "try-again"), ("RCPT", "try-again"), (".\r\n", NO_ANSWER)])
def test_whoever_drips_is_cut_off_before_the_function_is(
    verb: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Dripping(verb) as server:

        def timer(seconds: float, cut_off: Callable[..., None], given: tuple[Any, ...]) -> threading.Timer:
            assert 0 < seconds <= smtp.MOST_SECONDS < 20
            server.time_is_up = lambda: cut_off(*given)
            return threading.Timer(3_600, lambda: None)

        monkeypatch.setattr(smtp, "Timer", timer)
        secrets = FakeSecrets(**{"channels/smtp": {"default": server.account}})
        with pytest.raises(TransientError) as caught:
            provider("smtp", kit(secrets)).send(email())
    assert caught.value.problem == problem
