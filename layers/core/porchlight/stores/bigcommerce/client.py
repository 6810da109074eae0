"""What BigCommerce is asked for: the order with its lines, its shipments, its refunds. Limits: 150 calls in 30 s."""

from typing import Final
from urllib.parse import urlsplit

from porchlight.connectors import Account, Call
from porchlight.errors import ForbiddenError
from porchlight.stores.bigcommerce.hooks import REFUNDED, SHIPPED, Hook, read, wanted

BASE: Final = "https://api.bigcommerce.com"
_LINES = "include=consignments.line_items&consignment_structure=object"


class BigCommerceClient:
    """Builds requests from ids alone: no address is ever taken from a body."""

    credentials: tuple[str, ...] = ("store_hash", "access_token")
    calls_per_minute = 240

    def token(self, account: Account) -> Call | None:
        """None: an API account has its access token for good."""
        return None

    def errands(self, body: bytes, account: Account, token: str) -> list[tuple[str, Call]]:
        """The order, its parcels or its refunds, by what happened; [] for what is of no use."""
        hook = read(body)
        if not hook.order_id or not wanted(hook):
            return []
        store = _store_hash(account)
        if hook.producer != f"stores/{store}":
            raise ForbiddenError("the webhook is about another shop than the account's")
        base = f"{_base(account)}/stores/{store}"
        headers = {"X-Auth-Token": account.credentials.get("access_token", ""), "Accept": "application/json"}
        return [(topic, Call(url=base + path, headers=headers)) for topic, path in _paths(hook)]


def _paths(hook: Hook) -> list[tuple[str, str]]:
    order = f"/v2/orders/{hook.order_id}"
    if hook.shipment_id:
        return [("fulfillments/update", f"{order}/shipments/{hook.shipment_id}")]
    found = [("orders/updated", f"{order}?{_LINES}")]
    if hook.new_status in SHIPPED:
        found.append(("fulfillments/update", f"{order}/shipments?limit=200"))
    if hook.subject == "order/refund/created" or hook.new_status in REFUNDED:
        found.append(("refunds/create", f"/v3/orders/{hook.order_id}/payment_actions/refunds"))
    return found


def _store_hash(account: Account) -> str:
    found = account.credentials.get("store_hash", "")
    if not (found.isascii() and found.isalnum() and len(found) <= 40):
        raise ForbiddenError("the account's store_hash is none")
    return found


def _base(account: Account) -> str:
    """BigCommerce's own host, or the one that the account names (a proxy, a test's peer on this machine)."""
    base = account.credentials.get("base_url", "").rstrip("/") or BASE
    parts = urlsplit(base)
    here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    if not parts.hostname or (parts.scheme != "https" and not here):
        raise ForbiddenError("the account's base_url is not https")
    return base


CLIENT = BigCommerceClient()
