"""How often our dates, the shop's promises and the carriers' estimates were kept, by month of delivery, carrier and
lane. Each parcel is counted once, whatever is said of it again.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple

from pydantic import BaseModel, Field, PrivateAttr

from porchlight.domain.forecast.lives import Route
from porchlight.domain.journal import JournalEntry

MEASURES = (
    "parcels",
    *("purchase", "purchase_p50", "purchase_p80", "purchase_p90"),
    *("handover", "handover_p50", "handover_p80", "handover_p90"),
    *("promise", "promise_kept", "estimate", "estimate_kept"),
)
"""What is counted of each lane. ``purchase``: parcels with a forecast of that moment, ``purchase_p50``: those of them
that came by its P50, and so on.
"""

MOMENTS = ("purchase", "handover")
LEVELS = ("p50", "p80", "p90")
EARLY = tuple(f"{moment}_early" for moment in MOMENTS)
"""Parcels that came before the day of their P80: where nearly all do, it could have been named earlier. Remembered of
each parcel, and not summed by month.
"""
KEPT_MONTHS = 13
KEPT_DAYS = 60
"""So long what was counted of a parcel is remembered, so that it can be taken back; later news changes no more."""
MOST_LANES = 400
"""Lanes of a month; the rarest beyond go to their carrier's ``OTHER``."""
OTHER = "other"
_COLD = "cold_start"
"""The reason of a forecast that no history stands behind: it is the brand's table, or the carrier's estimate."""
_ESTIMATE = 0b11 << MEASURES.index("estimate")
_ID = 12
"""Characters of a parcel's short name: 72 bits of its id's hash."""

Sums = list[int]


class _Counted(NamedTuple):
    """What was counted of one parcel. ``marks`` has a bit for each of ``MEASURES`` and ``EARLY``."""

    day: date
    lane: str
    marks: int

    @property
    def month(self) -> str:
        return f"{self.day:%Y-%m}"


class Calibration(BaseModel):
    """What is stored of it: sums by month and lane (``carrier|service|origin|destination``), and what was counted of
    each parcel of the last days.
    """

    through: date | None = None
    """The last UTC day whose news are counted."""
    version: str = ""
    """The model that predicts since."""
    months: dict[str, dict[str, Sums]] = Field(default_factory=dict)
    counted: dict[date, dict[str, dict[str, str]]] = Field(default_factory=dict)
    """Day of delivery, lane, marks (hexadecimal): the short names of the parcels, one behind the other."""

    _parcels: dict[str, _Counted] | None = PrivateAttr(default=None)

    def count(self, entry: JournalEntry) -> None:
        """Count a parcel that was delivered; take it back where it was not after all."""
        parcels, name = self._known(), _short(entry.shipment_id)
        known = parcels.pop(name, None)
        if known:
            self._add(known, -1)
        if entry.delivered is None or (known is None and entry.delivered < entry.recorded_on - _MEMORY):
            return
        counted = _Counted(entry.delivered, _lane(entry.route), _marks(entry))
        if known and known.day == counted.day and not counted.marks & _ESTIMATE:
            counted = counted._replace(marks=counted.marks | known.marks & _ESTIMATE)
        parcels[name] = counted
        self._add(counted, 1)

    def close(self, day: date) -> None:
        """All news up to the end of a day are counted: forget what is too old to be taken back, and months of more than
        a year ago; put rare lanes together. What is stored is as it was closed last.
        """
        parcels = self._known()
        self.through = day
        first = f"{_months_before(day, KEPT_MONTHS - 1):%Y-%m}"
        self.months = {month: lanes for month, lanes in sorted(self.months.items()) if month >= first}
        folded = {(month, lane) for month, lanes in self.months.items() for lane in _rare(lanes)}
        for month, lane in sorted(folded):
            sums = self.months[month].pop(lane)
            _sum(self.months[month].setdefault(_other(lane), [0] * len(MEASURES)), sums)
        self._parcels = {
            name: known._replace(lane=_other(known.lane)) if (known.month, known.lane) in folded else known
            for name, known in parcels.items()
            if known.day >= day - _MEMORY
        }
        self.counted = _grouped(self._parcels)

    def published(self) -> "Calibration":
        """The same without the parcels: what others read."""
        return Calibration(through=self.through, version=self.version, months=self.months)

    def recent(self, days: int) -> dict[str, int]:
        """The sums over parcels delivered in the last ``days`` days before ``through``, by measure; ``EARLY`` too."""
        since = (self.through or date.min + timedelta(days)) - timedelta(days)
        measures = MEASURES + EARLY
        sums = [0] * len(measures)
        for known in self._known().values():
            if since < known.day <= (self.through or since):
                _sum(sums, _bits(known.marks, measures))
        return dict(zip(measures, sums, strict=True))

    def _known(self) -> dict[str, _Counted]:
        if self._parcels is None:
            self._parcels = {
                names[index : index + _ID]: _Counted(day, lane, int(marks, 16))
                for day, lanes in self.counted.items()
                for lane, groups in lanes.items()
                for marks, names in groups.items()
                for index in range(0, len(names), _ID)
            }
        return self._parcels

    def _add(self, counted: _Counted, sign: int) -> None:
        lanes = self.months.setdefault(counted.month, {})
        sums = lanes.setdefault(counted.lane, [0] * len(MEASURES))
        _sum(sums, _bits(counted.marks), sign)
        if not sums[0]:
            del lanes[counted.lane]


_MEMORY = timedelta(days=KEPT_DAYS)


def report(brand: str, calibration: Calibration, today: date) -> dict[str, Any]:
    """This month and last as plain data, with the number of parcels behind each rate; None where there are none."""
    months = (f"{today:%Y-%m}", f"{_months_before(today, 1):%Y-%m}")
    return {
        "brand": brand,
        "through": calibration.through.isoformat() if calibration.through else None,
        "model": calibration.version or None,
        "months": [{"month": month, **_month(calibration.months.get(month, {}))} for month in months],
    }


def rate(kept: int, of: int) -> float | None:
    """A share, rounded to what can be told apart; None of nothing."""
    return round(kept / of, 4) if of else None


def _month(lanes: dict[str, Sums]) -> dict[str, Any]:
    carriers: dict[str, list[tuple[str, Sums]]] = {}
    for lane, sums in lanes.items():
        carrier, _, rest = lane.partition("|")
        carriers.setdefault(carrier, []).append((rest, sums))
    told = []
    for carrier, parts in carriers.items():
        names = ("service", "origin", "destination")
        parts.sort(key=lambda part: (-part[1][0], part[0]))
        ways = [dict(zip(names, rest.split("|"), strict=True)) | _rates([sums]) for rest, sums in parts]
        told.append({"carrier": carrier, **_rates(sums for _, sums in parts), "lanes": ways})
    told.sort(key=lambda one: (-one["parcels"], one["carrier"]))
    return {**_rates(lanes.values()), "carriers": told}


def _rates(rows: Iterable[Sums]) -> dict[str, Any]:
    total = [0] * len(MEASURES)
    for row in rows:
        _sum(total, row)
    of = dict(zip(MEASURES, total, strict=True))
    told: dict[str, Any] = {"parcels": of["parcels"]}
    for moment in MOMENTS:
        told[moment] = {"n": of[moment], **{level: rate(of[f"{moment}_{level}"], of[moment]) for level in LEVELS}}
    for word in ("promise", "estimate"):
        told[word] = {"n": of[word], "kept": rate(of[f"{word}_kept"], of[word])}
    return told


def _marks(entry: JournalEntry) -> int:
    """The bits of what is true of a delivered parcel: one for each of ``MEASURES`` and ``EARLY``."""
    assert entry.delivered
    true = {"parcels"}
    for moment in MOMENTS:
        forecast = entry.forecasts.get(moment)
        if forecast and _COLD not in forecast.reasons:
            true.add(moment)
            true |= {f"{moment}_{level}" for level in LEVELS if entry.delivered <= getattr(forecast, level)}
            true |= {f"{moment}_early"} if entry.delivered < forecast.p80 else set()
    for word, day in (("promise", entry.first_promised or entry.promised), ("estimate", entry.estimated)):
        if day:
            true |= {word, f"{word}_kept"} if entry.delivered <= day else {word}
    return sum(1 << index for index, measure in enumerate(MEASURES + EARLY) if measure in true)


def _bits(marks: int, measures: tuple[str, ...] = MEASURES) -> Iterator[int]:
    return (marks >> index & 1 for index in range(len(measures)))


def _sum(sums: Sums, more: Iterable[int], sign: int = 1) -> None:
    for index, value in enumerate(more):
        sums[index] += sign * value


def _grouped(parcels: dict[str, _Counted]) -> dict[date, dict[str, dict[str, str]]]:
    groups: dict[_Counted, list[str]] = {}
    for name, known in parcels.items():
        groups.setdefault(known, []).append(name)
    counted: dict[date, dict[str, dict[str, str]]] = {}
    for known, names in sorted(groups.items()):
        counted.setdefault(known.day, {}).setdefault(known.lane, {})[f"{known.marks:x}"] = "".join(sorted(names))
    return counted


def _rare(lanes: dict[str, Sums]) -> list[str]:
    """The lanes of a month that are too many."""
    named = [lane for lane in lanes if lane != _other(lane)]
    return sorted(named, key=lambda lane: (-lanes[lane][0], lane))[MOST_LANES:]


def _lane(route: Route) -> str:
    return "|".join(word.replace("|", "/") for word in (route.carrier, route.service, route.origin, route.destination))


def _other(lane: str) -> str:
    return f"{lane.partition('|')[0]}|{OTHER}||"


def _short(parcel_id: str) -> str:
    return b64encode(blake2b(parcel_id.encode(), digest_size=_ID * 3 // 4).digest()).decode()


def _months_before(day: date, months: int) -> date:
    """The first day of the month that is so many months earlier."""
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
