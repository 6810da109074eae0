"""Stripe: refunds, and what was held on a card.

Stripe forgets an Idempotency-Key after a day; a refund is therefore looked for among those of the payment before it is
made, by our key in its metadata. A hold is a PaymentIntent with manual capture that the brand's own system made.
"""

from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from porchlight.connectors import Answer as HttpAnswer
from porchlight.connectors import Call
from porchlight.domain.brands import BrandConfig
from porchlight.domain.money import Money
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.errors import PermanentProviderError
from porchlight.refunds.kit import ApiProvider, by_status
from porchlight.refunds.stripe.parse import PLACES
from porchlight.returning import Answer, Instruction

BASE = "https://api.stripe.com"
STATES = {
    "succeeded": SettlementState.DONE,
    "pending": SettlementState.ACCEPTED,
    "requires_action": SettlementState.ACCEPTED,
    "failed": SettlementState.FAILED,
    "canceled": SettlementState.FAILED,
}
_PAGE = 100


class StripeSettlements(ApiProvider):
    """``returning.SettlementProvider``: refunds, and releasing or capturing what is held."""

    name = "Stripe"
    kinds = frozenset({SettlementKind.REFUND, SettlementKind.RELEASE, SettlementKind.CAPTURE})

    def carry_out(self, brand: BrandConfig, wanted: Instruction) -> Answer:
        """The refund that there is under this key, or a new one."""
        if wanted.kind is not SettlementKind.REFUND:
            return self._hold(brand, wanted)
        payment = self._order(brand, wanted.order_id).payment_reference
        if not payment:
            raise PermanentProviderError("the order names no payment", code="payment-unknown")
        which = "charge" if payment.startswith(("ch_", "py_")) else "payment_intent"
        if found := self._made(brand, which, payment, wanted.key):
            return _refund(found)
        form = {
            which: payment,
            "amount": str(in_stripe(wanted.amount)),
            "reason": "requested_by_customer",
            "metadata[return_id]": wanted.return_id,
            "metadata[key]": wanted.key,
        }
        return _refund(self._call(brand, "/v1/refunds", form, wanted.key))

    def look(self, brand: BrandConfig, wanted: Instruction, reference: str) -> Answer:
        """The refund as it is now."""
        if wanted.kind is not SettlementKind.REFUND:
            return self._hold(brand, wanted)
        return _refund(self._call(brand, f"/v1/refunds/{quote(reference, safe='')}"))

    def _made(self, brand: BrandConfig, which: str, payment: str, key: str) -> dict[str, Any] | None:
        """The refund under our key among those of the payment."""
        after = ""
        while True:
            query = {which: payment, "limit": str(_PAGE)} | ({"starting_after": after} if after else {})
            page = self._call(brand, f"/v1/refunds?{urlencode(query)}")
            listed = [one for one in page.get("data") or () if isinstance(one, dict)]
            for one in listed:
                if (one.get("metadata") or {}).get("key") == key:
                    return one
            if not page.get("has_more") or not listed:
                return None
            after = str(listed[-1].get("id"))

    def _hold(self, brand: BrandConfig, wanted: Instruction) -> Answer:
        """Release or capture: where it was done already, that is the answer."""
        if not wanted.of:
            raise PermanentProviderError("there is no hold", code="hold-unknown")
        place = f"/v1/payment_intents/{quote(wanted.of, safe='')}"
        held = self._call(brand, place)
        capture = wanted.kind is SettlementKind.CAPTURE
        if held.get("status") == "requires_capture":
            form = {"amount_to_capture": str(in_stripe(wanted.amount))} if capture else {}
            held = self._call(brand, f"{place}/{'capture' if capture else 'cancel'}", form, wanted.key)
        if held.get("status") == ("succeeded" if capture else "canceled"):
            return Answer(state=SettlementState.DONE, reference=wanted.of)
        return Answer(state=SettlementState.FAILED, reference=wanted.of, why="hold-" + str(held.get("status"))[:40])

    def _call(self, brand: BrandConfig, path: str, form: dict[str, str] | None = None, key: str = "") -> dict[str, Any]:
        """A GET; with a form a POST."""
        credentials = self._credentials(brand, "api_key")
        headers = {"authorization": f"Bearer {credentials['api_key']}"}
        if form is not None:
            headers |= {"content-type": "application/x-www-form-urlencoded", "idempotency-key": key}
        found = self._ask(
            Call(
                url=f"{credentials.get('base_url') or BASE}{path}",
                method="GET" if form is None else "POST",
                headers=headers,
                body=b"" if form is None else urlencode(form).encode(),
            ),
            _refused,
        )
        return found if isinstance(found, dict) else {}


def in_stripe(amount: Money) -> int:
    """In the unit that Stripe counts in."""
    if amount.currency not in PLACES:
        return amount.amount
    return int(Decimal(amount.decimal()).scaleb(PLACES[amount.currency]))


def _refund(found: dict[str, Any]) -> Answer:
    state = STATES.get(str(found.get("status")), SettlementState.ACCEPTED)
    why = str(found.get("failure_reason") or found.get("status"))[:60] if state is SettlementState.FAILED else ""
    return Answer(state=state, reference=str(found.get("id") or ""), why=why)


def _refused(answer: HttpAnswer, found: Any) -> str:
    """Stripe's own code (``charge_already_refunded``) where it has one."""
    code = by_status(answer, found)
    error = found.get("error") if isinstance(found, dict) else None
    said = error.get("code") if isinstance(error, dict) else None
    return str(said)[:60] if code and isinstance(said, str) and said else code
