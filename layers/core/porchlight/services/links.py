"""Links in messages and pages: signed, expiring, nothing personal in them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.orders import Order
from porchlight.domain.preferences import address_digest
from porchlight.domain.tokens import read, read_short, sign, sign_short
from porchlight.errors import NotFoundError, TransientError
from porchlight.ports import Secrets

_TEN_YEARS = timedelta(days=3650)
_WITHDRAWAL = timedelta(days=400)
"""More than for other links: the period begins when the last item has come, and is a year longer for a brand that did
not inform about it. No brand's ``link_days`` end it.
"""
_FOUND_LIFETIME = timedelta(hours=2)
"""Somebody who found an order by its number may sit at a machine of others."""


@dataclass(frozen=True)
class Links:
    """Makes and reads links. The key is in the secret ``links``; ``previous`` ones are still read during a rotation."""

    secrets: Secrets
    public_url: str

    def of_order(self, brand: BrandConfig, order: Order) -> dict[str, str]:
        """``tracking`` (and ``short``, the same page), ``returns``, ``withdraw``, ``unsubscribe`` and
        ``preferences`` of an order; the
        same order gives the same links.
        """
        return self._links(brand, order, {})

    def of_message(
        self, brand: BrandConfig, order: Order, message_id: str, purpose: Purpose, channel: Channel, address: str = ""
    ) -> dict[str, str]:
        """The links of one message: as of its order, but ``unsubscribe`` stops its purpose on its channel, and
        ``preferences`` knows by which channel, and to which ``address``, it came.
        """
        how = {"u": purpose.value, "c": channel.value, "m": message_id}
        return self._links(brand, order, how | {"a": _mark(brand.brand_id, address)} if address else how)

    def rating(self, brand: BrandConfig, order: Order, message_id: str) -> str:
        """Where a tap on a score leads, before the score: what was asked by one message is answered once."""
        claims = {"k": "c", "b": brand.brand_id, "o": order.order_id, "m": message_id}
        return f"{self.public_url}/c/{sign(claims, self._keys()[0], order.placed_at + brand.link_lifetime)}"

    def found(self, brand: str, order_id: str, now: datetime) -> str:
        """The token of an order's returns for somebody who found it by its number: it lives for two hours."""
        return sign({"k": "r", "b": brand, "o": order_id}, self._keys()[0], now + _FOUND_LIFETIME)

    def gift(self, brand: BrandConfig, order: Order) -> str:
        """Where whoever got an order as a gift may give it back, without prices."""
        claims = {"k": "g", "b": brand.brand_id, "o": order.order_id}
        return f"{self.public_url}/r/{sign(claims, self._keys()[0], order.placed_at + brand.link_lifetime)}"

    def preferences(self, claims: dict[str, str], now: datetime) -> str:
        """The token of the preference centre for whoever came with the claims of another link."""
        return sign({**claims, "k": "p"}, self._keys()[0], now + _TEN_YEARS)

    def _links(self, brand: BrandConfig, order: Order, how: dict[str, str]) -> dict[str, str]:
        who = {"o": order.order_id, "s": order.shopper_id, **how}
        key, expires = self._keys()[0], order.placed_at + brand.link_lifetime
        tracking = sign({"k": "t", "b": brand.brand_id, "o": order.order_id}, key, expires)
        back = sign({"k": "r", "b": brand.brand_id, "o": order.order_id}, key, expires)
        try:
            short = sign_short(brand.brand_id, order.order_id, key, expires)
        except ValueError:
            short = tracking
        # Whoever kept an old message can still say stop.
        stop = sign({"k": "u", "b": brand.brand_id, **who}, key, expires + _TEN_YEARS)
        choose = sign({"k": "p", "b": brand.brand_id, **who}, key, expires + _TEN_YEARS)
        came: dict[str, str] = {name: how[name] for name in ("c", "a") if name in how}
        withdraw = sign({"k": "w", "b": brand.brand_id, "o": order.order_id, **came}, key, expires + _WITHDRAWAL)
        return {
            "tracking": f"{self.public_url}/t/{tracking}",
            "short": f"{self.public_url}/t/{short}",
            "returns": f"{self.public_url}/r/{back}",
            "unsubscribe": f"{self.public_url}/u/{stop}",
            "preferences": f"{self.public_url}/p/{choose}",
            "withdraw": f"{self.public_url}/withdraw/{withdraw}",
        }

    def read(self, kind: str, token: str, now: datetime) -> dict[str, str]:
        """What a token says; NotFoundError for forged, expired and other tokens alike."""
        for key in self._keys():
            payload = read(token, key, now)
            if payload and payload.get("k") == kind:
                return {name: str(value) for name, value in payload.items()}
            if kind == "t" and (short := read_short(token, key, now)):
                return {"k": kind, "b": short[0], "o": short[1]}
        raise NotFoundError

    def returns(self, token: str, now: datetime) -> dict[str, str]:
        """What the token of an order's returns says, or (``k`` is ``g``) that of a gift; NotFoundError as ``read``."""
        try:
            return self.read("r", token, now)
        except NotFoundError:
            return self.read("g", token, now)

    @staticmethod
    def came_to(claims: dict[str, str], channel: Channel, address: str) -> bool:
        """True for the claims of a link in a message that went to this address by this channel."""
        return claims.get("c") == channel and bool(address) and claims.get("a") == _mark(claims["b"], address)

    def _keys(self) -> list[str]:
        try:
            secret = self.secrets.get("links")
        except NotFoundError as error:  # our fault, and not a page that is not there
            raise TransientError("the secret links is missing") from error
        key, previous = secret.get("key"), secret.get("previous")
        if not key or not isinstance(key, str):
            raise TransientError("the secret links has no key")
        old = [previous] if isinstance(previous, str) else previous if isinstance(previous, list) else []
        return [key, *(one for one in old if one and isinstance(one, str))]


def _mark(brand: str, address: str) -> str:
    """Tells one address of a shopper from another, and nobody which it is."""
    return address_digest(brand, address)[-4:]
