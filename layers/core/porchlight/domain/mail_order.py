"""The FTC's Mail, Internet, or Telephone Order Merchandise Rule, 16 CFR 435.2, as a clock.

Who cannot ship in time asks the buyer before that time is over: wait, or cancel with a prompt refund. What silence
means depends on the new date. docs/mail-order-rule.md has the rule's words beside what is done here. All days are
calendar days where the order is packed; weekends and holidays count as any other.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from porchlight.domain.brands import BrandConfig, DelayPolicy
from porchlight.domain.dates import add_working_days, end_of_day, zone
from porchlight.domain.delays import Agreed, Facts
from porchlight.domain.orders import Order
from porchlight.domain.remedies import Remedy

COUNTRY = "US"

RULE_DAYS = 30
"""Days to ship where no time was stated; days after the original time at which an order without consent ends; and how
much later a definite new date may be for silence to be a yes.
"""

REFUND_WORKING_DAYS = 7
"""A prompt refund is sent so soon after the right to it arose. Holidays are not taken off: earlier is never late."""

FIRST_NOTICE = time(20)
"""Of the last day: what left that day has left, and the notice is out before the day is over."""

RENEWED_NOTICE = time(9)
"""Of the last day agreed to: silence ends the order at midnight, so the shopper has the day to answer."""

REMINDED_DAYS = 30
"""Who agreed to wait without a date may cancel at any time, and is asked so often."""

LATE_TIME = timedelta(hours=24)
"""To answer a notice that goes out too late: the order counts as cancelled, unless the shopper still wants it."""


class Question(NamedTuple):
    """What the shopper is asked, until when, and what no answer means."""

    deadline: datetime
    default: Remedy
    revised: date | None
    """The definite new day of shipping; None where the shop names none."""
    renewed: bool
    facts: Facts
    options: tuple[Remedy, ...] = (Remedy.KEEP_WAITING, Remedy.CANCEL)


class Nothing(NamedTuple):
    """Nothing is to be asked before this instant."""

    until: datetime


def applies(order: Order, policy: DelayPolicy) -> bool:
    """True for orders to the United States, unless the brand says that the rule is none of its business."""
    return policy.mail_order_rule and order.destination.country == COUNTRY


def zone_of_origin(order: Order, brand: BrandConfig) -> str:
    """Where days of shipping are read: where it is packed, else the brand's zone, else UTC, whose day ends before that
    of any state.
    """
    origins = brand.dates.origins
    origin = origins.get(order.origin or "") or next(iter(origins.values()), None)
    names = (origin.zone if origin else None, brand.zone, order.destination.zone)
    return next((name for name in names if name and zone(name)), "UTC")


def original_day(order: Order, brand: BrandConfig) -> date:
    """The last day of the time that was stated when it was ordered; of 30 days where none was."""
    stated = order.ship_days[0].day if order.ship_days else order.ship_by
    if stated:
        return stated
    placed = order.placed_at.astimezone(zone(zone_of_origin(order, brand)) or UTC)
    return placed.date() + timedelta(days=RULE_DAYS)


def notice_due(order: Order, brand: BrandConfig, agreed: Agreed | None = None) -> datetime | None:
    """When the next notice goes out, if it has not shipped by then: as soon as the shop names a later day, and before
    the time to ship is over. None for who has agreed to wait without a date.
    """
    if agreed and agreed.until is None:
        return None
    last = agreed.until if agreed and agreed.until else original_day(order, brand)
    where = zone_of_origin(order, brand)
    latest = _at(last, RENEWED_NOTICE if agreed and not agreed.standing else FIRST_NOTICE, where)
    said = _said_later(order, last)
    return min(latest, said) if said else latest


def next_step(order: Order, brand: BrandConfig, agreed: Agreed | None, now: datetime) -> Question | Nothing:
    """What the rule asks for now, of an order that has not left."""
    where = zone_of_origin(order, brand)
    due = notice_due(order, brand, agreed)
    if due is None:
        return _continuing(order, brand, now)
    if now < due:
        return Nothing(due)
    original = original_day(order, brand)
    last = agreed.until if agreed and agreed.until else original
    revised = definite(order, brand, last, now)
    thirty = original + timedelta(days=RULE_DAYS)
    noticed = agreed is not None and agreed.standing
    renewed, over = agreed is not None and not noticed, end_of_day(last, where)
    late = now >= over and not noticed
    if renewed or late:
        default, ends = Remedy.CANCEL, over
    elif revised and revised <= thirty:
        # A renewed notice takes over on the last day, before silence would have become a yes to nothing.
        default, ends = Remedy.KEEP_WAITING, _at(revised, RENEWED_NOTICE, where)
    else:
        default, ends = Remedy.CANCEL, end_of_day(thirty, where)
    facts: Facts = {
        "rule": "16 CFR 435.2",
        "original_day": original.isoformat(),
        "ship_by": last.isoformat(),
        "revised_ship_by": revised.isoformat() if revised else None,
        "rule_deadline": ends.isoformat(),
        "renewed": renewed,
        "notice_late": late,
        "reason": order.ship_note,
    }
    return Question(now + LATE_TIME if late else ends, default, revised, renewed, facts)


def definite(order: Order, brand: BrandConfig, last: date, now: datetime) -> date | None:
    """The new day that the shop names, if it is later than the one that cannot be kept and leaves time for a renewed
    notice; else nothing definite can be said.
    """
    day = order.ship_by
    if day is None or day <= last or _at(day, RENEWED_NOTICE, zone_of_origin(order, brand)) <= now:
        return None
    return day


def overtaken(asked: Facts, order: Order, brand: BrandConfig, now: datetime) -> bool:
    """True where the shop has named a later day since the question with these facts was put, or one where it had none,
    and the answer is not due yet. An earlier day asks for no more than was agreed to.
    """
    last, ends = _day(asked, "ship_by"), asked.get("rule_deadline")
    if last is None or not isinstance(ends, str) or now >= datetime.fromisoformat(ends):
        return False  # who agreed to wait without a date was asked without one
    named, told = definite(order, brand, last, now), _day(asked, "revised_ship_by")
    return named is not None and (told is None or named > told)


def agreed_to(asked: Facts, *, expressly: bool, now: datetime) -> Agreed:
    """What ``keep_waiting`` as the answer to the question with these facts agrees to."""
    return Agreed(until=_day(asked, "revised_ship_by"), expressly=expressly, at=now)


def left_unanswered(asked: Facts, default: Remedy, agreed: Agreed | None, now: datetime) -> Agreed | None:
    """What the shopper has agreed to where a question is overtaken by another: silence has meant a yes to the day that
    was named, or nothing. A notice that was in time stays one: what follows is not late.
    """
    if default is Remedy.KEEP_WAITING:
        return agreed_to(asked, expressly=False, now=now)
    if agreed is None and not asked.get("notice_late"):
        return Agreed(until=_day(asked, "original_day"), expressly=False, at=now, standing=True)
    return agreed


def refund_by(order: Order, brand: BrandConfig, asked: Facts, cancelled_at: datetime) -> date:
    """The last day for the refund of a cancelled order: seven working days after the right to it arose, which is not
    later than the rule's own deadline.
    """
    where = zone(zone_of_origin(order, brand)) or UTC
    rule = asked.get("rule_deadline")
    vested = min(cancelled_at, datetime.fromisoformat(rule)) if isinstance(rule, str) else cancelled_at
    return add_working_days(vested.astimezone(where).date(), REFUND_WORKING_DAYS)


def _continuing(order: Order, brand: BrandConfig, now: datetime) -> Question:
    """Who agreed to wait without a date may cancel until it ships, and silence never cancels."""
    facts: Facts = {
        "rule": "16 CFR 435.2",
        "original_day": original_day(order, brand).isoformat(),
        "ship_by": None,
        "revised_ship_by": None,
        "renewed": True,
        "continuing": True,
    }
    return Question(now + timedelta(days=REMINDED_DAYS), Remedy.KEEP_WAITING, None, True, facts)


def _said_later(order: Order, last: date) -> datetime | None:
    """When the shop first named a day after ``last``, if its word stands."""
    if order.ship_by is None or order.ship_by <= last:
        return None
    return next((said.said_at for said in order.ship_days if said.day and said.day > last), None)


def _day(asked: Facts, name: str) -> date | None:
    said = asked.get(name)
    return date.fromisoformat(said) if isinstance(said, str) else None


def _at(day: date, hour: time, zone_name: str) -> datetime:
    """A local time as a UTC instant."""
    return datetime.combine(day, hour, tzinfo=zone(zone_name) or UTC).astimezone(UTC)
