"""What happened, for everybody else: domain events, derived from how a record changed. Names are the bus's detail
types.

Every detail names ids only (no personal data) and carries ``id`` (stable over repeats), ``brand``, ``occurred_at``
(when it happened out there) and ``recorded_at`` (when it reached us).
"""

from collections.abc import Callable
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.dates import DateRange
from porchlight.domain.delays import Delay, DelayKind, Suspected
from porchlight.domain.ids import stable_id
from porchlight.domain.messages import MILESTONE_MOMENT
from porchlight.domain.milestones import Milestone, Party, Signal
from porchlight.domain.moments import Moment
from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.remedies import OURS, Remedy, echo_of
from porchlight.domain.rma.names import Resolution
from porchlight.domain.shipments import Shipment
from porchlight.domain.signals import FRESH
from porchlight.domain.stages import StageName

PARCEL_EVENT: dict[Moment, str] = {
    Moment.SHIPPED: "ShipmentShipped",
    Moment.OUT_FOR_DELIVERY: "ShipmentOutForDelivery",
    Moment.DELIVERED: "ShipmentDelivered",
    Moment.DELIVERY_ATTEMPTED: "DeliveryAttempted",
    Moment.AVAILABLE_FOR_PICKUP: "ShipmentAvailableForPickup",
    Moment.EXCEPTION: "ShipmentException",
}
STAGE_EVENT: dict[StageName, tuple[str, Moment]] = {
    StageName.IN_PRODUCTION: ("OrderInProduction", Moment.IN_PRODUCTION),
    StageName.INSTALLATION: ("InstallationDue", Moment.INSTALLATION_DUE),
}

_TOLD_AS_SHIPPED = frozenset({DelayKind.NOT_DISPATCHED, DelayKind.LABEL_NEVER_SCANNED})
"""What mends these is that the parcel is with the carrier, which is told as that."""


class DomainEvent(BaseModel):
    """One entry on the bus. ``moment`` is set where the shopper may be told; ``waiting`` names a workflow that wants
    the news.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    type: str
    brand: str
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
    order_id: str | None = None
    shipment_id: str | None = None
    return_id: str | None = None
    subject_id: str
    kind: DelayKind | None = None
    """Of a delay, or of what is asked or done about one."""
    fault: Party | None = None
    """Whose fault a delay is."""
    expected: DateRange | None = None
    """The range that is honest now, for delays."""
    stage: str | None = None
    """Of a question about a return: ``request``, ``goods`` or ``money``."""
    why: str | None = None
    """The code of a question, a refusal or a failure."""
    resolution: Resolution | None = None
    amount: Money | None = None
    facility: str | None = None
    """Where goods of a return are expected."""
    lines: dict[str, int] | None = None
    """How many of which lines are expected, by ``{order}/{line}``."""
    moment: Moment | None = None
    waiting: bool = False


def order_changes(old: Order | None, new: Order) -> list[DomainEvent]:
    """OrderConfirmed when an order appears; OrderCancelled when it ends; its stages, refunds and parts; its own delay,
    where it was not dispatched, and the news that the delay's workflow waits for.
    """

    def event(name: str, moment: Moment | None, subject: str = new.order_id, key: str = "") -> DomainEvent:
        return DomainEvent(
            id=stable_id("chg", new.order_id, name, *([key] if key else [])),
            type=name,
            brand=new.brand,
            occurred_at=new.source_updated_at,
            recorded_at=new.updated_at,
            order_id=new.order_id,
            subject_id=subject,
            moment=moment,
        )

    found = []
    if old is None:
        found.append(_untold(event("OrderConfirmed", Moment.ORDER_CONFIRMED), new.backfilled))
    if new.cancelled_at and not (old and old.cancelled_at):
        ours = new.delay is not None and _ended_by(new.delay, Remedy.CANCEL)  # told with its refund
        found.append(_untold(event("OrderCancelled", Moment.ORDER_CANCELLED), new.backfilled or ours))
    found += _order_news(old, new, event)
    before = (old.suspected, old.delay) if old else (None, None)
    found += _delay_changes(*before, new.suspected, new.delay, event)
    if old and _is_open(old.delay) and (not _is_open(new.delay) or old.ship_days != new.ship_days):
        news = event("OrderNews", None, new.order_id, str(new.version))
        found.append(news.model_copy(update={"waiting": True}))
    return found


def _order_news(
    old: Order | None, new: Order, event: Callable[[str, Moment | None, str, str], DomainEvent]
) -> list[DomainEvent]:
    """Stages that were said, refunds of the shop's own, and that it comes in more than one parcel."""
    found, imported = [], old is None and new.backfilled
    for stage in new.stages:
        known = {one.subject(new.order_id) for one in old.stages} if old else set()
        if (subject := stage.subject(new.order_id)) not in known:
            name, moment = STAGE_EVENT[stage.stage]
            found.append(_untold(event(name, moment, subject, subject), imported))
    for refund in new.refunds.keys() - (old.refunds.keys() if old else set()):
        if not refund.startswith(OURS) and not any(echo_of(one) == refund for one in new.refunds if one != refund):
            found.append(_untold(event("OrderRefunded", Moment.REFUND_ISSUED, refund, refund), imported))
    if new.split and not (old and old.split):
        found.append(_untold(event("OrderSplit", Moment.SPLIT_SHIPMENT, new.order_id, ""), new.backfilled))
    return sorted(found, key=lambda one: (one.type, one.subject_id))


def shipment_changes(old: Shipment | None, new: Shipment) -> list[DomainEvent]:
    """Milestones reached, delays declared and mended. A parcel whose order becomes known later tells its milestone
    then.
    """

    replayed = new.replays > (old.replays if old else 0)

    def event(name: str, moment: Moment | None, subject: str, key: str, *, waiting: bool = False) -> DomainEvent:
        return DomainEvent(
            id=stable_id("chg", new.shipment_id, name, key),
            type=name,
            brand=new.brand,
            occurred_at=new.last_event_at or new.created_at,
            recorded_at=new.updated_at,
            order_id=new.order_id,
            shipment_id=new.shipment_id,
            return_id=new.return_id,
            subject_id=subject,
            moment=None if replayed else moment,  # what was read anew is not news: nobody is told again
            waiting=waiting,
        )

    found = []
    progressed = old is None or MILESTONE_MOMENT.get(old.milestone) is not MILESTONE_MOMENT.get(new.milestone)
    linked = new.shopper_id is not None and (old is None or old.shopper_id is None)
    moment = MILESTONE_MOMENT.get(new.milestone)
    at = new.milestone_at.isoformat() if new.milestone_at else ""
    if moment and (progressed or linked):
        before_us = new.backfilled and new.milestone_at is not None and new.milestone_at < new.created_at
        told = None if new.is_return or before_us else moment
        found.append(event(PARCEL_EVENT[moment], told, new.shipment_id, f"{at}{new.shopper_id}"))
    found += _on_the_way(old, new, event) + _signals(old, new, event)
    before = old.delay if old else None
    found += _delay_changes(old.suspected if old else None, before, new.suspected, new.delay, event)
    news = old is not None and new.event_count > old.event_count
    first_scan = new.is_return and new.event_count > 0 and (old is None or old.event_count == 0)
    # The same write that brings the news may close the delay: its workflow waits all the same.
    open_delay = _is_open(before) or _is_open(new.delay)
    if first_scan or (news and (open_delay or new.is_return)):
        found.append(event("ShipmentNews", None, new.shipment_id, str(new.event_count), waiting=True))
    elif new.order_cancelled and _is_open(before) and not _is_open(new.delay):
        found.append(event("ShipmentNews", None, new.shipment_id, f"{new.event_count}#cancelled", waiting=True))
    return found


def _on_the_way(
    old: Shipment | None, new: Shipment, event: Callable[[str, Moment | None, str, str], DomainEvent]
) -> list[DomainEvent]:
    """It reached the country that it goes to; the shopper is to be told another day; what was sent back has arrived."""
    found = []
    if new.is_return and Milestone.DELIVERED in new.reached and not (old and Milestone.DELIVERED in old.reached):
        found.append(event("ReturnDelivered", Moment.RETURN_RECEIVED, new.return_id or "", ""))
    if new.arrival and not (old and old.arrival):
        before_us = new.backfilled and new.arrival.at < new.created_at
        arrived = event("ShipmentArrivedAbroad", Moment.ABROAD, new.shipment_id, "")
        arrived = arrived.model_copy(update={"occurred_at": new.arrival.at})
        found.append(_untold(arrived, before_us or new.milestone is not Milestone.IN_TRANSIT))
    days, known = new.told, old.told if old else None
    if days and days.before and days.revision > (known.revision if known else 0):
        subject = f"{new.shipment_id}#{days.revision}"
        changed = event("DeliveryDayChanged", Moment.DAY_CHANGED, subject, str(days.revision))
        noticed = {"expected": days.days, "occurred_at": days.at, "recorded_at": days.at}
        found.append(changed.model_copy(update=noticed))
    return found


def _signals(
    old: Shipment | None, new: Shipment, event: Callable[[str, Moment | None, str, str], DomainEvent]
) -> list[DomainEvent]:
    """What couriers of the same day say of their driver, every few minutes; the shopper is told once a day."""
    found = []
    for signal, heard in new.signals.items():
        known, key = old.signals.get(signal) if old else None, heard.at.isoformat()
        if known and known.at >= heard.at:
            continue
        if signal is Signal.DRIVER_NEARBY:
            said = event("DriverNearby", Moment.DRIVER_NEAR, f"{new.shipment_id}#{heard.at:%Y-%m-%d}", key)
            old_news = new.updated_at - heard.at > FRESH[signal] or new.milestone is Milestone.DELIVERED
            said = _untold(said, old_news or new.is_return)
        else:
            said = event("DriverAssigned", None, new.shipment_id, key)
        found.append(said.model_copy(update={"occurred_at": heard.at}))
    return found


def _delay_changes(
    noted: Suspected | None,
    before: Delay | None,
    suspected: Suspected | None,
    delay: Delay | None,
    blank: Callable[[str, Moment | None, str, str], DomainEvent],
) -> list[DomainEvent]:
    """What a delay went through: suspected → declared → updated → recovered | resolved.

    ``blank`` makes an event of the record: (name, moment, subject, key). What the shopper is told in other words has no
    moment: a first scan, and an order that has left.
    """
    found = []

    def event(name: str, moment: Moment | None, subject: str, key: str, of: Suspected | Delay, at: datetime) -> None:
        known: dict[str, object] = {"kind": of.kind, "occurred_at": at}
        known |= {"recorded_at": at} if isinstance(of, Suspected) else {"fault": of.fault, "expected": of.expected}
        found.append(blank(name, moment, subject, key).model_copy(update=known))

    if suspected and (noted is None or (noted.delay_id, noted.kind) != (suspected.delay_id, suspected.kind)):
        key = f"{suspected.delay_id}{suspected.kind.value}"
        event("DelaySuspected", None, suspected.delay_id, key, suspected, suspected.at)
    if delay is None:
        return found
    subject, same = delay.delay_id, before if before and before.delay_id == delay.delay_id else None
    if same is None:
        event("DeliveryDelayed", Moment.DELAY_DECLARED, subject, subject, delay, delay.declared_at)
    elif delay.revision > same.revision:
        revised, at = f"{subject}#{delay.revision}", delay.updated_at or delay.declared_at
        event("DeliveryDelayUpdated", Moment.DELAY_UPDATED, revised, revised, delay, at)
        found[-1] = found[-1].model_copy(update={"waiting": True})  # a graver kind has another playbook
    if delay.recovered_at and not (same and same.recovered_at):
        event("DeliveryRecovered", Moment.DELAY_RECOVERED, subject, subject, delay, delay.recovered_at)
        if delay.kind in _TOLD_AS_SHIPPED:
            found[-1] = found[-1].model_copy(update={"moment": None})
    if delay.resolved_at and not (same and same.resolved_at):
        if delay.false_alarm:
            event("DelayFalseAlarm", None, subject, subject, delay, delay.resolved_at)
        else:
            event("DeliveryDelayResolved", None, subject, subject, delay, delay.resolved_at)
    return found


def _untold(event: DomainEvent, when: bool) -> DomainEvent:
    """Without its moment, where nobody is to be told."""
    return event.model_copy(update={"moment": None}) if when else event


def _ended_by(delay: Delay, remedy: Remedy) -> bool:
    """True where the remedy was carried out in place of waiting, or is about to be."""
    record = delay.remedied or delay.committed
    return delay.chosen is remedy or (record is not None and record.remedy is remedy)


def _is_open(delay: Delay | None) -> bool:
    return delay is not None and delay.recovered_at is None and delay.resolved_at is None
