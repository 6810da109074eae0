"""Email by SES: the message as it goes over the wire, and what becomes of refusals."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import ANY, Stubber

from porchlight.adapters.aws import client
from porchlight.channels.email import NO_ANSWER, SesEmail, mime
from porchlight.errors import PermanentProviderError, PorchlightError, TransientError
from porchlight.ports import Email
from porchlight.services import send_message

LINK = "https://track.example/u/" + "t" * 400


def email(**update: Any) -> Email:
    values: dict[str, Any] = {
        **{"from_name": "Larkspur", "from_address": "orders@larkspur.example", "to_address": "ada@shopper.example"},
        **{"reply_to": "hello@larkspur.example", "subject": "Your order is on its way"},
        **{"html": "<p>It is on its way.</p>", "text": "It is on its way.\n"},
        "headers": {"List-Unsubscribe": f"<{LINK}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        "tags": {"brand": "larkspur", "message_id": "msg_1"},
    }
    return Email(**{**values, **update})


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
    assert parsed(mime(email(to_address="ada@bücher.example")))["To"] == "ada@xn--bcher-kva.example"


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
    with pytest.raises(PermanentProviderError) as caught:
        mime(email(to_address=address))
    assert caught.value.detail == "invalid-address"


def test_a_header_cannot_bring_another() -> None:
    with pytest.raises(PermanentProviderError):
        mime(email(headers={"List-Unsubscribe": "<https://x.example>\r\nBcc: eve@evil.example"}))


class TestSending:
    @pytest.fixture(autouse=True)
    def _on_moto(self, cloud: str) -> None:
        """The client is made on moto."""

    def test_ses_gets_the_raw_message_and_our_tags(self) -> None:
        wanted = {
            "FromEmailAddress": "Larkspur <orders@larkspur.example>",
            "Destination": {"ToAddresses": ["ada@shopper.example"]},
            "Content": {"Raw": {"Data": ANY}},
            "ConfigurationSetName": "porchlight-test",
            "EmailTags": [{"Name": "brand", "Value": "larkspur"}, {"Name": "message_id", "Value": "msg_1"}],
        }
        with Stubber(client("sesv2", attempts=1)) as stub:
            stub.add_response("send_email", {"MessageId": "0100"}, wanted)
            assert SesEmail("porchlight-test").send(email()) == "0100"

    def test_a_name_in_other_letters_is_encoded_for_ses(self) -> None:
        wanted: dict[str, Any] = dict.fromkeys(("Destination", "Content", "ConfigurationSetName", "EmailTags"), ANY)
        wanted["FromEmailAddress"] = "=?utf-8?b?RmpvcmRow7pz?= <orders@larkspur.example>"
        with Stubber(client("sesv2", attempts=1)) as stub:
            stub.add_response("send_email", {"MessageId": "0100"}, wanted)
            SesEmail("porchlight-test").send(email(from_name="Fjordhús"))

    @pytest.mark.parametrize(
        ("code", "status", "kind", "problem"),
        [
            ("TooManyRequestsException", 429, TransientError, "try-again"),
            ("LimitExceededException", 400, TransientError, "try-again"),
            ("ServiceUnavailable", 503, TransientError, "try-again"),
            ("InternalServiceErrorException", 500, TransientError, NO_ANSWER),
            ("MessageRejected", 400, PermanentProviderError, "provider-refused"),
            ("BadRequestException", 400, PermanentProviderError, "provider-refused"),
            ("NotFoundException", 404, PermanentProviderError, "provider-refused"),
            ("MailFromDomainNotVerifiedException", 400, PermanentProviderError, "provider-refused"),
        ],
    )
    def test_refusals(self, code: str, status: int, kind: type[PorchlightError], problem: str) -> None:
        with Stubber(client("sesv2", attempts=1)) as stub:
            stub.add_client_error("send_email", code, "ada@shopper.example is bad", http_status_code=status)
            with pytest.raises(PorchlightError) as caught:
                SesEmail("porchlight-test").send(email())
        assert (type(caught.value), caught.value.problem) == (kind, problem)
        assert "ada@" not in str(caught.value)

    @pytest.mark.parametrize(
        ("kind", "problem"),
        [
            (ReadTimeoutError, NO_ANSWER),
            (ConnectTimeoutError, "try-again"),
            (EndpointConnectionError, "try-again"),
        ],
    )
    def test_an_answer_that_is_lost_is_told_from_a_question_never_asked(
        self, monkeypatch: pytest.MonkeyPatch, kind: Any, problem: str
    ) -> None:
        calls = []

        def lost(**_: Any) -> None:
            calls.append(1)
            raise kind(endpoint_url="https://ses.example")

        monkeypatch.setattr(client("sesv2", attempts=1), "send_email", lost)
        with pytest.raises(TransientError) as caught:
            SesEmail("porchlight-test").send(email())
        assert caught.value.problem == problem
        assert len(calls) == 1

    def test_the_sdk_asks_once(self) -> None:
        assert client("sesv2", attempts=1).meta.config.retries["total_max_attempts"] == 1

    def test_the_sender_knows_the_word(self) -> None:
        assert send_message.NO_ANSWER == NO_ANSWER
