"""What a shopper is told of a return's terms: nothing that cannot happen in this case, or has happened."""

from collections.abc import Iterable
from datetime import datetime

from porchlight.domain.returns import Return, ReturnState
from porchlight.domain.rma.names import NOTHING_COMES, RefundTrigger, Resolution, ReturnKind, ReturnMethod
from porchlight.domain.rma.next_step import has_hold
from porchlight.domain.rma.standing import came, comes_back, goods_refused
from porchlight.domain.rma.terms import Terms

IN_STORE = "in_store"
_BY_CARRIER = frozenset({RefundTrigger.FIRST_SCAN, RefundTrigger.DELIVERED})


def paid_on(request: Return, terms: Terms) -> str:
    """For a return as it stands: what has come about already means at once."""
    if request.method in NOTHING_COMES or request.kind is ReturnKind.CLAIM:
        return RefundTrigger.INSTANT.value
    return settled_on(request.resolution, (request.method,), terms, request.scanned_at, request.delivered_at)


def settled_on(
    resolution: Resolution,
    methods: Iterable[ReturnMethod],
    terms: Terms,
    scanned_at: datetime | None = None,
    delivered_at: datetime | None = None,
) -> str:
    """A trigger, or ``in_store``: no carrier scans what is brought to a shop. A repair begins with the goods."""
    trigger = RefundTrigger.RECEIVED if resolution is Resolution.REPAIR else terms.refund_on
    if (trigger is RefundTrigger.FIRST_SCAN and scanned_at) or (trigger is RefundTrigger.DELIVERED and delivered_at):
        return RefundTrigger.INSTANT.value
    brought = all(method is ReturnMethod.IN_STORE for method in methods)
    return IN_STORE if brought and trigger in _BY_CARRIER else trigger.value


def is_waited_for(request: Return) -> bool:
    """True while the shopper is to send something of which nothing was seen: it is approved, or other goods went out
    already, and money is held until theirs come.
    """
    if came(request) or not comes_back(request):
        return False
    at_once = request.resolution is Resolution.INSTANT_EXCHANGE and request.state is ReturnState.EXCHANGED
    return request.state is ReturnState.APPROVED or (at_once and has_hold(request) and not goods_refused(request))
