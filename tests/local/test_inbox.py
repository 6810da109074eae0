"""The inbox's pages, drawn from what SES was given."""

import re

import pytest

from local.front import Request, Response
from local.inbox import Inbox
from tests.local.lab import Lab
from tests.local.test_events_and_email import send_raw

NASTY = "<script>alert(1)</script>"


@pytest.fixture
def inbox(lab: Lab) -> Inbox:
    return Inbox(lab.cloud.endpoint)


def page(inbox: Inbox, path: str, method: str = "GET", **query: str) -> Response:
    return inbox(Request(method, path, {key: [value] for key, value in query.items()}))


def text(response: Response) -> str:
    return response.body.decode()


def number_of(inbox: Inbox, message_id: str) -> int:
    return next(email.number for email in inbox.emails() if email.message_id == message_id)


def test_a_message_is_listed_and_shown_with_its_headers(lab: Lab, inbox: Inbox, new_id: str) -> None:
    number = number_of(inbox, send_raw(lab, f"{new_id}@people.example"))
    listed = text(page(inbox, "/inbox"))
    assert f'href="/inbox/{number}"' in listed
    assert f"{new_id}@people.example" in listed

    shown = text(page(inbox, f"/inbox/{number}"))
    assert "Grüße: running late" in shown
    assert "Larkspur &lt;hello@shop.example&gt;" in shown
    assert "&lt;https://shop.example/u/1&gt; · one click" in shown
    assert re.search(r'<iframe src="/inbox/\d+/html"[^>]*\s+sandbox="allow-popups', shown)
    assert "In words." in text(page(inbox, f"/inbox/{number}", part="text"))
    assert "List-Unsubscribe-Post" in text(page(inbox, f"/inbox/{number}", part="headers"))
    framed = page(inbox, f"/inbox/{number}/html")
    assert "In <b>colour</b>." in text(framed)
    assert dict(framed.headers)["Content-Security-Policy"].startswith("sandbox allow-popups ")


def test_nothing_in_a_message_becomes_markup_of_the_page(lab: Lab, inbox: Inbox) -> None:
    content = {
        "Subject": {"Data": NASTY},
        "Body": {"Text": {"Data": NASTY}, "Html": {"Data": f"<p style='display: none'>{NASTY}</p>"}},
    }
    sent = lab.client("sesv2").send_email(
        FromEmailAddress=f'"{NASTY}" <hello@shop.example>',
        Destination={"ToAddresses": [f'"{NASTY}" <a@people.example>']},
        Content={"Simple": {**content, "Headers": [{"Name": "X-Nasty", "Value": NASTY}]}},
    )
    number = number_of(inbox, sent["MessageId"])
    pages = [page(inbox, "/inbox")] + [page(inbox, f"/inbox/{number}", part=p) for p in ("html", "text", "headers")]
    for shown in pages:
        assert "<script" not in text(shown)
        assert "&lt;script&gt;" in text(shown)
        assert "script-src" not in dict(shown.headers)["Content-Security-Policy"]


def test_the_preheader_is_the_hidden_text_without_its_padding(lab: Lab, inbox: Inbox) -> None:
    hidden = '<div style="display:none; font-size:1px">Thursday at the latest.&#847;&zwnj;<br>&nbsp;</div><p>Body</p>'
    content = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Html": {"Data": hidden}}}}
    to = {"ToAddresses": ["a@people.example"]}
    sent = lab.client("sesv2").send_email(FromEmailAddress="hello@shop.example", Destination=to, Content=content)
    email = inbox.emails()[number_of(inbox, sent["MessageId"]) - 1]
    assert email.preheader == "Thursday at the latest."


def test_what_is_not_there_is_said_in_words(inbox: Inbox) -> None:
    assert page(inbox, "/inbox/0").status == 404
    assert page(inbox, "/inbox/99999").status == 404
    assert page(inbox, "/inbox/1/../..").status == 404
    assert page(inbox, "/inbox", method="POST").status == 405
    lost = page(Inbox("http://127.0.0.1:1"), "/inbox")
    assert lost.status == 502
    assert "does not answer" in text(lost)
