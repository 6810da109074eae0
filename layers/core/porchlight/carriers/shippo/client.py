"""Asking Shippo: one number of one carrier a call. Shippo guesses no carrier: give ``ups:1Z…``, or set the account's
credential ``carrier`` to what most of its parcels go by.
"""

from collections.abc import Sequence
from typing import Final

from porchlight.carriers.asking import JSON, answered, base, quoted, sent, told
from porchlight.connectors import Account, Answer, Call

HOST = "https://api.goshippo.com"
_TOKENS = {"evri": "hermes_uk", "dhl_parcel_de": "dhl_germany", "dpd": "dpd_de", "ontrac": "ontrac", "gls": "gls_de"}
"""Shippo's names of carriers that are not our ids."""


def _told(number: str, account: Account) -> tuple[str, str]:
    carrier, bare = told(number)
    carrier = carrier or account.credentials.get("carrier") or "usps"
    return _TOKENS.get(carrier, carrier), bare


def _headers(account: Account) -> dict[str, str]:
    return {"Authorization": f"ShippoToken {account.credentials.get('api_token', '')}"}


class ShippoClient:
    """``GET /tracks/{carrier}/{number}``, whether or not the number was registered."""

    credentials: tuple[str, ...] = ("api_token",)
    batch = 1
    calls_per_minute = 500

    def token(self, account: Account) -> Call | None:
        """None: the API takes its token as it is."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call a number."""
        calls = []
        for number in numbers:
            carrier, bare = _told(number, account)
            url = f"{base(account, HOST)}/tracks/{quoted(carrier)}/{quoted(bare)}"
            calls.append(Call(url=url, headers={**JSON, **_headers(account)}, numbers=(number,)))
        return calls


class ShippoSubscriptions:
    """``POST /tracks/`` registers a number for the webhooks of the account. The webhook itself is set up once, in the
    portal; Shippo registers a number as often as it is told to, so it must be told once.
    """

    credentials: tuple[str, ...] = ("api_token",)
    batch = 1
    lifetime: Final = None
    keeps_history = True

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        """One call a number."""
        url, calls = f"{base(account, HOST)}/tracks/", []
        for number in numbers:
            carrier, bare = _told(number, account)
            calls.append(sent(url, {"carrier": carrier, "tracking_number": bare}, _headers(account), (number,)))
        return calls

    def subscribed(self, answer: Answer) -> str | None:
        """ "" for a good answer (it is the tracking object: there is no id)."""
        return "" if answered(answer).get("tracking_number") else None

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        """None: a registration does not end."""
        return None


CLIENT = ShippoClient()
SUBSCRIPTIONS = ShippoSubscriptions()
