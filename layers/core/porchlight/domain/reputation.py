"""How near bounces and complaints are to the limits of those who carry our messages. Pure rules.

Amazon SES looks into accounts from a bounce rate of 5 % and a complaint rate of 0.1 % on, and stops them at 10 % and
0.5 % (SES developer guide, "Using the sending review process"). Well before that, everything but service news is held
back, which keeps what is left for what was ordered.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from porchlight.domain.channels import Channel

DAY = timedelta(days=1)
BOUNCED_SHARE, COMPLAINED_SHARE = 0.04, 0.0008
LEAST_BOUNCED, LEAST_COMPLAINED = 10, 3
"""Fewer than so many people in a day say nothing about a list, whatever their share."""


class Outcome(StrEnum):
    """What is counted."""

    SENT = "sent"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Reputation(BaseModel):
    """One channel of a brand in the last day, to the hour."""

    model_config = ConfigDict(frozen=True)

    brand: str
    channel: Channel
    sent: int = 0
    bounced: int = 0
    complained: int = 0

    @property
    def is_bad(self) -> bool:
        """True where the provider's limits are near."""
        sent = max(self.sent, self.bounced + self.complained, 1)
        return (self.bounced >= LEAST_BOUNCED and self.bounced >= BOUNCED_SHARE * sent) or (
            self.complained >= LEAST_COMPLAINED and self.complained >= COMPLAINED_SHARE * sent
        )


def hour_of(now: datetime) -> str:
    """The hour that is counted in, sortable: ``2026-03-01T17``."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H")


def first_hour(now: datetime) -> str:
    """Where the last day begins."""
    return hour_of(now - DAY + timedelta(hours=1))
