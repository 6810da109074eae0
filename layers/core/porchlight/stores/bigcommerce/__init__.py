"""BigCommerce: thin webhooks about orders and shipments, which are then fetched."""

from base64 import b64encode
from datetime import datetime, timedelta
from hmac import digest
from typing import TYPE_CHECKING, Any, Final

from porchlight.bodies import same
from porchlight.connectors import Account, BodyKind, InboundRequest
from porchlight.proofs import MIN_TOKEN, shared_header

if TYPE_CHECKING:
    from porchlight.connectors import StoreClient
    from porchlight.domain.orders import StoreChange

ID_HEADER, TIME_HEADER, SIGNATURE_HEADER = "webhook-id", "webhook-timestamp", "webhook-signature"
SHARED_HEADER = "x-porchlight-token"
"""The header to give to the hook when it is created, with the credential ``header_token`` as its value."""
TOLERANCE = timedelta(minutes=5)
WEBHOOK: Final = "webhook"
"""The topic of every webhook: what happened stands in its body."""


class BigCommerce:
    """Standard Webhooks: base64 HMAC-SHA256(client secret, id.timestamp.body); or a header of our own choosing."""

    id: Final = "bigcommerce"
    name: Final = "BigCommerce"
    answers_with: Final = 200
    credentials: Final = ("client_secret", "header_token")
    topics: Final = (WEBHOOK, "orders/updated", "fulfillments/update", "refunds/create")

    @property
    def client(self) -> "StoreClient":
        """How the shop is asked for what a webhook only points to."""
        from porchlight.stores.bigcommerce.client import CLIENT

        return CLIENT

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """True if the request is signed and fresh, or carries the header that only the hook was told."""
        token = account.credentials.get("header_token", "")
        if len(token) >= MIN_TOKEN and shared_header(request.headers.get(SHARED_HEADER, ""), token):
            return True
        return _signed(request, account.credentials.get("client_secret", ""), now)

    def topic(self, request: InboundRequest) -> str:
        """Always ``webhook``: BigCommerce has no header of topics."""
        del request
        return WEBHOOK

    def classify(self, topic: str, body: bytes) -> BodyKind:
        """``THIN`` for a webhook about an order or a shipment."""
        if topic != WEBHOOK:
            return BodyKind.NOT_TRACKING
        from porchlight.stores.bigcommerce.hooks import is_thin

        return BodyKind.THIN if is_thin(body) else BodyKind.NOT_TRACKING

    def parse(self, topic: str, body: bytes) -> "list[StoreChange]":
        """What changed: in answers to errands; a webhook itself says nothing."""
        if topic not in self.topics:
            return []
        from porchlight.stores.bigcommerce.parse import changes

        return changes(topic, body)

    def preview(self, body: bytes) -> tuple[str, dict[str, Any]]:
        """What a body looks like, for ``porchlight parse``."""
        from porchlight.stores.bigcommerce.preview import preview

        return preview(body)


def _signed(request: InboundRequest, secret: str, now: datetime) -> bool:
    """``webhook-signature`` holds one or more of ``v1,<base64>``, separated by spaces."""
    given = request.headers.get(SIGNATURE_HEADER, "")
    sent_at = request.headers.get(TIME_HEADER, "")
    if not secret or not given or not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= 12):
        return False
    if abs(int(sent_at) - now.timestamp()) > TOLERANCE.total_seconds():
        return False
    signed = f"{request.headers.get(ID_HEADER, '')}.{sent_at}.".encode("utf-8", "replace") + request.body
    expected = b"v1," + b64encode(digest(secret.encode(), signed, "sha256"))
    return any(same(one, expected) for one in given.split())


CONNECTOR = BigCommerce()
