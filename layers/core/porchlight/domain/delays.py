"""Delays: kinds, states, faults, and the record of each decision about one."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.dates import DateRange
from porchlight.domain.milestones import Party
from porchlight.domain.remedies import ENDING, Remedy, RemedyRecord, RemedyState

_STORED = ConfigDict(frozen=True)

TAKEN_UP = timedelta(hours=1)
"""By then a workflow that lives has begun its playbook."""


class DelayKind(StrEnum):
    """What is wrong, in the order in which it weighs: ``WEIGHT`` says which takes over from which."""

    NOT_DISPATCHED = "not_dispatched"
    """The order's day of shipping has passed, and nothing was shipped."""
    LABEL_NEVER_SCANNED = "label_never_scanned"
    """Announced to the carrier, who has not scanned it."""
    STALLED = "stalled"
    """No scan for longer than 95 of 100 parcels of the lane ever go without one."""
    PREDICTED_LATE = "predicted_late"
    """The promise still holds, but is likely to be missed."""
    PROMISE_MISSED = "promise_missed"
    ATTEMPT_FAILED = "attempt_failed"
    """The driver was at the door in vain, and did not come again by the end of the next working day."""
    EXCEPTION_UNRESOLVED = "exception_unresolved"
    """A trouble that is older than a working day."""
    CUSTOMS_HOLD = "customs_hold"
    PICKUP_EXPIRING = "pickup_expiring"
    """It waits at a pickup point, and will soon be sent back."""
    PRESUMED_LOST = "presumed_lost"
    """Silent beyond the loss horizon, or the carrier says so itself."""
    RETURN_STALLED = "return_stalled"
    """A return's parcel that is no longer scanned."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """``no_scan`` is what the first release stored for ``stalled``."""
        return cls("stalled") if value == "no_scan" else None


WEIGHT: dict[DelayKind, int] = {
    DelayKind.PREDICTED_LATE: 1,
    DelayKind.PROMISE_MISSED: 2,
    DelayKind.LABEL_NEVER_SCANNED: 3,
    DelayKind.NOT_DISPATCHED: 3,
    DelayKind.ATTEMPT_FAILED: 3,
    DelayKind.PICKUP_EXPIRING: 3,
    DelayKind.STALLED: 4,
    DelayKind.RETURN_STALLED: 4,
    DelayKind.EXCEPTION_UNRESOLVED: 4,
    DelayKind.CUSTOMS_HOLD: 4,
    DelayKind.PRESUMED_LOST: 5,
}
"""An open delay becomes one of another kind only if that weighs more."""

FAULT: dict[DelayKind, Party] = {
    DelayKind.NOT_DISPATCHED: Party.RETAILER,
    DelayKind.LABEL_NEVER_SCANNED: Party.RETAILER,
    DelayKind.STALLED: Party.CARRIER,
    DelayKind.PREDICTED_LATE: Party.CARRIER,
    DelayKind.PROMISE_MISSED: Party.CARRIER,
    DelayKind.ATTEMPT_FAILED: Party.CONSIGNEE,
    DelayKind.EXCEPTION_UNRESOLVED: Party.CARRIER,
    DelayKind.CUSTOMS_HOLD: Party.CUSTOMS,
    DelayKind.PICKUP_EXPIRING: Party.CONSIGNEE,
    DelayKind.PRESUMED_LOST: Party.CARRIER,
    DelayKind.RETURN_STALLED: Party.CARRIER,
}
"""Whose fault a delay usually is; what the carrier says of the reason, and a late hand-over, decide otherwise."""


class DelayChange(StrEnum):
    """What a decision about a delay did: suspected → declared → updated → recovered | resolved, and its playbook."""

    SUSPECTED = "suspected"
    CLEARED = "cleared"
    """Suspected, and never declared: news came between."""
    DECLARED = "declared"
    UPDATED = "updated"
    """A new range, or a graver kind."""
    RECOVERED = "recovered"
    RESOLVED = "resolved"
    FALSE_ALARM = "false_alarm"
    """Resolved, and delivered within the promise that we had expected it to miss."""
    STEP = "step"
    """The playbook went on: a wait began, a case was opened, the shopper was asked, something was done."""
    CONFLICT = "conflict"
    """It arrived after its money was given back, or another one was sent."""


Facts = dict[str, str | int | float | bool | None]


class Agreed(BaseModel):
    """How long a shopper has agreed to wait for an order to be shipped: until a day, or (None) until it is."""

    model_config = _STORED

    until: date | None
    expressly: bool
    """False: said nothing, where the law takes that as a yes."""
    at: AwareDatetime
    standing: bool = False
    """Nothing was agreed to yet, but notice was given in time; ``until`` is the day that could not be kept."""


class Delay(BaseModel):
    """One delay of one shipment or order: declared once, perhaps updated, later recovered (moving again) or resolved
    (delivered, returned, cancelled).

    ``facts`` are the numbers behind its last change, so that it can be explained and replayed; no personal data.
    """

    model_config = _STORED

    delay_id: str
    kind: DelayKind
    declared_at: AwareDatetime
    promised: date | None = None
    """The last day of the promise that it breaks."""
    expected: DateRange | None = None
    """The range that is honest now; None where nobody can say (lost, waiting at a pickup point)."""
    before: DateRange | None = None
    """The range that it took the place of, at the last update."""
    deadline: date | None = None
    """The last day at a pickup point."""
    fault: Party | None = None
    facts: Facts = {}
    policy_version: str = ""
    model_version: str = ""
    """The model that the range came from; empty where it came from the policy."""
    revision: int = 0
    """How often it was updated."""
    updated_at: AwareDatetime | None = None
    step: int = 0
    """The playbook's step that it is at."""
    step_since: AwareDatetime | None = None
    begun: str = ""
    """What is done in this step (``wait``, ``open_case`` …), once it has begun; ``by_hand`` after a refusal,
    ``surge`` in place of a case.
    """
    case_id: str | None = None
    """The question that is open in this step: see ``domain.cases``."""
    chosen: Remedy | None = None
    """What was decided, and is still to be carried out."""
    remedies: tuple[RemedyRecord, ...] = ()
    """What was carried out, is about to be, or was refused; each remedy at most once."""
    idle_since: AwareDatetime | None = None
    """The playbook is over, and so is its workflow: only news, the sweep, or a graver kind go on."""
    conflict_at: AwareDatetime | None = None
    """It arrived all the same, after its money was given back or another one was sent."""
    agreed: Agreed | None = None
    """Of an order under the Mail Order Rule: see ``domain.mail_order``."""
    recovered_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None
    false_alarm: bool = False

    @property
    def is_open(self) -> bool:
        """True while the delay is neither recovered nor resolved."""
        return self.recovered_at is None and self.resolved_at is None

    def _ending(self, state: RemedyState) -> RemedyRecord | None:
        found = (one for one in self.remedies if one.remedy in ENDING and one.state is state)
        return next(found, None)

    @property
    def committed(self) -> RemedyRecord | None:
        """The remedy that will end it: the other side may have done it already, so news no longer takes it back."""
        return self._ending(RemedyState.INTENDED)

    @property
    def remedied(self) -> RemedyRecord | None:
        """The remedy that has ended it for good."""
        return self._ending(RemedyState.DONE)

    @property
    def unpaid(self) -> bool:
        """True where the money of a cancelled order was refused: a person is asked, also once it is cancelled."""
        cancelled = (one for one in self.remedies if one.remedy is Remedy.CANCEL)
        return self.begun == "by_hand" and any(one.state is RemedyState.REFUSED for one in cancelled)

    def is_unattended(self, now: datetime) -> bool:
        """True where a playbook has not begun and nobody will begin it: a graver kind's, where the workflow of the one
        before has ended, or has died.
        """
        if not self.is_open or self.step or self.begun:
            return False
        return self.idle_since is not None or (self.step_since is not None and now - self.step_since >= TAKEN_UP)


class Suspected(BaseModel):
    """A delay that is about to be declared: its workflow is on its way."""

    model_config = _STORED

    delay_id: str
    kind: DelayKind
    at: AwareDatetime


class DelayDecision(BaseModel):
    """The record of one change of one delay: what was decided, by whom, under which policy, from which numbers."""

    model_config = _STORED

    brand: str
    decision_id: str
    """A hash of what makes it one decision: the same one twice is one."""
    delay_id: str
    kind: DelayKind
    change: DelayChange
    at: AwareDatetime
    by: str = "policy"
    """``policy``, ``carrier`` (news), ``shopper``, ``person:{api key id}``."""
    shipment_id: str | None = None
    order_id: str | None = None
    expected: DateRange | None = None
    fault: Party | None = None
    policy_version: str = ""
    model_version: str = ""
    step: str = ""
    """For ``step``: what was done (``wait``, ``open_case``, ``credit`` …)."""
    facts: Facts = {}
    note: str = ""
