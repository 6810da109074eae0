"""The loop of ``returns_authorization``: each task ends with the answer to what comes next, so that a task which was
killed, repeated or called by two executions finds its own work done.

Read, settle what is news, write the next version with the decisions on it, answer: a write that was overtaken starts
over. Who began a return goes on with it; any other execution is told to end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, TypedDict

from porchlight.domain.policies import is_gone
from porchlight.domain.returns import GIVEN_UP, SETTLED, Decision, Outcome, Return, ReturnState
from porchlight.domain.rma import answers
from porchlight.domain.rma.moves import ask, settle_news
from porchlight.domain.rma.names import Resolution
from porchlight.domain.rma.next_step import NOTHING_TOLD, Do, Parcels, Step, Told, next_step, owed
from porchlight.domain.rma.standing import REQUEST, terms_of
from porchlight.errors import InvalidInputError
from porchlight.ports import Metrics, Returns, Shipments
from porchlight.services.assess_return import Assessed, by_method
from porchlight.services.request_return import get_return
from porchlight.services.retrying import until_settled
from porchlight.services.return_amounts import Amounts
from porchlight.services.return_parcels import news_of, parcels_of

ALREADY_DECIDED = "already_decided"
"""Another execution has this return."""

LONGEST = timedelta(days=300)
"""A guarantee with its waits may last longer than an execution may: another one goes on then."""

_IMPOSSIBLE = frozenset({"order_cancelled", "unknown_line", "quantity_exceeded", "not_returnable"})
"""Refusals that are looked at once more when it is decided: others may have been quicker."""
_MONEY = frozenset({Resolution.REFUND, Resolution.STORE_CREDIT})


class StepResult(TypedDict):
    """What the machine does now."""

    do: str
    """``review``, ``label``, ``void``, ``settle``, ``wait`` or ``close``."""
    kind: str
    """What is settled; else empty."""
    seconds: int
    """How long to wait; at least 1."""
    seen: int
    """How much news of the return is known by now."""
    outcome: str
    """Where the return is."""


@dataclass(frozen=True)
class ReturnSteps:
    """Takes a return from its request to its end, a step at a time."""

    returns: Returns
    shipments: Shipments
    amounts: Amounts
    metrics: Metrics

    def start(self, brand: str, return_id: str, execution: str, now: datetime) -> StepResult:
        """Decide the request, once; go on with one that was decided, or taken up again, by this execution."""

        def attempt() -> StepResult:
            request = get_return(self.returns, brand, return_id)
            if not request.decisions:
                return self._go_on(request, self._decided(request, execution, now), NOTHING_TOLD, now)
            owner = owner_of(request)
            if owner == execution:
                return self._go_on(request, request, NOTHING_TOLD, now)
            if owner is None and is_handed_over(request):
                return self._go_on(request, _taken_up(request, execution), NOTHING_TOLD, now)
            return _ended(ALREADY_DECIDED)

        return until_settled(attempt)

    def next(self, brand: str, return_id: str, execution: str, now: datetime, told: Told = NOTHING_TOLD) -> StepResult:
        """What comes next; ``told``: what the task before has answered."""

        def attempt() -> StepResult:
            request = get_return(self.returns, brand, return_id)
            if not request.decisions or owner_of(request) != execution:
                return _ended(ALREADY_DECIDED)
            if now >= _hand_over_at(request):
                self._write(request, answers.hand_over(request, now))
                return _ended(answers.HANDED_OVER)
            return self._go_on(request, request, told, now)

        return until_settled(attempt)

    def fail(self, brand: str, return_id: str, execution: str, step: str, error: str, now: datetime) -> dict[str, str]:
        """Record that a step failed for good. What has ended stays as it is, and so does another execution's return."""

        def attempt() -> dict[str, str]:
            request = get_return(self.returns, brand, return_id)
            other = bool(request.decisions) and owner_of(request) != execution
            settled = request.state in SETTLED
            over = request.state in {*GIVEN_UP, ReturnState.FAILED} or (settled and not any(owed(request)))
            if other or (request.review is None and (over or request.failure)):
                return {"outcome": "left_alone"}
            facts: answers.Facts = {"step": step, "error": error, "state": request.state.value, "execution": execution}
            said = answers.decision(request, Outcome.REVIEW, "workflow_failed", now, facts)
            state = request.state if settled else ReturnState.FAILED
            update = {"state": state, "failure": f"{step}: {error}", "review": None, "closed_at": now}
            self._write(request, request.model_copy(update={**update, "decisions": (*request.decisions, said)}))
            self.metrics.count("ReturnsFailed", step=step)
            return {"outcome": "failed"}

        return until_settled(attempt)

    def after(self, task: str, outcome: str, event: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
        """What comes next after a task of another function, as its answer. Executions that were begun under the release
        before want the outcome alone.
        """
        if "execution" not in event:
            return {"outcome": outcome}
        told = Told(task, outcome, event.get("kind", ""))
        return {**self.next(event["brand"], event["return_id"], event["execution"], now, told)}

    def write_news(self, request: Return, now: datetime) -> Return:
        """The return with its news written down, and nothing done about it."""
        changed = settle_news(request, parcels_of(self.shipments, request), now)
        if changed == request:
            return request
        written = self._write(request, changed)
        self._count(request, written)
        return written

    def _unheard(self, request: Return, now: datetime) -> Return:
        """A deadline revives nothing that others have got meanwhile: what was given up holds nothing of its orders."""
        review = request.review
        if review is None or now < review.due_at or request.state not in GIVEN_UP:
            return request
        orders = self.amounts.assessor.orders
        for order_id in request.order_ids:
            others = self.returns.of_order(request.brand, order_id)
            if is_gone(request, order_id, orders.get(request.brand, order_id), others):
                return answers.answer(request, False, "review_deadline", "policy", now)
        return request

    def _go_on(self, stored: Return, request: Return, told: Told, now: datetime) -> StepResult:
        request = self._unheard(request, now)
        parcels = parcels_of(self.shipments, request)
        request = self.amounts.current(settle_news(request, parcels, now, told))
        step = next_step(request, now, told)
        if step.do is Do.SETTLE and told.kind == step.kind:
            raise InvalidInputError("what was settled is still to be settled", code="nothing-settles")
        if step.do is Do.CLOSE and request.closed_at is None:
            request = request.model_copy(update={"closed_at": now})
        if request != stored:
            request = self._write(stored, request)
        self._count(stored, request)
        return _result(request, step, parcels, now)

    def _decided(self, request: Return, execution: str, now: datetime) -> Return:
        """The first decision: what the policy said when it was asked for, unless something has become impossible."""
        found = self.amounts.assessor.of_request(request)
        said = found.assessment
        if request.terms is None:
            update = {"terms": by_method(found.terms, request.method), "facts": found.facts, "risk": found.risk}
            request = request.model_copy(update={**update, "policy_version": found.terms.policy_version})
        outcome, rule = (request.assessed, request.assessed_rule) if request.assessed else (said.outcome, said.rule)
        request = self.amounts.of(request, found)
        outcome, rule = self._once_more(request, found, outcome, rule)
        facts = {**_facts(request, found), "execution": execution}
        by = "law" if request.terms and "statutory" in request.terms.rules.values() else "policy"
        first = answers.decision(request, outcome, rule, now, facts, by=by)
        decided = request.model_copy(update={"decisions": (first,)})
        if outcome is Outcome.REVIEW:
            return ask(decided, REQUEST, rule, now)
        if outcome is Outcome.REFUSE:
            return decided.model_copy(update={"state": ReturnState.REFUSED, "refund_amount": None})
        return decided

    def _once_more(self, request: Return, found: Assessed, outcome: Outcome, rule: str) -> tuple[Outcome, str]:
        """What has changed since it was asked for: other returns, a cancelled order, money that is gone."""
        if outcome is Outcome.REFUSE:
            return outcome, rule
        if found.assessment.outcome is Outcome.REFUSE and found.assessment.rule in _IMPOSSIBLE:
            return Outcome.REFUSE, found.assessment.rule
        parts = request.parts
        if answers.is_statutory(request) or request.resolution not in _MONEY or parts is None:
            return outcome, rule
        if parts.total.amount == 0:
            return Outcome.REFUSE, "nothing_to_refund"
        if parts.capped < 0 and outcome is Outcome.APPROVE:
            return Outcome.REVIEW, "refunded_elsewhere"
        return outcome, rule

    def _write(self, stored: Return, request: Return) -> Return:
        written = request.model_copy(update={"version": stored.version + 1})
        self.returns.update(written)
        return written

    def _count(self, stored: Return, request: Return) -> None:
        for one in request.decisions[len(stored.decisions) :]:
            if one.rule == "workflow_failed":
                self.metrics.count("ReturnsFailed", step=str(one.facts.get("step")))
            elif one.by_rule:
                self.metrics.count("ReturnsDecided", outcome=one.outcome.value, rule=one.rule)


def _opening(request: Return) -> Decision:
    """The decision with which an execution has taken it: the first, or the last reopening."""
    if not request.decisions:
        raise InvalidInputError("not decided yet", code="return-not-decided")
    return next((one for one in reversed(request.decisions) if one.rule in answers.OPENINGS), request.decisions[0])


def owner_of(request: Return) -> str | None:
    """The execution that goes on with it; None for one that waits to be taken up."""
    owner = _opening(request).facts.get("execution")
    return str(owner) if owner else None


def is_handed_over(request: Return) -> bool:
    """True once it was taken up again after its first execution."""
    return bool(request.decisions) and _opening(request).rule in answers.OPENINGS


def _hand_over_at(request: Return) -> datetime:
    """When another execution has to go on: none may last a year."""
    return _opening(request).decided_at + LONGEST


def _taken_up(request: Return, execution: str) -> Return:
    opening = _opening(request)
    mine = opening.model_copy(update={"facts": {**opening.facts, "execution": execution}})
    decisions = tuple(mine if one is opening else one for one in request.decisions)
    return request.model_copy(update={"decisions": decisions})


def _facts(request: Return, found: Assessed) -> answers.Facts:
    order, terms = found.facts.orders[request.order_id], terms_of(request)
    parts = request.parts
    return {
        "tier": order.tier,
        "window_days": terms.window_days,
        "days_since_delivery": (found.facts.asked_on - order.delivered_on).days if order.delivered_on else None,
        "refund_minor": parts.total.amount if parts else None,
        "fee_minor": -parts.fee if parts else None,
        "currency": order.currency,
        "quantity": sum(line.quantity for line in request.lines),
        "already_returning": sum(line.already_returning for line in found.facts.lines),
        "resolution": request.resolution.value,
        "method": request.method.value,
        "refund_on": terms.refund_on.value,
    }


def _result(request: Return, step: Step, parcels: Parcels, now: datetime) -> StepResult:
    until = min(step.until, _hand_over_at(request)) if step.until else now
    return StepResult(
        do=step.do.value,
        kind=step.kind.value if step.kind else "",
        seconds=max(1, ceil((until - now).total_seconds())),
        seen=news_of(request, parcels),
        outcome=request.state.value,
    )


def _ended(outcome: str) -> StepResult:
    return StepResult(do=Do.CLOSE.value, kind="", seconds=1, seen=0, outcome=outcome)
