"""Our own dates on orders and parcels: asks the brand's model, and hands its answers to the rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from porchlight.deciding import Surges
from porchlight.domain.brands import BrandConfig
from porchlight.domain.checkout import free_at, usual_promise
from porchlight.domain.cold import ColdDays, without_history
from porchlight.domain.dates import DateRange, local_day, zone
from porchlight.domain.day_changes import noticed
from porchlight.domain.delays import DelayChange, DelayDecision
from porchlight.domain.dispatch import Free, no_holidays
from porchlight.domain.forecast.lives import Forecast, Quantiles, Route
from porchlight.domain.lateness import assess, next_check
from porchlight.domain.mending import clear, follow_carrier, mend
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import Order, OrderPlaced, default_promise
from porchlight.domain.outlook import NOTHING_KNOWN, Outlook
from porchlight.domain.ranges import COLD, FARTHEST_ESTIMATE, expected_range, is_coming, zone_of_shipment
from porchlight.domain.shipments import Shipment
from porchlight.domain.surge import Surge, covering
from porchlight.errors import TransientError
from porchlight.ports import Metrics
from porchlight.predicting import DateModels

if TYPE_CHECKING:
    from porchlight.domain.forecast.model import Model

THIN = frozenset({COLD, "thin_lane"})
"""With so little history the policy's own limits count."""
PURCHASE, HANDOVER, IN_FLIGHT = "purchase", "handover", "in_flight"


class Settled(NamedTuple):
    """A parcel after news or silence: what is to be written of it."""

    shipment: Shipment
    decisions: tuple[DelayDecision, ...]
    due_at: datetime | None
    outlook: Outlook


@dataclass(frozen=True)
class Dates:
    """Forecasts for orders and parcels."""

    date_models: DateModels
    surges: Surges

    def at_purchase(self, brand: BrandConfig, order: Order, now: datetime) -> Forecast | None:
        """What we expect of an order that was just placed; the carrier is not known yet."""
        where = order.destination.zone or brand.zone
        placed = order.placed_at.astimezone(zone(where) or UTC)
        promised = _promised(order.promise, now)
        model, route = self._model(brand), route_of(brand, order, "")
        if model is None:
            return None
        wider = self.wider(brand, route, now)
        reasons = _reasons(model, route, wider)
        if COLD in reasons:
            cold = without_history(brand, route, placed.date(), placed=placed.date(), handed=None, wider=wider)
            return _cold(PURCHASE, cold, where, now, reasons)
        days = model.purchase(route, placed.date(), hour=placed.hour, promised=promised, wider=wider)
        return _forecast(PURCHASE, placed.date(), days, where, now, model.version, reasons)

    def usual_promise(self, brand: BrandConfig, placed: OrderPlaced) -> DateRange:
        """What is promised with an order of which the store names no days: by the brand's tables of origins and
        services where they have it, as pages of the shop were told (``PromiseDesk``); else by its own working days.
        """
        route, where = route_of(brand, placed, ""), placed.destination.zone or brand.zone
        origin, level = brand.dates.origins.get(route.sender), brand.dates.services.get(route.service)
        if origin is None or level is None:
            return default_promise(placed.placed_at, where, brand.promise.working_days)
        model = self._model(brand)
        return usual_promise(model, route, origin, level, placed.placed_at, placed.ship_by, where)

    def rests(self, brand: BrandConfig, order: Order) -> Free:
        """The public holidays of the place where an order is packed."""
        model = self._model(brand)
        if model is None:
            return no_holidays
        return free_at(model, route_of(brand, order, "").origin, order.placed_at)

    def outlook(self, shipment: Shipment, brand: BrandConfig, now: datetime) -> Outlook:
        """What history says about a parcel now; how likely its promise is missed, only before any delay was told."""
        route, placed = shipment.route, shipment.placed_at
        if route is None or placed is None or not shipment.is_open or shipment.shopper_id is None:
            return NOTHING_KNOWN
        model = self._model(brand)
        if model is None:
            return NOTHING_KNOWN
        wider = self.wider(brand, route, now)
        reasons = _reasons(model, route, wider)
        silence = None if THIN & set(reasons) else model.silence(route)
        if not is_coming(shipment):
            return Outlook(silence=silence)
        where = zone_of_shipment(shipment) or brand.zone
        today, handed = local_day(now, where), handed_on(shipment, where)
        promised = _promised(shipment.promise, now)
        van = shipment.reached.get(Milestone.OUT_FOR_DELIVERY)
        ordered, hour = min(local_day(placed, where), handed or date.max), placed.astimezone(zone(where) or UTC).hour
        if COLD in reasons:
            estimate = shipment.estimate.local_day() if shipment.estimate else None
            cold = without_history(brand, route, today, placed=ordered, handed=handed, estimate=estimate, wider=wider)
            return Outlook(forecast=_cold(IN_FLIGHT, cold, where, now, reasons))
        days = model.remaining(
            route,
            placed=ordered,
            handed=handed,
            today=today,
            hour=hour,
            promised=promised,
            out_for_delivery=local_day(van, where) if van else None,
            wider=wider,
        )
        forecast = _forecast(IN_FLIGHT, today, days, where, now, model.version, reasons)
        if promised is None or promised < today or shipment.delay:
            return Outlook(forecast=forecast, silence=silence)
        late = model.late(route, placed=ordered, handed=handed, today=today, promised=promised, hour=hour)
        crossing = model.crossing(
            route,
            placed=ordered,
            handed=handed,
            today=today,
            promised=promised,
            threshold=brand.delays.late_probability,
            hour=hour,
        )
        return Outlook(forecast=forecast, late=late, crossing=crossing, silence=silence)

    def settled(self, shipment: Shipment, brand: BrandConfig, now: datetime) -> Settled:
        """The parcel after its news: delay mended or moved, forecast and range anew, and when to look again."""
        policy = brand.delays
        told, outlook = self.told(shipment, brand, now)
        told, mended = mend(told, policy, now, outlook)
        told, moved = follow_carrier(told, policy, now)
        cleared: tuple[DelayDecision, ...] = ()
        if told.suspected and assess(told, policy, now, outlook) is None:
            told, cleared = clear(told, policy, now)
        decisions = (*mended, *moved, *cleared)
        if decisions:
            told = told.model_copy(update={"expected": expected_range(told, brand, now, outlook.forecast)})
        days = noticed(told, zone_of_shipment(told) or brand.zone, now)
        if days is not told.told and assess(told, policy, now, outlook) is None:  # else its delay is told in a minute
            told = told.model_copy(update={"told": days})
        return Settled(told, decisions, next_check(told, policy, now, outlook), outlook)

    def told(self, shipment: Shipment, brand: BrandConfig, now: datetime) -> tuple[Shipment, Outlook]:
        """The parcel with our forecast and what is said of its day, and the outlook that they come from."""
        outlook = self.outlook(shipment, brand, now)
        update: dict[str, object] = {"expected": expected_range(shipment, brand, now, outlook.forecast)}
        if not _same(shipment.forecast, outlook.forecast):
            update["forecast"] = outlook.forecast
        if HANDOVER not in shipment.forecasts and (first := self._at_handover(shipment, brand, now)):
            update["forecasts"] = {**shipment.forecasts, HANDOVER: first}
        return shipment.model_copy(update=update), outlook

    def wider(self, brand: BrandConfig, route: Route, now: datetime) -> float:
        """Days that ranges end later while the parcel's lane breaks down; for an order whose carrier nobody knows yet,
        while any does to its destination.
        """
        active = self.surges.active(brand.brand_id, now)
        if not active or (route.carrier and not covering(active, route)):
            return 0
        return brand.delays.surge_days if route.carrier or _may_be_caught(active, route) else 0

    def _model(self, brand: BrandConfig) -> "Model | None":
        """None while it cannot be read: facts are recorded and delays are found without it too."""
        try:
            return self.date_models.current(brand.brand_id)
        except TransientError:
            return None

    def _at_handover(self, shipment: Shipment, brand: BrandConfig, now: datetime) -> Forecast | None:
        """What we expect from the carrier's first scan on; None where we heard of it too late for that."""
        route, placed = shipment.route, shipment.placed_at
        where = zone_of_shipment(shipment) or brand.zone
        handed = handed_on(shipment, where)
        if route is None or placed is None or handed is None or shipment.is_return or shipment.backfilled:
            return None
        if local_day(now, where) > handed + timedelta(days=1):
            return None  # told too late to count as a forecast
        model = self._model(brand)
        if model is None:
            return None
        ordered, promised = min(local_day(placed, where), handed), _promised(shipment.promise, now)
        wider = self.wider(brand, route, now)
        reasons = _reasons(model, route, wider)
        if COLD in reasons:
            estimate = shipment.estimate.local_day() if shipment.estimate else None
            cold = without_history(brand, route, handed, placed=ordered, handed=handed, estimate=estimate, wider=wider)
            return _cold(HANDOVER, cold, where, now, reasons)
        days = model.handover(route, handed, placed=ordered, promised=promised, wider=wider)
        return _forecast(HANDOVER, handed, days, where, now, model.version, reasons)


def unchanged(shipment: Shipment, before: Shipment) -> bool:
    """True where nothing but our own view of its day has changed: that alone is written by the sweep only."""
    ours = {"expected": before.expected, "forecast": before.forecast, "told": before.told}
    return shipment.model_copy(update=ours) == before


def _promised(promise: DateRange | None, now: datetime) -> date | None:
    """The last day of a promise; None for a placeholder, which models would count the days to."""
    return promise.latest if promise and promise.latest <= now.date() + FARTHEST_ESTIMATE else None


def _reasons(model: "Model", route: Route, wider: float) -> tuple[str, ...]:
    return (*model.confidence(route), *(("surge",) if wider else ()))


def _may_be_caught(active: Mapping[str, Surge], route: Route) -> bool:
    return any(lane.partition("|")[2] in ("", route.destination) for lane in active)


def route_of(brand: BrandConfig, order: Order | OrderPlaced, carrier: str) -> Route:
    """What is known of the way of an order's parcels."""
    policy, place = brand.dates, order.destination
    origin_id = order.origin if order.origin in policy.origins else next(iter(policy.origins), "")
    origin = policy.origins.get(origin_id)
    service = order.service or next(iter(policy.services), "")
    level = policy.services.get(service)
    return Route(
        carrier=carrier or (level.carrier if level else ""),
        service=service,
        origin=_place(origin.country, origin.region) if origin else "",
        destination=_place(place.country, place.region),
        prefix=(place.postal_prefix or "").upper(),
        sender=origin_id,
    )


def handed_on(shipment: Shipment, where: str | None) -> date | None:
    """The local day of the carrier's first scan."""
    at = shipment.handed_at
    return local_day(at, where) if at else None


def _place(country: str | None, region: str | None) -> str:
    return f"{country}-{region}" if country and region else country or ""


def _forecast(
    moment: str,
    since: date,
    days: Quantiles,
    where: str | None,
    now: datetime,
    version: str,
    reasons: tuple[str, ...],
) -> Forecast:
    """Quantiles in days as days of the calendar, as they may be said."""
    p10, p50, p80, p90 = days.days(since)
    return Forecast(
        moment=moment,
        p10=p10,
        p50=p50,
        p80=p80,
        p90=p90,
        zone=where,
        made_at=now,
        version=version,
        reasons=reasons,
    )


def _cold(moment: str, days: ColdDays, where: str | None, now: datetime, reasons: tuple[str, ...]) -> Forecast:
    *quantiles, origin = days
    named = dict(zip(("p10", "p50", "p80", "p90"), quantiles, strict=True))
    return Forecast(moment=moment, **named, zone=where, made_at=now, version=origin, reasons=reasons)


def _same(one: Forecast | None, other: Forecast | None) -> bool:
    """True for forecasts that say the same: a new one that says nothing new is not written."""
    ours = {"made_at", "version"}
    if one is None or other is None:
        return one is other
    return one.model_dump(exclude=ours) == other.model_dump(exclude=ours)


def count_decisions(metrics: Metrics, decisions: tuple[DelayDecision, ...]) -> None:
    """Count what became of delays, once it is written."""
    for decision in decisions:
        metrics.count("DelayChanges", change=decision.change.value, kind=decision.kind.value)
        if decision.change is DelayChange.CONFLICT:
            metrics.count("RemedyConflicts")
