"""The mapping of a declared carrier as a brand writes it, checked as a whole. Used when the brand pack is built and by
``porchlight parse``; functions read only what ``compiled`` gives. Every field: docs/declared-carriers.md.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from ipaddress import ip_network
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jmespath
from jmespath.exceptions import JMESPathError, LexerError, ParseError
from jmespath.functions import Functions
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from porchlight.domain.carriers import carrier_id
from porchlight.domain.milestones import FAULT, Milestone, Party, Reason, Signal

_STRICT = ConfigDict(frozen=True, extra="forbid")
_SAMPLE = datetime(2026, 11, 25, 13, 47)  # noqa: DTZ001 (as a pattern without a zone reads it)
_MAX_EXPRESSION = 300


def _expression(text: str) -> str:
    """Refuses what is no JMESPath, and functions that do not exist or are given too few or too many values."""
    if len(text) > _MAX_EXPRESSION:
        raise ValueError(f"is longer than {_MAX_EXPRESSION} characters")
    try:
        tree = jmespath.compile(text).parsed
    except LexerError as error:
        raise ValueError(f"is not JMESPath: {error.message}") from None
    except ParseError as error:
        raise ValueError(f"is not JMESPath: at character {error.lex_position + 1}: {error.msg}") from None
    except JMESPathError:
        raise ValueError("is not JMESPath") from None
    for call in _calls(tree):
        signature = Functions.FUNCTION_TABLE.get(call["value"], {}).get("signature")
        if signature is None:
            raise ValueError(f"JMESPath has no function {call['value']}()")
        given, wanted = len(call["children"]), len(signature)
        if given < wanted or (given > wanted and not signature[-1].get("variadic")):
            raise ValueError(f"{call['value']}() takes {wanted}, not {given}")
    return text


def _calls(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        if tree.get("type") == "function_expression":
            yield tree
        for child in tree.get("children", ()):
            yield from _calls(child)


def _format(text: str) -> str:
    """``iso``, ``epoch``, ``epoch_ms``, or a pattern of strptime that has all of a date and means the same anywhere."""
    if text in ("iso", "epoch", "epoch_ms"):
        return text
    if "%" not in text:
        raise ValueError("has to be iso, epoch, epoch_ms or a pattern such as %d.%m.%Y %H:%M")
    if found := re.search(r"%[ZcxX]", text):
        raise ValueError(f"{found.group()} depends on where it is read; write the parts, and %z for an offset")
    directives = set(re.findall(r"%(.)", text))
    if not (directives & {"Y", "y"} and directives & {"m", "b", "B"} and "d" in directives):
        raise ValueError("has to have year, month and day")
    text_of_sample = _SAMPLE.strftime(text.replace("%z", "+0000"))
    try:
        again = datetime.strptime(text_of_sample, text)  # noqa: DTZ007 (only the day is looked at)
    except ValueError as error:
        raise ValueError(f"is not a pattern that can be read: {error}") from None
    if again.date() != _SAMPLE.date():
        raise ValueError("does not give the day back that it prints")
    return text


def _zone(text: str) -> str:
    if text in ("payload", "local"):
        return text
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("has to be payload, local or an IANA zone such as Europe/Oslo") from None
    return text


def _network(text: str) -> str:
    ip_network(text)
    return text


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _row(value: object) -> object:
    return {"milestone": value} if isinstance(value, str) else value


Expression = Annotated[str, Field(min_length=1), AfterValidator(_expression)]
Format = Annotated[str, AfterValidator(_format)]
Zone = Annotated[str, AfterValidator(_zone)]
Header = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$"), AfterValidator(str.lower)]
Networks = tuple[Annotated[str, AfterValidator(_network)], ...]


class Timestamp(BaseModel):
    """The header with the moment of sending, and how far it may be from now."""

    model_config = _STRICT

    header: Header
    format: Literal["epoch", "epoch_ms", "iso"] = "epoch"
    tolerance_seconds: int = Field(default=300, ge=10, le=900)


class HmacProof(BaseModel):
    """A signature of the raw body with the credential ``secret``."""

    model_config = _STRICT

    kind: Literal["hmac"]
    header: Header
    algorithm: Literal["sha256", "sha512", "sha1"]
    encoding: Literal["hex", "base64"]
    prefix: str = ""
    signed: str = "{body}"
    timestamp: Timestamp | None = None
    networks: Networks = ()

    @model_validator(mode="after")
    def _template(self) -> Self:
        parts = re.findall(r"\{[^{}]*\}|[{}]", self.signed)
        wanted = ["{body}", "{timestamp}"] if self.timestamp else ["{body}"]
        if sorted(parts) != wanted:
            raise ValueError(
                "signed: has to have {body} once, and {timestamp} once exactly where there is a timestamp header"
            )
        return self


class HeaderProof(BaseModel):
    """A header that repeats the credential ``secret``."""

    model_config = _STRICT

    kind: Literal["header"]
    header: Header
    prefix: str = ""
    networks: Networks = ()


class TokenProof(BaseModel):
    """The credential ``path_token`` at the end of the address."""

    model_config = _STRICT

    kind: Literal["token"]
    networks: Networks = ()


class Time(BaseModel):
    """A moment: where it stands, how it is printed, and in which zone where none is printed."""

    model_config = _STRICT

    value: Expression
    format: Format = "iso"
    zone: Zone = "payload"

    @model_validator(mode="after")
    def _instant(self) -> Self:
        if self.format.startswith("epoch") and self.zone == "local":
            raise ValueError(f"zone: {self.format} counts from a known moment and cannot be local")
        return self


class PlaceFields(BaseModel):
    """Where the parts of a place stand in an event."""

    model_config = _STRICT

    city: Expression | None = None
    region: Expression | None = None
    postal_code: Expression | None = None
    country: Expression | None = None


class EventFields(BaseModel):
    """Where the parts of an event stand in it. A code of several parts is keyed as ``EX/W1`` in ``statuses``."""

    model_config = _STRICT

    code: Annotated[tuple[Expression, ...], BeforeValidator(_listed), Field(min_length=1, max_length=4)]
    time: Time
    description: Expression | None = None
    place: PlaceFields | None = None


class Estimate(BaseModel):
    """Where the carrier's estimate stands in a parcel: a ``day``, an instant ``at``, or a window."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_alias=True, serialize_by_alias=True)

    day: Expression | None = None
    at: Expression | None = None
    from_: Expression | None = Field(default=None, alias="from")
    to: Expression | None = None
    format: Format = "iso"
    zone: Zone = "payload"

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.day or self.at or self.from_ or self.to):
            raise ValueError("has to have day, at, or from and to")
        return self


class Meaning(BaseModel):
    """What a code means. ``at_fault`` is the usual party of the reason where it is not given."""

    model_config = _STRICT

    milestone: Milestone
    reason: Reason | None = None
    at_fault: Party | None = None
    signal: Signal | None = None

    @model_validator(mode="after")
    def _with_a_reason(self) -> Self:
        if self.at_fault and not self.reason:
            raise ValueError("at_fault: nobody is at fault without a reason")
        return self


class CarrierMapping(BaseModel):
    """One carrier that a brand declares."""

    model_config = _STRICT

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_]{1,20}$")
    name: str = Field(min_length=1, max_length=60)
    proof: HmacProof | HeaderProof | TokenProof = Field(discriminator="kind")
    ignore: Expression | None = None
    parcels: Expression
    number: Expression
    events: Expression
    event: EventFields
    estimate: Estimate | None = None
    statuses: dict[str, Annotated[Meaning, BeforeValidator(_row)]] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if carrier_id(self.id) != self.id:
            raise ValueError(f"id: shops' parcels of this carrier are under {carrier_id(self.id)!r}: call it that")
        for code in self.statuses:
            if not code or code != code.strip():
                raise ValueError(f"statuses.{code}: a code has no space around it and is not empty")
            if code.count("/") >= len(self.event.code) > 1:
                raise ValueError(f"statuses.{code}: has more parts than event.code")
        return self


def compiled(mapping: CarrierMapping) -> dict[str, Any]:
    """The mapping as plain JSON, for the brand pack: defaults filled in, nothing that is not set."""
    plain = mapping.model_dump(mode="json", exclude_none=True)
    plain["statuses"] = {code: _compiled(meaning) for code, meaning in mapping.statuses.items()}
    return plain


def _compiled(meaning: Meaning) -> Mapping[str, str]:
    fault = meaning.at_fault or (FAULT[meaning.reason] if meaning.reason else None)
    return meaning.model_copy(update={"at_fault": fault}).model_dump(mode="json", exclude_none=True)
