"""What people of the brand are told in Slack or Teams."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class OpsKind(StrEnum):
    """What they may be told of."""

    CASE_OPENED = "case_opened"
    RETURN_IN_REVIEW = "return_in_review"
    RETURN_FAILED = "return_failed"
    CONFLICT = "conflict"
    DELAY_SURGE = "delay_surge"
    FAILOVER = "failover"
    REPUTATION = "reputation"
    WEBHOOK_DEAD = "webhook_dead"
    WEBHOOK_DISABLED = "webhook_disabled"
    ALARM = "alarm"


class OpsPolicy(BaseModel):
    """Where, and of what. The addresses are in the secret ``porchlight/{stage}/channels/ops/{brand}``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slack: bool = False
    teams: bool = False
    on: tuple[OpsKind, ...] = tuple(OpsKind)

    @property
    def desks(self) -> tuple[str, ...]:
        """``slack``, ``teams``: those that are wanted."""
        return tuple(name for name in ("slack", "teams") if getattr(self, name))
