"""Every situation that words exist for. Used by the build's checks, the preview and tests."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from delay_samples import answers as answers
from delay_samples import case as case
from delay_samples import delayed, delays, late_pages, questions
from made_up import BLOCKS as BLOCKS
from made_up import GOODS as GOODS
from made_up import LINKS as LINKS
from made_up import NOW, Page, Sample, events, order, returned, shipment, shopper
from moment_samples import moments

from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import DateRange
from porchlight.domain.delays import DelayKind
from porchlight.domain.events import DeliveryEstimate
from porchlight.domain.handed_over import LeftAt
from porchlight.domain.milestones import Milestone, Reason, Signal
from porchlight.domain.moments import Moment
from porchlight.domain.money import Money
from porchlight.domain.orders import Destination, Order, Shopper
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.domain.policies import REFUSALS
from porchlight.domain.returns import ReturnState
from porchlight.domain.shipments import Shipment, StoredEvent
from porchlight.domain.signals import Heard

PROMISE = {
    "expected": "on Thursday, or Friday at the latest",
    "expected_bare": "Thursday, or Friday at the latest",
    "expected_date": "Thursday 26 or Friday 27 November",
    "order_time": "2:00 pm",
    "order_day": "today",
    "order_on": "today",
    "order_by": "today",
    "order_is_today": True,
    "order_zone": "",
}
"""Facts of a promise on a product page."""
NO_ORDER = dict.fromkeys(("order_time", "order_day", "order_on", "order_by", "order_zone"), "") | {
    "order_is_today": False
}
"""Where the shop says itself when it ships."""


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
        for where in LeftAt:
            left = shipment(of, Milestone.DELIVERED, left_at=where)
            yield Sample(f"delivered-{where.value}{name}", Moment.DELIVERED, of, who, left)
        for reason in Reason:
            for milestone, moment in (
                (Milestone.EXCEPTION, Moment.EXCEPTION),
                (Milestone.DELIVERY_ATTEMPTED, Moment.DELIVERY_ATTEMPTED),
            ):
                parcel = shipment(of, milestone, reason, **less)
                yield Sample(f"{milestone.value}-{reason.value}{name}", moment, of, who, parcel)
            late = delayed(of, DelayKind.PROMISE_MISSED, reason, **less)
            yield Sample(f"delay-promise_missed-{reason.value}{name}", Moment.DELAY_DECLARED, of, who, late)
        yield from delays(name, of, who, less)
        yield from questions(name, of, who, less)
        window = DeliveryEstimate.model_validate({"from": NOW + timedelta(hours=2), "to": NOW + timedelta(hours=5)})
        van = shipment(of, Milestone.OUT_FOR_DELIVERY, estimate=window, **less)
        yield Sample(f"out_for_delivery-window{name}", Moment.OUT_FOR_DELIVERY, of, who, van)
        yesterday = van.model_copy(update={"milestone_at": NOW - timedelta(days=1)})
        yield Sample(f"out_for_delivery-yesterday{name}", Moment.OUT_FOR_DELIVERY, of, who, yesterday)
        yield from _returns(name, of, who)
        yield from moments(name, of, who, less)


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
    yield from late_pages(of)
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
