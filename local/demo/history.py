"""Two months of invented parcels that both brands had before the story begins: what their dates are learned from."""

from collections.abc import Iterator
from datetime import date, timedelta

from porchlight.domain.calibration import Calibration
from porchlight.domain.forecast.book import Book
from porchlight.domain.forecast.lives import Life, Route
from porchlight.runtime.bootstrap import App

DAYS, A_DAY = 60, 8
"""So many days, so many parcels on each."""
CARRIERS = {"larkspur": ("ups", "usps", "fedex"), "fjordhus": ("postnord", "dhl_express", "fedex")}
_ROUTES = {
    "larkspur": Route(service="ground", origin="US-OR", destination="US", prefix="972", sender="portland"),
    "fjordhus": Route(service="standard", origin="NO-46", destination="NO", prefix="501", sender="bergen"),
}
_TRANSIT = {
    "larkspur": (2, 3, 3, 4, 2, 5, 3, 7, 4, 3, 6),
    "fjordhus": (1, 2, 1, 2, 3, 1, 2, 2, 1, 3, 2),
}
"""Days from the first scan to the door, in turn: over a continent most take three or four, in Norway one or two."""


def seed(app: App, today: date) -> int:
    """Let both brands learn their history up to yesterday; returns how many parcels it has."""
    count = 0
    for brand in CARRIERS:
        book, calibration = Book(brand), Calibration()
        for life in _lives(brand, today):
            book.record(life)
            count += 1
        for back in range(DAYS, 0, -1):
            book.close(today - timedelta(days=back))
        calibration.close(today - timedelta(days=1))
        app.learned.save(brand, book, calibration)
    return count


def _lives(brand: str, today: date) -> Iterator[Life]:
    for number in range(DAYS * A_DAY):
        placed = today - timedelta(days=DAYS - number // A_DAY)
        handed = placed + timedelta(days=1 + number % 3 // 2)
        delivered = handed + timedelta(days=_TRANSIT[brand][number % len(_TRANSIT[brand])])
        carrier = CARRIERS[brand][number % len(CARRIERS[brand])]
        yield Life(
            parcel_id=f"before-{number}",
            route=_ROUTES[brand].model_copy(update={"carrier": carrier}),
            placed=placed,
            promised=placed + timedelta(days=7),
            handed=handed if handed < today else None,
            delivered=delivered if delivered < today else None,
            silence_hours=84 if delivered < today else None,
        )
