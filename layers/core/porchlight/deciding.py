"""What the delay machine needs from the outside world: decision records, cases, and who carries out remedies."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.brands import BrandConfig
from porchlight.domain.cases import Case
from porchlight.domain.delays import DelayDecision, DelayKind
from porchlight.domain.money import Money
from porchlight.domain.remedies import Remedy
from porchlight.domain.surge import Surge


class Decisions(Protocol):
    """The records of what was decided about delays. They are written with the shipment or order that they change."""

    def of_shipment(self, brand: str, shipment_id: str) -> list[DelayDecision]:
        """In the order in which they were made."""
        ...

    def of_order(self, brand: str, order_id: str) -> list[DelayDecision]:
        """In the order in which they were made."""
        ...


class Cases(Protocol):
    """Questions that wait for a person or a shopper."""

    def open(self, case: Case) -> bool:
        """Write a new case; False if there is one of this id."""
        ...

    def get(self, brand: str, case_id: str) -> Case | None:
        """One case."""
        ...

    def update(self, case: Case) -> None:
        """Replace the case if ``version - 1`` is stored; ConflictError otherwise."""
        ...

    def waiting(self, brand: str, limit: int = 100, after: tuple[datetime, str] | None = None) -> Sequence[Case]:
        """Open cases for people of the brand, those with the nearest deadline first. ``after``: deadline and id of the
        last one of the page before.
        """
        ...


class Surges(Protocol):
    """Delays by lane and day, and the lanes on which there are far too many."""

    def count(self, brand: str, lane: str, day: date) -> int:
        """One more delay of a lane on a UTC day; returns how many there are now."""
        ...

    def counts(self, brand: str, lane: str) -> Mapping[date, int]:
        """Delays of a lane by day, as far as they are kept (five weeks)."""
        ...

    def get(self, brand: str, lane: str) -> Surge | None:
        """The last surge of a lane, over or not."""
        ...

    def save(self, surge: Surge) -> None:
        """Write it; ConflictError if it is not ``version - 1`` that is stored."""
        ...

    def active(self, brand: str, now: datetime, *, fresh: bool = False) -> Mapping[str, Surge]:
        """Surges that are not over, by lane; may be a minute old unless ``fresh``."""
        ...


class Task(BaseModel):
    """A remedy to carry out, under a key that makes it happen once."""

    model_config = ConfigDict(frozen=True)

    key: str
    remedy: Remedy
    brand: str
    order_id: str
    shipment_id: str | None = None
    delay_id: str
    kind: DelayKind
    amount: Money | None = None
    """For refunds, credits and claims."""
    lines: dict[str, int] = {}
    """How many of which lines of the order it is about; {} is all."""
    decided_at: AwareDatetime


class Remedies(Protocol):
    """Who carries out what was decided: the brand's own system."""

    def carry_out(self, brand: BrandConfig, task: Task) -> str:
        """Ask for it under its key; returns the other side's reference. PermanentProviderError or TransientError where
        it is refused.
        """
        ...
