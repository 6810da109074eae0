"""What comes next in the life of a return: the loop of ``returns_authorization`` in one pure function.

``next_step`` reads the record alone, so that a step that was killed, repeated or asked for by somebody else is found
done. What time and news change by themselves is written down before (``domain.rma.moves``); what people answer:
``domain.rma.answers``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from porchlight.domain.dates import local_day, start_of_day
from porchlight.domain.returns import GIVEN_UP, SETTLED, Decision, Outcome, Return, ReturnState
from porchlight.domain.rma.names import (
    Discrepancy,
    RefundTrigger,
    RepairState,
    Resolution,
    SettlementKind,
    SettlementState,
)
from porchlight.domain.rma.settlements import Settlement
from porchlight.domain.rma.standing import (
    MONEY,
    REQUEST,
    came,
    comes_back,
    goods_accepted,
    goods_refused,
    here_since,
    is_complete,
    is_here,
    last_word,
    needs_label,
    terms_of,
)

PRINCIPAL: dict[Resolution, SettlementKind] = {
    Resolution.REFUND: SettlementKind.REFUND,
    Resolution.STORE_CREDIT: SettlementKind.CREDIT,
    Resolution.EXCHANGE: SettlementKind.EXCHANGE,
    Resolution.INSTANT_EXCHANGE: SettlementKind.EXCHANGE,
    Resolution.REPLACE: SettlementKind.REPLACE,
    Resolution.REPAIR: SettlementKind.REPAIR,
}
"""What the shopper asked for, as a settlement."""

LOOK_AGAIN = timedelta(days=1)
"""A provider that has taken something and says nothing more is asked after so long."""

NO_ANSWER = timedelta(days=14)
"""After so long people are asked about it."""

REMIND_BEFORE = timedelta(days=1)
"""People are reminded of a question so long before its deadline."""

LONGEST_LOOK = timedelta(days=1)
"""So long people may look at what the law gives where its own last day is over, or is not the one that counts."""

MOST_BEFORE_REFUND = 3
"""Days before the law's last one on which people are first asked about goods that never left."""

SCAN_DEADLINE = "scan_deadline"
REMINDED = "review_reminder"
NO_LABEL = "label_refused"
"""Why a person is asked who can give the shopper another label, or let them send it as they like."""
STUCK = "no_answer"
"""A provider has taken something, and nothing more was heard of it."""


class Do(StrEnum):
    """Tasks of the machine."""

    REVIEW = "review"
    LABEL = "label"
    VOID = "void"
    SETTLE = "settle"
    WAIT = "wait"
    CLOSE = "close"


@dataclass(frozen=True)
class Step:
    """One task. ``kind``: what is settled; ``until``: when waiting ends without news."""

    do: Do
    kind: SettlementKind | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Parcels:
    """What the carriers say of all parcels of a return, those with voided labels too."""

    scanned_at: datetime | None = None
    delivered_at: datetime | None = None
    lost: str = ""
    """``lost`` or ``returned_to_sender``, where the carrier says that it will not come."""
    events: int = 0


@dataclass(frozen=True)
class Told:
    """What the task before has answered; nothing where the record says it all."""

    task: str = ""
    outcome: str = ""
    kind: str = ""
    """What was settled."""


NOTHING_TOLD = Told()


def next_step(request: Return, now: datetime, told: Told = NOTHING_TOLD) -> Step:
    """The next task for a return that has been decided, and whose news has been written down."""
    if request.review:
        return Step(Do.REVIEW, until=review_until(request))
    if request.state in GIVEN_UP:
        return Step(Do.VOID if has_label_to_void(request, told) else Do.CLOSE)
    if request.state is ReturnState.FAILED or not request.is_approved:
        return Step(Do.CLOSE)
    if needs_label(request):
        return Step(Do.LABEL)
    for kind in owed(request):
        waits_for = _answer_until(request, kind)
        if waits_for and waits_for > now:
            return Step(Do.WAIT, until=waits_for)
        if waits_for or is_due(request, kind, now):
            return Step(Do.SETTLE, kind)
        ahead = (one for one in deadlines(request) if one > now)  # what is past was looked at already
        return Step(Do.WAIT, until=min(ahead, default=now + LOOK_AGAIN))
    if is_in_repair(request):
        return Step(Do.WAIT, until=repair_until(request))
    return Step(Do.CLOSE)


def has_label_to_void(request: Return, told: Told) -> bool:
    """True for a label that nobody may use any more; one that cannot be taken back is left after one try."""
    label = request.label
    unused = label is not None and label.voided_at is None and request.scanned_at is None
    return unused and told.task != Do.VOID


# ------------------------------------------------------------------------------------------------------------- money


def trigger_of(request: Return, kind: SettlementKind) -> RefundTrigger:
    """What has to happen before so much is done. What is held is let go when the goods are seen, at the earliest."""
    trigger = terms_of(request).refund_on
    if not comes_back(request) or kind in (SettlementKind.HOLD, SettlementKind.CAPTURE):
        return RefundTrigger.INSTANT
    if kind is SettlementKind.RELEASE and request.resolution is not Resolution.INSTANT_EXCHANGE:
        return RefundTrigger.INSTANT  # the other goods could not be had
    if request.resolution is Resolution.INSTANT_EXCHANGE:
        if kind in (SettlementKind.CHARGE, SettlementKind.EXCHANGE):
            return RefundTrigger.INSTANT
        return RefundTrigger.FIRST_SCAN if trigger is RefundTrigger.INSTANT else trigger
    return RefundTrigger.RECEIVED if kind is SettlementKind.REPAIR else trigger


def is_due(request: Return, kind: SettlementKind, now: datetime) -> bool:
    """True once a settlement may be made: its trigger, a person's word, or the law's last day. What was asked for once
    was due then, and is tried again without another look at the goods.
    """
    if of_kind(request, kind) or goods_accepted(request) or (kind is SettlementKind.RELEASE and goods_refused(request)):
        return True
    terms = terms_of(request)
    if terms.refund_by and came(request) and local_day(now, terms.zone) >= terms.refund_by:
        return True
    match trigger_of(request, kind):
        case RefundTrigger.INSTANT:
            return True
        case RefundTrigger.FIRST_SCAN:
            return came(request)
        case RefundTrigger.DELIVERED:
            return request.delivered_at is not None or is_here(request)
        case RefundTrigger.RECEIVED:
            return is_complete(request)
        case RefundTrigger.INSPECTED:
            return request.inspected_at is not None


def owed(request: Return) -> Iterator[SettlementKind]:
    """What is still to be settled, in order. ``difference_minor`` above zero is paid before other goods go out; below
    zero it is paid back after.
    """
    for kind in _whole(request):
        if not is_settled(request, kind):
            yield kind


def _whole(request: Return) -> list[SettlementKind]:
    exchange = request.resolution in (Resolution.EXCHANGE, Resolution.INSTANT_EXCHANGE)
    held = request.resolution is Resolution.INSTANT_EXCHANGE
    dearer, cheaper = exchange and request.difference_minor > 0, exchange and request.difference_minor < 0
    if has_hold(request) and goods_refused(request):
        taken = must_capture(request) or request.is_captured
        return [SettlementKind.CAPTURE, SettlementKind.EXCHANGE] if taken else [SettlementKind.RELEASE]
    if goods_refused(request) and request.state is ReturnState.EXCHANGED:
        return []
    lets_go = has_hold(request) and not request.is_captured
    found = [
        (lets_go and not held, SettlementKind.RELEASE),
        (held, SettlementKind.HOLD),
        (dearer, SettlementKind.CHARGE),
        (True, PRINCIPAL[request.resolution]),
        (lets_go and held, SettlementKind.RELEASE),
        (cheaper, SettlementKind.REFUND),
    ]
    return [kind for wanted, kind in found if wanted]


def has_hold(request: Return) -> bool:
    """True for a return for which money was held, whatever became of it."""
    return any(one.kind is SettlementKind.HOLD and one.counts for one in request.settlements)


def must_capture(request: Return) -> bool:
    """True where other goods went out and theirs did not come, or nothing is given for what came."""
    counting = {one.kind for one in request.settlements if one.counts}
    out = {SettlementKind.HOLD, SettlementKind.EXCHANGE} <= counting
    return out and SettlementKind.RELEASE not in counting and goods_refused(request)


def of_kind(request: Return, kind: SettlementKind) -> list[Settlement]:
    """Its settlements of a kind, without those that another try has taken the place of, and without tries that failed
    of what was done after all.
    """
    mine = [one for one in request.settlements if one.kind is kind]
    done = {one.due for one in mine if one.state is SettlementState.DONE}
    vain = {one.key for one in mine if one.state is SettlementState.FAILED and one.due in done}
    replaced = vain | {one.of for one in mine if one.of and one.key not in vain}
    return [one for one in mine if one.key not in replaced]


def is_settled(request: Return, kind: SettlementKind) -> bool:
    """True once there is nothing more to do about it. What the shopper asked for is settled when the state says so:
    several orders have several settlements.
    """
    found = of_kind(request, kind)
    if any(one.state is not SettlementState.DONE for one in found):
        return _is_let_be(request, kind)
    if kind is PRINCIPAL[request.resolution] and (kind is not SettlementKind.REPAIR or request.state in SETTLED):
        return request.state in SETTLED  # a workshop may have done it without having been asked by us
    return bool(found)


def failed(request: Return) -> Settlement | None:
    """The settlement that failed last, and that no other try and no word of a person has taken the place of."""
    for kind in _whole(request):
        for one in of_kind(request, kind):
            if one.state is SettlementState.FAILED and said_of(request, one) is None:
                return one
    return None


def said_of(request: Return, one: Settlement) -> Decision | None:
    """What was said about a settlement that had failed. That it may take its time longer says nothing of that."""
    word = last_word(request, MONEY)
    return word if word and word.facts.get("key") == one.key and word.facts.get("why") != STUCK else None


def stuck(request: Return, now: datetime) -> Settlement | None:
    """What was taken long ago and never came to an end, and of which people were not asked lately."""
    for kind in _whole(request):
        for one in of_kind(request, kind):
            asked = [said.decided_at for said in request.decisions if said.facts.get("key") == one.key]
            since = max([one.intended_at, *asked])
            if one.state is SettlementState.ACCEPTED and now >= since + NO_ANSWER:
                return one
    return None


def _is_let_be(request: Return, kind: SettlementKind) -> bool:
    """What is held or charged on the way may be left undone by a person, and what failed after it had been done."""
    word = last_word(request, MONEY)
    to_be_had = kind is PRINCIPAL[request.resolution] and request.state not in SETTLED
    if word is None or word.outcome is not Outcome.REFUSE or to_be_had:
        return False
    return any(one.key == word.facts.get("key") for one in of_kind(request, kind))


def _answer_until(request: Return, kind: SettlementKind) -> datetime | None:
    """Until when the provider's news is waited for; None where it was not asked, or has failed."""
    taken = [one for one in of_kind(request, kind) if one.state is SettlementState.ACCEPTED]
    asked = [one.asked_at or one.intended_at for one in taken]
    return min(asked) + LOOK_AGAIN if asked else None


# --------------------------------------------------------------------------------------------------------- deadlines


def deadlines(request: Return) -> Iterator[datetime]:
    """When each wait for goods ends without news."""
    terms = terms_of(request)
    if not came(request):
        yield scan_until(request)
        if terms.nothing_sent and terms.refund_by:
            yield never_sent_from(request)
        return
    if terms.refund_by:
        yield start_of_day(terms.refund_by, terms.zone)
    if is_here(request):
        yield inspect_until(request)
    else:
        yield receive_until(request)


def never_sent_from(request: Return) -> datetime:
    """From then on people are asked whether there is still nothing that could come back: by law the money is due."""
    terms = terms_of(request)
    assert terms.refund_by is not None
    days = min(terms.review_days, MOST_BEFORE_REFUND)
    return start_of_day(terms.refund_by, terms.zone) - timedelta(days=days)


def scan_until(request: Return) -> datetime:
    """Until then something has to be seen of it."""
    since = request.approved_at or request.requested_at
    if request.label and request.label.made_at:
        since = max(since, request.label.made_at)
    for one in request.decisions:
        since = max(since, one.decided_at) if one.rule == "reopened" else since
    return since + timedelta(days=terms_of(request).scan_days)


def receive_until(request: Return) -> datetime:
    """Until then it has to be here."""
    since = request.scanned_at or request.delivered_at or request.requested_at
    return since + timedelta(days=terms_of(request).receive_days)


def inspect_until(request: Return) -> datetime:
    """Until then it has to be complete, and inspected where the terms want that."""
    return (here_since(request) or request.requested_at) + timedelta(days=terms_of(request).inspect_days)


def is_in_repair(request: Return) -> bool:
    """True until what is repaired goes back."""
    if request.resolution is not Resolution.REPAIR or request.state in SETTLED:
        return False
    last = request.repairs[-1].state if request.repairs else RepairState.IN_REPAIR
    return last is RepairState.IN_REPAIR


def repair_until(request: Return) -> datetime:
    """Until then it has to be repaired; a person may have given it more time."""
    begun = [one.done_at or one.intended_at for one in of_kind(request, SettlementKind.REPAIR)]
    begun += [one.decided_at for one in request.decisions if one.rule == "repair_goes_on"]
    return max(begun, default=request.requested_at) + timedelta(days=terms_of(request).repair_days)


def answer_by(request: Return, stage: str, why: str, now: datetime) -> datetime:
    """Until when people may answer a question that is put now. What the law gives waits no longer than the law lets it:
    until the last day for the refund, and where that is over, or there is nothing to send it with, for a day. Of a box
    in which nothing was nothing is owed yet.
    """
    terms = terms_of(request)
    usual = now + timedelta(days=terms.review_days)
    if terms.refund_by is None or why == Discrepancy.EMPTY_BOX:
        return usual
    soon = now + LONGEST_LOOK
    last = soon if stage == REQUEST else max(start_of_day(terms.refund_by, terms.zone), soon)
    return min(usual, last)


def review_until(request: Return) -> datetime:
    """When a question is looked at again: a day before its deadline people are reminded, once."""
    review = request.review
    assert review is not None
    remind = review.due_at - REMIND_BEFORE
    reminded = any(one.rule == REMINDED and one.decided_at >= review.asked_at for one in request.decisions)
    return review.due_at if reminded or remind <= review.asked_at else remind
