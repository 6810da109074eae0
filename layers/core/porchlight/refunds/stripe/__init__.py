"""Stripe: refunds and holds, what it says about refunds, and its signatures."""

import hmac
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from porchlight.refunds.kit import RefundKit
    from porchlight.refunds.stripe.client import StripeSettlements

TOLERANCE = timedelta(seconds=300)
"""As Stripe's own libraries have it."""


class Stripe:
    """``Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>]``: HMAC-SHA256(endpoint secret, "{t}.{raw body}")."""

    id: Final = "stripe"
    name: Final = "Stripe"

    def verify(self, body: bytes, signature: str, secret: str, now: datetime) -> bool:
        """True if the raw body is signed with the secret and fresh; never raises for what a stranger may send."""
        parts = [part.strip().partition("=") for part in signature.split(",")]
        sent_at = next((value for name, _, value in parts if name == "t"), "")
        if not secret or not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= 12):
            return False
        if abs(int(sent_at) - now.timestamp()) > TOLERANCE.total_seconds():
            return False
        expected = hmac.digest(secret.encode(), f"{sent_at}.".encode() + body, "sha256").hex().encode()
        given = (value.encode("utf-8", "replace") for name, _, value in parts if name == "v1")
        return any(hmac.compare_digest(value, expected) for value in given)

    def parse(self, body: bytes) -> "list[Any]":
        """The refunds in a body, as ``parse.RefundNews``; [] for a readable body without any."""
        from porchlight.refunds.stripe.parse import refunds

        return refunds(body)

    def preview(self, body: bytes) -> dict[str, Any]:
        """What a body is, for ``porchlight parse``."""
        from porchlight.refunds.stripe.parse import preview

        return preview(body)


CONNECTOR = Stripe()


def connector(kit: "RefundKit") -> "StripeSettlements":
    """Who carries out what returns settle."""
    from porchlight.refunds.stripe.client import StripeSettlements

    return StripeSettlements(kit)
