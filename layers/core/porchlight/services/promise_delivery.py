"""What product pages and checkouts may promise: ``GET /v1/delivery-promise`` and its snippet.

Anybody may ask, so nothing personal is asked: a brand, a country or state, the beginning of a postcode.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from porchlight.domain.brands import BrandConfig, Origin, ServiceLevel
from porchlight.domain.checkout import (
    LONGEST_AHEAD,
    ZONE_UNKNOWN,
    Promise,
    departure,
    facts,
    free_at,
    promise,
    valid_until,
)
from porchlight.domain.dates import local_day, zone
from porchlight.domain.forecast.lives import Route
from porchlight.domain.zones import is_country, zone_of_place
from porchlight.errors import InvalidInputError, NotFoundError, PorchlightError
from porchlight.ports import Brands, Renderer
from porchlight.services.dates import Dates

_DESTINATION = re.compile(r"([A-Z]{2})(?:-([A-Z0-9]{1,3}))?")
_PREFIX = re.compile(r"[A-Z0-9-]{0,3}")
_LOST_PLUS = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)")
"""Where a URL said ``+01:00`` and the plus sign was not escaped."""
_MOST_DAYS = 180
_MOST_SECONDS = 900
WORDS, SURGE = "promise", "surge"


@dataclass(frozen=True)
class Offer:
    """An answer, and for how many seconds anybody may keep it. The same answer has the same ``tag``."""

    text: str
    seconds: int
    status: int = 200

    @property
    def tag(self) -> str:
        """The entity tag (RFC 9110)."""
        return f'"{sha256(self.text.encode()).hexdigest()[:20]}"'


@dataclass(frozen=True)
class _Basket:
    """The question, read."""

    brand: BrandConfig
    country: str
    region: str | None
    prefix: str
    service: str
    origin_id: str
    origin: Origin
    ready_at: datetime | None
    ready_in_days: int
    ship_by: date | None
    language: str | None

    @property
    def destination(self) -> str:
        return f"{self.country}-{self.region}" if self.region else self.country

    @property
    def route(self) -> Route:
        """As orders have it when they are placed: the carrier is known where the service has always the same one."""
        place, country = self.origin.region, self.origin.country
        level = self.brand.dates.services.get(self.service)
        return Route(
            carrier=level.carrier if level else "",
            service=self.service,
            origin=f"{country}-{place}" if place else country,
            destination=self.destination,
            prefix=self.prefix,
            sender=self.origin_id,
        )


@dataclass(frozen=True)
class PromiseDesk:
    """Answers what may be promised now."""

    brands: Brands
    dates: Dates
    renderer: Renderer

    def offer(self, query: Mapping[str, str], now: datetime) -> Offer:
        """The promise as JSON. InvalidInputError names the parameter at fault, never its value."""
        basket = _read(query, self.brands, now)
        made, where, until, view = self._promise(basket, now)
        words = self.renderer.words(basket.brand, WORDS, view, basket.language)
        body = {
            "brand": basket.brand.brand_id,
            "destination": basket.destination,
            "service": basket.service or None,
            "origin": basket.origin_id,
            "earliest": made.range.earliest.isoformat(),
            "latest": made.range.latest.isoformat(),
            **{name: getattr(made, name).isoformat() for name in ("p10", "p50", "p80", "p90")},
            "zone": where,
            "in_words": view["expected_bare"],
            "in_dates": view["expected_date"],
            "order_by": made.order_by.isoformat() if made.order_by else None,
            "ship_by": made.ship_by.isoformat(),
            "text": " ".join(words[name] for name in ("arrives", "order") if words[name]),
            "language": self.renderer.speech(basket.brand, basket.language).tag,
            "confidence": list(made.doubts),
            "model": made.version,
            "valid_until": until.isoformat(),
        }
        return Offer(json.dumps(body, ensure_ascii=False, separators=(",", ":")), _seconds(until - now))

    def snippet(self, query: Mapping[str, str], now: datetime) -> Offer:
        """The promise as a piece of HTML for a shop's page. What cannot be answered is a comment: whoever
        includes it unseen shows no shopper an error.
        """
        try:
            basket = _read(query, self.brands, now)
            _, _, until, view = self._promise(basket, now)
        except PorchlightError as error:
            return Offer(f"<!-- {error.problem}: {error.detail} -->\n", 0, error.status)
        words = {"say": WORDS, "variants": [], "facts": view}
        html = self.renderer.page(basket.brand, "promise", {"words": words, "language": basket.language})
        return Offer(html.strip() + "\n", _seconds(until - now))

    def _promise(self, basket: _Basket, now: datetime) -> tuple[Promise, str, datetime, dict[str, Any]]:
        """The promise, the zone of its days, until when it holds, and what its words are made of."""
        brand, origin, route = basket.brand, basket.origin, basket.route
        there = zone_of_place(basket.country, basket.region)
        where = there or brand.zone or origin.zone
        model = self.dates.date_models.current(brand.brand_id)
        leaves = basket.ship_by or departure(
            origin, now, free_at(model, route.origin, now), ready_at=basket.ready_at, ready_in_days=basket.ready_in_days
        )
        level = brand.dates.services.get(basket.service, ServiceLevel())
        wider = self.dates.wider(brand, route, now)
        doubts = (*((SURGE,) if wider else ()), *(() if there else (ZONE_UNKNOWN,)))
        made = promise(model, route, leaves, level, now, where, wider=wider, doubts=doubts)
        until = valid_until(made, now, where, origin.zone)
        speech = self.renderer.speech(brand, basket.language).at(basket.country)
        return made, where, until, facts(made, now, speech, where, origin.zone)


def _seconds(left: timedelta) -> int:
    return max(0, min(_MOST_SECONDS, int(left.total_seconds())))


def _read(query: Mapping[str, str], brands: Brands, now: datetime) -> _Basket:
    prefix = query.get("postcode", "")[:40].replace(" ", "").upper()[:3]  # nothing ever sees more of it
    given = {name: value.strip() for name, value in query.items() if name != "postcode"}
    try:
        brand = brands.get(given.get("brand", ""))
    except NotFoundError:
        raise _fault("brand", "there is no such brand") from None
    country, region = _place(given.get("destination", ""))
    if not _PREFIX.fullmatch(prefix):
        raise _fault("postcode", "not a postcode")
    services, origins = brand.dates.services, brand.dates.origins
    service = given.get("service") or next(iter(services), "")
    if service and service not in services:
        raise _fault("service", "the brand has no such service")
    origin_id = given.get("origin") or next(iter(origins), "")
    if origin_id not in origins:
        raise _fault("origin", "the brand ships from no such place")
    origin = origins[origin_id]
    ready_at, ready_in_days = _instant(given.get("ready_at"), origin, now), _count(given.get("ready_in_days"))
    ship_by = _day(given.get("ship_by"), origin, now)
    if sum(map(bool, (ready_at, ready_in_days, ship_by))) > 1:
        raise _fault("ready_at", "only one of ready_at, ready_in_days and ship_by")
    language = given.get("language")
    return _Basket(
        *(brand, country, region, prefix, service, origin_id, origin, ready_at, ready_in_days, ship_by, language)
    )


def _place(destination: str) -> tuple[str, str | None]:
    found = _DESTINATION.fullmatch(destination.upper())
    if not found or not is_country(found[1]):
        raise _fault("destination", "not a country or state of ISO 3166 (US-CA, DE)")
    return found[1], found[2]


def _instant(text: str | None, origin: Origin, now: datetime) -> datetime | None:
    """Times without an offset are local to where it is packed."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(_LOST_PLUS.sub("+", text) if "T" in text.upper() else text)
        found = (found if found.tzinfo else found.replace(tzinfo=zone(origin.zone) or UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _fault("ready_at", "not a date and time of ISO 8601") from None
    if found > now + LONGEST_AHEAD:
        raise _fault("ready_at", "too far ahead")
    return found


def _day(text: str | None, origin: Origin, now: datetime) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise _fault("ship_by", "not a date of ISO 8601") from None
    today = local_day(now, origin.zone)
    if not today <= found <= today + LONGEST_AHEAD:
        raise _fault("ship_by", "the day is over, or too far ahead")
    return found


def _count(text: str | None) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= _MOST_DAYS):
        raise _fault("ready_in_days", f"not a number of working days up to {_MOST_DAYS}")
    return int(text)


def _fault(name: str, what: str) -> InvalidInputError:
    return InvalidInputError(f"{name}: {what}")
