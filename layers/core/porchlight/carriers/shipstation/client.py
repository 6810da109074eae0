"""Following ShipStation's webhooks: one GET with the account's API key and secret, to ShipStation's own hosts only.

Whoever makes the call must follow no redirect.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from porchlight.bodies import as_object, clean, load_json
from porchlight.carriers.asking import JSON, at_home, base, basic
from porchlight.carriers.shipstation.parse import POINTING
from porchlight.connectors import Account, Call
from porchlight.errors import ForbiddenError

HOST = "https://ssapi.shipstation.com"
HOSTS = frozenset(
    {
        "ssapi.shipstation.com",
        *(f"ssapi{number}.shipstation.com" for number in range(2, 10)),
    }
)
"""``ssapi``, and the machines behind it that webhooks are known to name (ssapi6, ssapi7)."""

_PATHS = frozenset({"/shipments", "/fulfillments"})


class ShipStationClient:
    """Fetches what a webhook points to."""

    credentials: tuple[str, ...] = ("api_key", "api_secret")
    batch = 0
    calls_per_minute = 40

    def token(self, account: Account) -> Call | None:
        """None: the API takes name and password."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """Nothing: version 1 does not know how a parcel travels."""
        return []

    def errand(self, body: bytes, account: Account, token: str) -> Call | None:
        """The request that a webhook about shipped parcels calls for; None for news about orders.

        Raises ForbiddenError for an address outside of ShipStation's hosts, or one of something else than shipments.
        """
        data = as_object(load_json(body), "the body")
        if clean(data.get("resource_type")) not in POINTING:
            return None
        url = data.get("resource_url")
        if not isinstance(url, str) or not at_home(url, HOSTS, account):
            raise ForbiddenError("the webhook points to a host that is not ShipStation's")
        path = urlsplit(url).path
        if path.removeprefix(urlsplit(base(account, HOST)).path) not in _PATHS:
            raise ForbiddenError("the webhook points to something that is not shipments")
        keys = basic(account.credentials.get("api_key", ""), account.credentials.get("api_secret", ""))
        return Call(url, headers={**JSON, "Authorization": keys})


CLIENT = ShipStationClient()
