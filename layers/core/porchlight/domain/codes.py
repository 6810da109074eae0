"""Codes that no table of a connector knows, and what operators say they mean. Pure rules."""

from collections.abc import Mapping

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.events import TrackingEvent
from porchlight.domain.milestones import FAULT, Milestone, Party, Reason, Signal

ANY_WORDS = ""


class Meaning(BaseModel):
    """What an operator says a code means. ``at_fault`` is the usual party of the reason where it is not named."""

    model_config = ConfigDict(frozen=True)

    milestone: Milestone
    reason: Reason | None = None
    at_fault: Party | None = None
    signal: Signal | None = None
    decided_at: AwareDatetime
    note: str = ""


class Code(BaseModel):
    """A code of one source as one brand has met it. ``words`` narrows a meaning to one wording of the carrier."""

    model_config = ConfigDict(frozen=True)

    brand: str
    source: str
    code: str
    words: str = ANY_WORDS
    seen: int = 0
    """How often it came without a meaning: a few more or less where a worker died while counting."""
    first_seen: AwareDatetime | None = None
    last_seen: AwareDatetime | None = None
    sample: str = ""
    """The carrier's words of the first time."""
    shipment_id: str | None = None
    body_id: str | None = None
    meaning: Meaning | None = None


Meanings = Mapping[tuple[str, str], Meaning]
"""By code and words (``ANY_WORDS`` for whichever)."""


def code_of(event: TrackingEvent) -> str:
    """What identifies the code of an event: all its parts, as in the event's own identity."""
    return "/".join(event.raw_codes) or event.raw_code


def words_of(description: str) -> str:
    """A wording as it is compared: lower case, single spaces, no punctuation."""
    return " ".join("".join(char if char.isalnum() else " " for char in description.casefold()).split())[:120]


def translated(event: TrackingEvent, meanings: Meanings) -> TrackingEvent:
    """The event in the sense that operators gave to its code; unchanged where they gave none."""
    if not meanings:
        return event
    code = code_of(event)
    meaning = meanings.get((code, words_of(event.description))) or meanings.get((code, ANY_WORDS))
    if meaning is None:
        return event
    fault = meaning.at_fault or (FAULT[meaning.reason] if meaning.reason else None)
    update = {
        "milestone": meaning.milestone,
        "reason": meaning.reason,
        "at_fault": fault,
        "signal": meaning.signal,
        "recognised": True,
    }
    return event.model_copy(update=update)
