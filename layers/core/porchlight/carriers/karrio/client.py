"""Asking karrio: one number a call, whatever its carrier, if it has a tracker. Where the brand's karrio runs is the
account's credential ``base_url``.
"""

from collections.abc import Sequence
from typing import Final

from porchlight.bodies import clean
from porchlight.carriers.asking import JSON, answered, base, quoted, sent, told
from porchlight.connectors import Account, Answer, Call

HOST = "https://api.karrio.io"
_NAMES = {
    "australia_post": "australiapost",
    "canada_post": "canadapost",
    "dhl": "dhl_universal",
    "la_poste": "laposte",
    "royal_mail": "royalmail",
}
"""karrio's names of carriers that are not our ids."""


def _headers(account: Account) -> dict[str, str]:
    return {"Authorization": f"Token {account.credentials.get('api_key', '')}"}


class KarrioClient:
    """``GET /v1/trackers/{number}``."""

    credentials: tuple[str, ...] = ("api_key",)
    batch = 1
    calls_per_minute = 60

    def token(self, account: Account) -> Call | None:
        """None: the API takes its key as it is."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call a number."""
        url, headers = f"{base(account, HOST)}/v1/trackers", {**JSON, **_headers(account)}
        return [Call(f"{url}/{quoted(told(number)[1])}", headers=headers, numbers=(number,)) for number in numbers]


class KarrioSubscriptions:
    """``POST /v1/trackers``: creates a tracker, or finds the one there is. karrio guesses no carrier: give ``ups:1Z…``,
    or set the account's credential ``carrier``. The webhook is set up once.
    """

    credentials: tuple[str, ...] = ("api_key",)
    batch = 1
    lifetime: Final = None
    keeps_history = True

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        """One call a number."""
        url, calls = f"{base(account, HOST)}/v1/trackers", []
        for number in numbers:
            carrier, bare = told(number)
            carrier = carrier or account.credentials.get("carrier") or "usps"
            tracker = {"tracking_number": bare, "carrier_name": _NAMES.get(carrier, carrier)}
            calls.append(sent(url, tracker, _headers(account), (number,)))
        return calls

    def subscribed(self, answer: Answer) -> str | None:
        """The tracker's id."""
        return clean(answered(answer).get("id"), 128) or None

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        """None: karrio disables a whole webhook (after six failures), never one parcel."""
        return None


CLIENT = KarrioClient()
SUBSCRIPTIONS = KarrioSubscriptions()
