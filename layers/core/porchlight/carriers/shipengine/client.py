"""Asking ShipEngine: one number of one carrier a call. It guesses no carrier: give ``ups:1Z…``, or set the account's
credential ``carrier`` to what most of its parcels go by.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from porchlight.bodies import as_object, clean, load_json
from porchlight.carriers.asking import JSON, at_home, base, told
from porchlight.carriers.shipengine.parse import TRACKS
from porchlight.connectors import Account, Answer, Call
from porchlight.errors import ForbiddenError

HOST = "https://api.shipengine.com"
HOSTS = frozenset({"api.shipengine.com", "api.eu.shipengine.com", "api.shipstation.com"})
"""Where a webhook may point to."""
_CODES = {"usps": "stamps_com", "evri": "hermes", "dhl_parcel_de": "dhl_paket"}
"""ShipEngine's names of carriers that are not our ids."""


def _query(number: str, account: Account) -> str:
    carrier, bare = told(number)
    carrier = carrier or account.credentials.get("carrier") or "usps"
    return urlencode({"carrier_code": _CODES.get(carrier, carrier), "tracking_number": bare})


def _headers(account: Account) -> dict[str, str]:
    return {**JSON, "API-Key": account.credentials.get("api_key", "")}


class ShipEngineClient:
    """``GET /v1/tracking``."""

    credentials: tuple[str, ...] = ("api_key",)
    batch = 1
    calls_per_minute = 200

    def token(self, account: Account) -> Call | None:
        """None: the API takes its key as it is."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call a number."""
        url, headers = f"{base(account, HOST)}/v1/tracking", _headers(account)
        return [Call(f"{url}?{_query(number, account)}", headers=headers, numbers=(number,)) for number in numbers]

    def errand(self, body: bytes, account: Account, token: str) -> Call | None:
        """The tracking object that a webhook without one points to.

        Raises ForbiddenError for an address outside of ShipEngine's hosts.
        """
        data = as_object(load_json(body), "the body")
        if clean(data.get("resource_type")).upper() not in TRACKS or data.get("data") is not None:
            return None
        url = data.get("resource_url")
        if not isinstance(url, str) or not at_home(url, HOSTS, account):
            raise ForbiddenError("the webhook points to a host that is not ShipEngine's")
        return Call(url, headers=_headers(account))


class ShipEngineSubscriptions:
    """``POST /v1/tracking/start``. The webhook for ``track`` is set up once for the account."""

    credentials: tuple[str, ...] = ("api_key",)
    batch = 1
    lifetime: Final = None
    keeps_history = True

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        """One call a number; asking twice changes nothing."""
        url, headers = f"{base(account, HOST)}/v1/tracking/start", _headers(account)
        return [
            Call(f"{url}?{_query(number, account)}", method="POST", headers=headers, numbers=(number,))
            for number in numbers
        ]

    def subscribed(self, answer: Answer) -> str | None:
        """ "" for a good answer, which is empty (204)."""
        return "" if 200 <= answer.status < 300 else None

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        """None: it is started anew."""
        return None


CLIENT = ShipEngineClient()
SUBSCRIPTIONS = ShipEngineSubscriptions()
