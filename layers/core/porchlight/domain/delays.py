"""Delays: when a parcel counts as late, what range is honest then, and when it has recovered."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.dates import DateRange


class DelayKind(StrEnum):
    """Why a delay was declared."""

    PROMISE_MISSED = "promise_missed"
    NO_SCAN = "no_scan"


class Delay(BaseModel):
    """One delay of one shipment: declared once, later recovered (moving again) or resolved (delivered, returned,
    cancelled).

    ``facts`` are the numbers behind the decision, so that it can be explained and replayed; no personal data.
    """

    model_config = ConfigDict(frozen=True)

    delay_id: str
    kind: DelayKind
    declared_at: AwareDatetime
    promised: date | None = None
    expected: DateRange
    facts: dict[str, str | int | None] = {}
    policy_version: str = ""
    recovered_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None

    def is_active(self, now: datetime) -> bool:
        """True while the delay is neither recovered nor resolved."""
        return self.recovered_at is None and self.resolved_at is None
