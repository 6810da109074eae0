"""What the engine learns from and is asked about: routes, lives of parcels, quantiles in days."""

from datetime import UTC, date, datetime, timedelta
from math import ceil, floor
from typing import Any, NamedTuple

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

_HAIR = 1e-9
COMPACT = {"compact": True}
"""The context of dumps that are stored."""


class Route(BaseModel):
    """What is known of a parcel's way before it begins. Words are ours, upper case for places; "" is not known.

    Coarse on purpose: no street, no full postcode. A lane is ``(carrier, service, origin, destination)``.
    """

    model_config = ConfigDict(frozen=True)

    carrier: str = ""
    """Our carrier id."""
    service: str = ""
    """The brand's or carrier's service level (``ground``, ``express``)."""
    origin: str = ""
    """ISO 3166-2 region (``BR-SP``) or 3166-1 country (``DE``) that it leaves from."""
    destination: str = ""
    """ISO 3166-2 region or 3166-1 country that it goes to."""
    origin_prefix: str = ""
    """The beginning of the origin's postcode."""
    prefix: str = ""
    """The beginning of the destination's postcode."""
    sender: str = ""
    """The warehouse, shop or seller that packs it."""


class Life(NamedTuple):
    """One parcel's life as far as it is known: local days at the destination; None is not yet, or not known.

    Told again whenever more is known; what is told last counts, also where it takes something back.
    """

    parcel_id: str
    route: Route
    placed: date
    """The day of the order."""
    promised: date | None = None
    """The last day of the promise that was made at checkout."""
    handed: date | None = None
    """The carrier's first scan."""
    delivered: date | None = None
    ended: bool = False
    """Nothing more is expected of it, and it was not delivered: cancelled, lost, returned."""
    placed_hour: int = 12
    """The local hour of the order, 0 to 23: what comes after the cut-off leaves a day later."""
    silence_hours: int | None = None
    """The longest gap between two scans while it moved, once it is delivered."""
    out_for_delivery: date | None = None
    """The day of the latest scan that says that it is on the van."""


class Quantiles(NamedTuple):
    """Days after the moment that was asked about, by which 10, 50, 80 and 90 of 100 such parcels arrive; never
    crossing, at least 0.
    """

    p10: float
    p50: float
    p80: float
    p90: float

    def days(self, since: date) -> tuple[date, date, date, date]:
        """Whole days after ``since`` that may be said: p10 rounded down, p50 half up, p80, p90 up; never crossing."""
        p50 = floor(self.p50 + 0.5)
        p80 = max(ceil(self.p80 - _HAIR), p50)
        p90 = max(ceil(self.p90 - _HAIR), p80)
        p10 = min(floor(self.p10 + _HAIR), p50)
        first, likely, latest, last = (since + timedelta(days=day) for day in (p10, p50, p80, p90))
        return first, likely, latest, last


class Forecast(BaseModel):
    """Our estimate of the day of delivery, as a shipment or order carries it. Days are local at the destination.

    p10 is rounded down, p50 half up, p80 and p90 up: whole days that may be said. Each parcel keeps three, and is
    written with every fact: with ``COMPACT`` as the context of a dump it is one short string.
    """

    model_config = ConfigDict(frozen=True)

    moment: str
    """``purchase``, ``handover`` or ``in_flight``: what was known when it was made."""
    p10: date
    p50: date
    p80: date
    p90: date
    zone: str | None = None
    made_at: AwareDatetime
    version: str
    """The model that made it (``larkspur-2026-03-07-4f1c``); without one, ``estimate`` or ``service-level``."""
    reasons: tuple[str, ...] = Field(default=())
    """Why it is less sure than usual: ``thin_lane``, ``volatile``, ``address_imprecise``, ``cold_start``, ``surge``."""

    @model_serializer(mode="wrap")
    def _dumped(self, plain: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        if info.context != COMPACT:
            return plain(self)
        later = (str((day - self.p10).days) for day in (self.p50, self.p80, self.p90))
        days = f"{self.p10.isoformat()}+{'+'.join(later)}"
        made = self.made_at.astimezone(UTC).replace(tzinfo=None).isoformat()
        return "|".join((self.moment, days, made, self.version, self.zone or "", ",".join(self.reasons)))

    @model_validator(mode="before")
    @classmethod
    def _loaded(cls, data: Any) -> Any:
        if not isinstance(data, str):
            return data
        moment, days, made, version, where, reasons = data.split("|")
        first, *later = days.split("+")
        p10 = date.fromisoformat(first)
        names = ("p50", "p80", "p90")
        known: dict[str, Any] = {name: p10 + timedelta(days=int(more)) for name, more in zip(names, later, strict=True)}
        made_at = datetime.fromisoformat(made).replace(tzinfo=UTC)
        known |= {"moment": moment, "p10": p10, "made_at": made_at, "version": version, "zone": where or None}
        return {**known, "reasons": tuple(filter(None, reasons.split(",")))}
