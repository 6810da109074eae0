"""What news and time change in a return by themselves: scans, deadlines, questions that only people can answer. Each
is a decision with its facts, and is written down before anything comes of it.
"""

from collections.abc import Callable
from datetime import datetime

from porchlight.domain.returns import ENDED, GIVEN_UP, SETTLED, Outcome, Return, ReturnState, Review
from porchlight.domain.rma import answers
from porchlight.domain.rma.inspection import ASKS_A_PERSON, question
from porchlight.domain.rma.names import Discrepancy, Resolution, SettlementKind, SettlementState
from porchlight.domain.rma.next_step import (
    NO_LABEL,
    NOTHING_TOLD,
    REMIND_BEFORE,
    REMINDED,
    SCAN_DEADLINE,
    STUCK,
    Parcels,
    Told,
    answer_by,
    failed,
    has_hold,
    inspect_until,
    is_due,
    is_in_repair,
    never_sent_from,
    of_kind,
    owed,
    receive_until,
    repair_until,
    scan_until,
    stuck,
)
from porchlight.domain.rma.standing import (
    GOODS,
    MONEY,
    REQUEST,
    arrivals,
    came,
    comes_back,
    discrepancies,
    goods_accepted,
    goods_refused,
    here_since,
    is_complete,
    is_here,
    last_word,
    needs_label,
    terms_of,
)

MOST_TRIES = 3
"""A payment that fails is tried again by deadlines at most so often; then people have to take it up."""
_BEFORE_APPROVAL = (ReturnState.REQUESTED, ReturnState.IN_REVIEW)

Move = Callable[[Return, Parcels, datetime], Return | None]


def settle_news(request: Return, parcels: Parcels, now: datetime, told: Told = NOTHING_TOLD) -> Return:
    """The return with all that is known by now; the same one where nothing is news. Its version is the caller's."""
    if told.task == "label" and told.outcome == "refused" and needs_label(request) and request.review is None:
        request = ask(request, REQUEST, NO_LABEL, now)
    for _ in range(20):
        for move in _MOVES:
            if (moved := move(request, parcels, now)) is not None:
                request = moved
                break
        else:
            return request
    raise AssertionError("a return that never comes to rest")


def noted(request: Return, parcels: Parcels, now: datetime) -> Return:
    """The return with what the carriers say of it, and nothing else: for one that has ended."""
    for move in (_scan, _delivery):
        request = move(request, parcels, now) or request
    return request


def ask(request: Return, stage: str, why: str, now: datetime) -> Return:
    """Put a question before people."""
    due = answer_by(request, stage, why, now)
    update: dict[str, object] = {"review": Review(stage=stage, why=why, asked_at=now, due_at=due)}
    if stage == REQUEST and not request.is_approved:
        update["state"] = ReturnState.IN_REVIEW
    return request.model_copy(update=update)


# ---------------------------------------------------------------------------------------------------------------- news


def _scan(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """A label alone is no scan. Before an approval it is noted, and means nothing yet."""
    if request.scanned_at or parcels.scanned_at is None:
        return None
    update: dict[str, object] = {"scanned_at": parcels.scanned_at}
    if request.is_approved and request.state not in GIVEN_UP:
        shipment = request.label.shipment_id if request.label else None
        noted = answers.decision(request, Outcome.APPROVE, "first_scan", now, {"shipment_id": shipment})
        update["decisions"] = (*request.decisions, noted)
        if request.state is ReturnState.APPROVED:
            update["state"] = ReturnState.IN_TRANSIT
    return request.model_copy(update=update)


def _delivery(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    if request.delivered_at or parcels.delivered_at is None:
        return None
    return request.model_copy(update={"delivered_at": parcels.delivered_at})


def _approval(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """Where no label is waited for, the shopper is told at once. What was scanned before is on its way already."""
    if request.review or not request.is_approved or request.state not in _BEFORE_APPROVAL or needs_label(request):
        return None
    return request.model_copy(update={"state": ReturnState.APPROVED})


def _on_its_way(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """What came before the approval counts from then on."""
    if request.state is not ReturnState.APPROVED or not came(request):
        return None
    return request.model_copy(update={"state": answers.resting_state(request)})


def _late_box(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """Something came of a return that was given up, or for which what was held was taken: people look at it. A repair
    that was rejected had come before. By law it is enough that what had expired was sent.
    """
    over = request.state in GIVEN_UP or answers.is_taken(request)
    if not over or request.review or request.repairs:
        return None
    expired = request.state is ReturnState.EXPIRED and request.decisions[-1].rule == SCAN_DEADLINE
    if expired and request.scanned_at and terms_of(request).refund_by:
        return ask(request, GOODS, "arrived_late", now)
    if not arrivals(request):
        return None
    known = next((one.facts["arrived"] for one in reversed(request.decisions) if "arrived" in one.facts), 0)
    return ask(request, GOODS, "arrived_late", now) if arrivals(request) > int(known or 0) else None


def _let_go(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """Nothing is given, and what was held meanwhile is let go."""
    open_ = request.is_approved and request.review is None and request.state not in {*ENDED, ReturnState.FAILED}
    if not open_ or not has_hold(request) or not goods_refused(request) or any(owed(request)):
        return None
    word = last_word(request, GOODS)
    expired = word is not None and word.rule == SCAN_DEADLINE
    return request.model_copy(update={"state": ReturnState.EXPIRED if expired else ReturnState.REFUSED})


def _repair(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    asked = any(one.state is SettlementState.DONE for one in of_kind(request, SettlementKind.REPAIR))
    if not asked or not is_in_repair(request) or request.state in {ReturnState.IN_REPAIR, *GIVEN_UP}:
        return None
    return request.model_copy(update={"state": ReturnState.IN_REPAIR})


# ----------------------------------------------------------------------------------------------------------- questions


def _old_question(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """Releases before kept no review beside the decision that asks for one."""
    undecided = request.decisions and request.decisions[-1].outcome is Outcome.REVIEW
    if request.review or not undecided or request.is_approved or request.state not in _BEFORE_APPROVAL:
        return None
    asked = request.decisions[-1]
    return ask(request, REQUEST, asked.rule, asked.decided_at)


def _moot(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """What was asked about has come about: a label is there, the goods are, the repair or the payment is done."""
    review = request.review
    if review is None:
        return None
    over = {
        NO_LABEL: not needs_label(request),
        answers.REPAIR_OVERDUE: not is_in_repair(request),
        STUCK: not any(one.state is SettlementState.ACCEPTED for one in request.settlements),
        answers.NEVER_SENT: came(request),
        **dict.fromkeys(answers.LOST, is_here(request)),
    }
    if review.stage == MONEY and review.why not in over:  # a payment that had failed is done after all
        over[review.why] = not any(
            one.state is SettlementState.FAILED for kind in SettlementKind for one in of_kind(request, kind)
        )
    return request.model_copy(update={"review": None}) if over.get(review.why) else None


def _came_after_all(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """What was missing lay in another box, or an inspection was corrected: there is no question any more."""
    review = request.review
    asked = review is not None and review.stage == GOODS and review.why in {one.value for one in ASKS_A_PERSON}
    if not asked or not is_complete(request) or question(request):
        return None
    return request.model_copy(update={"review": None})


def _reminder(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    review = request.review
    if review is None or now < review.due_at - REMIND_BEFORE or review.due_at - REMIND_BEFORE <= review.asked_at:
        return None
    if now >= review.due_at or any(
        one.rule == REMINDED and one.decided_at >= review.asked_at for one in request.decisions
    ):
        return None
    noted = answers.decision(request, Outcome.REVIEW, REMINDED, now, {"about": review.stage, "why": review.why})
    return request.model_copy(update={"decisions": (*request.decisions, noted)})


def _deadline(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """Nobody has answered in time: what policy and law say then. What may have been paid is not paid again."""
    review = request.review
    if review is None or now < review.due_at:
        return None
    if review.stage == MONEY and (review.why == answers.GONE or answers.tries(request) >= MOST_TRIES):
        return answers.give_up(request, "money", review.why, now)
    return answers.answer(request, answers.default(request), "review_deadline", "policy", now)


def _failed_money(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """A hold that cannot be had makes an ordinary exchange of it, unless the goods are out; all else is looked at by
    people.
    """
    if request.review or not request.is_approved or request.state in {*GIVEN_UP, ReturnState.FAILED}:
        return None
    one = failed(request)
    if one is None:
        return ask(request, MONEY, STUCK, now) if stuck(request, now) else None
    if one.kind is SettlementKind.HOLD and not of_kind(request, SettlementKind.EXCHANGE):
        noted = answers.decision(request, Outcome.APPROVE, "hold_failed", now, {"key": one.key, "why": one.why})
        update = {"resolution": Resolution.EXCHANGE, "decisions": (*request.decisions, noted)}
        return request.model_copy(update=update)
    return ask(request, MONEY, one.why or "failed", now)


def _goods(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """What came is not what was asked for: a person decides, while there is something to decide."""
    if request.review or not request.is_approved or request.state in {*GIVEN_UP, ReturnState.FAILED}:
        return None
    if not any(_waits_for_goods(request, kind) for kind in owed(request)):
        return None
    word, why = last_word(request, GOODS), question(request)
    known = int(word.facts.get("discrepancies") or 0) if word else 0
    return ask(request, GOODS, why, now) if why and len(discrepancies(request)) > known else None


def _waits_for_goods(request: Return, kind: SettlementKind) -> bool:
    """True for what was not asked for yet, and can still be done otherwise."""
    return not of_kind(request, kind) and kind not in (SettlementKind.HOLD, SettlementKind.CAPTURE)


# ----------------------------------------------------------------------------------------------------------- deadlines


def _no_show(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """Nothing is seen of it. Where other goods went out already, what is held is taken. What is due without it, and
    is on its way, comes to its end first.
    """
    if request.review or not _waits(request) or came(request) or needs_label(request) or now < scan_until(request):
        return None
    if _nothing_pending(request, now):
        return None
    facts: dict[str, str | int | bool | None] = {"shipment_id": request.label.shipment_id if request.label else None}
    held = request.resolution is Resolution.INSTANT_EXCHANGE and (has_hold(request) or request.state in SETTLED)
    if held:
        facts["stage"] = GOODS
    noted = answers.decision(request, Outcome.REFUSE, SCAN_DEADLINE, now, facts | {"arrived": arrivals(request)})
    state = request.state if held else ReturnState.EXPIRED
    return request.model_copy(update={"state": state, "decisions": (*request.decisions, noted)})


def _never_sent(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """There was nothing to send back when it was declared, and the law's last day comes: waiting would be for ever."""
    terms = terms_of(request)
    if request.review or not _waits(request) or came(request) or not (terms.nothing_sent and terms.refund_by):
        return None
    if now < never_sent_from(request) or _nothing_pending(request, now):
        return None
    return ask(request, GOODS, answers.NEVER_SENT, now)


def _never_here(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    """Scanned and never booked; booked and not all of it; booked and never inspected."""
    if request.review or not _waits(request) or not came(request) or _nothing_pending(request, now):
        return None
    if not is_here(request):
        if parcels.lost and not request.delivered_at:
            return ask(request, GOODS, parcels.lost, now)
        lost = "not_booked" if request.delivered_at else "never_received"
        return ask(request, GOODS, lost, now) if now >= receive_until(request) else None
    if now < inspect_until(request):
        return None
    if not is_complete(request):
        return ask(request, GOODS, Discrepancy.MISSING_ITEM.value, now)
    facts: dict[str, str | int | bool | None] = {"stage": GOODS, "since": str(here_since(request))}
    noted = answers.decision(request, Outcome.APPROVE, "inspect_deadline", now, facts)
    return request.model_copy(update={"decisions": (*request.decisions, noted)})


def _overdue_repair(request: Return, parcels: Parcels, now: datetime) -> Return | None:
    begun = request.state is ReturnState.IN_REPAIR and request.review is None
    if not begun or not is_in_repair(request) or now < repair_until(request):
        return None
    return ask(request, GOODS, answers.REPAIR_OVERDUE, now)


def _waits(request: Return) -> bool:
    """True for a return of which goods are waited for."""
    if not comes_back(request) or not request.is_approved or request.state in {*GIVEN_UP, ReturnState.FAILED}:
        return False
    if request.state in SETTLED and request.resolution is not Resolution.INSTANT_EXCHANGE:
        return False
    return not goods_accepted(request) and not goods_refused(request) and request.state is not ReturnState.IN_REPAIR


def _nothing_pending(request: Return, now: datetime) -> bool:
    """True where the next settlement needs no more than what has come."""
    kind = next(owed(request), None)
    return kind is None or is_due(request, kind, now)


_MOVES: tuple[Move, ...] = (
    _scan,
    _delivery,
    _late_box,
    _let_go,
    _old_question,
    _moot,
    _came_after_all,
    _deadline,
    _reminder,
    _approval,
    _on_its_way,
    _repair,
    _failed_money,
    _goods,
    _never_sent,
    _no_show,
    _never_here,
    _overdue_repair,
)
"""In the order in which they are looked at; after each, from the start."""
