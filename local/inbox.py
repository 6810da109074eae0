"""The inbox: every email that was handed to SES, as the shopper sees it, and what phones and browsers were sent.
Mounted in the front door at /inbox.

Nothing here is sent anywhere, and nothing is made up: pages are drawn from the messages that the local
cloud's SES was given.
"""

import base64
import email
import json
import re
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default as modern
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.error import URLError

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.front import Request, Response
from local.phones import Phones

_PREFIX = "/inbox"
_PARTS = ("html", "text", "headers")

# The message is drawn in a frame of its own without scripts; what it links to opens outside.
_MESSAGE_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "img-src * data:; font-src *; style-src 'unsafe-inline' *"
)
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Email:
    """One message, numbered in the order of sending from 1."""

    number: int
    message_id: str
    sender: str
    recipients: list[str]
    subject: str
    sent_at: datetime
    html: str
    text: str
    headers: list[tuple[str, str]]
    tags: dict[str, str]

    @property
    def preheader(self) -> str:
        """What a mail client shows behind the subject: the hidden first words, else the text's beginning."""
        hidden = _hidden_words(self.html)
        words = hidden or " ".join(self.text.split())
        return words if len(words) <= 140 else words[:139].rstrip() + "…"

    def header(self, name: str) -> str:
        """The header's value, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


class InboxError(Exception):
    """The local cloud did not say what was sent."""


class Inbox:
    """The handler for the front door, and a way for tests and the demo to read the same messages."""

    def __init__(self, endpoint: str, phones: Phones | None = None) -> None:
        """`endpoint` is the local cloud's."""
        self._endpoint = endpoint
        self._phones = phones or Phones()
        loader = FileSystemLoader(Path(__file__).parent / "templates")
        self._templates = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    def emails(self) -> list[Email]:
        """All messages, the first sent first."""
        try:
            with urllib.request.urlopen(f"{self._endpoint}/_ministack/ses/messages", timeout=10) as answer:
                accounts = json.load(answer)["messages"]
        except (URLError, OSError, ValueError) as error:
            raise InboxError("The local cloud does not answer.") from error
        sent = sorted((record for records in accounts.values() for record in records), key=lambda r: r["Timestamp"])
        return [_email(number, record) for number, record in enumerate(sent, start=1)]

    def __call__(self, request: Request) -> Response:
        """Draw a page."""
        if request.method not in ("GET", "HEAD"):
            return self._problem(405, "This page can only be read.")
        rest = request.path.removeprefix(_PREFIX).strip("/").split("/")
        if rest == ["phones"]:
            return self._page("inbox_phones.html", taken=self._phones.taken[::-1])
        try:
            emails = self.emails()
        except InboxError as error:
            return self._problem(502, str(error))
        match rest:
            case [""]:
                return self._page("inbox_list.html", emails=emails[::-1], phones=len(self._phones.taken))
            case [number, *part] if number.isdecimal() and 1 <= int(number) <= len(emails) and len(part) < 2:
                shown = emails[int(number) - 1]
                if part == ["html"]:
                    return _message_body(shown)
                if not part:
                    chosen = request.query.get("part", [""])[0]
                    return self._message(shown, len(emails), chosen)
        return self._problem(404, "There is no such message.")

    def _message(self, shown: Email, total: int, chosen: str) -> Response:
        available = [part for part in _PARTS if part == "headers" or getattr(shown, part)]
        part = chosen if chosen in available else available[0]
        neighbours = {"older": shown.number - 1, "newer": shown.number + 1 if shown.number < total else 0}
        return self._page("inbox_message.html", email=shown, part=part, parts=available, **neighbours)

    def _page(self, template: str, status: int = 200, **values: Any) -> Response:
        text = self._templates.get_template(template).render(prefix=_PREFIX, **values)
        return Response.html(text, status, [("Content-Security-Policy", _PAGE_POLICY), ("Cache-Control", "no-store")])

    def _problem(self, status: int, sentence: str) -> Response:
        return self._page("inbox_problem.html", status, sentence=sentence)


def _message_body(shown: Email) -> Response:
    """The HTML part alone, as it was sent, but for links, which leave the frame."""
    head = re.search(r"<head[^>]*>", shown.html, re.IGNORECASE)
    position = head.end() if head else 0
    html = shown.html[:position] + '<base target="_blank">' + shown.html[position:]
    return Response.html(html, headers=[("Content-Security-Policy", _MESSAGE_POLICY)])


def _email(number: int, record: dict[str, Any]) -> Email:
    headers = [(header["name"], header["value"]) for header in record.get("Headers") or []]
    html, text = record.get("BodyHtml") or "", record.get("BodyText") or ""
    if record.get("Raw"):
        message: EmailMessage = email.message_from_bytes(base64.b64decode(record["Raw"]), policy=modern)
        html, text = _body(message, "html"), _body(message, "plain")
    return Email(
        number=number,
        message_id=record["MessageId"],
        sender=record["Source"],
        recipients=[*record["To"], *record["CC"], *record["BCC"]],
        subject=record["Subject"],
        sent_at=datetime.fromtimestamp(record["Timestamp"], UTC),
        html=html,
        text=text,
        headers=headers,
        tags={tag["Name"]: tag["Value"] for tag in record.get("Tags") or []},
    )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


class _HiddenWords(HTMLParser):
    """Finds the text of the first element that is not displayed: where emails keep their preheader."""

    _VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._depth = 0
        self._done = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        style = (dict(attrs).get("style") or "").replace(" ", "").lower()
        if not self._done and tag not in self._VOID and (self._depth or "display:none" in style):
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if self._depth and tag not in self._VOID:
            self._depth -= 1
            self._done = self._depth == 0 and bool("".join(self.words).strip())

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.words.append(data)


def _hidden_words(html: str) -> str:
    parser = _HiddenWords()
    parser.feed(html)
    # Senders pad preheaders with invisible characters, so that the body does not follow in the list.
    return " ".join("".join(parser.words).translate(dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff\u034f"))).split())
