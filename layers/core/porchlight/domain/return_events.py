"""What happened to a return, for everybody else: one event for each step, derived from what changed between two
versions of its record. The state alone does not say it: with an instant refund the parcel is scanned after everything
is settled.

Each comes once; what a return goes through again after it was taken up anew has another id.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from porchlight.domain.changes import DomainEvent
from porchlight.domain.ids import stable_id
from porchlight.domain.moments import Moment
from porchlight.domain.returns import SETTLED, Outcome, Return, ReturnState
from porchlight.domain.rma.answers import OPENINGS, POSTED, REOPENED
from porchlight.domain.rma.inspection import question
from porchlight.domain.rma.names import Resolution, ReturnKind, ReturnMethod, SettlementKind, SettlementState
from porchlight.domain.rma.next_step import REMINDED
from porchlight.domain.rma.settlements import Settlement
from porchlight.domain.rma.standing import BY_LABEL, needs_label

STATE_EVENT: dict[ReturnState, tuple[str, Moment | None]] = {
    ReturnState.REFUSED: ("ReturnRefused", Moment.RETURN_REFUSED),
    ReturnState.IN_REPAIR: ("ReturnInRepair", None),
    ReturnState.REPAIRED: ("ReturnRepaired", None),
    ReturnState.CANCELLED: ("ReturnCancelled", Moment.RETURN_CANCELLED),
    ReturnState.EXPIRED: ("ReturnExpired", None),
    ReturnState.FAILED: ("ReturnFailed", None),
}
"""What entering a state means, where that is all there is to say."""

MONEY_EVENT: dict[SettlementKind, tuple[ReturnState, str, Moment]] = {
    SettlementKind.REFUND: (ReturnState.REFUNDED, "RefundIssued", Moment.REFUNDED),
    SettlementKind.CREDIT: (ReturnState.CREDITED, "CreditIssued", Moment.CREDIT_ISSUED),
}
"""What the shopper gets as money: the state that says that all of it is there, and the event of each part."""

_BEFORE_APPROVAL = frozenset({ReturnState.REQUESTED, ReturnState.IN_REVIEW})
_NOT_APPROVED = _BEFORE_APPROVAL | {ReturnState.REFUSED, ReturnState.CANCELLED, ReturnState.EXPIRED, ReturnState.FAILED}
_TOLD_AGAIN = _BEFORE_APPROVAL | {ReturnState.REFUSED, ReturnState.CANCELLED, ReturnState.FAILED}
"""From these a return becomes an approved one; one that expired was approved before."""
_ANSWERS = frozenset(
    {
        *(Moment.RETURN_REQUESTED, Moment.RETURN_APPROVED, Moment.RETURN_REFUSED, Moment.RETURN_CANCELLED),
    }
)
"""What may come once more after people have taken a return up again."""
_NO_PARCEL = frozenset({ReturnMethod.IN_STORE, ReturnMethod.OWN})

Event = Callable[..., DomainEvent]


def return_changes(old: Return | None, new: Return) -> list[DomainEvent]:
    """What the new version says that the old one did not. The first event of a change that the workflow waits for is
    ``waiting``; where there is no other, it is a ``ReturnNews``.
    """

    def event(name: str, moment: Moment | None, key: str = "", at: datetime | None = None, **data: Any) -> DomainEvent:
        recorded, again = _recorded(new), _again(new)
        return DomainEvent(
            id=stable_id("chg", new.return_id, name, *([key] if key else [])),
            type=name,
            brand=new.brand,
            occurred_at=at or recorded,
            recorded_at=max(recorded, at or recorded),
            order_id=new.order_id,
            return_id=new.return_id,
            shipment_id=new.label.shipment_id if new.label else None,
            # What is told of a subject is told once: a second answer is another one, and so is another label.
            subject_id=f"{new.return_id}#{again}" if again and moment in _ANSWERS else new.return_id,
            moment=moment,
            **data,
        )

    if old is None:
        # What came by the withdrawal page is acknowledged there, whoever's address it is.
        declared = new.kind is ReturnKind.WITHDRAWAL and new.source != "withdrawal"
        return [_told(event("ReturnRequested", Moment.WITHDRAWAL_RECEIVED, at=new.requested_at), declared)]
    found = [
        *_decided(old, new, event),
        *_on_its_way(old, new, event),
        *_here(old, new, event),
        *_settled(old, new, event),
    ]
    if (new.state is not old.state or _is_refused_again(old, new)) and new.state in STATE_EVENT:
        name, moment = STATE_EVENT[new.state]
        found.append(event(name, moment, _again(new), why=_why(new)))
    if new.closed_at and not old.closed_at:
        found.append(event("ReturnClosed", None, _again(new), new.closed_at))
    if _is_news(old, new):
        if not found:
            found.append(event("ReturnNews", None, str(new.version)))
        found[0] = found[0].model_copy(update={"waiting": True})
    return found


def _decided(old: Return, new: Return, event: Event) -> Iterator[DomainEvent]:
    """People are asked, or asked anew; it is approved, and there is what the shopper needs for it."""
    if _openings(new) > _openings(old):
        yield event("ReturnReopened", None, str(_openings(new)))
    asked = new.review is not None and (old.review is None or old.review.asked_at != new.review.asked_at)
    if asked or (new.state is ReturnState.IN_REVIEW and old.state is not ReturnState.IN_REVIEW):
        first = new.state is ReturnState.IN_REVIEW and old.state is ReturnState.REQUESTED
        review = new.review
        key = "" if first else f"{review.stage}{review.asked_at.isoformat()}" if review else _again(new)
        said = {"stage": review.stage, "why": review.why} if review else {}
        yield _told(event("ReturnInReview", Moment.RETURN_REQUESTED, key, **said), first)
    if (review := new.review) and _reminders(new) > _reminders(old):
        due = f"{review.stage}{review.asked_at.isoformat()}"
        yield event("ReturnReviewDue", None, due, stage=review.stage, why=review.why)
    if new.is_approved and new.state not in _NOT_APPROVED and old.state in _TOLD_AGAIN:
        approved = event("ReturnApproved", Moment.RETURN_APPROVED, _again(new), resolution=new.resolution)
        yield _told(approved, not needs_label(new))
        if new.method in _NO_PARCEL:
            yield _expected(new, event)
    label, before = new.label, old.label
    if label and (before is None or before.shipment_id != label.shipment_id):
        # Who sends it as they like and says the number has made no label that could be ready.
        printed = new.method in BY_LABEL or bool(label.document)
        another = printed and old.is_approved and old.state not in _NOT_APPROVED
        made = event("ReturnLabelMade", Moment.RETURN_LABEL, label.shipment_id, label.made_at)
        yield _told(made.model_copy(update={"subject_id": f"{new.return_id}#{label.shipment_id}"}), another)


def _on_its_way(old: Return, new: Return, event: Event) -> Iterator[DomainEvent]:
    """The carrier has it. What was scanned before the approval is told with it; that it has arrived, its parcel says
    (``changes.shipment_changes``).
    """
    if _is_scanned(new) and not _is_scanned(old):
        scanned = event("ReturnScanned", Moment.RETURN_SCANNED, at=new.scanned_at)
        yield _told(scanned, new.state not in SETTLED)
        if new.method not in _NO_PARCEL:
            yield _expected(new, event)


def _here(old: Return, new: Return, event: Event) -> Iterator[DomainEvent]:
    """What the warehouse has booked and inspected, by its own ids."""
    booked, inspected = {one.receipt_id for one in old.receipts}, {one.inspection_id for one in old.inspections}
    for receipt in new.receipts:
        if receipt.receipt_id not in booked:
            yield event("ReturnReceived", Moment.RETURN_RECEIVED, receipt.receipt_id, receipt.received_at)
    for one in new.inspections:
        if one.inspection_id not in inspected:
            found = event("ReturnInspected", Moment.RETURN_INSPECTED, one.inspection_id, one.inspected_at)
            # The shopper hears of it once there is a result: not of parts, not after the money, not while people look.
            yield _told(found, one.complete and new.state is ReturnState.INSPECTED and not question(new))


def _settled(old: Return, new: Return, event: Event) -> Iterator[DomainEvent]:
    """Money that was asked for, has moved or has not; goods that went out."""
    for kind, (state, name, moment) in MONEY_EVENT.items():
        done = [one for one in _newly(old, new, SettlementState.DONE) if one.kind is kind]
        entered = new.state is state and old.state is not state
        if entered:  # all of it is there; with one payment that is its own event
            yield event(name, moment, amount=done[-1].amount if done else None)
            done = done[:-1]
        for one in done:
            beside = new.state in SETTLED and new.state is not state
            yield _told(event(name, moment, one.key, one.done_at, amount=one.amount), beside)
    for one in _newly(old, new, SettlementState.INTENDED):
        if one.kind is SettlementKind.REFUND:
            yield event("RefundRequested", None, one.key, one.intended_at, amount=one.amount)
    for one in _newly(old, new, SettlementState.FAILED):
        if one.kind is SettlementKind.REFUND:
            yield event("RefundFailed", None, one.key, amount=one.amount, why=one.why or None)
    if new.state is ReturnState.EXCHANGED and old.state is not ReturnState.EXCHANGED:
        if new.resolution is Resolution.REPLACE:
            yield event("ReplacementSent", Moment.RETURN_EXCHANGED)
        else:
            yield event("ReturnExchanged", Moment.RETURN_EXCHANGED)


def _told(event: DomainEvent, when: bool) -> DomainEvent:
    """With its moment, or without where the shopper hears of it by another."""
    return event if when else event.model_copy(update={"moment": None})


def _newly(old: Return, new: Return, state: SettlementState) -> list[Settlement]:
    """Settlements that have come into a state with this version. What was intended and done at once was intended."""
    before = {one.key: one.state for one in old.settlements}
    if state is SettlementState.INTENDED:
        return [one for one in new.settlements if one.key not in before]
    return [one for one in new.settlements if one.state is state and before.get(one.key) is not state]


def _expected(new: Return, event: Event) -> DomainEvent:
    """The advance notice to the warehouse: what comes, and where."""
    facility = new.terms.facility if new.terms else ""
    lines = {f"{line.order_id or new.order_id}/{line.line_id}": 0 for line in new.lines}
    for line in new.lines:
        lines[f"{line.order_id or new.order_id}/{line.line_id}"] += line.quantity
    return event("ReturnExpected", None, _again(new), facility=facility or None, lines=lines)


def _is_scanned(request: Return) -> bool:
    return request.scanned_at is not None and request.is_approved


def _is_news(old: Return, new: Return) -> bool:
    """True for what the workflow waits for: an answer of a person, goods, money, a wish to cancel, another label."""
    return any(
        (
            _question(old) != _question(new),
            old.cancel_asked_at != new.cancel_asked_at,
            old.state is not new.state and new.state is ReturnState.CANCELLED,
            old.receipts != new.receipts,
            old.inspections != new.inspections,
            old.repairs != new.repairs,
            [(one.key, one.state) for one in old.settlements] != [(one.key, one.state) for one in new.settlements],
            old.label != new.label,
            _is_posted(old) is not _is_posted(new),
            _reopenings(old) != _reopenings(new),
            _is_asked(old) and len(old.decisions) != len(new.decisions),
        )
    )


def _is_posted(request: Return) -> bool:
    return any(one.rule == POSTED for one in request.decisions)


def _is_asked(request: Return) -> bool:
    """True while people are asked; releases before had the state alone for it."""
    return request.review is not None or request.state is ReturnState.IN_REVIEW


def _question(request: Return) -> tuple[str, datetime, datetime] | None:
    """Who is asked to answer it, and their notes, change nothing for whoever waits."""
    review = request.review
    return (review.stage, review.asked_at, review.due_at) if review else None


def _is_refused_again(old: Return, new: Return) -> bool:
    """A refusal stays one while a person looks at it once more."""
    answered = old.review is not None and new.review is None
    both = old.state is new.state is ReturnState.REFUSED
    return both and answered and new.decisions[-1].outcome is Outcome.REFUSE


def _reopenings(request: Return) -> int:
    return sum(one.rule == REOPENED for one in request.decisions)


def _reminders(request: Return) -> int:
    return sum(one.rule == REMINDED for one in request.decisions)


def _openings(request: Return) -> int:
    """How often another execution was to take it up."""
    return sum(one.rule in OPENINGS for one in request.decisions)


def _again(request: Return) -> str:
    """Tells what happens after a return was taken up anew from what happened before; empty the first time."""
    return str(_reopenings(request) or "")


def _why(request: Return) -> str | None:
    """The code of what has ended it."""
    if request.state is ReturnState.FAILED:
        return (request.failure or "").partition(":")[0] or None
    if request.state is ReturnState.REFUSED:
        return next((one.rule for one in reversed(request.decisions) if one.outcome is Outcome.REFUSE), None)
    return None


def _recorded(request: Return) -> datetime:
    """When the last of it was written down: the record has no such instant of its own."""
    known = [request.requested_at, *(one.decided_at for one in request.decisions)]
    for one in request.settlements:
        known += [one.intended_at, *(at for at in (one.asked_at, one.done_at) if at)]
    if request.review:
        known.append(request.review.asked_at)
    known += [at for at in (request.cancel_asked_at, request.closed_at) if at]
    return max(known)
