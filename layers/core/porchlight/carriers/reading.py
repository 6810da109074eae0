"""What all carriers share: the reading of a code, tables of readings, and the summary of a parcel from its events."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, cast

from pydantic import BaseModel

from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent, TrackingReport
from porchlight.domain.milestones import (
    FAULT,
    PROGRESS,
    Course,
    Milestone,
    Party,
    Reason,
    Signal,
)
from porchlight.errors import UnreadableBodyError


def kept[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """A pure function that remembers what it was asked last: carriers say the same few things of the same few places
    over and over. For texts that were cleaned: what is remembered is as short as ``clean`` makes it.
    """
    return cast(Callable[P, T], lru_cache(maxsize=4096)(function))


class Reading(NamedTuple):
    """What a code means: the two axes of an event. ``UNKNOWN`` in a table is a notice that moves nothing (a new
    estimate, a delivery option); a code that is in no table is read as ``UNRECOGNISED``, which operators get to see.
    """

    milestone: Milestone
    reason: Reason | None = None
    at_fault: Party | None = None
    recognised: bool = True
    signal: Signal | None = None


UNRECOGNISED = Reading(Milestone.UNKNOWN, recognised=False)

Row = tuple[Milestone, Reason | None, str] | tuple[Milestone, Reason | None, Party, str]


def table(*rows: Row) -> dict[str, Reading]:
    """A status table from rows of milestone, reason, (who is at fault, where it is not the usual party,) and codes."""
    found: dict[str, Reading] = {}
    for milestone, reason, *rest in rows:
        *party, codes = rest
        fault = Party(party[0]) if party else FAULT[reason] if reason else None
        for code in codes.split():
            if code in found:
                raise ValueError(f"{code} has two readings")
            found[code] = Reading(milestone, reason, fault)
    return found


def phrases(*rows: tuple[Milestone, Reason | None, Sequence[str]]) -> dict[str, Reading]:
    """A table whose keys are texts, normalised by ``phrase``: for what carriers say in words only."""
    return {
        phrase(text): Reading(milestone, reason, FAULT[reason] if reason else None)
        for milestone, reason, texts in rows
        for text in texts
    }


@kept
def phrase(text: str) -> str:
    """The text in lower case, its words joined by single spaces, without punctuation."""
    folded = text.casefold()
    if folded.isascii():
        return " ".join(folded.encode().translate(_NO_WORD).decode().split())
    return " ".join("".join(char if char.isalnum() else " " for char in folded).split())


_NO_WORD = bytes(code if chr(code).isalnum() and code < 128 else ord(" ") for code in range(256))


NOWHERE = Place()
_PLACE_FIELDS = set(Place.model_fields)
_EVENT_FIELDS = set(TrackingEvent.model_fields)
_REPORT_FIELDS = set(TrackingReport.model_fields)
MAX_NUMBER = 64


def event(
    found: Reading,
    occurred_at: datetime,
    code: str,
    text: str = "",
    codes: tuple[str, ...] = (),
    place: Place = NOWHERE,
) -> TrackingEvent:
    """The event that a reading makes of a scan; ``text``: the carrier's own words."""
    milestone, reason, at_fault, recognised, signal = found
    made = _new(TrackingEvent)  # as in _made, without one more call for each scan of each body
    _set_fields(
        made,
        {
            "occurred_at": occurred_at,
            "raw_code": code,
            "raw_codes": codes,
            "description": text,
            "milestone": milestone,
            "reason": reason,
            "at_fault": at_fault,
            "recognised": recognised,
            "signal": signal,
            "place": place,
        },
    )
    _set_names(made, _EVENT_FIELDS)
    _set_extra(made, None)
    _set_private(made, None)
    return made


@kept
def place(
    city: str | None = None, region: str | None = None, postal_code: str | None = None, country: str | None = None
) -> Place:
    """Where a scan happened, as far as the carrier says; "" is nothing."""
    if not city and not region and not postal_code and not country:
        return NOWHERE
    return _made(
        Place,
        {
            "city": city or None,
            "region": region or None,
            "postal_code": postal_code or None,
            "country": country or None,
        },
        _PLACE_FIELDS,
    )


def report(
    carrier: str,
    tracking_number: str,
    events: tuple[TrackingEvent, ...] = (),
    status: Milestone | None = None,
    estimate: DeliveryEstimate | None = None,
) -> TrackingReport:
    """What a body says about one parcel; a number longer than any parcel's is unreadable."""
    if len(tracking_number) > MAX_NUMBER:
        raise UnreadableBodyError("a tracking number is too long")
    return _made(
        TrackingReport,
        {
            "carrier": carrier,
            "tracking_number": tracking_number,
            "events": events,
            "status": status,
            "estimate": estimate,
        },
        _REPORT_FIELDS,
    )


def _made[T: BaseModel](model: type[T], fields: dict[str, object], names: set[str]) -> T:
    """A model of fields that need no validation: our readings, and texts that were cleaned. It is what a parser makes
    most of, and validating them again costs more than reading them.
    """
    made = _new(model)
    _set_fields(made, fields)
    _set_names(made, names)
    _set_extra(made, None)
    _set_private(made, None)
    return made


_new = object.__new__
_set_fields, _set_names, _set_extra, _set_private = (
    BaseModel.__dict__[slot].__set__
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)
"""The slots of a model: all that it consists of."""


def summary(events: Iterable[TrackingEvent]) -> Milestone | None:
    """Where the parcel stands by its events, in whatever order they are given; None where they tell nothing.

    The same rules as the shipment's own fold (``domain.milestones.Course``), for one body.
    """
    course = Course()
    told = [
        (
            at.astimezone(UTC) if (at := event.occurred_at).tzinfo else event.instant(),
            PROGRESS[milestone],
            index,
            milestone,
            event.reason,
        )
        for index, event in enumerate(events)
        if (milestone := event.milestone) is not Milestone.UNKNOWN
    ]
    told.sort()
    for instant, _, _, milestone, reason in told:
        course.hear(milestone, reason, instant)
    return course.milestone
