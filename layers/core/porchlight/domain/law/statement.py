"""The statement with which a buyer withdraws (Article 11a of Directive 2011/83/EU): name, contract, and where the
acknowledgement goes; nothing more is asked. Its instant counts, whatever happens behind it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from porchlight.domain.ids import stable_id
from porchlight.domain.orders import plain_number

KEPT = timedelta(days=90)
"""Then it is forgotten. Of a clear one of the shopper's own nothing personal is kept once it is answered."""
MOST_LINES = 500
"""As many as an order may have."""
_EMAIL = re.compile(r"[^@\s<>\"',;:\\()\[\]]+@[^@\s<>\"',;:\\()\[\]]+\.[^@\s<>\"',;:\\()\[\]]+")
_SPACES = re.compile(r"\s+")


class Draft(BaseModel):
    """What was typed. ``lines``: ids of the order's lines, where the link says which order it is; (): all of it."""

    model_config = ConfigDict(frozen=True)

    name: str = ""
    number: str = ""
    email: str = ""
    what: str = ""
    """Which items, in words, where there are no lines to choose from; empty: all of it."""
    lines: tuple[str, ...] = ()


class Statement(BaseModel):
    """One statement, kept before it is answered. Personal: it is in no log and no event, and expires."""

    model_config = ConfigDict(frozen=True)

    brand: str
    statement_id: str
    declared_at: AwareDatetime
    name: str
    number: str
    """The order's, as it was typed, or as the link's order has it."""
    email: str
    what: str = ""
    lines: tuple[str, ...] = ()
    order_id: str = ""
    """Of the link's order, later of the one that was found."""
    language: str = "en"
    silent: bool = False
    """The address has had many acknowledgements in this hour: a person answers."""
    acknowledging_at: AwareDatetime | None = None
    """When the acknowledgement was last handed over."""
    acknowledged_at: AwareDatetime | None = None
    return_id: str = ""
    unclear: str = ""
    """Why a person has to read it: a word."""
    person_at: AwareDatetime | None = None
    """When it was put before one."""
    done_at: AwareDatetime | None = None
    version: int = Field(default=1, ge=1)

    def forgotten(self) -> Self:
        """Without what is personal."""
        return self.model_copy(update={"name": "", "email": "", "what": ""})


def read_form(form: Mapping[str, Sequence[str]], *, linked: bool = False) -> tuple[Draft, frozenset[str]]:
    """What was typed, and which fields are missing or wrong. ``linked``: the link says which order it is."""

    def one(name: str, longest: int) -> str:
        return _SPACES.sub(" ", (form.get(name) or [""])[0]).strip()[:longest]

    lines = tuple(dict.fromkeys(line[:128] for line in form.get("line", ())[:MOST_LINES])) if linked else ()
    what = "" if linked else one("what", 500)
    draft = Draft(name=one("name", 200), number=one("number", 64), email=one("email", 320), what=what, lines=lines)
    faults = {name for name in ("name", "email") if not getattr(draft, name)}
    if not linked and not plain_number(draft.number):
        faults.add("number")
    if draft.email and not _EMAIL.fullmatch(draft.email):
        faults.add("email")
    return draft, frozenset(faults)


def statement_of(
    brand: str,
    draft: Draft,
    order_id: str,
    number: str,
    language: str,
    now: datetime,
    *,
    silent: bool = False,
    after: str = "",
) -> Statement:
    """The statement. The same one declared again on the same day (UTC) is the same: a second click, a page that was
    loaded again. ``after``: the one before it, of which the return was called off since: then it is meant anew.
    """
    which = order_id or plain_number(draft.number)
    day = now.astimezone(UTC).date().isoformat()
    key = (brand, which, draft.email.casefold(), draft.what.casefold(), ",".join(sorted(draft.lines)), day)
    return Statement(
        brand=brand,
        statement_id=stable_id("wdl", *key, *([after] if after else [])),
        declared_at=now,
        name=draft.name,
        number=number or draft.number,
        email=draft.email,
        what=draft.what,
        lines=draft.lines,
        order_id=order_id,
        language=language,
        silent=silent,
    )
