"""Sendle's tracking API: basic authorization, one reference a call, ten calls a second from one address."""

from collections.abc import Sequence
from datetime import timedelta

from porchlight.carriers.asking import base, basic, quoted
from porchlight.connectors import Account, Answer, Call

_BASE = "https://api.sendle.com"


class SendleClient:
    """A Sendle ID and its API key."""

    credentials = ("sendle_id", "api_key")
    batch = 1
    calls_per_minute = 120

    def token(self, account: Account) -> None:
        """There is none."""

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for each number."""
        return [_call(number, account, "tracking") for number in numbers]


class SendleSubscriptions:
    """Pushes go to the address in the account's settings: our callback has to be entered there by hand."""

    credentials = ("sendle_id", "api_key")
    batch = 1
    lifetime: timedelta | None = None
    keeps_history = False

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        """One call for each number; ``callback`` cannot be passed on."""
        return [_call(number, account, "tracking/subscribe", "POST") for number in numbers]

    def subscribed(self, answer: Answer) -> str | None:
        """Sendle answers with the parcel's tracking and gives no id."""
        return "" if answer.status == 200 else None

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        """A subscription is never suspended."""
        return None


def _call(number: str, account: Account, what: str, method: str = "GET") -> Call:
    headers = {
        "Authorization": basic(account.credentials["sendle_id"], account.credentials["api_key"]),
        "Accept": "application/json",
    }
    return Call(f"{base(account, _BASE)}/api/parcels/{quoted(number)}/{what}", method, headers, numbers=(number,))


CLIENT = SendleClient()
SUBSCRIPTIONS = SendleSubscriptions()
