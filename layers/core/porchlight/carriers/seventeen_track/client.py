"""Asking 17TRACK: forty numbers a call, of any carriers; only registered numbers are known. It finds the carrier
itself, unless the number names it (``ups:1Z…``).
"""

from collections.abc import Sequence
from typing import Any, Final

from porchlight.bodies import clean
from porchlight.carriers.asking import answered, base, sent, told
from porchlight.carriers.seventeen_track.carriers import key_of
from porchlight.connectors import Account, Answer, Call

HOST = "https://api.17track.net"
_PATH = "/track/v2.2/"
_KNOWN = -18019901
"""The number is registered already."""


def _call(what: str, numbers: Sequence[str], account: Account) -> Call:
    return sent(
        base(account, HOST) + _PATH + what,
        [_item(number) for number in numbers],
        {"17token": account.credentials.get("api_key", "")},
        numbers,
    )


def _item(number: str) -> dict[str, Any]:
    carrier, bare = told(number)
    key = key_of(carrier) if bare != number else None
    return {"number": bare, "carrier": key} if key else {"number": bare}


class SeventeenTrackClient:
    """``POST gettrackinfo``, which costs nothing."""

    credentials: tuple[str, ...] = ("api_key",)
    batch = 40
    calls_per_minute = 180

    def token(self, account: Account) -> Call | None:
        """None: the API takes its key as it is."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for all."""
        return [_call("gettrackinfo", numbers, account)]


class SeventeenTrackSubscriptions:
    """``POST register``: one unit of the quota a number, once. The webhook's address is set in the dashboard. Tracking
    stops 30 days after the last news (15 after the delivery).
    """

    credentials: tuple[str, ...] = ("api_key",)
    batch = 1
    lifetime: Final = None
    keeps_history = True

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        """One call a number, so that each gets its own answer."""
        return [_call("register", [number], account) for number in numbers]

    def subscribed(self, answer: Answer) -> str | None:
        """The number, by which 17TRACK knows a registration; also where it was registered before."""
        told_us = answered(answer)
        data = told_us.get("data")
        if told_us.get("code") != 0 or not isinstance(data, dict):
            return None
        for key in ("accepted", "rejected"):
            entries = data.get(key)
            for entry in entries if isinstance(entries, list) else ():
                error = entry.get("error") if isinstance(entry, dict) else None
                if isinstance(entry, dict) and (key == "accepted" or _code(error) == _KNOWN):
                    return clean(entry.get("number"), 64)
        return None

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        """Tracks a stopped number again (17TRACK allows it once)."""
        return _call("retrack", [subscription_id], account) if subscription_id else None


def _code(error: Any) -> Any:
    return error.get("code") if isinstance(error, dict) else None


CLIENT = SeventeenTrackClient()
SUBSCRIPTIONS = SeventeenTrackSubscriptions()
