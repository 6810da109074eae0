"""People and returns: a person's answer, whose question it is, notes on it; the shopper who calls it off; what was
given up and is looked at once more.

What is written wakes the workflow: the return's own change on the stream does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from porchlight.domain.policies import is_gone
from porchlight.domain.returns import GIVEN_UP, Outcome, Return, ReturnState
from porchlight.domain.rma import answers
from porchlight.domain.rma.answers import BY_PERSON
from porchlight.domain.rma.moves import settle_news
from porchlight.domain.rma.next_step import Parcels
from porchlight.domain.rma.standing import GOODS, MONEY
from porchlight.errors import ConflictError, InvalidInputError
from porchlight.ports import Orders, Returns, Shipments, Wait
from porchlight.services.request_return import get_return
from porchlight.services.retrying import until_settled
from porchlight.services.return_parcels import parcels_of

_STRICT = ConfigDict(frozen=True, extra="forbid")
MOST_NOTES = 50
"""On one question."""


class DecisionBody(BaseModel):
    """The body of ``POST /v1/returns/{return_id}/decision``. ``amount_minor``: what is paid at most, where goods or
    money are in question.
    """

    model_config = _STRICT

    approve: bool
    note: str = Field(default="", max_length=500)
    amount_minor: int | None = Field(default=None, ge=0)


class AssignBody(BaseModel):
    """The body of ``POST /v1/returns/{return_id}/assign``; empty: nobody's."""

    model_config = _STRICT

    assignee: str = Field(max_length=100)


class NoteBody(BaseModel):
    """A note: on a question, or with which something is taken up again."""

    model_config = _STRICT

    note: str = Field(default="", max_length=500)


class PostedBody(BaseModel):
    """The body of ``POST /v1/returns/{return_id}/posted``: the shopper has shown that they sent it."""

    model_config = _STRICT

    posted_at: AwareDatetime | None = None
    """Without it now."""
    note: str = Field(default="", max_length=500)


@dataclass(frozen=True)
class ReviewDesk:
    """Where people answer."""

    returns: Returns
    orders: Orders

    def decide(self, brand: str, return_id: str, body: DecisionBody, by: str, now: datetime) -> Return:
        """Record a person's answer with all that follows from it. The same answer again is that answer.

        ConflictError where nobody is asked (any more), or somebody has answered otherwise.
        """
        outcome = Outcome.APPROVE if body.approve else Outcome.REFUSE

        def change(request: Return) -> Return | None:
            asked = settle_news(request, Parcels(), now) if _is_of_before(request) else request
            if asked.review is None:
                last = asked.decisions[-1] if asked.decisions else None
                said = next((one for one in reversed(asked.decisions) if one.rule == BY_PERSON), last)
                if said and (said.rule, said.outcome, said.note) == (BY_PERSON, outcome, body.note):
                    return None
                raise ConflictError("this return is not waiting for a decision", code="not-in-review")
            if body.amount_minor is not None and asked.review.stage not in (GOODS, MONEY):
                raise InvalidInputError("an amount is for goods or money in question", code="no-amount-here")
            if body.approve:
                self._check(asked)
            return answers.answer(
                *(asked, body.approve, BY_PERSON, by, now), note=body.note, amount_minor=body.amount_minor
            )

        return self._change(brand, return_id, change)

    def assign(self, brand: str, return_id: str, assignee: str, by: str, now: datetime) -> Return:
        """Say whose question it is. Nothing else changes; asked again it is the same."""
        del by, now

        def change(request: Return) -> Return | None:
            review = _open(request).review
            assert review is not None
            if review.assignee == assignee:
                return None
            return request.model_copy(update={"review": review.model_copy(update={"assignee": assignee})})

        return self._change(brand, return_id, change)

    def note(self, brand: str, return_id: str, text: str, by: str, now: datetime) -> Return:
        """Add a note to the question, with who wrote it and when."""

        def change(request: Return) -> Return | None:
            review = _open(request).review
            assert review is not None
            if review.notes and review.notes[-1].endswith(f" {by}: {text}"):
                return None
            if len(review.notes) >= MOST_NOTES:
                raise ConflictError("this question has enough notes", code="too-many-notes")
            notes = (*review.notes, f"{now:%Y-%m-%dT%H:%MZ} {by}: {text}")
            return request.model_copy(update={"review": review.model_copy(update={"notes": notes})})

        return self._change(brand, return_id, change)

    def reopen(self, brand: str, return_id: str, by: str, now: datetime, note: str = "") -> Return:
        """Put what was refused, was called off, has expired or failed before a person once more."""

        def change(request: Return) -> Return | None:
            goes_on = bool(request.decisions) and request.decisions[-1].rule == answers.HANDED_OVER
            if goes_on or (request.review and any(one.rule == answers.REOPENED for one in request.decisions)):
                return None
            if not answers.may_reopen(request):
                raise ConflictError("there is nothing to take up again", code="not-closed")
            return answers.reopen(request, by, now, note)

        return self._change(brand, return_id, change)

    def posted(self, brand: str, return_id: str, body: PostedBody, by: str, now: datetime) -> Return:
        """Record the proof that it was sent, where no carrier says so. Once there is one, it is that one.

        ConflictError where nothing is waited for, or something was seen of it.
        """
        at = body.posted_at or now

        def change(request: Return) -> Return | None:
            if any(one.rule == answers.POSTED for one in request.decisions):
                return None
            if not answers.may_be_posted(request):
                raise ConflictError("no parcel of this return is waited for", code="return-not-waiting")
            if at > now:
                raise InvalidInputError("posted_at has not come yet", code="not-sent-yet")
            return answers.posted(request, at, by, now, body.note)

        return self._change(brand, return_id, change)

    def _check(self, request: Return) -> None:
        """What was given up holds nothing of its orders: others may have taken it meanwhile."""
        if request.state not in {*GIVEN_UP, ReturnState.FAILED}:
            return
        for order_id in request.order_ids:
            order = self.orders.get(request.brand, order_id)
            if is_gone(request, order_id, order, self.returns.of_order(request.brand, order_id)):
                raise ConflictError("other returns have taken this item", code="quantity-exceeded")

    def _change(self, brand: str, return_id: str, change: Callable[[Return], Return | None]) -> Return:
        return _changed(self.returns, brand, return_id, change)


@dataclass(frozen=True)
class Cancellation:
    """Where a return is called off: by the shopper, or a person for them."""

    returns: Returns
    shipments: Shipments

    def cancel(self, brand: str, return_id: str, by: str, now: datetime) -> Return:
        """Called off, until something was seen of it or settled; ConflictError after that. Twice is once."""

        def change(request: Return) -> Return | None:
            if request.state is ReturnState.CANCELLED:
                return None
            sent = parcels_of(self.shipments, request).scanned_at
            if sent or not answers.may_cancel(request):
                raise ConflictError("it is too late to call this return off", code="cannot-cancel")
            return answers.cancel(request, by, now)

        return _changed(self.returns, brand, return_id, change)


def _changed(returns: Returns, brand: str, return_id: str, change: Callable[[Return], Return | None]) -> Return:
    def attempt() -> Return:
        request = get_return(returns, brand, return_id)
        changed = change(request)
        if changed is None:
            return request
        keep_token(returns, request)
        changed = changed.model_copy(update={"version": request.version + 1})
        returns.update(changed)
        return changed

    return until_settled(attempt)


def keep_token(returns: Returns, request: Return) -> None:
    """A workflow that was begun under the release before waits for its review with a token beside the record, which
    the next write loses: it becomes a wait like any other.
    """
    if not _is_of_before(request):
        return
    if token := returns.review_token(request.brand, request.return_id):
        since = request.decisions[-1].decided_at
        which = {"brand": request.brand, "shipment_id": "", "return_id": request.return_id}
        returns.put_wait(Wait(**which, purpose="review", token=token, created_at=since))


def _is_of_before(request: Return) -> bool:
    """True for a question that was put under the release before."""
    undecided = bool(request.decisions) and request.decisions[-1].outcome is Outcome.REVIEW
    return request.state is ReturnState.IN_REVIEW and request.review is None and undecided


def _open(request: Return) -> Return:
    if request.review is None:
        raise ConflictError("this return is not waiting for a decision", code="not-in-review")
    return request
