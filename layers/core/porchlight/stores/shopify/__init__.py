"""Shopify: webhooks about orders, fulfilments and refunds."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from porchlight.bodies import signed_base64
from porchlight.connectors import Account, InboundRequest

if TYPE_CHECKING:
    from porchlight.domain.orders import StoreChange

SIGNATURE_HEADER = "x-shopify-hmac-sha256"
TOPIC_HEADER = "x-shopify-topic"


class Shopify:
    """``X-Shopify-Hmac-Sha256`` = base64 HMAC-SHA256(client secret, raw body). Headers are not covered by it."""

    id: Final = "shopify"
    name: Final = "Shopify"
    credentials: Final = ("client_secret",)
    topics: Final = (
        "orders/create",
        "orders/updated",
        "orders/cancelled",
        "fulfillments/create",
        "fulfillments/update",
        "refunds/create",
    )

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """True if the raw body is signed with the account's secret. The scheme has no time."""
        given = request.headers.get(SIGNATURE_HEADER, "")
        return signed_base64(given, account.credentials.get("client_secret", ""), (request.body,))

    def topic(self, request: InboundRequest) -> str:
        """The topic header, which anyone could have written: ``parse`` holds the body to it."""
        return request.headers.get(TOPIC_HEADER, "").strip().lower()

    def parse(self, topic: str, body: bytes) -> "list[StoreChange]":
        """What changed; [] for topics that are not used."""
        if topic not in self.topics:
            return []
        from porchlight.stores.shopify.parse import changes

        return changes(topic, body)

    def preview(self, body: bytes) -> tuple[str, dict[str, Any]]:
        """What a body looks like, for ``porchlight parse``."""
        from porchlight.stores.shopify.preview import preview

        return preview(body)


CONNECTOR = Shopify()
