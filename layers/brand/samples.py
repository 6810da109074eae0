"""Made-up orders, parcels and returns in every situation that words exist for. Used by the build's checks,
the preview and tests.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from porchlight.domain.brands import BrandConfig
from porchlight.domain.cases import Audience, Case
from porchlight.domain.dates import DateRange
from porchlight.domain.delays import FAULT as DELAY_FAULT
from porchlight.domain.delays import Delay, DelayKind, Facts
from porchlight.domain.events import DeliveryEstimate, Place, TrackingEvent
from porchlight.domain.messages import Moment
from porchlight.domain.milestones import FAULT, Milestone, Reason, Signal
from porchlight.domain.money import Money
from porchlight.domain.orders import Destination, Order, OrderLine, Shopper
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.domain.policies import REFUSALS
from porchlight.domain.ranges import NO_DAY
from porchlight.domain.remedies import Remedy, RemedyRecord
from porchlight.domain.returns import Decision, Label, Outcome, Refund, Return, ReturnLine, ReturnState
from porchlight.domain.shipments import Shipment, StoredEvent, fold
from porchlight.domain.signals import Heard

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
"""A Tuesday."""
LINKS = {
    "tracking": "https://orders.example/t/sample-token",
    "unsubscribe": "https://orders.example/u/sample-token",
    "returns": "https://orders.example/r/sample-token",
}
PROMISE = {
    "expected": "Thursday, or Friday at the latest",
    "expected_date": "Thursday 26 or Friday 27 November",
    "order_time": "2:00 pm",
    "order_day": "today",
    "order_on": "today",
    "order_zone": "",
}
"""Facts of a promise on a product page."""
NO_ORDER = dict.fromkeys(("order_time", "order_day", "order_on", "order_zone"), "")
"""Where the shop says itself when it ships."""
DELAY_CHOICES: dict[DelayKind, tuple[tuple[Remedy, ...], Remedy]] = {
    DelayKind.STALLED: ((Remedy.KEEP_WAITING, Remedy.RESEND, Remedy.REFUND), Remedy.KEEP_WAITING),
    DelayKind.PRESUMED_LOST: ((Remedy.RESEND, Remedy.REFUND), Remedy.REFUND),
    DelayKind.NOT_DISPATCHED: ((Remedy.KEEP_WAITING, Remedy.CANCEL), Remedy.CANCEL),
}
"""Options and default of what shoppers are asked; other kinds ask as ``stalled`` does."""
OPTION_NOTICES: dict[str, Facts] = {
    "within-30-days": {"ship_by": "2026-11-25", "revised_ship_by": "2026-12-11", "reason": "the oatmeal wool is late"},
    "no-date": {"ship_by": "2026-11-25", "reason": "the mill has not told us when it delivers"},
    "continuing": {"ship_by": None, "revised_ship_by": None, "renewed": True, "continuing": True},
    "renewed": {"ship_by": "2026-11-23", "revised_ship_by": "2027-02-01", "renewed": True},
}
"""Facts of the notices that the US Mail Order Rule knows."""
_US = (
    ("Linen duvet cover, washed sand, queen", 1, 14800),
    ("Merino cardigan “Hollis”, oatmeal, size M", 1, 9600),
    ("Beeswax candle", 3, 1400),
)
_EU = (("Stoneware bowl “Vik”, glacier blue, 24 cm", 2, 3900), ("Wool throw “Bryggen”", 1, 12900))
_ROUTES: dict[str, list[tuple[int, str, str | None, Milestone, str, str]]] = {
    # hours before NOW, city, region, milestone, code, the carrier's words
    "US": [
        (
            94,
            "Portland",
            "OR",
            Milestone.PRE_TRANSIT,
            "MP",
            "Shipper created a label, UPS has not received the package yet.",
        ),
        (75, "Portland", "OR", Milestone.ACCEPTED, "OR", "Origin scan"),
        (70, "PORTLAND", "OR", Milestone.IN_TRANSIT, "DP", "Departed from Facility"),
        (41, "Salt Lake City", "UT", Milestone.IN_TRANSIT, "AR", "Arrived at Facility"),
        (36, "Salt Lake City", "UT", Milestone.IN_TRANSIT, "DP", "Departed from Facility"),
        (9, "Denver", "CO", Milestone.IN_TRANSIT, "AR", "Arrived at Facility"),
    ],
    "DE": [
        (94, "Bergen", None, Milestone.PRE_TRANSIT, "VA", "The shipment has been registered electronically"),
        (75, "Bergen", None, Milestone.ACCEPTED, "EE", "Handed in"),
        (50, "Oslo", None, Milestone.IN_TRANSIT, "SE", "Sorted at terminal"),
        (20, "Padborg", None, Milestone.IN_TRANSIT, "SE", "Sorted at terminal"),
        (9, "Hamburg", None, Milestone.IN_TRANSIT, "AR", "Arrived at the parcel centre"),
    ],
}
_COUNTRIES = {"Bergen": "NO", "Oslo": "NO", "Padborg": "DK", "Hamburg": "DE"}


@dataclass(frozen=True)
class Sample:
    """One situation: a name for files and messages, and what the views are made from."""

    name: str
    moment: Moment
    order: Order
    shopper: Shopper
    shipment: Shipment | None = None
    ret: Return | None = None
    parcels: int = 0
    case: Case | None = None


def order(brand: BrandConfig, **changes: Any) -> Order:
    """An order of the brand, three and a half days old."""
    american = brand.brand_id == "larkspur"
    currency = "USD" if american else "EUR"
    lines = tuple(
        OrderLine(
            line_id=str(index),
            title=title,
            quantity=quantity,
            unit_price=Money(amount=price, currency=currency),
            final_sale=index == 3,
        )
        for index, (title, quantity, price) in enumerate(_US if american else _EU, 1)
    )
    total = sum(line.unit_price.amount * line.quantity for line in lines)
    zone = "America/Denver" if american else "Europe/Berlin"
    promise = DateRange(earliest=date(2026, 11, 26), latest=date(2026, 11, 27), zone=zone)
    data = Order(
        brand=brand.brand_id,
        order_id="ord_sample",
        external_id="450789469",
        number="#1001" if american else "FH-20417",
        source="shopify",
        placed_at=NOW - timedelta(hours=98),
        source_updated_at=NOW - timedelta(hours=98),
        currency=currency,
        total=Money(amount=total, currency=currency),
        lines=lines,
        shopper_id="cus_sample",
        destination=Destination(
            country="US" if american else "DE", postal_prefix="802" if american else "201", zone=zone
        ),
        first_promise=promise,
        promise=promise,
        updated_at=NOW,
    )
    return data.model_copy(update=changes)


def shopper(brand: BrandConfig, name: str = "Ada Lovelace") -> Shopper:
    """Somebody."""
    return Shopper(brand=brand.brand_id, shopper_id="cus_sample", name=name, email="ada@shopper.example")


def events(
    of: Order, milestone: Milestone, reason: Reason | None = None, *, hours_ago: float = 1.3
) -> list[StoredEvent]:
    """The way of a parcel up to ``milestone``."""
    route = _ROUTES["US" if of.destination.country == "US" else "DE"]
    offset = timedelta(hours=-7 if of.destination.country == "US" else 1)
    if milestone in (Milestone.PRE_TRANSIT, Milestone.UNKNOWN):
        route = route[:1]
    elif milestone is Milestone.ACCEPTED:
        route = route[:2]
    facts: list[tuple[float, str, str | None, Milestone, str, str, Reason | None]] = [(*fact, None) for fact in route]
    if milestone not in (Milestone.PRE_TRANSIT, Milestone.ACCEPTED, Milestone.IN_TRANSIT, Milestone.UNKNOWN):
        city, region = route[-1][1], route[-1][2]
        if milestone in (Milestone.DELIVERED, Milestone.DELIVERY_ATTEMPTED):
            facts.append((6.2, city, region, Milestone.OUT_FOR_DELIVERY, "OF", "Out For Delivery Today", None))
        words = f"{milestone.value.replace('_', ' ').capitalize()}{f': {reason.value}' if reason else ''}"
        facts.append((hours_ago, city, region, milestone, milestone.value[:2].upper(), words, reason))
    stored: list[StoredEvent] = []
    for hours, city, region, step, code, text, why in facts:
        at = (NOW - timedelta(hours=hours) + offset).replace(tzinfo=None, microsecond=0)
        event = TrackingEvent(
            occurred_at=at,
            raw_code=code,
            description=text,
            milestone=step,
            reason=why,
            at_fault=FAULT[why] if why else None,
            place=Place(city=city, region=region, country=_COUNTRIES.get(city, "US")),
        )
        stored.append(StoredEvent(event_id=f"evt_{len(stored)}", event=event, received_at=NOW, source="ups"))
    return stored


def shipment(of: Order, milestone: Milestone, reason: Reason | None = None, **changes: Any) -> Shipment:
    """The parcel after the events of ``milestone``."""
    american = of.destination.country == "US"
    blank = Shipment(
        brand=of.brand,
        shipment_id="shp_sample",
        carrier="ups" if american else "postnord",
        tracking_number="1Z999AA10123456784" if american else "00370730254738621497",
        order_id=of.order_id,
        shopper_id=of.shopper_id,
        zone=of.destination.zone,
        shipped_at=of.placed_at + timedelta(hours=20),
        first_promise=of.promise,
        promise=of.promise,
        expected=of.promise,
        created_at=of.placed_at,
        updated_at=NOW,
    )
    return fold(blank, events(of, milestone, reason)).model_copy(update=changes)


_MILESTONES = {
    DelayKind.LABEL_NEVER_SCANNED: Milestone.PRE_TRANSIT,
    DelayKind.STALLED: Milestone.ACCEPTED,
    DelayKind.ATTEMPT_FAILED: Milestone.DELIVERY_ATTEMPTED,
    DelayKind.EXCEPTION_UNRESOLVED: Milestone.EXCEPTION,
    DelayKind.CUSTOMS_HOLD: Milestone.EXCEPTION,
    DelayKind.PICKUP_EXPIRING: Milestone.AVAILABLE_FOR_PICKUP,
}
_BY_REASON = frozenset({DelayKind.ATTEMPT_FAILED, DelayKind.EXCEPTION_UNRESOLVED})


def delay(kind: DelayKind, zone: str | None, **changes: Any) -> Delay:
    """A delay that was declared an hour ago."""
    late = DateRange(earliest=date(2026, 11, 26), latest=date(2026, 11, 30), zone=zone)
    data = Delay(
        delay_id="dly_sample",
        kind=kind,
        declared_at=NOW - timedelta(hours=1),
        promised=date(2026, 11, 23) if kind is DelayKind.PROMISE_MISSED else date(2026, 11, 25),
        expected=None if kind in NO_DAY else late,
        deadline=date(2026, 11, 26) if kind is DelayKind.PICKUP_EXPIRING else None,
        fault=DELAY_FAULT[kind],
        policy_version="sample-1",
    )
    return data.model_copy(update=changes)


def updated(kind: DelayKind, zone: str | None, days: tuple[int, int] = (-3, -1), **changes: Any) -> Delay:
    """The same, told anew; the range that was told before is ``days`` from today."""
    first, last = (NOW.date() + timedelta(distance) for distance in days)
    before = DateRange(earliest=first, latest=last, zone=zone)
    return delay(kind, zone, revision=1, updated_at=NOW, before=None if kind in NO_DAY else before, **changes)


def delayed(of: Order, kind: DelayKind, reason: Reason | None = None, **changes: Any) -> Shipment:
    """A parcel with a delay declared an hour ago."""
    zone_name = of.destination.zone
    late = delay(kind, zone_name)
    if kind is DelayKind.CUSTOMS_HOLD:
        reason = Reason.CUSTOMS
    trouble = reason and kind not in _BY_REASON
    milestone = Milestone.EXCEPTION if trouble else _MILESTONES.get(kind, Milestone.IN_TRANSIT)
    if kind is DelayKind.RETURN_STALLED:
        changes = {"return_id": "rma_sample", **changes}
    promised = DateRange(earliest=date(2026, 11, 23), latest=date(2026, 11, 23), zone=zone_name)
    update = {"delay": late, "expected": late.expected, "promise": promised}
    return shipment(of, milestone, reason).model_copy(update={**update, **changes})


def case(of: Order, kind: DelayKind, options: tuple[Remedy, ...], default: Remedy, **changes: Any) -> Case:
    """What a shopper is asked about a delay: until Friday evening."""
    data = Case(
        brand=of.brand,
        case_id="cse_sample",
        delay_id="dly_sample",
        kind=kind,
        audience=Audience.SHOPPER,
        order_id=of.order_id,
        options=options,
        default=default,
        opened_at=NOW,
        deadline=NOW + timedelta(days=3, hours=9),
    )
    return data.model_copy(update=changes)


def returned(of: Order, state: ReturnState, rule: str = "in_window", by: str = "policy", **changes: Any) -> Return:
    """A return of the order's first line."""
    outcome = Outcome.REFUSE if state is ReturnState.REFUSED else Outcome.APPROVE
    decision = Decision(outcome=outcome, rule=rule, policy_version="sample-1", decided_at=NOW, decided_by=by)
    price = of.lines[0].unit_price
    amount = price if price.currency == "USD" else price - Money(amount=490, currency=price.currency)
    data = Return(
        brand=of.brand,
        return_id="rma_sample",
        order_id=of.order_id,
        shopper_id=of.shopper_id,
        state=state,
        lines=(ReturnLine(line_id="1", quantity=1, reason="too small"),),
        requested_at=NOW - timedelta(days=1),
        decisions=(decision,),
        refund_amount=amount,
        label=Label(carrier="ups", tracking_number="1Z999AA19087654321", shipment_id="shp_back", reference="lbl_1"),
    )
    if state is ReturnState.REFUNDED:
        changes.setdefault("refund", Refund(key="rma_sample", amount=amount, requested_at=NOW, executed_at=NOW))
    return data.model_copy(update=changes)


def emails(brand: BrandConfig) -> Iterator[Sample]:
    """Every moment in every variant, with all that can be known and with as little as can be known."""
    full, someone, nobody = order(brand), shopper(brand), shopper(brand, "")
    bare = order(brand, promise=None, first_promise=None, number="", destination=Destination())
    for name, of, who in (("", full, someone), ("-bare", bare, nobody)):
        less = {"expected": None, "zone": None, "promise": None} if name else {}
        yield Sample(f"order_confirmed{name}", Moment.ORDER_CONFIRMED, of, who)
        for milestone, moment in (
            (Milestone.ACCEPTED, Moment.SHIPPED),
            (Milestone.OUT_FOR_DELIVERY, Moment.OUT_FOR_DELIVERY),
            (Milestone.DELIVERED, Moment.DELIVERED),
            (Milestone.DELIVERY_ATTEMPTED, Moment.DELIVERY_ATTEMPTED),
            (Milestone.AVAILABLE_FOR_PICKUP, Moment.AVAILABLE_FOR_PICKUP),
            (Milestone.EXCEPTION, Moment.EXCEPTION),
            (Milestone.DAMAGED, Moment.EXCEPTION),
        ):
            parcel = shipment(of, milestone, **less)
            yield Sample(f"{milestone.value}{name}", moment, of, who, parcel, parcels=2 if name else 1)
        ready = shipment(of, Milestone.DELIVERED, **less)
        collected = {**ready.reached, Milestone.AVAILABLE_FOR_PICKUP: NOW - timedelta(hours=9)}
        collected.pop(Milestone.OUT_FOR_DELIVERY)
        yield Sample(f"collected{name}", Moment.DELIVERED, of, who, ready.model_copy(update={"reached": collected}))
        for reason in Reason:
            for milestone, moment in (
                (Milestone.EXCEPTION, Moment.EXCEPTION),
                (Milestone.DELIVERY_ATTEMPTED, Moment.DELIVERY_ATTEMPTED),
            ):
                parcel = shipment(of, milestone, reason, **less)
                yield Sample(f"{milestone.value}-{reason.value}{name}", moment, of, who, parcel)
            late = delayed(of, DelayKind.PROMISE_MISSED, reason, **less)
            yield Sample(f"delay-promise_missed-{reason.value}{name}", Moment.DELAY_DECLARED, of, who, late)
        yield from _delays(name, of, who, less)
        yield from _questions(name, of, who, less)
        window = DeliveryEstimate.model_validate({"from": NOW + timedelta(hours=2), "to": NOW + timedelta(hours=5)})
        van = shipment(of, Milestone.OUT_FOR_DELIVERY, estimate=window, **less)
        yield Sample(f"out_for_delivery-window{name}", Moment.OUT_FOR_DELIVERY, of, who, van)
        yesterday = van.model_copy(update={"milestone_at": NOW - timedelta(days=1)})
        yield Sample(f"out_for_delivery-yesterday{name}", Moment.OUT_FOR_DELIVERY, of, who, yesterday)
        yield from _returns(name, of, who)


def _delays(name: str, of: Order, who: Shopper, less: dict[str, Any]) -> Iterator[Sample]:
    """Every kind of delay: declared, told anew (later, earlier, as a graver one), and over."""
    zone = of.destination.zone
    for kind in DelayKind:
        parcel = delayed(of, kind, **less)
        back = None
        if kind is DelayKind.RETURN_STALLED:
            back = returned(of, ReturnState.IN_TRANSIT if name else ReturnState.REFUNDED)
        known = {"expected": None} if name else {}
        late, later = delay(kind, zone, **known), updated(kind, zone, **known)
        if kind is DelayKind.NOT_DISPATCHED:
            day = None if name else date(2026, 11, 23)
            for moment, found in ((Moment.DELAY_DECLARED, late), (Moment.DELAY_UPDATED, later)):
                waiting = of.model_copy(update={"delay": found, "ship_by": day})
                yield Sample(f"{moment.value}-{kind.value}-order{name}", moment, waiting, who)
        sooner = updated(kind, zone, (4, 9), **known)
        mended = late.model_copy(update={"recovered_at": NOW})
        over = {"delay": mended, "expected": None if name else of.promise, "return_id": parcel.return_id}
        for label, moment, changed in (
            ("delay", Moment.DELAY_DECLARED, parcel.model_copy(update={"delay": late})),
            ("updated", Moment.DELAY_UPDATED, parcel.model_copy(update={"delay": later})),
            ("updated-earlier", Moment.DELAY_UPDATED, parcel.model_copy(update={"delay": sooner})),
            ("recovered", Moment.DELAY_RECOVERED, shipment(of, Milestone.IN_TRANSIT, **{**less, **over})),
        ):
            yield Sample(f"{label}-{kind.value}{name}", moment, of, who, changed, back)
    for reason in Reason:
        for kind in (DelayKind.ATTEMPT_FAILED, DelayKind.EXCEPTION_UNRESOLVED):
            late = delayed(of, kind, reason, **less)
            yield Sample(f"delay-{kind.value}-{reason.value}{name}", Moment.DELAY_DECLARED, of, who, late)


def _questions(name: str, of: Order, who: Shopper, less: dict[str, Any]) -> Iterator[Sample]:
    """What shoppers are asked, and what is done for them."""
    for kind in DelayKind:
        late = None if kind is DelayKind.NOT_DISPATCHED else delayed(of, kind, **less)
        asked = case(of, kind, *DELAY_CHOICES.get(kind, DELAY_CHOICES[DelayKind.STALLED]))
        waiting = of.model_copy(update={"delay": delay(kind, of.destination.zone)}) if late is None else of
        yield Sample(f"question-{kind.value}{name}", Moment.DELAY_QUESTION, waiting, who, late, case=asked)
        yield Sample(f"resent-{kind.value}{name}", Moment.RESENT, waiting, who, late)
    credit = RemedyRecord(key="rmd_sample", remedy=Remedy.CREDIT, intended_at=NOW)
    if not name:
        credit = credit.model_copy(update={"amount": Money(amount=1_000, currency=of.currency)})
    sorry = delay(DelayKind.PROMISE_MISSED, of.destination.zone, remedies=(credit,))
    parcel = delayed(of, DelayKind.PROMISE_MISSED, **{**less, "delay": sorry})
    yield Sample(f"credit{name}", Moment.APOLOGY_CREDIT, of, who, parcel)
    stuck = of.model_copy(update={"delay": delay(DelayKind.NOT_DISPATCHED, of.destination.zone)})
    for label, facts in OPTION_NOTICES.items():
        default = Remedy.KEEP_WAITING if label in ("within-30-days", "continuing") else Remedy.CANCEL
        options = (Remedy.KEEP_WAITING, Remedy.CANCEL)
        notice = case(of, DelayKind.NOT_DISPATCHED, options, default, facts={} if name else facts)
        yield Sample(f"option-{label}{name}", Moment.DELAY_OPTION, stuck, who, case=notice)


def _returns(name: str, of: Order, who: Shopper) -> Iterator[Sample]:
    less: dict[str, Any] = {"label": None, "refund_amount": None, "decisions": ()} if name else {}
    approved = returned(of, ReturnState.APPROVED, **less)
    yield Sample(f"return_approved{name}", Moment.RETURN_APPROVED, of, who, ret=approved)
    yield Sample(f"return_refused{name}", Moment.RETURN_REFUSED, of, who, ret=returned(of, ReturnState.REFUSED, **less))
    for rule in sorted(REFUSALS):
        refused = returned(of, ReturnState.REFUSED, rule)
        yield Sample(f"return_refused-{rule}{name}", Moment.RETURN_REFUSED, of, who, ret=refused)
    by_person = returned(of, ReturnState.REFUSED, "review", by="ops@brand.example")
    yield Sample(f"return_refused-review{name}", Moment.RETURN_REFUSED, of, who, ret=by_person)
    yield Sample(f"refunded{name}", Moment.REFUNDED, of, who, ret=returned(of, ReturnState.REFUNDED))
    store = of.model_copy(update={"refunds": {"1": Money(amount=4900, currency=of.currency)}})
    yield Sample(f"refunded-store{name}", Moment.REFUNDED, store, who)


@dataclass(frozen=True)
class Page:
    """One situation of the tracking page."""

    name: str
    order: Order
    shipments: list[tuple[Shipment, list[StoredEvent]]]
    returns: tuple[Return, ...] = ()


def pages(brand: BrandConfig) -> Iterator[Page]:
    """The tracking page of every milestone, and of what is more than one parcel can say."""
    of, bare = order(brand), order(brand, promise=None, destination=Destination())
    yield Page("no-parcel", of, [])
    yield Page("no-parcel-bare", bare, [])
    yield Page("cancelled-order", order(brand, cancelled_at=NOW - timedelta(days=1)), [])
    for milestone in Milestone:
        yield Page(milestone.value, of, [(shipment(of, milestone), events(of, milestone))])
        parcel = shipment(bare, milestone, expected=None, zone=None)
        yield Page(f"{milestone.value}-bare", bare, [(parcel, events(bare, milestone))])
    for reason in Reason:
        for milestone in (Milestone.EXCEPTION, Milestone.DELIVERY_ATTEMPTED, Milestone.DELAYED):
            parcel = shipment(of, milestone, reason)
            yield Page(f"{milestone.value}-{reason.value}", of, [(parcel, events(of, milestone, reason))])
    for kind in DelayKind:
        yield Page(f"late-{kind.value}", of, [(delayed(of, kind), events(of, Milestone.ACCEPTED))])
        yield Page(f"late-{kind.value}-bare", of, [(delayed(of, kind, expected=None), [])])
    past = DateRange(earliest=date(2026, 11, 20), latest=date(2026, 11, 23))
    parcel = shipment(of, Milestone.IN_TRANSIT, expected=past)
    yield Page("overdue", of, [(parcel, events(of, Milestone.IN_TRANSIT))])
    several = [
        (shipment(of, Milestone.DELIVERED, shipment_id="shp_1"), events(of, Milestone.DELIVERED)),
        (delayed(of, DelayKind.STALLED), events(of, Milestone.ACCEPTED)),
        (shipment(of, Milestone.OUT_FOR_DELIVERY), events(of, Milestone.OUT_FOR_DELIVERY)),
    ]
    yield Page("several", of, several)
    yield from _split(of)
    van = shipment(of, Milestone.OUT_FOR_DELIVERY)
    for name, signal, minutes in (
        ("driver-assigned", Signal.DRIVER_ASSIGNED, None),
        ("driver-nearby", Signal.DRIVER_NEARBY, None),
        ("driver-10-minutes", Signal.DRIVER_NEARBY, 10),
        ("driver-1-minute", Signal.DRIVER_NEARBY, 1),
    ):
        near = van.model_copy(update={"signals": {signal: Heard(at=NOW - timedelta(minutes=2), minutes=minutes)}})
        yield Page(name, of, [(near, events(of, Milestone.OUT_FOR_DELIVERY))])
    for state in ReturnState:
        request = returned(of, state)
        done = shipment(of, Milestone.DELIVERED)
        yield Page(f"return-{state.value}", of, [(done, events(of, Milestone.DELIVERED))], (request,))


def _split(of: Order) -> Iterator[Page]:
    """Orders whose parcels say what they hold: one that comes in parts, one spread over two parcels."""

    def packed(*lines: tuple[str, int], parcels: int = 1) -> dict[str, Packing]:
        held = tuple(ParcelLine(line_id=line_id, quantity=quantity) for line_id, quantity in lines)
        return {f"f{lines}": Packing(lines=held, parcels=parcels, as_of=NOW)}

    def parcel(name: str, milestone: Milestone, held: dict[str, Packing]) -> tuple[Shipment, list[StoredEvent]]:
        return shipment(of, milestone, shipment_id=f"shp_{name}", packed=held), events(of, milestone)

    first, rest = of.lines[0], of.lines[-1]
    some = parcel("1", Milestone.IN_TRANSIT, packed((first.line_id, 1)))
    other = parcel("2", Milestone.DELIVERED, packed((rest.line_id, 1)))
    yield Page("split", of, [some, other])
    yield Page("split-one-parcel", of, [some])
    all_lines = tuple((line.line_id, line.quantity) for line in of.lines)
    both = packed(*all_lines, parcels=2)
    yield Page("split-together", of, [parcel(name, Milestone.IN_TRANSIT, both) for name in ("1", "2")])
