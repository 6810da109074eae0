"""Emails that shoppers send back, as SES announces them when it has received one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from porchlight.domain.words import clean

_BY_MACHINES = frozenset({"bulk", "junk", "list", "auto_reply"})


class Mail(NamedTuple):
    """One email that was received. ``key``: where in the bucket it is kept."""

    mail_id: str
    recipients: tuple[str, ...]
    """Addresses that it reached us by, in lower case."""
    sender: str
    """The address in ``From``, empty where there is none."""
    subject: str
    key: str
    why_not: str
    """Why it goes no further: ``virus``, ``spam``, ``automatic``; empty where a person wrote it."""


def received_mail(message: Mapping[str, Any], mark: str) -> Mail | None:
    """The email that a publication is about, None where it is about something else. ``mark``: the header of what we
    have passed on ourselves.
    """
    if message.get("notificationType") != "Received":
        return None
    mail, receipt = _dict(message.get("mail")), _dict(message.get("receipt"))
    common = _dict(mail.get("commonHeaders"))
    headers = {
        str(one.get("name", "")).lower(): str(one.get("value", ""))
        for one in mail.get("headers") or []
        if isinstance(one, dict)
    }
    return Mail(
        mail_id=str(mail.get("messageId", ""))[:128],
        recipients=tuple(str(one).strip().lower() for one in receipt.get("recipients") or []),
        sender=_address(common.get("from")),
        subject=clean(common.get("subject"), 200),
        key=str(_dict(receipt.get("action")).get("objectKey", "")),
        why_not=_why_not(mail, receipt, headers, mark),
    )


def _why_not(mail: Mapping[str, Any], receipt: Mapping[str, Any], headers: Mapping[str, str], mark: str) -> str:
    if _dict(receipt.get("virusVerdict")).get("status") == "FAIL":
        return "virus"
    if _dict(receipt.get("spamVerdict")).get("status") == "FAIL":
        return "spam"
    # RFC 3834: what no person wrote is answered, and passed on, by nobody.
    automatic = headers.get("auto-submitted", "no").partition(";")[0].strip().lower() != "no"
    bounced = str(mail.get("source", "")).strip("<> ") == ""
    bulk = headers.get("precedence", "").strip().lower() in _BY_MACHINES
    return "automatic" if automatic or bounced or bulk or mark.lower() in headers else ""


def _address(names: Any) -> str:
    """``ada@x.example`` of ``["Ada <ada@x.example>"]``."""
    first = str(names[0]) if isinstance(names, list) and names else ""
    _, angle, rest = first.rpartition("<")
    found = (rest.partition(">")[0] if angle else first).strip()
    return found if "@" in found and not any(letter.isspace() for letter in found) else ""


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
