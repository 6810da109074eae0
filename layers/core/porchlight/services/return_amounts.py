"""What a return is worth to the shopper: worked out when it is decided, and anew when something else is given than
was promised. What inspections take off, the warehouse's desk takes off.
"""

from dataclasses import dataclass

from porchlight.domain.returns import GIVEN_UP, SETTLED, Return
from porchlight.domain.rma import answers
from porchlight.domain.rma.amounts import EXCHANGES, difference, quote, total
from porchlight.domain.rma.inspection import deductions
from porchlight.domain.rma.standing import terms_of
from porchlight.services.assess_return import Assessed, Assessor


@dataclass(frozen=True)
class Amounts:
    """Works them out."""

    assessor: Assessor

    def current(self, request: Return) -> Return:
        """The return with the amounts that hold now; the same one where they do already."""
        if request.review or not request.is_approved or request.state in GIVEN_UP | SETTLED:
            return request
        if request.parts is not None or (request.terms is None and request.refund_amount):
            return request  # the latter is what a release before had promised
        named = (one.facts["amount_minor"] for one in reversed(request.decisions) if "amount_minor" in one.facts)
        limit = next(named, None)
        found = self.assessor.of_request(request)
        changed = self.of(request, found, sum(deductions(request, found.orders).values()))
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
