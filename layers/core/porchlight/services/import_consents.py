"""``POST /v1/consents``: consents that a brand already has, each with what can prove it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from porchlight.domain import ids
from porchlight.domain.addresses import phone_number, valid_email
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction, ConsentRecord, ConsentSource
from porchlight.domain.consent_rules import ADDRESSED
from porchlight.domain.preferences import Profile
from porchlight.errors import InvalidInputError
from porchlight.reaching import Profiles
from porchlight.services.consent import ConsentDesk, Ledger, Said, entries

MOST_CONSENTS = 500
_FEW = 40
"""Entries of one shopper that are written together: a transaction takes a hundred writes."""

_STRICT = ConfigDict(frozen=True, extra="forbid")


class WhoBody(BaseModel):
    """The shop's own customer id (or ours, ``cus_…``); without it everybody with the email: as a guest, as in orders,
    and whoever is known by a customer id.
    """

    model_config = _STRICT

    id: str | None = Field(default=None, min_length=1, max_length=128)
    email: str | None = Field(default=None, max_length=320)

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not (self.id or self.email):
            raise ValueError("id or email is needed")
        return self

    def shopper_ids(self, brand: str, profiles: Profiles) -> list[str]:
        """Ours."""
        if self.id:
            return [self.id if ids.is_shopper_id(self.id) else ids.shopper_id(brand, self.id)]
        email = self.email or ""
        return list(dict.fromkeys((ids.shopper_id(brand, email), *profiles.find(brand, email))))


class ConsentBody(BaseModel):
    """One consent, or withdrawal. ``address``: the email or number that it is about; of an email, the shopper's where
    it is left out. ``confirmed``: the address itself has said yes (double opt-in), and ``proof`` says where that is
    seen.
    """

    model_config = _STRICT

    shopper: WhoBody
    purpose: Purpose
    channel: Channel
    action: Literal[ConsentAction.GRANTED, ConsentAction.WITHDRAWN] = ConsentAction.GRANTED
    source: Literal[ConsentSource.CHECKOUT, ConsentSource.IMPORT, ConsentSource.API] = ConsentSource.IMPORT
    address: str = Field(default="", max_length=320)
    wording: str = Field(default="", max_length=2_000)
    language: str = Field(default="", max_length=35)
    proof: str = Field(default="", max_length=200)
    confirmed: bool = False
    at: AwareDatetime = Field(ge=datetime(2000, 1, 1, tzinfo=UTC))

    @model_validator(mode="after")
    def _proved(self) -> Self:
        if self.action is ConsentAction.GRANTED and not (self.wording and self.proof):
            raise ValueError("a consent needs its wording and a proof")
        return self

    def known_address(self) -> str:
        """The address as it is compared; "" where there is none. InvalidInputError where it can be none."""
        if self.channel not in ADDRESSED:
            return ""
        typed = self.address or (self.shopper.email or "" if self.channel is Channel.EMAIL else "")
        if not typed:
            return ""
        if self.channel is Channel.EMAIL:
            return typed if valid_email(typed) else _no_address()
        number = phone_number(typed, None)
        return number.e164 if number else _no_address()


class Consents(BaseModel):
    """The body: entries are looked at one by one."""

    model_config = _STRICT

    consents: tuple[dict[str, Any], ...] = Field(min_length=1, max_length=MOST_CONSENTS)


@dataclass(frozen=True)
class _Entry:
    index: int
    body: ConsentBody
    address: str


def import_consents(desk: ConsentDesk, brand: str, body: Consents, now: datetime) -> dict[str, Any]:
    """Keep what can be kept. Returns how many are new, how many were known, and what is wrong with the others, by their
    place. The same again changes nothing.
    """
    errors: list[dict[str, Any]] = []
    shoppers: dict[str, list[_Entry]] = defaultdict(list)
    for index, raw in enumerate(body.consents):
        try:
            entry = _read(index, raw, now)
        except InvalidInputError as error:
            errors.append({"index": index, "problem": error.problem, "detail": error.detail})
        else:
            for shopper_id in entry.body.shopper.shopper_ids(brand, desk.profiles):
                shoppers[shopper_id].append(entry)
    news: set[int] = set()
    for shopper_id, found in shoppers.items():
        for start in range(0, len(found), _FEW):
            news |= _keep(desk, brand, shopper_id, found[start : start + _FEW], now)
    known = len(body.consents) - len(errors) - len(news)
    return {"imported": len(news), "known": known, "errors": errors}


def _keep(desk: ConsentDesk, brand: str, shopper_id: str, found: list[_Entry], now: datetime) -> set[int]:
    """Write what one shopper has said; returns the places of what is new."""
    places: dict[str, int] = {}

    def change(profile: Profile, ledger: Ledger) -> tuple[Profile, list[ConsentRecord]]:
        del ledger
        made: dict[str, ConsentRecord] = {}
        for entry in found:
            one = entry.body
            said = Said(one.source, one.at, one.wording, one.language, one.proof)
            where = [(one.purpose, one.channel)]
            for record in entries(
                profile, one.action, where, said, now, address=entry.address, confirmed=one.confirmed
            ):
                made.setdefault(record.consent_id, record)
                places.setdefault(record.consent_id, entry.index)
        return profile, list(made.values())

    return {places[record.consent_id] for record in desk.change(brand, shopper_id, change)[1]}


def _read(index: int, raw: dict[str, Any], now: datetime) -> _Entry:
    try:
        body = ConsentBody.model_validate(raw)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, e['loc'])) or 'entry'}: {e['type']}" for e in error.errors(include_input=False)]
        raise InvalidInputError("; ".join(faults[:5])) from None
    if body.at > now:
        raise InvalidInputError("at: it lies ahead", code="not-yet")
    address = body.known_address()
    if body.action is ConsentAction.GRANTED and body.channel in ADDRESSED and not address:
        raise InvalidInputError("address: consent needs the address that it is for", code="no-address")
    return _Entry(index, body, address)


def _no_address() -> str:
    raise InvalidInputError("address: it can be none", code="no-address")
