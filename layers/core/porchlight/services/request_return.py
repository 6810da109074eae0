"""The people's side of returns: asking for one, and a person's decision where the policy wants one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from porchlight.domain import ids
from porchlight.domain.policies import quantities
from porchlight.domain.returns import Decision, Outcome, Return, ReturnLine, ReturnState
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError, PayloadTooLargeError
from porchlight.ports import Orders, Returns, Workflows
from porchlight.services.read_json import read_json
from porchlight.services.retrying import until_settled

_STRICT = ConfigDict(frozen=True, extra="forbid")
MAX_BODY = 100_000
"""Bytes; a return has 100 lines at most."""
BY_PERSON = "human_review"
"""The rule of a decision that a person made."""


class ReturnLineBody(ReturnLine):
    """How many of one order line come back, and why."""

    model_config = _STRICT


class ReturnBody(BaseModel):
    """The body of ``POST /v1/returns``. ``order`` is the shop's own id of the order."""

    model_config = _STRICT

    order: str = Field(min_length=1, max_length=128)
    lines: tuple[ReturnLineBody, ...] = Field(min_length=1, max_length=100)


class DecisionBody(BaseModel):
    """The body of ``POST /v1/returns/{return_id}/decision``."""

    model_config = _STRICT

    approve: bool
    note: str = Field(default="", max_length=500)


def read_body[Body: BaseModel](model: type[Body], body: bytes) -> Body:
    """The body, or InvalidInputError that names each field at fault (and never repeats its value)."""
    if len(body) > MAX_BODY:
        raise PayloadTooLargeError(f"at most {MAX_BODY} bytes are taken")
    return read_json(model, body)


@dataclass(frozen=True)
class RequestDesk:
    """Takes requests."""

    returns: Returns
    orders: Orders

    def request(self, brand: str, body: ReturnBody, key: str, now: datetime) -> tuple[Return, bool]:
        """Write the request; (the return, whether it is new). The same ``key`` always is the same return.

        Whether it is allowed is decided by the workflow, and recorded; here only what cannot be a return is refused.
        """
        if not 8 <= len(key) <= 128:
            raise InvalidInputError(
                "the header idempotency-key is needed, with 8 to 128 characters", code="no-idempotency-key"
            )
        order = self.orders.get(brand, ids.order_id(brand, body.order))
        if order is None:
            raise NotFoundError("no such order")
        bought = {line.line_id for line in order.lines}
        if unknown := sorted(quantities(body.lines).keys() - bought):
            raise InvalidInputError(f"not a line of this order: {', '.join(unknown[:5])}", code="unknown-line")
        wanted = Return(
            brand=brand,
            return_id=ids.return_id(brand, order.order_id, key),
            order_id=order.order_id,
            shopper_id=order.shopper_id,
            lines=tuple(ReturnLine(**line.model_dump()) for line in body.lines),
            requested_at=now,
        )
        if self.returns.create(wanted):
            return wanted, True
        stored = get_return(self.returns, brand, wanted.return_id)
        if stored.lines != wanted.lines:
            raise ConflictError("this idempotency key was used for other lines", code="idempotency-key-reused")
        return stored, False


@dataclass(frozen=True)
class ReviewDesk:
    """Where a person decides, and where the workflow waits for that."""

    returns: Returns
    workflows: Workflows

    def await_review(self, brand: str, return_id: str, token: str) -> bool:
        """Put the return before a person; True if the decision was there already and the task has been answered."""

        def attempt() -> bool:
            request = get_return(self.returns, brand, return_id)
            if not is_undecided(request):
                return True
            update = {"state": ReturnState.IN_REVIEW, "version": request.version + 1}
            self.returns.update(request.model_copy(update=update), token=token)
            return False

        decided = until_settled(attempt)
        if decided:
            self.workflows.succeed(token, {"purpose": "review"})
        return decided

    def decide(self, brand: str, return_id: str, body: DecisionBody, by: str, now: datetime) -> Return:
        """Record a person's decision, then answer the workflow. Killed in between, the same decision again goes on.

        ConflictError where nobody is asked (any more), or somebody has decided otherwise.
        """
        outcome = Outcome.APPROVE if body.approve else Outcome.REFUSE

        def attempt() -> tuple[Return, str | None] | None:
            request = get_return(self.returns, brand, return_id)
            token = self.returns.review_token(brand, return_id)
            if request.state is ReturnState.IN_REVIEW and is_undecided(request):
                policy = request.decisions[-1]
                decision = Decision(
                    outcome=outcome,
                    rule=BY_PERSON,
                    policy_version=policy.policy_version,
                    decided_at=now,
                    decided_by=by,
                    facts=policy.facts,
                    note=body.note,
                )
                decided = request.model_copy(
                    update={
                        "state": ReturnState.IN_REVIEW if body.approve else ReturnState.REFUSED,
                        "decisions": (*request.decisions, decision),
                        "version": request.version + 1,
                    }
                )
                self.returns.update(decided, token=token)
                return decided, token
            if any(one.rule == BY_PERSON and one.outcome is outcome for one in request.decisions):
                return request, token
            return None

        found = until_settled(attempt)
        if found is None:
            raise ConflictError("this return is not waiting for a decision", code="not-in-review")
        decided, token = found
        if token:
            self.workflows.succeed(token, {"purpose": "review"})
        return decided


def get_return(returns: Returns, brand: str, return_id: str) -> Return:
    """The return; NotFoundError where the brand has none such."""
    found = returns.get(brand, return_id)
    if found is None:
        raise NotFoundError("no such return")
    return found


def is_undecided(request: Return) -> bool:
    """True while the policy wants a person to decide and nobody has."""
    return (
        request.state in (ReturnState.REQUESTED, ReturnState.IN_REVIEW)
        and bool(request.decisions)
        and request.decisions[-1].outcome is Outcome.REVIEW
    )


def show(request: Return) -> dict[str, Any]:
    """The return as the API answers it: where it is, why, and what comes back. Execution names are our own business."""
    decisions = [
        {
            "outcome": one.outcome.value,
            "rule": one.rule,
            "policy_version": one.policy_version,
            "decided_at": one.decided_at.isoformat(),
            "decided_by": one.decided_by,
            "facts": {name: value for name, value in one.facts.items() if name != "execution"},
            "note": one.note,
        }
        for one in request.decisions
    ]
    return {
        "return_id": request.return_id,
        "order_id": request.order_id,
        "state": request.state.value,
        "requested_at": request.requested_at.isoformat(),
        "lines": [line.model_dump() for line in request.lines],
        "refund_amount": request.refund_amount.model_dump() if request.refund_amount else None,
        "label": request.label.model_dump() if request.label else None,
        "refund": request.refund.model_dump(mode="json") if request.refund else None,
        "decisions": decisions,
        "failure": request.failure,
    }
