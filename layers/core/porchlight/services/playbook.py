"""What is done about a delay, step by step. The workflow asks ``Playbooks.next`` after each wait; killed or asked
twice, it gets the same answer again.

Where a delay stands is on its parcel or order. Each step, and each answer to a question, is written there together
with its record before anything comes of it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import TypedDict
from zlib import crc32

from porchlight.deciding import Cases, Surges
from porchlight.domain import mail_order, steps
from porchlight.domain.brands import BrandConfig
from porchlight.domain.cases import Audience, Case, CaseState, case_id
from porchlight.domain.delays import Agreed, Facts
from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.playbooks import (
    AskStep,
    CaseStep,
    CreditStep,
    LostStep,
    Playbook,
    Step,
    WaitStep,
    lasts,
    playbook,
)
from porchlight.domain.remedies import Remedy, RemedyRecord, remedy_key
from porchlight.domain.steps import Late
from porchlight.domain.surge import COUNTED, Surge, covering
from porchlight.ports import Brands, Metrics, Orders
from porchlight.services.bearers import Bearers
from porchlight.services.cases import BY_DEADLINE, close, decide
from porchlight.services.resume_workflows import news_in
from porchlight.services.retrying import until_settled

AFTER_SURGE_SECONDS = 3600
"""Over so long a time the parcels of a surge that is over go on, not all at once."""

BY_HAND_DAYS = 3
"""How long a person has to say what becomes of a remedy that was refused."""


class Todo(TypedDict):
    """What the workflow does now."""

    do: str
    """``wait`` for news, ``case`` (wait for an answer), ``remedy`` (carry it out), ``end``."""
    seconds: int
    """How long to wait; at least 1."""
    case_id: str
    remedy: str
    outcome: str
    """Of ``end``: ``recovered``, ``resolved``, ``unresolved``, ``superseded``."""
    seen: int


@dataclass(frozen=True)
class Playbooks:
    """Says what is done now."""

    bearers: Bearers
    orders: Orders
    cases: Cases
    brands: Brands
    metrics: Metrics
    surges: Surges

    def next(
        self, brand_id: str, shipment_id: str, order_id: str, delay_id: str, now: datetime, case: str = ""
    ) -> Todo:
        """The next thing to do about the delay of a parcel, or without ``shipment_id`` of an order. ``case``: the
        question that the workflow has waited for; it is closed if it is asked no more.
        """
        brand = self.brands.get(brand_id)

        def attempt() -> Todo:
            late = self.bearers.read(brand, shipment_id, order_id, now)
            if late is None or late.delay.delay_id != delay_id:
                self._ask_no_more(brand_id, case)
                return _todo("end", outcome="superseded")
            found = self._step(brand, self._heard(late, case, now), now)
            if found["case_id"] != case:
                self._ask_no_more(brand_id, case)
            return found

        found = until_settled(attempt)
        if found["do"] == "end" and found["outcome"] != "superseded":
            self.metrics.count("DelaysClosed", outcome=found["outcome"])
        return found

    def _heard(self, late: Late, asked: str, now: datetime) -> Late:
        """A delay that became a graver one at the moment of an answer: what was answered is done all the same."""
        if not asked or asked == late.delay.case_id or not late.delay.is_open or late.delay.chosen:
            return late
        case = self.cases.get(late.record.brand, asked)
        if case is None or case.decision in (None, Remedy.KEEP_WAITING):
            return late
        return late if steps.record_of(late.delay, case.decision) else steps.answer(late, case, now)

    def _step(self, brand: BrandConfig, late: Late, now: datetime) -> Todo:
        order = late.order or self.orders.get(brand.brand_id, late.order_id or "")
        if order and order.cancelled_at and late.delay.is_open and not steps.pending(late.delay):
            if late.delay.unpaid and not late.delay.chosen:
                late, found = self._ask(brand, late, _by_hand(late), now)
                if found:
                    return found
            if late.delay.chosen and late.delay.unpaid:
                return _remedy(self.bearers.write(brand, late, now))
            late = late if late.shipment and late.shipment.is_return else steps.order_cancelled(late, now)
        if not late.delay.is_open and not steps.pending(late.delay):
            if late.delay.chosen:
                late = steps.drop(late, now)
            self.bearers.write(brand, late, now)
            return _todo("end", late, outcome="resolved" if late.delay.resolved_at else "recovered")
        if late.order and mail_order.applies(late.order, brand.delays):
            return self._by_law(brand, late, late.order, now)
        policy = brand.delays
        patience = policy.wait_for_news_days
        while not (late.delay.chosen or steps.pending(late.delay)):
            tier = order.tier if order else None
            book = playbook(late.delay.kind, tier, policy.playbooks, policy.tiers, patience)
            asked = self.cases.get(brand.brand_id, late.delay.case_id) if late.delay.case_id else None
            if asked:  # whatever the brand has made of its playbook since
                late, found = self._ask(brand, late, asked, now, known=asked)
            elif late.delay.step >= len(book) and late.delay.begun != steps.BY_HAND:
                self.bearers.write(brand, steps.rest(late, now), now)
                return _todo("end", late, outcome="unresolved")
            else:
                late, found = self._take(brand, late, book, order, now)
            if found:
                return found
        late = self.bearers.write(brand, late, now)
        return _remedy(late)

    def _take(
        self, brand: BrandConfig, late: Late, book: Playbook, order: Order | None, now: datetime
    ) -> tuple[Late, Todo | None]:
        """Take the step that the delay is at, as far as it goes; what the workflow waits for, if anything."""
        if late.delay.begun == steps.BY_HAND:
            return self._ask(brand, late, _by_hand(late), now)
        step = book[late.delay.step]
        if isinstance(step, WaitStep):
            return self._wait(brand, late, step, now)
        if isinstance(step, CaseStep | AskStep):
            if not late.delay.case_id:
                if isinstance(step, CaseStep) and (surge := self._surge(late, now)):
                    return self._sit_out(brand, late, surge, now)
                late = self._begin(late, step, now)
            return self._ask(brand, late, _question(late, step), now)
        if isinstance(step, LostStep):
            return steps.presume_lost(late, Remedy(step.then), now), None
        if steps.record_of(late.delay, Remedy(step.step)):
            return steps.pass_over(late, step.step, "had before", now), None
        if isinstance(step, CreditStep):
            offered = credit(step, order)
            if offered is None:
                return steps.pass_over(late, step.step, "no credit for this order", now), None
            key = remedy_key(brand.brand_id, late.delay.delay_id, Remedy.CREDIT)
            record = RemedyRecord(key=key, remedy=Remedy.CREDIT, amount=offered, intended_at=now)
            return steps.intend(late, record, now), None
        return steps.choose(late, Remedy.CLAIM, now, {}), None

    def _begin(self, late: Late, step: Step, now: datetime) -> Late:
        facts: Facts = {"until": (now + (lasts(step) or timedelta())).isoformat()}
        asked = None
        if isinstance(step, CaseStep | AskStep):
            asked = case_id(late.record.brand, late.delay.delay_id, late.delay.kind, late.delay.step)
            facts |= {"case_id": asked, "default": step.default.value}
        return steps.begin(late, step.step, now, facts, asked)

    def _wait(self, brand: BrandConfig, late: Late, step: WaitStep, now: datetime) -> tuple[Late, Todo | None]:
        if not late.delay.begun:
            late = self._begin(late, step, now)
        assert late.delay.step_since
        until = late.delay.step_since + timedelta(days=step.days)
        if now >= until:
            return steps.pass_over(late, step.step, "no news", now), None
        late = self.bearers.write(brand, late, now)
        return late, _todo("wait", late, seconds=_left(until, now))

    def _surge(self, late: Late, now: datetime) -> Surge | None:
        """The surge that people are asked about in place of this parcel."""
        if late.shipment is None or late.delay.kind not in COUNTED:
            return None
        return covering(self.surges.active(late.record.brand, now), late.shipment.route)

    def _sit_out(self, brand: BrandConfig, late: Late, surge: Surge, now: datetime) -> tuple[Late, Todo]:
        """Wait until the surge is over; who still stands then has a question of its own."""
        if late.delay.begun != steps.SURGE:
            facts: Facts = {"surge": surge.surge_id, "lane": surge.lane, "case_id": surge.case_id}
            late = steps.begin(late, steps.SURGE, now, {**facts, "until": surge.until.isoformat()})
        late = self.bearers.write(brand, late, now)
        # All its parcels wait for one instant: they wake one after the other.
        until = surge.until + timedelta(seconds=crc32(late.delay.delay_id.encode()) % AFTER_SURGE_SECONDS)
        return late, _todo("wait", late, seconds=_left(until, now))

    def _ask(
        self, brand: BrandConfig, late: Late, question: Case, now: datetime, *, known: Case | None = None
    ) -> tuple[Late, Todo | None]:
        """Put the question, once it stands with the delay; wait for the answer, or take it."""
        late = self.bearers.write(brand, late, now)
        case = known or self.cases.get(brand.brand_id, question.case_id)
        if case is None:
            self.cases.open(question)
            case = question
        if case.state is CaseState.OPEN and now < case.deadline:
            return late, _todo("case", late, seconds=_left(case.deadline, now), case_id=case.case_id)
        if case.state is CaseState.OPEN:
            case = decide(self.cases, case, case.default, BY_DEADLINE, now)
        if case.decision is None:  # closed by somebody who saw the delay at an unlucky moment
            case = case.model_copy(update={"decision": case.default, "decided_by": BY_DEADLINE})
        if not case.notice or late.order is None:
            return steps.answer(late, case, now), None
        agreed, more = by_law(late, late.order, case, brand, now)
        return steps.answer(late, case, now, agreed=agreed, more=more), None

    def _by_law(self, brand: BrandConfig, late: Late, order: Order, now: datetime) -> Todo:
        """The US Mail Order Rule takes the place of the playbook: its notices, its deadlines, what silence means."""
        while not (late.delay.chosen or steps.pending(late.delay)):
            delay = late.delay
            known = self.cases.get(brand.brand_id, delay.case_id) if delay.case_id else None
            if delay.begun == steps.BY_HAND:
                question = known or _by_hand(late)
            elif known and not _is_overtaken(known, order, brand, now):
                question = known
            else:
                if known:
                    close(self.cases, known)  # first: an answer that is quicker counts, and brings us here again
                    agreed = mail_order.left_unanswered(known.facts, known.default, delay.agreed, now)
                    late = steps.overtake(late, agreed, now)
                asked = mail_order.next_step(order, brand, late.delay.agreed, now)
                if isinstance(asked, mail_order.Nothing):
                    if late.delay.begun != "wait":
                        late = steps.begin(late, "wait", now, {"until": asked.until.isoformat()})
                    late = self.bearers.write(brand, late, now)
                    return _todo("wait", late, seconds=_left(asked.until, now))
                late, question = _notice(late, asked, now)
            late, found = self._ask(brand, late, question, now)
            if found:
                return found
        late = self.bearers.write(brand, late, now)
        return _remedy(late)

    def _ask_no_more(self, brand_id: str, asked: str) -> None:
        case = self.cases.get(brand_id, asked) if asked else None
        if case:
            close(self.cases, case)


def _is_overtaken(case: Case, order: Order, brand: BrandConfig, now: datetime) -> bool:
    """True where the shop has named another day since the notice, also if we died right after closing it."""
    if case.state is CaseState.OPEN:
        return mail_order.overtaken(case.facts, order, brand, now)
    return case.state is CaseState.MOOT


def credit(step: CreditStep, order: Order | None) -> Money | None:
    """The apology in money for a shopper of the order's tier; None where there is none, or in another currency."""
    if order is None or order.currency != step.currency:
        return None
    minor = step.tiers.get(order.tier or "", step.amount_minor)
    return Money(amount=minor, currency=step.currency) if minor else None


def by_law(late: Late, order: Order, case: Case, brand: BrandConfig, now: datetime) -> tuple[Agreed | None, Facts]:
    """What an answer to a notice of the Mail Order Rule agrees to, and the facts that prove it was kept."""
    delay, silent = late.delay, case.decided_by == BY_DEADLINE
    if case.decision is Remedy.KEEP_WAITING:
        if silent and case.facts.get("continuing"):
            return delay.agreed, {}
        return mail_order.agreed_to(case.facts, expressly=not silent, now=case.decided_at or now), {}
    by = mail_order.refund_by(order, brand, case.facts, case.decided_at or now)
    return delay.agreed, {"refund_by": by.isoformat()}


def _question(late: Late, step: CaseStep | AskStep) -> Case:
    """The question of a step; the same one however often it is made."""
    audience = Audience.CX if isinstance(step, CaseStep) else Audience.SHOPPER
    assert late.delay.step_since
    deadline = late.delay.step_since + timedelta(days=step.days)
    return _case(late, audience, step.options, step.default, deadline, late.delay.facts)


def _by_hand(late: Late) -> Case:
    """What a person is asked when a remedy was refused: try again, or leave it. Where nobody says, money is tried
    again: it was chosen, and what was paid back by hand in the store is known. A parcel that somebody has sent by hand
    is not: it is left.
    """
    refused = steps.refused_last(late.delay)
    assert refused
    assert late.delay.step_since
    deadline = late.delay.step_since + timedelta(days=BY_HAND_DAYS)
    facts: Facts = {**late.delay.facts, "refused": refused.remedy.value, "why": refused.why, "key": refused.key}
    default = refused.remedy if refused.remedy in (Remedy.CANCEL, Remedy.REFUND) else Remedy.KEEP_WAITING
    return _case(late, Audience.CX, (Remedy.KEEP_WAITING, refused.remedy), default, deadline, facts)


def _notice(late: Late, asked: mail_order.Question, now: datetime) -> tuple[Late, Case]:
    """The notice of the Mail Order Rule, and the delay that it stands with."""
    delay = late.delay
    if not delay.case_id:
        identity = case_id(late.record.brand, delay.delay_id, delay.kind, delay.step)
        facts: Facts = {"until": asked.deadline.isoformat(), "case_id": identity, "default": asked.default.value}
        late = steps.begin(late, "ask_shopper", now, {**asked.facts, **facts}, identity)
    case = _case(late, Audience.SHOPPER, asked.options, asked.default, asked.deadline, asked.facts)
    return late, case.model_copy(update={"notice": True})


def _case(
    late: Late, audience: Audience, options: tuple[Remedy, ...], default: Remedy, deadline: datetime, facts: Facts
) -> Case:
    delay = late.delay
    assert delay.case_id
    assert delay.step_since
    return Case(
        brand=late.record.brand,
        case_id=delay.case_id,
        delay_id=delay.delay_id,
        kind=delay.kind,
        audience=audience,
        shipment_id=late.shipment.shipment_id if late.shipment else None,
        order_id=late.order_id,
        options=options,
        default=default,
        opened_at=delay.step_since,
        deadline=deadline,
        facts=facts,
    )


def _remedy(late: Late) -> Todo:
    record = steps.pending(late.delay)
    remedy = record.remedy if record else late.delay.chosen
    assert remedy
    return _todo("remedy", late, remedy=remedy.value)


def _left(until: datetime, now: datetime) -> int:
    """Whole seconds, rounded up: woken a moment too early, the workflow would ask again at once."""
    return max(1, ceil((until - now).total_seconds()))


def _todo(
    do: str, late: Late | None = None, *, seconds: int = 1, case_id: str = "", remedy: str = "", outcome: str = ""
) -> Todo:
    return Todo(
        do=do,
        seconds=seconds,
        case_id=case_id,
        remedy=remedy,
        outcome=outcome,
        seen=news_in(late.record) if late else 0,
    )
