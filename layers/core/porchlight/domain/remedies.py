"""Remedies: what can be done for a shopper whose parcel is late, and the record that makes each happen once."""

from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.ids import stable_id
from porchlight.domain.money import Money


class Remedy(StrEnum):
    """What can be done for a shopper whose parcel is late."""

    KEEP_WAITING = "keep_waiting"
    CANCEL = "cancel"
    """Do not send it (any more), and give the money back."""
    RESEND = "resend"
    REFUND = "refund"
    CREDIT = "credit"
    """An apology in money for the next order."""
    CLAIM = "claim"
    """The carrier is asked to pay."""


ANSWERS = frozenset({Remedy.KEEP_WAITING, Remedy.CANCEL, Remedy.RESEND, Remedy.REFUND})
"""What a person or a shopper can choose."""

ENDING = frozenset({Remedy.CANCEL, Remedy.RESEND, Remedy.REFUND})
"""After one of these there is nothing left to wait for: the delay is over."""

OURS = "rmd_"
"""What the keys of remedies begin with; a refund under such a key is one of ours."""


def refund_id(key: str, reference: str) -> str:
    """Under which a refund of ours stands among those of the order: its key, and the other side's reference."""
    return f"{key}:{reference}"


def echo_of(refund: str) -> str:
    """The store's own id of a refund of ours, if the other side gave it as its reference."""
    return refund.partition(":")[2]


NOTHING_DUE = "nothing-due"
"""The reference of a remedy for which nothing was left to do: all had been paid back before."""


class RemedyState(StrEnum):
    """intended → done | refused; what was refused may be intended again, under the same key."""

    INTENDED = "intended"
    DONE = "done"
    REFUSED = "refused"


class RemedyRecord(BaseModel):
    """One remedy of one delay. Intended before anybody is asked for it, with the key under which it happens once."""

    model_config = ConfigDict(frozen=True)

    key: str
    remedy: Remedy
    state: RemedyState = RemedyState.INTENDED
    amount: Money | None = None
    """For refunds, credits and claims."""
    lines: dict[str, int] = {}
    """How many of which lines of the order it is about; {} is all."""
    intended_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    """When it was done, or refused."""
    reference: str = ""
    """The other side's."""
    why: str = ""
    """For ``refused``: a word."""
    refusals: int = 0
    """How often it was refused."""


def remedy_key(brand: str, delay_id: str, remedy: Remedy) -> str:
    """The key of a remedy: ``rmd_…``; a delay has each of them once."""
    return stable_id("rmd", brand, delay_id, remedy.value)
