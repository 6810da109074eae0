"""How a return stands: what has been said of it, what has come. Each is read from the record alone."""

from datetime import datetime

from porchlight.domain.returns import Decision, Outcome, Return, ReturnState
from porchlight.domain.rma.names import NOTHING_COMES, Discrepancy, ReturnKind, ReturnMethod
from porchlight.domain.rma.terms import Terms

BY_LABEL = frozenset({ReturnMethod.LABEL, ReturnMethod.QR, ReturnMethod.BOX_FREE})
"""Methods for which somebody makes a label before the shopper is told to send anything."""

REQUEST, GOODS, MONEY = "request", "goods", "money"
"""The stages of a review."""
WITHOUT_TERMS = Terms(policy_version="")
"""What holds for returns that were asked for under a release before terms were kept."""


# ---------------------------------------------------------------------------------------------------- what is said yet


def terms_of(request: Return) -> Terms:
    """The terms that it was asked for under."""
    return request.terms or WITHOUT_TERMS


def last_word(request: Return, stage: str) -> Decision | None:
    """The last decision about one stage; a return that was taken up again begins anew."""
    for one in reversed(request.decisions):
        if one.facts.get("stage") == stage:
            return one
        if one.rule == "reopened":
            return None
    return None


def goods_accepted(request: Return) -> bool:
    """True where somebody, or a deadline, has said that what came (or did not) counts as it was asked for."""
    word = last_word(request, GOODS)
    return word is not None and word.outcome is Outcome.APPROVE


def goods_refused(request: Return) -> bool:
    """True where it has been said that nothing is given for what came."""
    word = last_word(request, GOODS)
    return word is not None and word.outcome is Outcome.REFUSE


def arrivals(request: Return) -> int:
    """How often something has come: a give-up that knew of all that is not touched by it."""
    return len(request.receipts) + len(request.inspections) + (request.delivered_at is not None)


def discrepancies(request: Return) -> list[Discrepancy]:
    """What is wrong with what came, the last finding last."""
    booked = [one for receipt in request.receipts for one in receipt.discrepancies]
    return booked + [one for inspection in request.inspections for one in inspection.discrepancies]


def needs_label(request: Return) -> bool:
    """True while there is nothing to send it with."""
    waiting = request.state in (ReturnState.REQUESTED, ReturnState.IN_REVIEW, ReturnState.APPROVED)
    return (
        waiting and comes_back(request) and request.method in BY_LABEL and request.label is None and not came(request)
    )


# ------------------------------------------------------------------------------------------------------------- goods


def comes_back(request: Return) -> bool:
    """False where the shopper keeps it, gives it away, or never had it."""
    return request.method not in NOTHING_COMES and request.kind is not ReturnKind.CLAIM


def came(request: Return) -> bool:
    """True once anything of it was seen: a scan, the carrier's delivery, the warehouse's booking."""
    return bool(request.scanned_at or request.delivered_at or request.receipts or request.inspections)


def is_here(request: Return) -> bool:
    """True once the warehouse has it."""
    return bool(request.receipts or request.inspections)


def is_complete(request: Return) -> bool:
    """True once all that was asked for is booked: what was not counted counts as all of it."""
    if request.inspected_at or any(not one.items for one in request.receipts):
        return True
    left: dict[tuple[str, str], int] = {}
    for line in request.lines:
        name = (line.order_id or request.order_id, line.line_id)
        left[name] = left.get(name, 0) + line.quantity
    for receipt in request.receipts:
        for one in receipt.items:
            name = (one.order_id or request.order_id, one.line_id)
            left[name] = left.get(name, 0) - one.quantity
    return bool(request.receipts) and all(count <= 0 for count in left.values())


def here_since(request: Return) -> datetime | None:
    """When the warehouse first had something of it in hand."""
    first = [one.received_at for one in request.receipts] + [one.inspected_at for one in request.inspections]
    return min(first, default=None)
