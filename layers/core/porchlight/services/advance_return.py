"""The steps of ``returns_authorization``, one method each. Killed anywhere and repeated, a step gives the same
answer.

Each reads the return, decides, and writes the next version with the decision on it; a write that was overtaken starts
over. A return becomes ``approved`` only when its label exists, so that the shopper is told once there is something to
print.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from porchlight.domain import ids
from porchlight.domain.lateness import SCANNED
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import Order
from porchlight.domain.policies import delivered_at, evaluate
from porchlight.domain.returns import Decision, Label, Outcome, Return, ReturnsPolicy, ReturnState
from porchlight.domain.shipments import Shipment
from porchlight.errors import InvalidInputError, NotFoundError
from porchlight.ports import Brands, Metrics, Orders, Returns, Shipments
from porchlight.services.request_return import get_return, is_undecided
from porchlight.services.retrying import until_settled

SCANS = SCANNED | {Milestone.DELIVERED, Milestone.RETURN_IN_TRANSIT, Milestone.RETURNED_TO_SENDER}
"""Milestones by which the carrier has the return parcel: a label alone is none."""

DEFAULT_CARRIER = "usps"
"""Whose label is given where nothing was shipped yet; otherwise it is the carrier that brought the order."""


class StepResult(TypedDict, total=False):
    """What the machine goes on with."""

    outcome: str
    review_seconds: int
    shipment_id: str
    seen: int
    wait_seconds: int


@dataclass(frozen=True)
class ReturnSteps:
    """Takes a return from request to refund, a step at a time."""

    returns: Returns
    orders: Orders
    shipments: Shipments
    brands: Brands
    metrics: Metrics

    def evaluate(self, brand: str, return_id: str, execution: str, now: datetime) -> StepResult:
        """Let the policy decide, once: ``already_decided`` for executions whose name is not on the decision."""

        def attempt() -> StepResult:
            request = get_return(self.returns, brand, return_id)
            policy = self.brands.get(brand).returns
            if request.decisions:
                first = request.decisions[0]
                mine = first.facts.get("execution") == execution
                return _review(first.outcome.value if mine else "already_decided", policy)
            order = self._order(request)
            verdict = evaluate(
                request,
                order,
                policy,
                others=self.returns.of_order(brand, request.order_id),
                delivered=delivered_at(self._parcels(request)),
                zone=order.destination.zone or self.brands.get(brand).zone,
                now=now,
            )
            facts = {**verdict.decision.facts, "execution": execution}
            decision = verdict.decision.model_copy(update={"facts": facts})
            refused = decision.outcome is Outcome.REFUSE
            self._advance(
                request,
                ReturnState.REFUSED if refused else request.state,
                decision,
                refund_amount=None if refused else verdict.amount,
                policy_version=policy.version,
            )
            self.metrics.count("ReturnsDecided", outcome=decision.outcome.value, rule=decision.rule)
            return _review(decision.outcome.value, policy)

        return until_settled(attempt)

    def settle_review(self, brand: str, return_id: str, deadline_passed: bool, now: datetime) -> StepResult:
        """What a person decided; after the deadline, what the policy says then (``review``: it is asked again)."""

        def attempt() -> StepResult:
            request = get_return(self.returns, brand, return_id)
            policy = self.brands.get(brand).returns
            last = request.decisions[-1]
            if is_undecided(request) and deadline_passed and policy.review_default is not Outcome.REVIEW:
                last = Decision(
                    outcome=policy.review_default,
                    rule="review_deadline",
                    policy_version=policy.version,
                    decided_at=now,
                    facts=last.facts,
                )
                refused = last.outcome is Outcome.REFUSE
                self._advance(request, ReturnState.REFUSED if refused else request.state, last)
                self.metrics.count("ReturnsDecided", outcome=last.outcome.value, rule=last.rule)
            return _review(last.outcome.value, policy)

        return until_settled(attempt)

    def create_label(self, brand: str, return_id: str, now: datetime) -> StepResult:
        """The return parcel, then the approval with its label. Events that the parcel already has count as unseen."""

        def attempt() -> StepResult:
            request = get_return(self.returns, brand, return_id)
            label = request.label
            if label is None:
                waiting = request.state in (ReturnState.REQUESTED, ReturnState.IN_REVIEW)
                if not waiting or request.decisions[-1].outcome is not Outcome.APPROVE:
                    raise InvalidInputError("only an approved return gets a label", code="return-not-approved")
                label = label_for(request, self._parcels(request))
                self._create_parcel(request, label, now)
                self._advance(request, ReturnState.APPROVED, None, label=label)
            left = self._scan_deadline(request) - now
            return StepResult(shipment_id=label.shipment_id, seen=0, wait_seconds=_seconds(left))

        return until_settled(attempt)

    def record_scan(self, brand: str, return_id: str, now: datetime) -> StepResult:
        """``scanned`` once the carrier has the parcel, ``expired`` after the deadline, ``waiting`` until then."""

        def attempt() -> StepResult:
            request = get_return(self.returns, brand, return_id)
            if request.scanned_at:
                return StepResult(outcome="scanned", seen=0, wait_seconds=1)
            if request.state is not ReturnState.APPROVED or request.label is None:
                return StepResult(outcome=request.state.value, seen=0, wait_seconds=1)
            parcel = self.shipments.get(brand, request.label.shipment_id)
            scans = [at for milestone, at in (parcel.reached if parcel else {}).items() if milestone in SCANS]
            left = self._scan_deadline(request) - now
            facts = {"shipment_id": request.label.shipment_id}
            if scans:
                decision = self._decision(request, Outcome.APPROVE, "first_scan", now, facts)
                self._advance(request, ReturnState.IN_TRANSIT, decision, scanned_at=min(scans))
                return StepResult(outcome="scanned", seen=0, wait_seconds=1)
            if left <= timedelta():
                decision = self._decision(request, Outcome.REFUSE, "scan_deadline", now, facts)
                self._advance(request, ReturnState.EXPIRED, decision)
                return StepResult(outcome="expired", seen=0, wait_seconds=1)
            seen = parcel.event_count if parcel else 0
            return StepResult(outcome="waiting", seen=seen, wait_seconds=_seconds(left))

        return until_settled(attempt)

    def fail(self, brand: str, return_id: str, execution: str, step: str, error: str, now: datetime) -> StepResult:
        """Record that a step failed for good. What has ended stays as it is, and so does another execution's return."""

        def attempt() -> StepResult:
            request = get_return(self.returns, brand, return_id)
            other = bool(request.decisions) and request.decisions[0].facts.get("execution") != execution
            ended = (ReturnState.REFUNDED, ReturnState.REFUSED, ReturnState.EXPIRED, ReturnState.FAILED)
            if other or request.state in ended:
                return StepResult(outcome="left_alone")
            facts = {"step": step, "error": error, "state": request.state.value, "execution": execution}
            decision = self._decision(request, Outcome.REVIEW, "workflow_failed", now, facts)
            self._advance(request, ReturnState.FAILED, decision, failure=f"{step}: {error}")
            self.metrics.count("ReturnsFailed", step=step)
            return StepResult(outcome="failed")

        return until_settled(attempt)

    def _order(self, request: Return) -> Order:
        order = self.orders.get(request.brand, request.order_id)
        if order is None:
            raise NotFoundError("no such order")
        return order

    def _parcels(self, request: Return) -> list[Shipment]:
        """The parcels that brought the order."""
        found = self.orders.contents(request.brand, request.order_id).shipment_ids
        return [parcel for key in found if (parcel := self.shipments.get(request.brand, key)) and not parcel.is_return]

    def _create_parcel(self, request: Return, label: Label, now: datetime) -> None:
        """The return parcel under its label's number; a scan that came before made it already, without the return."""
        stored = self.shipments.get(request.brand, label.shipment_id)
        if stored and stored.return_id == request.return_id:
            return
        order = self._order(request)
        parcel = stored or Shipment(
            brand=request.brand,
            shipment_id=label.shipment_id,
            carrier=label.carrier,
            tracking_number=label.tracking_number,
            created_at=now,
            updated_at=now,
        )
        update = {
            "order_id": request.order_id,
            "shopper_id": request.shopper_id,
            "return_id": request.return_id,
            "zone": order.destination.zone,
            "expected": None,
            "updated_at": now,
            "version": parcel.version + 1,
        }
        self.shipments.save(parcel.model_copy(update=update), due_at=None)

    def _scan_deadline(self, request: Return) -> datetime:
        approved = [one.decided_at for one in request.decisions if one.outcome is Outcome.APPROVE]
        if not approved:
            raise InvalidInputError("only an approved return has a deadline", code="return-not-approved")
        return approved[0] + timedelta(days=self.brands.get(request.brand).returns.scan_deadline_days)

    def _advance(self, request: Return, state: ReturnState, decision: Decision | None, **update: object) -> None:
        """Write the next version."""
        decisions = (*request.decisions, decision) if decision else request.decisions
        changed = {"state": state, "decisions": decisions, "version": request.version + 1, **update}
        self.returns.update(request.model_copy(update=changed))

    @staticmethod
    def _decision(request: Return, outcome: Outcome, rule: str, now: datetime, facts: dict[str, str]) -> Decision:
        return Decision(
            outcome=outcome,
            rule=rule,
            policy_version=request.policy_version,
            decided_at=now,
            decided_by="workflow",
            facts={**facts},
        )


def label_for(request: Return, parcels: list[Shipment]) -> Label:
    """Our own number, at the carrier that brought the order; the same whenever it is asked for."""
    carrier = parcels[0].carrier if parcels else DEFAULT_CARRIER
    number = "PLR" + ids.stable_id("plr", request.brand, request.return_id).removeprefix("plr_").upper()
    return Label(
        carrier=carrier,
        tracking_number=number,
        shipment_id=ids.shipment_id(request.brand, carrier, number),
        reference=number,
    )


def _review(outcome: str, policy: ReturnsPolicy) -> StepResult:
    return StepResult(outcome=outcome, review_seconds=policy.review_deadline_days * 86_400)


def _seconds(left: timedelta) -> int:
    """A timeout is at least a second."""
    return max(1, int(left.total_seconds()))
