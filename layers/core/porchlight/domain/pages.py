"""The view model of the tracking page."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from porchlight.domain.amends import MONEY_BACK
from porchlight.domain.brands import BrandConfig
from porchlight.domain.cases import Audience, Case, CaseState
from porchlight.domain.dates import zone
from porchlight.domain.delay_facts import (
    carrier_says_it_better,
    cause,
    decided,
    delay_facts,
    delay_variants,
    part_left,
    question,
)
from porchlight.domain.delays import Delay
from porchlight.domain.facts import Scene, View, brand_view, forms, parcel_variants, say
from porchlight.domain.milestones import PROGRESS, Milestone, Signal
from porchlight.domain.orders import Order
from porchlight.domain.packing import Packing, quantities, still_to_ship
from porchlight.domain.policies import of_order
from porchlight.domain.progress import BEFORE_THE_VAN, in_trouble, is_late, is_overdue, order_steps, parcel_steps
from porchlight.domain.returns import Return
from porchlight.domain.shipments import Shipment, StoredEvent
from porchlight.domain.signals import current
from porchlight.domain.speech import Speech
from porchlight.domain.words import clean, local_time, safe_url


def tracking_view(
    brand: BrandConfig,
    order: Order,
    shipments: Sequence[tuple[Shipment, Sequence[StoredEvent]]],
    returns: Sequence[Return],
    now: datetime,
    links: Mapping[str, str],
    cases: Sequence[Case] = (),
    untracked: Mapping[str, Packing] | None = None,
    speech: Speech | None = None,
) -> View:
    """The tracking page of an order: its parcels (troubled ones first), what happened to them, its returns,
    its lines; and what the shopper is asked.

    ``shipments``: those of returns too. ``links``: ``returns`` where the shopper can start a return, ``answer`` where
    answers are sent, ``preferences``. ``cases``: the questions that its delays ask, in any state. ``untracked``: what
    left without a number. ``speech``: the reader's language, English where nobody says.
    """
    scene = Scene(brand, order, now, relative=True, speech=speech)
    outward = [(parcel, events) for parcel, events in shipments if not parcel.is_return and not parcel.is_void]
    facts = scene.order_facts(parcels=len(outward))
    facts |= {
        "delivered_count": sum(shipment.milestone == "delivered" for shipment, _ in outward),
        "trouble_count": sum(in_trouble(scene, shipment) for shipment, _ in outward),
    }
    outward.sort(key=lambda pair: (not in_trouble(scene, pair[0]), not pair[0].is_open))
    left = _left(order, [shipment.packed for shipment, _ in outward], untracked or {})
    split = len(outward) > 1 or bool(left)
    desk = _Desk(scene, cases, links.get("answer", ""))
    parcels = [_parcel(scene, shipment, events, facts, desk, split=split) for shipment, events in outward]
    back = {parcel.return_id: parcel for parcel, _ in shipments if parcel.is_return}
    known = zone(scene.zone_of())
    return {
        "language": scene.speech.tag,
        "brand": brand_view(brand),
        "labels": say("labels", {**facts, "now_time": scene.speech.clock(now.astimezone(known)) if known else ""}),
        "updated": known is not None,
        "overview": _overview(scene, len(parcels), facts, desk),
        "parcels": parcels,
        "left": {"label": say("contents.left", {}), "lines": scene.lines(left)} if left else None,
        "returns": [
            _return(scene, request, facts, back.get(request.return_id), desk)
            | {"link": f"{safe_url(links.get('returns'))}/{request.return_id}" if links.get("returns") else ""}
            for request in returns
        ],
        "order": {
            "number": clean(order.number, 60),
            "lines": scene.lines(),
            "total": scene.speech.money(order.total),
            "refunded": scene.speech.money(order.refunded) if order.refunded.amount else "",
        },
        "sms": None,
        "links": {
            name: "" if name == "returns" and order.cancelled_at else safe_url(links.get(name))
            for name in ("returns", "preferences", "withdraw")
        },
    }


class _Desk:
    """What the shopper is asked, by the delay that asks it."""

    def __init__(self, scene: Scene, cases: Sequence[Case], action: str) -> None:
        self._scene, self._action = scene, action
        self._cases = {case.case_id: case for case in cases}

    def question(self, delay: Delay | None, shipment: Shipment | None, facts: View) -> View | None:
        """The form, while the delay asks and an answer still counts."""
        case = self._cases.get(delay.case_id or "") if delay and delay.is_open else None
        if case is None or case.audience is not Audience.SHOPPER or not self._action:
            return None
        if case.state is not CaseState.OPEN or self._scene.now >= case.deadline:
            return None
        return question(self._scene, case, shipment, facts, self._action)


def _left(order: Order, parcels: Sequence[Mapping[str, Packing]], untracked: Mapping[str, Packing]) -> dict[str, int]:
    """What is in no parcel yet, once there are parcels; {} where that is not known, or nothing more is to come."""
    if not parcels or order.cancelled_at or decided(order.delay) in MONEY_BACK:
        return {}
    ordered = {line.line_id: line.quantity for line in order.lines if line.ships}
    return still_to_ship(ordered, [*parcels, untracked] if untracked else parcels)


def _overview(scene: Scene, parcels: int, facts: View, desk: _Desk) -> View | None:
    """What stands on top where it is not simply the one parcel: cancelled, nothing sent (in time), or several
    parcels.
    """
    order = scene.order
    delay = None if order.cancelled_at else order.delay
    if delay and (remedy := decided(delay)):
        facts = {**facts, **scene.expectation(None, scene.today()), "part_left": part_left(order, delay)}
        return {"words": say(f"decided.{remedy.value}", facts), "facts": facts, "steps": [], "question": None}
    if delay and delay.is_open:
        facts = {**facts, **delay_facts(scene, delay)}
        words = say("states.late", facts, delay_variants(delay))
        asked = desk.question(delay, None, facts)
        if asked and asked["notice"]:  # about the day of shipping: one of delivery beside it would mislead
            facts = {**facts, **scene.expectation(None, scene.today())}
        steps = [] if parcels else order_steps(scene, facts["expected_short"])
        return {"words": words, "facts": facts, "steps": steps, "question": asked}
    if order.cancelled_at and not parcels:
        facts = {
            **facts,
            **scene.expectation(None, scene.today()),
            **forms("event_day", scene.day_of(order.cancelled_at)),
        }
        return {"words": say("states.cancelled_order", facts), "facts": facts, "steps": [], "question": None}
    if not parcels:
        return {
            "words": say("states.none", facts),
            "facts": facts,
            "steps": order_steps(scene, facts["expected_short"]),
            "question": None,
        }
    if parcels == 1:
        return None
    facts = {**facts, **scene.expectation(None, scene.today())}
    return {"words": say("states.several", facts), "facts": facts, "steps": [], "question": None}


def _parcel(
    scene: Scene, shipment: Shipment, events: Sequence[StoredEvent], base: View, desk: _Desk, *, split: bool
) -> View:
    facts = scene.parcel_facts(shipment, base)
    key, variants = f"states.{shipment.milestone.value}", parcel_variants(shipment)
    delay, remedy, late = shipment.delay, decided(shipment.delay), is_late(shipment)
    if delay and delay.is_open:
        facts |= delay_facts(scene, delay, shipment)
    if remedy and shipment.milestone in BEFORE_THE_VAN:
        key, variants = f"decided.{remedy.value}", []
        facts |= scene.expectation(None, scene.today(shipment))
    elif late and delay and not carrier_says_it_better(delay, shipment.milestone):
        key, variants = "states.late", delay_variants(delay, shipment)
    elif is_overdue(scene, shipment) and shipment.milestone != "exception":
        key, variants = "states.overdue", []
    shows_cause = key in ("states.late", "states.overdue", "states.delayed")
    more = cause(delay if late else None, shipment, facts) if shows_cause else ""
    if key == "states.delivered" and shipment.left_at:
        more = say(f"left_at.{shipment.left_at.value}", facts)
    return {
        "words": say(key, facts, variants),
        "facts": facts,
        "cause": more,
        "question": desk.question(delay, shipment, facts),
        "driver": _driver(scene, shipment),
        "contents": _contents(scene, shipment) if split else None,
        "steps": [] if key.startswith("decided.") else parcel_steps(scene, shipment),
        "first_promise": facts["promised"] if late and facts["expected"] else "",
        "timeline": _timeline(scene, shipment, events),
        "no_events": say("labels.no_events", facts),
    }


def _driver(scene: Scene, shipment: Shipment) -> View | str:
    """Who brings it, where a same-day courier has just said so; how far away only in the courier's own number."""
    found = current(shipment.signals, shipment.milestone_at, scene.now) if shipment.is_open else None
    if found is None:
        return ""
    signal, said = found
    if signal is Signal.DRIVER_ASSIGNED:
        return say("driver.assigned", {})
    return say("driver.minutes_away", {"minutes": said.minutes}) if said.minutes else say("driver.nearby", {})


def _contents(scene: Scene, shipment: Shipment) -> View | None:
    """What is in a parcel, or in the several that one fulfilment was spread over; None where the store does not say."""
    lines = scene.lines(quantities(shipment.packed))
    if not lines:
        return None
    together = max(packing.parcels for packing in shipment.packed.values() if not packing.cancelled)
    label = say("contents.together", {"count": together}) if together > 1 else say("contents.parcel", {})
    return {"label": label, "lines": lines}


def _timeline(scene: Scene, shipment: Shipment, events: Sequence[StoredEvent]) -> list[View]:
    """What the carrier reported, newest first, under the local day and time of the place that each scan
    names.
    """
    zone_name = shipment.zone or scene.order.destination.zone
    assumed, today = zone(zone_name), scene.today(shipment)
    newest_first = sorted(
        events,
        key=lambda stored: (
            stored.event.instant(assumed),
            PROGRESS[stored.event.milestone],
            stored.event_id,
        ),
        reverse=True,
    )
    days: list[View] = []
    for stored in newest_first:
        event = stored.event
        local, zone_label = local_time(event.occurred_at, zone_name)
        heading = scene.speech.dated(local.date(), today).bare
        if abs((local.date() - today).days) <= 1:
            heading = scene.day(local.date(), today).bare
        if not days or days[-1]["day"] != heading:
            days.append({"day": heading, "short": scene.speech.short(local.date(), today), "events": []})
        label, place = say(f"milestones.{event.milestone.value}", {}), clean(event.place.label(), 80)
        # On the way, the place is the news.
        passing = event.milestone is Milestone.IN_TRANSIT and not event.reason and place
        days[-1]["events"].append(
            {
                "time": scene.speech.clock(local),
                "zone": zone_label,
                "iso": event.occurred_at.isoformat(timespec="minutes"),
                "title": place if passing else label,
                "below": label if passing else place,
                "reason": say(f"reasons.{event.reason.value}", {}) if event.reason else "",
                "raw": clean(event.description, 300),
                "code": clean(event.raw_code, 60),
            }
        )
    return days


def _return(scene: Scene, request: Return, base: View, parcel: Shipment | None, desk: _Desk) -> View:
    facts = scene.return_facts(request, base, gift=False)
    delay = parcel.delay if parcel and parcel.delay and parcel.delay.is_open else None
    key = f"return_states.{request.state.value}"
    if parcel and delay:
        facts = scene.return_facts(request, scene.parcel_facts(parcel, base), gift=False) | delay_facts(
            scene, delay, parcel
        )
        key = "return_states.stalled"
    return {
        "words": say(key, facts),
        "state": request.state.value,
        "lines": scene.lines(dict(of_order(request, scene.order.order_id))),
        "requested": scene.day_of(request.requested_at).on,
        "tracking": facts["return_tracking"],
        "carrier": facts["return_carrier"],
        "question": desk.question(delay, parcel, facts),
    }
