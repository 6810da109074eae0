"""The desk where returns are asked for: what cannot be a return is refused here, what a policy refuses is written down
and decided by the workflow.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from porchlight.domain import ids
from porchlight.domain.orders import Shopper
from porchlight.domain.returns import Outcome, Return
from porchlight.domain.rma.amounts import EXCHANGES, total
from porchlight.domain.rma.names import Resolution, ReturnKind, ReturnMethod
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError
from porchlight.ports import Orders, Returns
from porchlight.returning import Addresses
from porchlight.services.asked import Asked, Recipient
from porchlight.services.assess_return import Assessed, Assessor, by_method, fits, line_key
from porchlight.services.contacts import after_erasure


@dataclass(frozen=True)
class RequestDesk:
    """Takes requests."""

    returns: Returns
    orders: Orders
    assessor: Assessor
    addresses: Addresses

    def request(self, brand: str, asked: Asked, key: str, now: datetime) -> tuple[Return, bool]:
        """Write the request with its facts and terms; (the return, whether it is new). The same ``key`` always is the
        same return.

        Terms are those of the policy as it is now, for the whole life of the return. Whether it is allowed is decided
        by the workflow, and recorded; here only what cannot be a return is refused.
        """
        if not 8 <= len(key) <= 128:
            raise InvalidInputError(
                "the header idempotency-key is needed, with 8 to 128 characters", code="no-idempotency-key"
            )
        return_id = ids.return_id(brand, asked.order_id, key)
        if stored := self.returns.get(brand, return_id):
            return _the_same(stored, asked), False
        found = self.assessor.assess(brand, asked, now)
        resolution = asked.resolution or _usual(found, gift=asked.gift)
        found = _standing(self.assessor.deciding(brand, found, resolution))
        method = _method(found, asked.method, resolution)
        if resolution in EXCHANGES and not all(line.wanted for line in found.request.lines):
            raise InvalidInputError("an exchange says what is wanted for each line", code="nothing-wanted")
        if asked.gift and resolution is Resolution.STORE_CREDIT and asked.recipient is None:
            raise InvalidInputError("credit for a gift needs somebody who gets it", code="recipient-needed")
        terms = by_method(found.terms, method)
        found, left_out = found.standing()
        parts = total(found.parts(terms, resolution))
        recipient = self._recipient(brand, asked.recipient, now) if asked.gift and asked.recipient else ""
        wanted = found.request.model_copy(
            update={
                "return_id": return_id,
                "resolution": resolution,
                "method": method,
                "policy_version": terms.policy_version,
                "terms": terms,
                "facts": found.facts,
                "refused_lines": left_out,
                "assessed": found.assessment.outcome,
                "assessed_rule": found.assessment.rule,
                "risk": found.risk,
                "parts": parts,
                "recipient_id": recipient,
            }
        )
        if asked.sender:
            self.addresses.put(brand, recipient or wanted.shopper_id, return_id, asked.sender, now)
        if self.returns.create(wanted):
            return wanted, True
        return _the_same(get_return(self.returns, brand, return_id), asked), False

    def _recipient(self, brand: str, recipient: Recipient, now: datetime) -> str:
        """The record of whoever got the gift: the one that is known by the address, else a new one."""
        shopper_id = ids.shopper_id(brand, recipient.email)
        known = self.orders.shopper(brand, shopper_id)
        if known is None or known.erased_at:
            given = recipient.model_dump(include={"name", "email", "language"})
            self.orders.put_shopper(after_erasure(Shopper(brand=brand, shopper_id=shopper_id, **given), known, now))
        return shopper_id


def get_return(returns: Returns, brand: str, return_id: str) -> Return:
    """The return; NotFoundError where the brand has none such."""
    found = returns.get(brand, return_id)
    if found is None:
        raise NotFoundError("no such return")
    return found


def _the_same(stored: Return, asked: Asked) -> Return:
    """What is stored under the key; ConflictError where something else was asked for with it."""
    lines = tuple(
        line.model_copy(update={"order_id": "" if line.order_id == asked.order_id else line.order_id})
        for line in asked.lines
        if line_key(asked.order_id, line) not in stored.refused_lines
    )
    same = (
        (stored.lines == lines or (stored.kind is ReturnKind.WITHDRAWAL and set(stored.lines) < set(lines)))
        and asked.kind in (None, stored.kind)
        and asked.resolution in (None, stored.resolution)
        and asked.method in (None, stored.method)
    )
    if not same:
        raise ConflictError("this idempotency key was used for other lines", code="idempotency-key-reused")
    return stored


def _standing(found: Assessed) -> Assessed:
    """Without the lines that are refused where the others are not: exempt goods of a withdrawal. The facts have all."""
    refused = {(one.order_id, one.line_id) for one in found.assessment.lines if one.refused}
    if not refused or found.assessment.outcome is Outcome.REFUSE:
        return found
    own = found.request.order_id
    lines = tuple(line for line in found.request.lines if (line.order_id or own, line.line_id) not in refused)
    return replace(found, request=found.request.model_copy(update={"lines": lines}))


def _usual(found: Assessed, *, gift: bool) -> Resolution:
    """What is given where nobody says what is wanted: for a defect what the law puts first. What is refused names
    nothing that more would have to be known for: a person may say yes to it after all.
    """
    offered = found.terms.resolutions
    if found.assessment.outcome is Outcome.REFUSE:
        more = EXCHANGES | ({Resolution.STORE_CREDIT} if gift else frozenset())
        offered = tuple(one for one in offered if one not in more)
    if offered and found.request.kind is ReturnKind.WARRANTY:
        return offered[0]
    return Resolution.REFUND if Resolution.REFUND in offered or not offered else offered[0]


def _method(found: Assessed, asked: ReturnMethod | None, resolution: Resolution) -> ReturnMethod:
    """How it comes back. What is refused anyway needs no way."""
    offered = [one for one in found.terms.methods if fits(found.request.kind, resolution, one)]
    if asked and asked not in offered and found.assessment.outcome is not Outcome.REFUSE:
        names = ", ".join(offered) or "none"
        raise InvalidInputError(f"it cannot come back like that; offered: {names}", code="no-such-method")
    return asked or next(iter(offered), ReturnMethod.LABEL)
