"""Executions of ``returns_authorization`` that were begun under the release before, with a state for each step.

They are answered until they can end: what they have reached is written down, and handed over to an execution of this
release, which the bus starts on ``ReturnReopened``.
"""

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from porchlight.domain.returns import ENDED, Return, ReturnState
from porchlight.domain.rma import answers
from porchlight.domain.rma.answers import HANDED_OVER
from porchlight.domain.rma.next_step import scan_until
from porchlight.errors import InvalidInputError, TransientError
from porchlight.services.advance_return import ALREADY_DECIDED, ReturnSteps, is_handed_over, owner_of
from porchlight.services.request_return import get_return
from porchlight.services.retrying import until_settled
from porchlight.services.return_parcels import parcels_of


@dataclass(frozen=True)
class StepsBefore:
    """The actions of the old machine."""

    steps: ReturnSteps

    def take(self, action: str, event: dict[str, Any], now: datetime) -> dict[str, Any]:
        """``{action, brand, return_id, …}`` → what the old machine reads: ``outcome``, and how long to wait."""
        brand, return_id = event["brand"], event["return_id"]
        match action:
            case "evaluate":
                return self._evaluate(brand, return_id, event["execution"], now)
            case "settle_review":
                return self._settle_review(brand, return_id, now)
            case "create_label":  # its next state could only wait for a parcel: it fails, and is handed over then
                raise TransientError("another execution goes on with this return")
            case "record_scan":
                return self._record_scan(brand, return_id, now)
            case "fail":
                return self._fail(event, now)
            case _:
                raise InvalidInputError("no such action")

    def _evaluate(self, brand: str, return_id: str, execution: str, now: datetime) -> dict[str, Any]:
        request = get_return(self.steps.returns, brand, return_id)
        if is_handed_over(request) and owner_of(request) is None:
            raise TransientError("the deployment is still going on")
        step = self.steps.start(brand, return_id, execution, now)
        if step["do"] != "close":
            self._hand_over(brand, return_id, now)
        outcome = step["outcome"] if step["do"] == "close" else HANDED_OVER
        return _answer(ALREADY_DECIDED if step["outcome"] == ALREADY_DECIDED else outcome)

    def _settle_review(self, brand: str, return_id: str, now: datetime) -> dict[str, Any]:
        request = self._settled(brand, return_id, now)
        if request.review:
            return _answer("review", seconds=(request.review.due_at - now).total_seconds())
        if request.state not in ENDED:
            self._hand_over(brand, return_id, now)
        return _answer(request.decisions[-1].outcome.value if request.state in ENDED else HANDED_OVER)

    def _record_scan(self, brand: str, return_id: str, now: datetime) -> dict[str, Any]:
        request = self._settled(brand, return_id, now)
        if request.state is ReturnState.APPROVED and request.label:
            seen = parcels_of(self.steps.shipments, request).events
            return _answer("waiting", seconds=(scan_until(request) - now).total_seconds(), seen=seen)
        if request.state not in ENDED:
            self._hand_over(brand, return_id, now)
            return _answer(HANDED_OVER)
        return _answer(request.state.value)

    def _fail(self, event: dict[str, Any], now: datetime) -> dict[str, Any]:
        which, step, error = (event["brand"], event["return_id"]), event["step"], event["error"]
        request = get_return(self.steps.returns, *which)
        going_on = error == TransientError.__name__ and step in ("EvaluateReturn", "CreateLabel") and request.decisions
        if going_on and owner_of(request) in (None, event["execution"]) and request.state not in ENDED:
            self._hand_over(*which, now)
            return _answer(HANDED_OVER)
        return _answer(self.steps.fail(*which, event["execution"], step, error, now)["outcome"])

    def _settled(self, brand: str, return_id: str, now: datetime) -> Return:
        """The return with all that is known by now written down."""

        def attempt() -> Return:
            return self.steps.write_news(get_return(self.steps.returns, brand, return_id), now)

        return until_settled(attempt)

    def _hand_over(self, brand: str, return_id: str, now: datetime) -> None:
        def attempt() -> None:
            request = get_return(self.steps.returns, brand, return_id)
            if request.state in ENDED:
                return
            changed = answers.hand_over(request, now).model_copy(update={"version": request.version + 1})
            self.steps.returns.update(changed)

        until_settled(attempt)


def _answer(outcome: str, *, seconds: float = 1, seen: int = 0) -> dict[str, Any]:
    left = max(1, ceil(seconds))
    return {"outcome": outcome, "review_seconds": left, "wait_seconds": left, "seen": seen}
