"""Links in messages and pages: signed, expiring, nothing personal in them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.orders import Order
from porchlight.domain.tokens import read, sign
from porchlight.errors import NotFoundError, TransientError
from porchlight.ports import Secrets

_TEN_YEARS = timedelta(days=3650)


@dataclass(frozen=True)
class Links:
    """Makes and reads links. The key is in the secret ``links``; ``previous`` ones are still read during a rotation."""

    secrets: Secrets
    public_url: str

    def of_order(self, brand: BrandConfig, order: Order) -> dict[str, str]:
        """``tracking`` and ``unsubscribe`` of an order; the same order gives the same links."""
        expires = order.placed_at + brand.link_lifetime
        key = self._keys()[0]
        tracking = sign({"k": "t", "b": brand.brand_id, "o": order.order_id}, key, expires)
        # Whoever kept an old message can still say stop.
        unsubscribe = sign({"k": "u", "b": brand.brand_id, "s": order.shopper_id}, key, expires + _TEN_YEARS)
        return {
            "tracking": f"{self.public_url}/t/{tracking}",
            "unsubscribe": f"{self.public_url}/u/{unsubscribe}",
        }

    def of_message(
        self, brand: BrandConfig, order: Order, message_id: str, purpose: Purpose, channel: Channel
    ) -> dict[str, str]:
        """The links of one message: those of its order, and one that stops its purpose on its channel."""
        del message_id, purpose, channel
        return self.of_order(brand, order)

    def read(self, kind: str, token: str, now: datetime) -> dict[str, str]:
        """What a token says; NotFoundError for forged, expired and other tokens alike."""
        for key in self._keys():
            payload = read(token, key, now)
            if payload and payload.get("k") == kind:
                return {name: str(value) for name, value in payload.items()}
        raise NotFoundError

    def _keys(self) -> list[str]:
        try:
            secret = self.secrets.get("links")
        except NotFoundError as error:  # our fault, and not a page that is not there
            raise TransientError("the secret links is missing") from error
        keys = [str(secret.get("key") or ""), *map(str, secret.get("previous", []))]
        if not keys[0]:
            raise TransientError("the secret links has no key")
        return [key for key in keys if key]
