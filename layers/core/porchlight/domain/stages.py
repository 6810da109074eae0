"""What happens to an order apart from its parcels, as the shop says it: goods are made, something is installed."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict


class StageName(StrEnum):
    """What a stage is."""

    IN_PRODUCTION = "in_production"
    """It is made to order: from ``at`` on, ready ``until``."""
    INSTALLATION = "installation"
    """Somebody comes, between ``at`` and ``until``."""


class Stage(BaseModel):
    """One stage. Named again, it takes the place of what was said of it before."""

    model_config = ConfigDict(frozen=True)

    stage: StageName
    at: AwareDatetime
    until: AwareDatetime | None = None

    def subject(self, order_id: str) -> str:
        """What a message is about: another appointment is another subject, another end of the making is not."""
        if self.stage is StageName.INSTALLATION:
            return f"{order_id}#{self.stage.value}#{self.at.isoformat()}"
        return f"{order_id}#{self.stage.value}"


def stage_of(stages: Iterable[Stage], name: StageName) -> Stage | None:
    """The stage of that name, the last one where there are several."""
    return next((stage for stage in reversed(tuple(stages)) if stage.stage is name), None)
