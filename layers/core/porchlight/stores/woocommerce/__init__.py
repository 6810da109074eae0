"""WooCommerce: webhooks about orders. Refunds and tracking numbers are in the order's body."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from porchlight.bodies import signed_base64
from porchlight.connectors import Account, InboundRequest

if TYPE_CHECKING:
    from porchlight.domain.orders import StoreChange

SIGNATURE_HEADER = "x-wc-webhook-signature"
TOPIC_HEADER = "x-wc-webhook-topic"
TOPICS: Final = {
    "order.created": "orders/create",
    "order.updated": "orders/updated",
    "order.deleted": "orders/deleted",
    "order.restored": "orders/restored",
}
"""WooCommerce's names of topics, in ours. It has none of its own for refunds."""


class WooCommerce:
    """``X-WC-Webhook-Signature`` = base64 HMAC-SHA256(secret, raw body). Headers are not covered by it.

    A webhook that is saved with an empty secret signs with the MD5 of its author's id or name, which anybody can
    guess: a secret that looks like one verifies nothing.
    """

    id: Final = "woocommerce"
    name: Final = "WooCommerce"
    credentials: Final = ("secret",)
    topics: Final = (*TOPICS.values(), "refunds/create")

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """True if the raw body is signed with the account's secret. The scheme has no time; the ping is not signed."""
        secret = account.credentials.get("secret", "")
        if guessable(secret):
            return False
        return signed_base64(request.headers.get(SIGNATURE_HEADER, ""), secret, (request.body,))

    def topic(self, request: InboundRequest) -> str:
        """The topic header in our words, which anyone could have written: ``parse`` holds the body to it."""
        given = request.headers.get(TOPIC_HEADER, "").strip().lower()
        return TOPICS.get(given, given)

    def parse(self, topic: str, body: bytes) -> "list[StoreChange]":
        """What changed; [] for topics that are not used."""
        if topic not in self.topics:
            return []
        from porchlight.stores.woocommerce.parse import changes

        return changes(topic, body)

    def preview(self, body: bytes) -> tuple[str, dict[str, Any]]:
        """What a body looks like, for ``porchlight parse``."""
        from porchlight.stores.woocommerce.preview import preview

        return preview(body)


def guessable(secret: str) -> bool:
    """True for an empty secret, and for what looks like the MD5 that WooCommerce puts in the place of one."""
    bare = secret.strip()
    return not bare or (len(bare) == 32 and all(char in "0123456789abcdef" for char in bare.lower()))


CONNECTOR = WooCommerce()
