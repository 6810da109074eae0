"""Playbooks: what happens after a delay was declared, step by step, as a brand writes it down.

A playbook is a list of steps. Each begins when the one before is over; news that mends the delay ends the whole.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from porchlight.domain.delays import DelayKind
from porchlight.domain.remedies import ANSWERS, Remedy

_STRICT = ConfigDict(frozen=True, extra="forbid")
Days = Annotated[int, Field(ge=1, le=60)]


class WaitStep(BaseModel):
    """Wait for news of the parcel, until a deadline."""

    model_config = _STRICT

    step: Literal["wait"]
    days: Days


class _Question(BaseModel):
    """Options, what counts when nobody answers, and when that is."""

    model_config = _STRICT

    options: tuple[Remedy, ...] = (Remedy.KEEP_WAITING, Remedy.RESEND, Remedy.REFUND)
    default: Remedy = Remedy.KEEP_WAITING
    days: Days = 3

    @model_validator(mode="after")
    def _sound(self) -> "_Question":
        if not self.options or not set(self.options) <= ANSWERS or len(set(self.options)) != len(self.options):
            raise ValueError("options are some of keep_waiting, cancel, resend and refund, each once")
        if self.default not in self.options:
            raise ValueError("the default is one of the options")
        return self


class CaseStep(_Question):
    """Ask a person of the brand, in the list of cases."""

    step: Literal["open_case"]


class AskStep(_Question):
    """Ask the shopper, by a message and on the tracking page."""

    step: Literal["ask_shopper"]


class CreditStep(BaseModel):
    """Offer an apology credit: minor units of ``currency``, by tier; orders in another currency get none."""

    model_config = _STRICT

    step: Literal["credit"]
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    amount_minor: int = Field(ge=0)
    tiers: dict[str, Annotated[int, Field(ge=0)]] = {}


class ClaimStep(BaseModel):
    """Ask the carrier to pay."""

    model_config = _STRICT

    step: Literal["claim"]


class LostStep(BaseModel):
    """Presume it lost, and mend that: send it again or give the money back."""

    model_config = _STRICT

    step: Literal["presume_lost"]
    then: Literal["resend", "refund"] = "refund"


Step = Annotated[
    WaitStep | CaseStep | AskStep | CreditStep | ClaimStep | LostStep,
    Field(discriminator="step"),
]
MOST_DAYS = 120
"""All the steps of a playbook together: its workflow has 300 days, and a graver kind begins another playbook."""


def _ends(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    if sum((lasts(step) or timedelta()).days for step in steps) > MOST_DAYS:
        raise ValueError(f"a playbook takes {MOST_DAYS} days at most")
    return steps


Playbook = Annotated[tuple[Step, ...], AfterValidator(_ends)]

DEFAULTS: dict[DelayKind, Playbook] = {
    DelayKind.NOT_DISPATCHED: (
        WaitStep(step="wait", days=5),
        AskStep(step="ask_shopper", options=(Remedy.KEEP_WAITING, Remedy.CANCEL), days=7),
        WaitStep(step="wait", days=14),
    ),
    DelayKind.STALLED: (
        WaitStep(step="wait", days=3),
        AskStep(step="ask_shopper", days=4),
        CaseStep(step="open_case", days=3, default=Remedy.REFUND),
    ),
    DelayKind.PRESUMED_LOST: (
        ClaimStep(step="claim"),
        AskStep(step="ask_shopper", options=(Remedy.RESEND, Remedy.REFUND), default=Remedy.REFUND, days=3),
    ),
    DelayKind.LABEL_NEVER_SCANNED: (CaseStep(step="open_case", days=2), WaitStep(step="wait", days=14)),
    DelayKind.EXCEPTION_UNRESOLVED: (CaseStep(step="open_case", days=2), WaitStep(step="wait", days=14)),
    DelayKind.CUSTOMS_HOLD: (WaitStep(step="wait", days=5), CaseStep(step="open_case", days=3)),
    DelayKind.RETURN_STALLED: (
        WaitStep(step="wait", days=7),
        CaseStep(step="open_case", days=3, options=(Remedy.KEEP_WAITING, Remedy.REFUND)),
    ),
}
"""What a brand that writes no playbook gets; for kinds that are missing here, only news is awaited."""


def playbook(
    kind: DelayKind,
    tier: str | None,
    by_kind: dict[DelayKind, Playbook],
    by_tier: dict[str, dict[DelayKind, Playbook]],
    patience: int = 14,
) -> Playbook:
    """The steps for a delay of a shopper of ``tier``: the tier's own, else the brand's, else the default; for other
    kinds ``patience`` days of waiting. One without steps is one: nothing is done.
    """
    for books in (by_tier.get(tier or "", {}), by_kind, DEFAULTS):
        if kind in books:
            return books[kind]
    return (WaitStep(step="wait", days=patience),)


def lasts(step: Step) -> timedelta | None:
    """How long a step waits for somebody; None for one that is done at once."""
    return timedelta(days=step.days) if isinstance(step, WaitStep | CaseStep | AskStep) else None
