"""What a return is worth to the shopper: worked out when it is decided, and anew when something else is given, or the
inspection takes something off.
"""

from dataclasses import dataclass

from porchlight.domain.returns import GIVEN_UP, SETTLED, Return
from porchlight.domain.rma import answers
from porchlight.domain.rma.amounts import EXCHANGES, difference, quote, total
from porchlight.domain.rma.next_step import terms_of
from porchlight.services.assess_return import Assessed, Assessor


@dataclass(frozen=True)
class Amounts:
    """Works them out."""

    assessor: Assessor

    def current(self, request: Return) -> Return:
        """The return with the amounts that hold now; the same one where they do already."""
        if request.review or not request.is_approved or request.state in GIVEN_UP | SETTLED:
            return request
        off, promised = taken_off(request), any(one.counts for one in request.settlements)
        if request.parts is not None and (promised or not off or request.parts.deduction):
            return request
        limit = next(
            (one.facts["amount_minor"] for one in reversed(request.decisions) if one.facts.get("amount_minor")), None
        )
        changed = self.of(request, self.assessor.of_request(request), off)
        return answers.limited(changed, int(limit)) if limit is not None else changed

    def of(self, request: Return, found: Assessed, off: int = 0) -> Return:
        """With what it is worth under its terms. ``off``: what the inspection takes off, in minor units."""
        parts = quote(
            *(request.lines, found.orders, terms_of(request), request.resolution),
            ahead=found.ahead,
            kind=request.kind,
            deduct_minor=off,
            origins=found.origins,
        )
        more = difference(request.lines, found.orders, parts) if request.resolution in EXCHANGES else 0
        whole = total(parts)
        update = {"parts": whole, "refund_amount": whole.total, "difference_minor": more}
        return request.model_copy(update=update)


def taken_off(request: Return) -> int:
    """Minor units that inspections take off."""
    return sum(item.deduct_minor for one in request.inspections for item in one.items)
