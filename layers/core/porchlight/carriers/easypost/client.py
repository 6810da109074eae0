"""Asking EasyPost: one number a call, of any carrier, if it has a tracker. It answers what it has last heard from the
carrier; asking does not make it look.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from porchlight.bodies import clean
from porchlight.carriers.asking import JSON, answered, base, basic, sent, told
from porchlight.connectors import Account, Answer, Call

HOST = "https://api.easypost.com"
_NAMES = {
    "australia_post": "AustraliaPost",
    "canada_post": "CanadaPost",
    "dhl_ecommerce": "DhlEcs",
    "dhl_express": "DHLExpress",
    "dhl_parcel_de": "DHLPaket",
    "dpd_uk": "DPDUK",
    "evri": "Evri",
    "fedex": "FedEx",
    "la_poste": "LaPoste",
    "ontrac": "OnTrac",
    "postnl": "PostNL",
    "purolator": "Purolator",
    "royal_mail": "RoyalMail",
    "ups": "UPS",
    "usps": "USPS",
}
"""EasyPost's names of our carriers, as far as they are certain: it finds the others itself."""


def _headers(account: Account) -> dict[str, str]:
    return {"Authorization": basic(account.credentials.get("api_key", ""))}


class EasyPostClient:
    """``GET /v2/trackers?tracking_code=…``: the trackers of a number."""

    credentials: tuple[str, ...] = ("api_key",)
    batch = 1
    calls_per_minute = 300

    def token(self, account: Account) -> Call | None:
        """None: the API takes its key as it is."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call a number."""
        url, headers = f"{base(account, HOST)}/v2/trackers", {**JSON, **_headers(account)}
        return [
            Call(f"{url}?{urlencode({'tracking_code': told(number)[1]})}", headers=headers, numbers=(number,))
            for number in numbers
        ]


class EasyPostSubscriptions:
    """``POST /v2/trackers``: creates a tracker, or answers with the one of the last three months. EasyPost finds the
    carrier itself, unless the number names it (``ups:1Z…``). The webhook is set up once for the account.
    """

    credentials: tuple[str, ...] = ("api_key",)
    batch = 1
    lifetime: Final = None
    keeps_history = True

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        """One call a number."""
        url, calls = f"{base(account, HOST)}/v2/trackers", []
        for number in numbers:
            carrier, bare = told(number)
            tracker = {"tracking_code": bare}
            if carrier in _NAMES and bare != number:
                tracker["carrier"] = _NAMES[carrier]
            calls.append(sent(url, {"tracker": tracker}, _headers(account), (number,)))
        return calls

    def subscribed(self, answer: Answer) -> str | None:
        """The tracker's id."""
        return clean(answered(answer).get("id"), 128) or None

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        """None: EasyPost disables a whole webhook, never one tracker; a tracker that has ended is created anew."""
        return None


CLIENT = EasyPostClient()
SUBSCRIPTIONS = EasyPostSubscriptions()
