"""What the dates engine needs from the outside world: its models, what happened to parcels, how promises were kept."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict

from porchlight.domain.forecast.lives import Forecast, Route

if TYPE_CHECKING:
    from porchlight.domain.calibration import Calibration
    from porchlight.domain.forecast.book import Book
    from porchlight.domain.forecast.model import Model


class JournalEntry(BaseModel):
    """What was known of one parcel at the end of the day on which that changed: what the engine learns from.

    Days are local at the destination. No personal data.
    """

    model_config = ConfigDict(frozen=True)

    brand: str
    shipment_id: str
    version: int
    """The shipment's: of two entries of one day the newer counts."""
    recorded_on: date
    """The UTC day on which we learned of it: the journal's page."""
    route: Route
    placed: date
    placed_hour: int = 12
    promised: date | None = None
    first_promised: date | None = None
    handed: date | None = None
    delivered: date | None = None
    ended: bool = False
    silence_hours: int | None = None
    estimated: date | None = None
    """The carrier's own estimate, the last one before delivery."""
    forecasts: dict[str, Forecast] = {}


class Journal(Protocol):
    """The parcels that changed, day by day."""

    def put(self, entries: Sequence[JournalEntry]) -> None:
        """Durable when this returns; an entry never replaces a newer one of the same parcel and day."""
        ...

    def read(self, brand: str, day: date) -> Iterator[JournalEntry]:
        """All entries of a UTC day, each parcel once, in no order."""
        ...


class DateModels(Protocol):
    """The model that predicts for a brand."""

    def current(self, brand: str) -> "Model":
        """The newest; one without history where nothing was learned yet. May be some minutes old."""
        ...


class Learned(Protocol):
    """What was learned so far: the book with its calibration, and the models made of it."""

    def load(self, brand: str) -> "tuple[Book, Calibration]":
        """As the last night left it; both empty where there was none."""
        ...

    def save(self, brand: str, book: "Book", calibration: "Calibration") -> None:
        """Durable, all or nothing, when this returns; the model is current from then on."""
        ...

    def calibration(self, brand: str) -> "Calibration":
        """How promises and forecasts were kept."""
        ...
