"""Tracking events: facts as a carrier reported them, translated to our words, with the raw code kept."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from porchlight.domain.carriers import family
from porchlight.domain.ids import number_key, stable_id
from porchlight.domain.milestones import FAULT, Milestone, Party, Reason, Signal
from porchlight.domain.zones import zone_of_place

_FROZEN = ConfigDict(frozen=True)


class Place(BaseModel):
    """Where a scan happened, as far as the carrier says. ``country`` is ISO 3166-1 alpha-2 where it could be read."""

    model_config = _FROZEN

    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None

    def label(self) -> str:
        """``Milwaukee, WI`` for people; empty where nothing is known."""
        city = self.city.title() if self.city and self.city.isupper() else self.city
        return ", ".join(part for part in (city, self.region or self.country) if part)


class TrackingEvent(BaseModel):
    """One fact about one parcel.

    ``occurred_at`` is aware (with the offset that was printed, so that local time can be shown) where the payload
    gives or implies a zone; it is naive where the carrier prints local time only: no zone is ever invented.
    ``raw_code`` is the code that the translation keys on, ``raw_codes`` its parts, ``description`` the carrier's own
    words. ``recognised`` is False where no table of the connector has the code: such an event is for operators (an
    ``UNKNOWN`` that is recognised is a mere notice).
    """

    model_config = _FROZEN

    occurred_at: datetime
    raw_code: str
    raw_codes: tuple[str, ...] = ()
    description: str = ""
    milestone: Milestone
    reason: Reason | None = None
    at_fault: Party | None = None
    recognised: bool = True
    signal: Signal | None = None
    """What a same-day courier adds to the milestone: a driver is assigned, a driver is near."""
    place: Place = Place()

    @model_validator(mode="before")
    @classmethod
    def _usual_fault(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("reason") and "at_fault" not in data:
            data = {**data, "at_fault": FAULT[Reason(data["reason"])]}
        return data

    @property
    def zone_known(self) -> bool:
        """False where the carrier printed local time without a zone."""
        return self.occurred_at.tzinfo is not None

    def instant(self, assumed: ZoneInfo | None = None) -> datetime:
        """The moment in UTC. Local-only times are read in the zone of the place of the scan, where that has one clock
        and is known; else in ``assumed``, the destination's (UTC where nothing better is known).
        """
        at, place = self.occurred_at, self.place
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        name = zone_of_place(place.country, place.region) if place.country else None
        zone = ZoneInfo(name) if name else assumed
        return at.replace(tzinfo=zone).astimezone(UTC) if zone else at.replace(tzinfo=UTC)

    def event_id(self, carrier: str, tracking_number: str) -> str:
        """Identity of the fact: carrier (or its family), number, code (the carrier's words where it gives none), moment
        and place. A repeat of the fact has the same id.
        """
        moment = self.instant().isoformat() if self.zone_known else self.occurred_at.isoformat()
        codes = "/".join(self.raw_codes) or self.raw_code
        if not codes.strip("/"):
            codes = self.description.casefold()
        return stable_id("evt", family(carrier), number_key(tracking_number), codes, moment, self.place.label().lower())


class DeliveryEstimate(BaseModel):
    """The carrier's own estimate, as given: a day, an instant, or a window of instants (aware, or naive = local)."""

    model_config = _FROZEN

    day: date | None = None
    at: datetime | None = None
    from_: datetime | None = Field(default=None, alias="from")
    to: datetime | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_clock(cls, data: object) -> object:
        """A window with a zone at one end only cannot be compared: its end is what was estimated."""
        ends = [data.get("from"), data.get("to")] if isinstance(data, dict) else []
        if len({end.tzinfo is None for end in ends if isinstance(end, datetime)}) > 1:
            assert isinstance(data, dict)
            return {name: value for name, value in data.items() if name != "from"}
        return data

    def local_day(self) -> date | None:
        """The day as printed at the destination."""
        if self.day:
            return self.day
        moment = self.to or self.at or self.from_
        return moment.date() if moment else None


class TrackingReport(BaseModel):
    """What one body says about one parcel: the result of a connector's ``parse``.

    ``status`` is the carrier's summary of the parcel now, in our words; ``events`` keep the order of the payload.
    """

    model_config = _FROZEN

    carrier: str
    tracking_number: str = Field(max_length=64)
    """"" where an answer does not repeat the number that was asked for."""
    events: tuple[TrackingEvent, ...] = ()
    status: Milestone | None = None
    estimate: DeliveryEstimate | None = None
