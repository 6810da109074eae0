"""What was typed and chosen in the portal, read carefully: nothing of it has been proved by anybody."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from porchlight.domain.orders import Order
from porchlight.domain.portal_view import ADDRESS, MOST_PHOTOS
from porchlight.domain.returns import Return, ReturnLine, Wanted
from porchlight.domain.words import clean
from porchlight.returning import SenderAddress
from porchlight.services.asked import Recipient

_KEY = re.compile(r"[0-9a-f]{16,64}")
_MOST_LINES = 100


class Chosen(NamedTuple):
    """Lines with quantities and reasons. ``fault``: what is wrong with them, as ``portal_view.FAULTS`` has it."""

    lines: tuple[ReturnLine, ...]
    key: str
    photos: Mapping[int, str]
    """Which line each picture is of, by its number."""
    fault: str = ""


def chosen_of(order: Order, sent: Mapping[str, str]) -> Chosen:
    """What comes back of an order: fields ``n-{line}`` and ``why-{line}``, ``photo-{number}`` and ``once``."""
    key = sent.get("once", "")
    key = key if _KEY.fullmatch(key) else ""
    lines, fault = [], ""
    for line in order.lines[:_MOST_LINES]:
        typed = sent.get(f"n-{line.line_id}", "")
        count = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else 0
        if not count:
            continue
        why = sent.get(f"why-{line.line_id}", "")[:60]
        fault = fault or ("too_many" if count > line.quantity else "" if why else "reason")
        lines.append(ReturnLine(line_id=line.line_id, quantity=count, reason=why or "-"))
    chosen = {line.line_id for line in lines}
    photos = {
        number: line_id
        for number in range(1, MOST_PHOTOS + 1)
        if (line_id := sent.get(f"photo-{number}", "")) in chosen
    }
    return Chosen(tuple(lines), key, photos, fault if lines else "nothing")


def is_same(known: Return, chosen: Chosen, sent: Mapping[str, str]) -> bool:
    """True where a form that is sent asks for what was asked for already: two clicks, a reload, a second try."""

    def plain(lines: Sequence[ReturnLine]) -> list[tuple[str, int, str]]:
        return [(line.line_id, line.quantity, line.reason) for line in lines]

    return (
        plain(known.lines) == plain(chosen.lines)
        and sent.get("resolution", "") in ("", known.resolution)
        and sent.get("method", "") in ("", known.method)
    )


def with_wanted(lines: Sequence[ReturnLine], sent: Mapping[str, str]) -> tuple[ReturnLine, ...] | None:
    """With what is wanted in exchange for each; None where it is not said of one."""
    found = []
    for line in lines:
        text = clean(sent.get(f"wanted-{line.line_id}", ""), 128)
        if not text:
            return None
        found.append(line.model_copy(update={"wanted": Wanted(sku=text, title=text)}))
    return tuple(found)


def address_of(sent: Mapping[str, str], country: str | None) -> SenderAddress | None:
    """Where it is sent from; None where something is missing. ``country``: the order's, which is not asked for."""
    typed = {name: clean(sent.get(name, ""), 200) for name in ADDRESS}
    try:
        return SenderAddress(**typed, country=country or sent.get("country", "").strip().upper())
    except ValidationError:
        return None


def recipient_of(sent: Mapping[str, str], language: str) -> Recipient | None:
    """Who got the gift; None without an email address."""
    name, email = (clean(sent.get(f"recipient_{field}", ""), 320) for field in ("name", "email"))
    try:
        return Recipient(name=name[:200], email=email, language=language)
    except ValidationError:
        return None
