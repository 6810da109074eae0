"""ShipEngine, also sold as ShipStation API v2: webhooks signed with RSA keys that it publishes.

The carrier of a report is the one that moves the parcel, never "shipengine".
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from porchlight.carriers.shipengine.webhook import KEY_ID, signed
from porchlight.connectors import Account, BodyKind, InboundRequest
from porchlight.proofs import path_token

if TYPE_CHECKING:
    from porchlight.carriers.shipengine.client import ShipEngineClient, ShipEngineSubscriptions
    from porchlight.domain.events import TrackingReport


class ShipEngine:
    """The front door looks the key up at ``jwks_url`` by its id and hands it on as the credential ``jwk``.

    All customers' webhooks are signed with the same keys: a signature says "from ShipEngine" and not "of this account".
    An account with a ``path_token`` therefore has to be named by the address as well, and one without takes no address
    with a token, which is another account's; with more than one account, each needs one.
    """

    id: Final = "shipengine"
    name: Final = "ShipEngine"
    credentials: Final = ("path_token", "api_key")
    jwks_url: Final = "https://api.shipengine.com/jwks"

    def key_id(self, request: InboundRequest) -> str:
        """The id of the key that signed the request; "" where it names none."""
        return request.headers.get(KEY_ID, "").strip()

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """See ``webhook``."""
        named = request.token or request.query.get("token", "")
        if (account.credentials.get("path_token") or named) and not path_token(request, account):
            return False
        return signed(request, account.credentials.get("jwk", ""), self.key_id(request), now)

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The parcel in a webhook or in an answer; [] for news about batches, rates and the like."""
        from porchlight.carriers.shipengine.parse import reports

        return reports(body)

    def classify(self, body: bytes) -> BodyKind:
        """An answer that knows nothing, a webhook that only points to its parcel, or something else."""
        from porchlight.carriers.shipengine.parse import kind

        return kind(body)

    @property
    def client(self) -> "ShipEngineClient":
        """Asks for one number of one carrier; follows webhooks that only point."""
        from porchlight.carriers.shipengine.client import CLIENT

        return CLIENT

    @property
    def subscriptions(self) -> "ShipEngineSubscriptions":
        """Starts the tracking of a number."""
        from porchlight.carriers.shipengine.client import SUBSCRIPTIONS

        return SUBSCRIPTIONS


CONNECTOR = ShipEngine()
