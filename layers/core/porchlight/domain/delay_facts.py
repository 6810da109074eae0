"""What is known about a delay, and about the question that it puts to the shopper: facts that words are made of."""

from datetime import date, datetime, time, timedelta

from porchlight.domain import mail_order
from porchlight.domain.cases import Case
from porchlight.domain.dates import local_day, zone
from porchlight.domain.delays import Delay, DelayKind
from porchlight.domain.facts import Scene, View, forms, say
from porchlight.domain.milestones import Milestone
from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.playbooks import AskStep, CaseStep, WaitStep, playbook
from porchlight.domain.remedies import ENDING, Remedy
from porchlight.domain.shipments import Shipment
from porchlight.domain.speech import Forms
from porchlight.domain.steps import SURGE
from porchlight.domain.surge import COUNTED
from porchlight.domain.words import clean

_SAID_BY_CARRIER = frozenset(
    {DelayKind.EXCEPTION_UNRESOLVED, DelayKind.CUSTOMS_HOLD, DelayKind.PREDICTED_LATE, DelayKind.PROMISE_MISSED}
)
"""Delays beside which the carrier's own trouble is the news: its words name the reason and what helps."""


_NEEDS_A_CAUSE = frozenset(
    {
        *(DelayKind.LABEL_NEVER_SCANNED, DelayKind.STALLED, DelayKind.PREDICTED_LATE, DelayKind.PROMISE_MISSED),
        DelayKind.EXCEPTION_UNRESOLVED,
    }
)
"""Delays whose own words do not say why."""


def delay_facts(scene: Scene, delay: Delay, shipment: Shipment | None = None) -> View:
    """What is known about a delay of a parcel, or of an order that has none yet."""
    today = scene.today(shipment)
    before = delay.before if delay.expected else None
    facts = {
        "delay_kind": delay.kind.value,
        "fault": delay.fault.value if delay.fault else "",
        "delay_reason": shipment.reason.value if shipment and shipment.reason else "",
        **forms("deadline_day", scene.day(delay.deadline, today)),
        **forms("deadline_subject", scene.speech.subject(delay.deadline, today)),
        **forms("before_day", scene.speech.day(before.latest if before else None, today)),
        "before_is_past": bool(before and before.latest < today),
        "comes_earlier": bool(before and delay.expected and delay.expected.latest < before.latest),
        **forms("announced_day", scene.day_of(shipment.shipped_at if shipment else None, shipment)),
        "credit_amount": _credit(scene, delay),
        **_what_comes(scene, delay, shipment),
    }
    if shipment is None:
        facts["part_left"] = part_left(scene.order, delay)
        facts |= scene.expectation(delay.expected, today) | {
            **forms("promised", scene.speech.day(delay.promised, today)),
            "promised_is_past": bool(delay.promised and delay.promised < today),
        }
        if ship_by := scene.order.ship_by:
            facts |= forms("ship_by_day", scene.speech.day(ship_by, today)) | {"ship_by_is_past": ship_by < today}
    return facts


def part_left(order: Order, delay: Delay) -> bool:
    """True where a late order is late in part: the rest of it had left when its delay was told, or was paid back."""
    record = delay.remedied or delay.committed
    if record:
        return bool(record.lines) and any(
            record.lines.get(one.line_id, 0) < one.quantity for one in order.lines if one.ships
        )
    waiting, ordered = delay.facts.get("pieces_to_ship"), delay.facts.get("pieces_ordered")
    return isinstance(waiting, int) and isinstance(ordered, int) and waiting < ordered


def _credit(scene: Scene, delay: Delay) -> str:
    """The apology in money, where there is one."""
    amounts = (record.amount for record in delay.remedies if record.remedy is Remedy.CREDIT)
    return next((scene.speech.money(amount) for amount in amounts if amount), "")


def _what_comes(scene: Scene, delay: Delay, shipment: Shipment | None) -> View:
    """What the playbook does next: whether a person looks at it, or by when the shopper is asked, and what for."""
    policy = scene.brand.delays
    if shipment is None and mail_order.applies(scene.order, policy):
        due = mail_order.notice_due(scene.order, scene.brand, delay.agreed)
        return _asks(scene, None, due, (Remedy.CANCEL,)) if due else {}
    steps = playbook(delay.kind, scene.order.tier, policy.playbooks, policy.tiers, policy.wait_for_news_days)
    at = delay.step_since or delay.declared_at
    for step in steps[delay.step :]:
        if isinstance(step, CaseStep):
            looks = at == (delay.step_since or delay.declared_at) and not _in_surge(delay, shipment)
            return {"person_looks": looks}
        if isinstance(step, AskStep):
            return _asks(scene, shipment, at, step.options)
        if isinstance(step, WaitStep):
            at += timedelta(days=step.days)
    return {}


def _in_surge(delay: Delay, shipment: Shipment | None) -> bool:
    """True where people look at the whole lane, and not at this parcel."""
    forecast = shipment.forecast if shipment else None
    widened = forecast is not None and SURGE in forecast.reasons
    return delay.begun == SURGE or (widened and delay.kind in COUNTED)


def _asks(scene: Scene, shipment: Shipment | None, at: datetime, options: tuple[Remedy, ...]) -> View:
    """On which day the shopper is asked, and what may be chosen then."""
    asked, today = local_day(at, scene.zone_of(shipment)), scene.today(shipment)
    return {
        **forms("asks_day", scene.day(asked if asked > today else None, today)),
        "asks_resend": Remedy.RESEND in options,
        "asks_refund": bool({Remedy.REFUND, Remedy.CANCEL} & set(options)),
    }


def delay_variants(delay: Delay, shipment: Shipment | None = None) -> list[str]:
    """Which variants of the words fit a delay, the closest first: its kind, the carrier's reason, whose fault it is."""
    variants = [delay.kind.value]
    if shipment and shipment.reason:
        variants.append(shipment.reason.value)
    if delay.fault:
        variants.append(f"fault_{delay.fault.value}")
    return variants


def cause(delay: Delay | None, shipment: Shipment | None, facts: View) -> View | str:
    """Why, where the carrier says so, and the delay's own words do not."""
    if shipment is None or shipment.reason is None or (delay and delay.kind not in _NEEDS_A_CAUSE):
        return ""
    return say(f"causes.{shipment.reason.value}", facts)


def carrier_says_it_better(delay: Delay, milestone: Milestone) -> bool:
    """True where the page keeps the words of the carrier's trouble beside an open delay."""
    return milestone in (Milestone.EXCEPTION, Milestone.DAMAGED) and delay.kind in _SAID_BY_CARRIER


def decided(delay: Delay | None) -> Remedy | None:
    """What has been decided in place of waiting: done, asked for, or about to be."""
    if delay is None:
        return None
    record = delay.remedied or delay.committed
    chosen = delay.chosen if delay.is_open and delay.chosen in ENDING else None
    return record.remedy if record else chosen


def paid_back(delay: Delay | None) -> Money | None:
    """What was given back in place of waiting, where that was decided."""
    record = delay.remedied or delay.committed if delay else None
    return record.amount if record and record.remedy in (Remedy.REFUND, Remedy.CANCEL) else None


def choice(case: Case, remedy: Remedy) -> View:
    """The words for one of the answers."""
    return say(f"answers.{remedy.value}", {"delay_kind": case.kind.value})


def question(scene: Scene, case: Case, shipment: Shipment | None, facts: View, action: str) -> View:
    """The form that asks the shopper. ``action``: where the answer is sent."""
    asked = {**facts, **case_facts(scene, case, shipment)}
    return {
        "case": case.case_id,
        "notice": case.notice,
        "action": action,
        "words": say("question", asked, ["notice"] if case.notice else []),
        "choices": [{"value": option.value, "words": choice(case, option)} for option in case.options],
    }


def case_facts(scene: Scene, case: Case, shipment: Shipment | None = None) -> View:
    """The question: what may be chosen, until when, and what happens where nobody chooses."""
    today, kind = scene.today(shipment), {"delay_kind": case.kind.value}
    first, revised = _day(case.facts.get("ship_by")), _day(case.facts.get("revised_ship_by"))
    return {
        "choices": [say(f"answers.{option.value}.name", kind) for option in case.options],
        "choice_default": case.default.value,
        "silence": say(f"answers.{case.default.value}.silence", kind),
        **forms("answer_by", _answer_by(scene, case.deadline, shipment)),
        **forms("ship_by_date", scene.speech.dated(first, today)),
        "ship_by_is_past": bool(first and first < today),
        **forms("revised_date", scene.speech.dated(revised, today)),
        "renewed": bool(case.facts.get("renewed")),
        "continuing": bool(case.facts.get("continuing")),
        "ship_reason": clean(case.facts.get("reason"), 200).rstrip("."),
    }


def _answer_by(scene: Scene, deadline: datetime, shipment: Shipment | None) -> Forms:
    """``Friday``, where there is time until its end, else ``Friday, 6:30 pm``: whoever keeps to it is in time."""
    name, today = scene.zone_of(shipment), scene.today(shipment)
    known = zone(name)
    if known is None:  # the last day that is over everywhere by then
        return scene.day(max(today, (deadline - timedelta(hours=36)).date()), today)
    local = deadline.astimezone(known)
    if local.time() == time():
        return scene.day(local.date() - timedelta(days=1), today)
    return scene.speech.with_clock(scene.day(local.date(), today), local)


def _day(text: object) -> date | None:
    """A day among a case's facts, where there is one."""
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None
