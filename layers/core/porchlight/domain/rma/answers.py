"""What an answer does to a return: of a person, of the deadline in their place, of the shopper who cancels."""

from datetime import datetime

from porchlight.domain.returns import GIVEN_UP, SETTLED, Decision, Outcome, Return, ReturnState, Review
from porchlight.domain.rma.names import (
    RepairState,
    Resolution,
    ReturnKind,
    ReturnMethod,
    SettlementKind,
    SettlementState,
)
from porchlight.domain.rma.next_step import NO_LABEL, PRINCIPAL, STUCK, answer_by, failed, has_hold, stuck
from porchlight.domain.rma.settlements import Parts
from porchlight.domain.rma.standing import (
    GOODS,
    MONEY,
    REQUEST,
    arrivals,
    came,
    comes_back,
    discrepancies,
    goods_accepted,
    needs_label,
    terms_of,
)

REPAIR_OVERDUE = "repair_overdue"
GONE = "refund-gone"
"""Why a refund that a provider had taken is none: it is not there any more. The money may have moved all the same."""
LOST = frozenset({"never_received", "not_booked", "lost", "returned_to_sender"})
"""Why people are asked about something that was sent and is not here."""
NEVER_SENT = "never_sent"
"""Why people are asked about a withdrawal from something that had not left the shop."""
REOPENED = "reopened"
"""From this decision on the return begins anew: another execution takes it up."""
HANDED_OVER = "handed_over"
POSTED = "proof_of_posting"
"""The rule of a person's word that it was sent, where no carrier says so."""
OPENINGS = frozenset({REOPENED, HANDED_OVER})
"""Decisions after which another execution takes it up; the latter after a deployment, or before a year is over."""
BY_PERSON = "human_review"
"""The rule of a decision that a person made."""

Facts = dict[str, str | int | bool | None]


def decision(
    request: Return, outcome: Outcome, rule: str, now: datetime, facts: Facts, by: str = "workflow", note: str = ""
) -> Decision:
    """A decision under the version that the return is under."""
    return Decision(
        outcome=outcome,
        rule=rule,
        policy_version=request.policy_version,
        decided_at=now,
        decided_by=by,
        facts=facts,
        note=note,
    )


def resting_state(request: Return) -> ReturnState:
    """Where an approved return is that was not settled, by what has come."""
    if request.inspected_at:
        return ReturnState.INSPECTED
    if request.receipts or request.inspections:
        return ReturnState.RECEIVED
    if request.scanned_at or request.delivered_at:
        return ReturnState.IN_TRANSIT
    if not request.is_approved or needs_label(request.model_copy(update={"state": ReturnState.REQUESTED})):
        return ReturnState.REQUESTED
    return ReturnState.APPROVED


def default(request: Return) -> bool:
    """What a question is answered with when nobody does: True for yes. The law stands above the policy."""
    review = request.review
    assert review is not None
    if is_statutory(request) or review.stage == MONEY or review.why in (REPAIR_OVERDUE, NO_LABEL):
        return True
    if request.state is ReturnState.REFUSED:  # a box that comes all the same changes nothing by itself
        return False
    return terms_of(request).review_approves


def is_statutory(request: Return) -> bool:
    """True where the law gives the right to send it back, whether it was asked for by that name or not."""
    return request.kind is ReturnKind.WITHDRAWAL or terms_of(request).refund_by is not None


def tries(request: Return) -> int:
    """How often deadlines have let a payment be tried again."""
    return sum(one.rule == "review_deadline" and one.facts.get("stage") == MONEY for one in request.decisions)


def answer(
    request: Return,
    approve: bool,
    rule: str,
    by: str,
    now: datetime,
    *,
    note: str = "",
    amount_minor: int | None = None,
) -> Return:
    """The return with its question answered, and with all that follows from it. ``amount_minor``: what is to be paid
    at most, in the place of what was promised.
    """
    review = request.review
    assert review is not None
    facts: Facts = {"stage": review.stage, "why": review.why}
    if review.stage == MONEY:
        about = failed(request) or stuck(request, now)
        facts["key"] = about.key if about else None
    if review.stage == GOODS:
        facts["discrepancies"] = len(discrepancies(request))
    if amount_minor is not None:
        facts["amount_minor"] = amount_minor
    if not approve:
        facts["arrived"] = arrivals(request)
    said = decision(request, Outcome.APPROVE if approve else Outcome.REFUSE, rule, now, facts, by=by, note=note)
    answered = request.model_copy(update={"review": None, "decisions": (*request.decisions, said)})
    if amount_minor is not None:
        answered = limited(answered, amount_minor)
    if review.stage == REQUEST:
        return _about_request(answered, approve, review.why, now)
    if review.stage == GOODS:
        return _about_goods(answered, approve, review.why, now)
    return _about_money(answered, request, approve, now)


def _about_request(answered: Return, approve: bool, why: str, now: datetime) -> Return:
    by_deadline = answered.decisions[-1].rule == "review_deadline"
    if why == NO_LABEL and (by_deadline or (not approve and is_statutory(answered))):  # it can be sent somehow
        return answered.model_copy(update={"method": ReturnMethod.OWN})
    return _revived(answered) if approve else _refused(answered, now)


def _about_goods(answered: Return, approve: bool, why: str, now: datetime) -> Return:
    if why == REPAIR_OVERDUE:
        if approve:  # what is not repaired in time is paid back
            return _paid_back(answered.model_copy(update={"state": resting_state(answered)}))
        more = answered.decisions[-1].model_copy(update={"rule": "repair_goes_on", "facts": {"why": why}})
        return answered.model_copy(update={"decisions": (*answered.decisions[:-1], more)})
    if approve and answered.resolution is Resolution.REPAIR and why in LOST:  # there is nothing to repair
        return _paid_back(answered)
    if approve and is_taken(answered):  # they have paid for both, and one is back
        return _paid_back(answered.model_copy(update={"state": resting_state(answered)}))
    if approve:
        return _revived(answered)
    settled = answered.state in SETTLED or answered.state in GIVEN_UP
    return answered if settled or has_hold(answered) else _refused(answered, now)


def _about_money(answered: Return, asked: Return, approve: bool, now: datetime) -> Return:
    """Yes: it is tried again. No: what cannot be sent or credited is paid back; what cannot be paid back is left."""
    if approve:
        return _revived(answered)
    if asked.review and asked.review.why == STUCK:  # it may still come to an end: nothing else is given in its place
        return give_up(answered, "money", STUCK, now)
    bad = failed(asked)
    kind = bad.kind if bad else PRINCIPAL[asked.resolution]
    if kind in (SettlementKind.RELEASE, SettlementKind.CAPTURE):
        return answered
    if asked.state in SETTLED:
        return answered
    begun = [one for one in asked.settlements if one.kind is kind and one.counts]  # of several payments
    if asked.resolution is Resolution.REFUND:
        paid = limited(answered, sum(one.amount.amount for one in begun))
        return (paid if begun else answered).model_copy(
            update={"state": ReturnState.REFUNDED if begun else ReturnState.REFUSED}
        )
    if any(one.kind is SettlementKind.CHARGE and one.done_at for one in asked.settlements):
        return give_up(answered, "money", "charged", now)
    return give_up(answered, "money", "begun", now) if begun else _paid_back(answered)


def _refused(request: Return, now: datetime) -> Return:
    """Refused, unless something was asked for that may have been done: then it stays with people."""
    if any(one.state in (SettlementState.INTENDED, SettlementState.ACCEPTED) for one in request.settlements):
        return give_up(request, "money", "asked_for", now)
    return request.model_copy(update={"state": ReturnState.REFUSED})


def _revived(request: Return) -> Return:
    """What was given up goes on from where it is; what could not be repaired is paid back."""
    if request.state not in {*GIVEN_UP, ReturnState.FAILED}:
        return request
    revived = request.model_copy(update={"state": resting_state(request), "failure": None})
    rejected = bool(request.repairs) and request.repairs[-1].state is RepairState.REJECTED
    return _paid_back(revived) if request.resolution is Resolution.REPAIR and rejected else revived


def _paid_back(request: Return) -> Return:
    """Money in the place of what cannot be had; how much, is worked out anew."""
    given_up = request.state in {*GIVEN_UP, ReturnState.FAILED}
    update: dict[str, object] = {"resolution": Resolution.REFUND, "parts": None, "difference_minor": 0}
    return request.model_copy(update=update | ({"state": resting_state(request), "failure": None} if given_up else {}))


def limited(request: Return, minor: int) -> Return:
    """With at most so much of what was promised."""
    parts = request.parts
    if parts is None:
        return request
    less = min(0, minor - parts.total.amount)
    name = "deduction" if request.decisions[-1].facts.get("stage") == GOODS else "capped"
    changed = Parts(**{**parts.model_dump(), name: getattr(parts, name) + less})
    update: dict[str, object] = {"parts": changed, "refund_amount": changed.total}
    if request.resolution in (Resolution.EXCHANGE, Resolution.INSTANT_EXCHANGE):
        update["difference_minor"] = request.difference_minor - less
    return request.model_copy(update=update)


def give_up(request: Return, step: str, why: str, now: datetime) -> Return:
    """People have to take it up: nothing goes on by itself."""
    said = decision(request, Outcome.REVIEW, "workflow_failed", now, {"step": step, "error": why})
    update = {"state": ReturnState.FAILED, "failure": f"{step}: {why}", "review": None}
    return request.model_copy(update={**update, "decisions": (*request.decisions, said)})


def may_cancel(request: Return) -> bool:
    """True until something was seen of it, settled or promised to somebody else."""
    ended = request.state in {*SETTLED, *GIVEN_UP, ReturnState.FAILED, ReturnState.IN_REPAIR}
    begun = any(one.counts for one in request.settlements)
    return not (ended or begun or arrivals(request) or request.scanned_at or goods_accepted(request))


def cancel(request: Return, by: str, now: datetime) -> Return:
    """Called off. The label is taken back afterwards; a box that comes all the same is looked at by people."""
    said = decision(request, Outcome.REFUSE, "cancelled", now, {"arrived": arrivals(request)}, by=by)
    update = {"state": ReturnState.CANCELLED, "review": None, "cancel_asked_at": now}
    return request.model_copy(update={**update, "decisions": (*request.decisions, said)})


def may_reopen(request: Return) -> bool:
    """True for what was given up, or has failed though the shopper has other goods already, while no question about it
    is open. What was held and taken is looked at again when theirs comes.
    """
    over = request.state in {*GIVEN_UP, ReturnState.FAILED} or bool(request.failure)
    return request.review is None and (over or (is_taken(request) and bool(arrivals(request))))


def is_taken(request: Return) -> bool:
    """True where other goods went out, theirs did not come, and what was held for that is taken."""
    return request.resolution is Resolution.INSTANT_EXCHANGE and request.is_captured


def is_over(request: Return) -> bool:
    """True where no execution looks at it any more. Releases before did not write down that they closed a return."""
    return bool(request.closed_at) or request.state in GIVEN_UP or (request.terms is None and request.state in SETTLED)


def reopen(request: Return, by: str, now: datetime, note: str = "") -> Return:
    """Put what was refused, has expired or failed before people once more; another execution takes it up. Of what was
    settled but for a rest there is nothing to ask: it goes on.
    """
    if request.state in SETTLED and not is_taken(request) and failed(request) is None:
        return hand_over(request, now, by, note).model_copy(update={"closed_at": None, "failure": None})
    said = decision(request, Outcome.REVIEW, REOPENED, now, {"state": request.state.value}, by=by, note=note)
    if bad := failed(request):
        stage, why = MONEY, bad.why or "failed"
    else:
        stage, why = (GOODS, "arrived_late") if arrivals(request) else (REQUEST, REOPENED)
    asked = Review(stage=stage, why=why, asked_at=now, due_at=answer_by(request, stage, why, now))
    update: dict[str, object] = {"decisions": (*request.decisions, said), "review": asked, "closed_at": None}
    return request.model_copy(update=update)


def may_be_posted(request: Return) -> bool:
    """True for a parcel that is waited for, or was in vain, and of which nothing was seen."""
    waits = request.state is ReturnState.EXPIRED or request.state not in {*GIVEN_UP, ReturnState.FAILED}
    by_parcel = comes_back(request) and request.method is not ReturnMethod.IN_STORE
    return request.is_approved and waits and by_parcel and not came(request)


def posted(request: Return, at: datetime, by: str, now: datetime, note: str = "") -> Return:
    """Sent, as the shopper has proved: it counts as a carrier's first scan does. What had expired is looked at by a
    person, and has its day.
    """
    said = decision(request, Outcome.APPROVE, POSTED, now, {"posted_at": at.isoformat()}, by=by, note=note)
    sent = request.model_copy(update={"scanned_at": at, "decisions": (*request.decisions, said)})
    if request.state is ReturnState.EXPIRED:
        return reopen(sent, by, now)
    return sent.model_copy(update={"state": resting_state(sent)}) if request.state is ReturnState.APPROVED else sent


def hand_over(request: Return, now: datetime, by: str = "workflow", note: str = "") -> Return:
    """To another execution, which goes on from where it is."""
    said = decision(request, Outcome.REVIEW, HANDED_OVER, now, {"state": request.state.value}, by=by, note=note)
    return request.model_copy(update={"decisions": (*request.decisions, said)})
