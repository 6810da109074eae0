"""What is known about an order, a parcel or a return, as short strings that words are made of.

Every fact is always there; what is not known is the empty string (or 0, or False), never a guess. A place
where words belong is written as ``say(...)``: the renderer puts the brand's words for it there, in the
shopper's language.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from porchlight.domain.brands import BrandConfig
from porchlight.domain.dates import DateRange, local_day, zone
from porchlight.domain.delays import DelayKind
from porchlight.domain.events import DeliveryEstimate
from porchlight.domain.gifts import is_for_recipient
from porchlight.domain.milestones import Milestone, Party, Reason
from porchlight.domain.money import Money
from porchlight.domain.orders import Order, Shopper
from porchlight.domain.policies import REFUSALS
from porchlight.domain.ranges import NO_DAY
from porchlight.domain.returns import Return
from porchlight.domain.rma.names import BY_PARCEL, Resolution
from porchlight.domain.rma.next_step import scan_until
from porchlight.domain.rma.said import paid_on
from porchlight.domain.rma.standing import comes_back
from porchlight.domain.rma.terms import Terms
from porchlight.domain.shipments import Shipment
from porchlight.domain.speech import NEAR_AHEAD, UNKNOWN, Forms, Speech
from porchlight.domain.words import carrier_name, clean, first_name, safe_url

type View = dict[str, Any]

VARIANTS = frozenset(
    {
        *(reason.value for reason in Reason),
        *(f"fault_{party.value}" for party in Party),
        *(kind.value for kind in DelayKind),
        *REFUSALS,
        *("collected", "by_person", "notice", "gathered"),
    }
)
"""All names that ``variants`` of words may have."""


_PLACES = {"instagram": "Instagram", "facebook": "Facebook", "tiktok": "TikTok", "youtube": "YouTube"}
WITHOUT_ARRIVAL = frozenset(
    {
        *(Milestone.DELIVERED, Milestone.AVAILABLE_FOR_PICKUP, Milestone.LOST, Milestone.DAMAGED),
        *(Milestone.CANCELLED, Milestone.RETURN_IN_TRANSIT, Milestone.RETURNED_TO_SENDER),
    }
)
"""Milestones at which no day of arrival is named any more."""
_TROUBLED = frozenset({Milestone.EXCEPTION, Milestone.DELIVERY_ATTEMPTED})
_BLOCKING = frozenset(
    {Reason.ADDRESS, Reason.DAMAGE, Reason.CONSIGNEE_REFUSED, Reason.PICKUP_EXPIRED, Reason.NOT_DISPATCHED}
)
"""Troubles that time alone does not mend: no day is true until they are."""


def say(key: str, facts: View, variants: Sequence[str] = ()) -> View:
    """A place for words: the entry ``key`` of the word list, in the first of ``variants`` that changes a
    word.
    """
    return {"say": key, "variants": list(variants), "facts": facts}


def forms(name: str, said: Forms) -> View:
    """A day as facts: ``promised``, ``promised_on``, ``promised_by``; ``due_day``, ``due_on``, ``due_by``."""
    stem = name.removesuffix("_day")
    return {name: said.bare, f"{stem}_on": said.on, f"{stem}_by": said.by}


class Scene:
    """Who looks from where: the brand, the order, and "today" at the destination; in whose language. ``relative`` is
    for pages only.
    """

    def __init__(
        self, brand: BrandConfig, order: Order, now: datetime, *, relative: bool, speech: Speech | None = None
    ) -> None:
        self.brand, self.order, self.now, self.relative = brand, order, now, relative
        self.speech = (speech or Speech()).at(order.destination.country)

    def zone_of(self, shipment: Shipment | None = None) -> str | None:
        """The destination's zone, or the brand's."""
        return (shipment and shipment.zone) or self.order.destination.zone or self.brand.zone

    def today(self, shipment: Shipment | None = None) -> date:
        """The day at the destination."""
        return local_day(self.now, self.zone_of(shipment))

    def day(self, day: date | None, today: date) -> Forms:
        """A day in words, empty where there is none."""
        return self.speech.day(day, today, relative=self.relative)

    def day_of(self, instant: datetime | None, shipment: Shipment | None = None) -> Forms:
        """The day of an instant in words, empty where there is none."""
        if instant is None:
            return UNKNOWN
        return self.day(local_day(instant, self.zone_of(shipment)), self.today(shipment))

    def arrival(self, shipment: Shipment) -> DateRange | None:
        """The range to name for a parcel: today while it is on the van, none where nothing is on its way to
        the shopper.
        """
        if shipment.milestone in WITHOUT_ARRIVAL or shipment.is_return:
            return None
        if shipment.milestone in _TROUBLED and shipment.reason in _BLOCKING:
            return None
        if shipment.delay and shipment.delay.is_open and shipment.delay.kind in NO_DAY:
            return None
        today = self.today(shipment)
        since = shipment.milestone_at
        on_the_van = shipment.milestone is Milestone.OUT_FOR_DELIVERY
        if on_the_van and since and local_day(since, self.zone_of(shipment)) == today:
            return DateRange(earliest=today, latest=today)
        return shipment.expected

    def order_facts(self, shopper: Shopper | None = None, parcels: int = 0) -> View:
        """What is known before there is a parcel."""
        today, placed = self.today(), self.day_of(self.order.placed_at)
        return {
            "brand": clean(self.brand.name, 60),
            "first_name": first_name(shopper.name) if shopper else "",
            "order_number": clean(self.order.number, 60),
            **forms("order_day", placed),
            "order_day_on": placed.on,
            "order_total": self.speech.money(self.order.total),
            "parcel_count": parcels,
            "segments": [],
            **self.expectation(self.order.promise, today),
            **_NO_PARCEL,
            **_NO_DELAY,
            **_NO_CASE,
            **_NO_RETURN,
            **dict.fromkeys(("carrier", "return_carrier"), self.speech.carrier("")),
        }

    def expectation(self, days: DateRange | None, today: date) -> View:
        """An honest range in all the lengths that are needed; empty where it is unknown or past."""
        known = days is not None and days.latest >= today
        date, due = self.speech.range_date(days, today), None if known or not days else days.latest
        return {
            "expected": self.speech.range(days, today, relative=self.relative),
            "expected_date": date,
            "expected_calendar": date if days and (days.latest - today).days <= NEAR_AHEAD else "",
            "expected_short": self.speech.range_short(days, today),
            **forms("expected_subject", self.speech.range_subject(days, today)),
            **forms("due_day", self.day(due, today)),
        }

    def parcel_facts(self, shipment: Shipment, base: View) -> View:
        """``base`` with what is known about one parcel."""
        today, delay = self.today(shipment), shipment.delay
        zone_name = shipment.zone or self.order.destination.zone
        happened = local_day(shipment.milestone_at, self.zone_of(shipment)) if shipment.milestone_at else None
        scanned = local_day(shipment.last_event_at, self.zone_of(shipment)) if shipment.last_event_at else None
        promised = (delay.promised if delay else None) or (shipment.promise.latest if shipment.promise else None)
        late = shipment.expected.latest if shipment.expected and shipment.expected.latest >= today else None
        known = zone(zone_name)
        return {
            **base,
            **self.expectation(self.arrival(shipment), today),
            **self.carrier("carrier", shipment.carrier),
            "tracking_number": clean(shipment.tracking_number, 64),
            "place": clean(shipment.last_place.label(), 80),
            **forms("event_day", self.day(happened, today)),
            "event_is_today": happened == today,
            "event_time": self.speech.clock(shipment.milestone_at.astimezone(known))
            if known and shipment.milestone_at
            else "",
            "window": self._window(shipment.estimate, zone_name, today),
            **forms("promised", self.speech.day(promised, today)),
            "promised_is_past": bool(promised and promised < today),
            **forms("last_scan_day", self.day(scanned, today)),
            **forms("last_scan_subject", self.speech.subject(scanned, today)),
            **forms("late_day", self.day(late, today)),
        }

    def carrier(self, name: str, carrier: str) -> View:
        """A carrier's name as facts, and whether it is one."""
        return {name: self.speech.carrier(carrier), f"{name}_known": bool(carrier_name(carrier))}

    def _window(self, estimate: DeliveryEstimate | None, zone_name: str | None, today: date) -> str:
        """Today's delivery window in local time, empty where the carrier gives none (or where its zone is not
        known).
        """
        if not estimate or not estimate.from_ or not estimate.to or estimate.to <= estimate.from_:
            return ""
        start, end, known = estimate.from_, estimate.to, zone(zone_name)
        if start.tzinfo and end.tzinfo:
            if known:
                start, end = start.astimezone(known), end.astimezone(known)
            elif not start.utcoffset():
                return ""
        if not start.date() == end.date() == today:
            return ""
        return self.speech.window(start, end)

    def return_facts(self, request: Return, base: View, *, gift: bool | None = None) -> View:
        """``base`` with what is known about a return. ``gift``: whoever got it reads it, without amounts; None: as its
        messages are read.
        """
        today, terms = self.today(), request.terms or Terms(policy_version=request.policy_version)
        hidden = is_for_recipient(request) if gift is None else gift
        approved, until = request.approved_at, None
        amount = None if hidden else request.refund_amount
        decided = {key: value for one in request.decisions for key, value in one.facts.items()}
        if approved and comes_back(request):
            until = local_day(scan_until(request), self.zone_of())
        by_parcel, label = request.method in BY_PARCEL, request.label
        days = self.speech.dated(until if until and until >= today else None, today)
        return {
            **base,
            "refund_amount": self.speech.money(amount) if amount else "",
            "fee": self.speech.money(terms.fee) if amount and terms.fee and terms.fee.amount else "",
            "window_days": decided.get("window_days") or terms.window_days,
            **(dict(zip(_DROP_OFF, days, strict=True)) if by_parcel else {}),
            "bring_by": "" if by_parcel else days[0],
            **self.carrier("return_carrier", label.carrier if label else ""),
            "return_tracking": clean(label.tracking_number, 64) if label else "",
            "return_state": request.state.value,
            "return_kind": request.kind.value,
            "resolution": request.resolution.value,
            "by_parcel": by_parcel,
            "gift": hidden,
            "deduction": "" if hidden else self._deduction(request),
            "return_money": self._return_money(request, terms, amount),
        }

    def _return_money(self, request: Return, terms: Terms, amount: Money | None) -> View:
        """What the shopper gets, and when, as a sentence."""
        key, label = request.resolution.value, request.label
        if request.resolution is Resolution.REFUND:
            key = f"refund_{paid_on(request, terms)}"
        carrier = self.speech.carrier(label.carrier if label else "")
        facts = {"refund_amount": self.speech.money(amount) if amount else "", "return_carrier": carrier}
        return say(f"return_money.{key}", facts)

    def _deduction(self, request: Return) -> str:
        """What the inspection takes off; empty where it takes nothing."""
        parts = request.parts
        if parts is None or not parts.deduction:
            return ""
        return self.speech.money(Money(amount=-parts.deduction, currency=parts.currency))

    def lines(self, quantities: dict[str, int] | None = None) -> list[View]:
        """The order's lines (or those of a return) ready to be shown."""
        wanted = [line for line in self.order.lines if quantities is None or line.line_id in quantities]
        result = []
        for line in wanted:
            quantity = quantities[line.line_id] if quantities else line.quantity
            result.append(
                {
                    "title": clean(line.title, 120),
                    "quantity": quantity,
                    "price": self.speech.money(line.unit_price.times(quantity)),
                    "final_sale": line.final_sale,
                }
            )
        return result

    def short(self, instant: datetime | None, shipment: Shipment | None = None) -> str:
        """``Mon 23 Nov`` for an instant."""
        if instant is None:
            return ""
        return self.speech.short(local_day(instant, self.zone_of(shipment)), self.today(shipment))


def brand_view(brand: BrandConfig) -> View:
    """What templates show of the brand itself."""
    return {
        "name": clean(brand.name, 60),
        "shop_url": safe_url(brand.shop_url),
        "support_url": safe_url(brand.support_url),
        "reply_to": clean(brand.sender.reply_to, 320),
        "address": [clean(line, 120) for line in brand.postal_address.splitlines() if line.strip()],
        "social": [
            {"name": _PLACES[name], "url": safe_url(url)} for name, url in brand.outreach.social if url is not None
        ],
    }


def parcel_variants(shipment: Shipment) -> list[str]:
    """Which variants of the words fit a parcel's milestone, the closest first."""
    variants = []
    if shipment.milestone is Milestone.DAMAGED:
        variants.append(Reason.DAMAGE.value)
    if shipment.milestone is Milestone.DELIVERED and _was_collected(shipment.reached):
        variants.append("collected")
    if shipment.reason:
        variants.append(shipment.reason.value)
    if shipment.at_fault:
        variants.append(f"fault_{shipment.at_fault.value}")
    return variants


def refusal_variants(request: Return) -> list[str]:
    """Why a return was refused: the rule of the last decision, or that a person decided."""
    if not request.decisions:
        return []
    decision = request.decisions[-1]
    return [decision.rule] if decision.by_rule else [decision.rule, "by_person"]


def collects(shipment: Shipment) -> bool:
    """True for a parcel that is (or was) collected by the shopper rather than brought."""
    if shipment.milestone is Milestone.AVAILABLE_FOR_PICKUP:
        return True
    return shipment.milestone is Milestone.DELIVERED and _was_collected(shipment.reached)


def _was_collected(reached: dict[Milestone, datetime]) -> bool:
    ready, van = reached.get(Milestone.AVAILABLE_FOR_PICKUP), reached.get(Milestone.OUT_FOR_DELIVERY)
    return ready is not None and (van is None or van <= ready)


def earliest(*instants: datetime | None) -> datetime | None:
    """The first of the instants that are known."""
    return min((instant for instant in instants if instant), default=None)


def first_known(reached: dict[Milestone, datetime], milestones: Iterable[Milestone]) -> datetime | None:
    """When the first of the milestones was reached."""
    return earliest(*(reached.get(milestone) for milestone in milestones))


def _unknown(*names: str) -> View:
    return {key: "" for name in names for key in forms(name, UNKNOWN)}


_DROP_OFF = ("drop_off_by", "drop_off_on", "drop_off_until")
_NO_PARCEL: View = {
    **dict.fromkeys(("tracking_number", "place", "event_time", "window"), ""),
    **_unknown("event_day", "promised", "last_scan_day", "last_scan_subject", "late_day"),
    **dict.fromkeys(("carrier_known", "event_is_today", "promised_is_past"), False),
}
_NO_DELAY: View = {
    **dict.fromkeys(("delay_kind", "fault", "delay_reason", "credit_amount"), ""),
    **_unknown("deadline_day", "deadline_subject", "before_day", "announced_day", "asks_day", "ship_by_day"),
    **dict.fromkeys(("before_is_past", "comes_earlier", "person_looks", "asks_resend", "asks_refund"), False),
    "part_left": False,
}
_NO_CASE: View = {
    "choices": [],
    **dict.fromkeys(("choice_default", "silence", "ship_reason"), ""),
    **_unknown("answer_by", "ship_by_date", "revised_date"),
    **dict.fromkeys(("ship_by_is_past", "renewed", "continuing"), False),
}
_NO_RETURN: View = {
    **dict.fromkeys(("refund_amount", "fee", "deduction", "return_tracking", "return_state", "resolution"), ""),
    **{"return_kind": "", "by_parcel": False, "gift": False, "bring_by": ""},
    **dict.fromkeys(_DROP_OFF, ""),
    "return_money": "",
    "window_days": 0,
    "return_carrier_known": False,
}
