"""What the dates engine needs from the outside world: its models, what happened to parcels, how promises were kept."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol

from porchlight.domain.journal import JournalEntry

if TYPE_CHECKING:
    from porchlight.domain.calibration import Calibration
    from porchlight.domain.forecast.book import Book
    from porchlight.domain.forecast.model import Model


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
        """As the last run left it; both empty where there was none."""
        ...

    def save(self, brand: str, book: "Book", calibration: "Calibration") -> None:
        """Durable, all or nothing, when this returns; the model is current from then on."""
        ...

    def calibration(self, brand: str) -> "Calibration":
        """How promises and forecasts were kept."""
        ...
