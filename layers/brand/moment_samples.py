"""Made-up moments apart from milestones and delays: stages, other days, returns on their way, check-ins, offers."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from made_up import NOW, Sample, returned, shipment

from porchlight.domain.channels import Purpose
from porchlight.domain.dates import DateRange
from porchlight.domain.day_changes import DaysTold
from porchlight.domain.journey import Arrival
from porchlight.domain.milestones import Milestone, Signal
from porchlight.domain.moments import Moment
from porchlight.domain.money import Money
from porchlight.domain.orders import Order, Shopper
from porchlight.domain.returns import ReturnState
from porchlight.domain.signals import Heard
from porchlight.domain.stages import Stage, StageName

_CHECK_INS = {
    Moment.WELCOME: Purpose.CHECK_IN,
    Moment.SATISFACTION: Purpose.CHECK_IN,
    Moment.REVIEW_REQUEST: Purpose.MARKETING,
    Moment.REPLENISHMENT: Purpose.MARKETING,
    Moment.RELATED_OFFER: Purpose.MARKETING,
}
_BLOCKS = {Moment.SATISFACTION: ("rating",), Moment.RELATED_OFFER: ("related", "offer", "referral")}
_RETURNS = {
    Moment.RETURN_REQUESTED: ReturnState.IN_REVIEW,
    Moment.RETURN_LABEL: ReturnState.APPROVED,
    Moment.RETURN_REMINDER: ReturnState.APPROVED,
    Moment.RETURN_SCANNED: ReturnState.IN_TRANSIT,
    Moment.WITHDRAWAL_RECEIVED: ReturnState.REQUESTED,
    Moment.RETURN_RECEIVED: ReturnState.REFUNDED,
    Moment.RETURN_INSPECTED: ReturnState.IN_TRANSIT,
    Moment.RETURN_EXCHANGED: ReturnState.EXCHANGED,
    Moment.RETURN_CANCELLED: ReturnState.CANCELLED,
    Moment.CREDIT_ISSUED: ReturnState.CREDITED,
}


def moments(name: str, of: Order, who: Shopper, less: dict[str, Any]) -> Iterator[Sample]:
    """Every one of them. ``name``: the end of the samples' names; ``less``: what is not known of parcels."""
    yield from _order(name, of, who)
    yield from _parcel(name, of, who, less)
    for moment, state in _RETURNS.items():
        unknown: dict[str, Any] = {"label": None, "refund_amount": None, "decisions": ()} if name else {}
        yield Sample(f"{moment.value}{name}", moment, of, who, ret=returned(of, state, **unknown))
    ended = shipment(of, Milestone.DELIVERED, **less)
    for moment, purpose in _CHECK_INS.items():
        ends = NOW + timedelta(hours=48) if moment is Moment.RELATED_OFFER and not name else None
        shown = () if name else _BLOCKS.get(moment, ())
        yield Sample(*(f"{moment.value}{name}", moment, of, who, ended), purpose=purpose, offer_ends=ends, blocks=shown)
    news = (
        Sample("out", Moment.OUT_FOR_DELIVERY, of, who, shipment(of, Milestone.OUT_FOR_DELIVERY, **less)),
        Sample("confirmed", Moment.ORDER_CONFIRMED, of, who),
    )
    yield Sample(f"digest{name}", Moment.DIGEST, of, who, items=news)


def _order(name: str, of: Order, who: Shopper) -> Iterator[Sample]:
    made = Stage(stage=StageName.IN_PRODUCTION, at=NOW, until=None if name else NOW + timedelta(days=9))
    come = NOW + timedelta(days=6, hours=2)
    coming = Stage(stage=StageName.INSTALLATION, at=come, until=None if name else come + timedelta(hours=3))
    staged = of.model_copy(update={"stages": () if name else (made, coming)})
    yield Sample(f"in_production{name}", Moment.IN_PRODUCTION, staged, who)
    yield Sample(f"installation_due{name}", Moment.INSTALLATION_DUE, staged, who)
    if not name:
        bare = of.model_copy(update={"stages": (coming.model_copy(update={"until": None}),)})
        yield Sample("installation_due-day", Moment.INSTALLATION_DUE, bare, who)
    yield Sample(f"split_shipment{name}", Moment.SPLIT_SHIPMENT, of, who, parcels=0 if name else 3)
    ended = of.model_copy(update={"cancelled_at": NOW})
    yield Sample(f"order_cancelled{name}", Moment.ORDER_CANCELLED, ended, who)
    paid = of.model_copy(update={"refunds": {} if name else {"7": Money(amount=1_400, currency=of.currency)}})
    yield Sample(f"refund_issued{name}", Moment.REFUND_ISSUED, paid, who, subject_id="7")


def _parcel(name: str, of: Order, who: Shopper, less: dict[str, Any]) -> Iterator[Sample]:
    for customs in (False, True):
        here = shipment(of, Milestone.IN_TRANSIT, arrival=Arrival(at=NOW, customs=customs), **less)
        yield Sample(f"abroad{'-customs' if customs else ''}{name}", Moment.ABROAD, of, who, here)
    zone = of.destination.zone
    for label, first, last in (("later", date(2026, 11, 24), date(2026, 11, 25)), ("earlier", NOW.date(), None)):
        before = DateRange(earliest=first, latest=last or date(2026, 12, 1), zone=zone)
        told = DaysTold(days=of.promise or before, at=NOW, before=before, revision=1)
        moving = shipment(of, Milestone.IN_TRANSIT, told=told, **less)
        yield Sample(f"day_changed-{label}{name}", Moment.DAY_CHANGED, of, who, moving)
    for label, minutes in (("", None), ("-1-minute", 1), ("-12-minutes", 12)):
        near = {Signal.DRIVER_NEARBY: Heard(at=NOW - timedelta(minutes=2), minutes=minutes)}
        van = shipment(of, Milestone.OUT_FOR_DELIVERY, signals=near, **less)
        yield Sample(f"driver_near{label}{name}", Moment.DRIVER_NEAR, of, who, van)
    waiting = shipment(of, Milestone.AVAILABLE_FOR_PICKUP, **less)
    yield Sample(f"pickup_reminder{name}", Moment.PICKUP_REMINDER, of, who, waiting)
    for milestone, moment in (
        (Milestone.ACCEPTED, Moment.SHIPPED),
        (Milestone.OUT_FOR_DELIVERY, Moment.OUT_FOR_DELIVERY),
        (Milestone.DELIVERED, Moment.DELIVERED),
    ):
        several = shipment(of, milestone, **less)
        yield Sample(f"{moment.value}-gathered{name}", moment, of, who, several, parcels=3, count=3)
