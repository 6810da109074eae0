"""Asking TrackingMore: forty numbers a call, of any carriers; only numbers that were told to it are known."""

from collections.abc import Sequence
from typing import Final

from porchlight.bodies import clean
from porchlight.carriers.asking import JSON, answered, base, quoted, said_in, sent, told
from porchlight.connectors import Account, Answer, Call

HOST = "https://api.trackingmore.com/v4"
_CODES = {"dhl_express": "dhl", "dhl_parcel_de": "dhl-germany", "dhl_ecommerce": "dhlglobalmail"}
"""TrackingMore's names of carriers that are not our ids with hyphens."""
_EXISTS = 4101


def _headers(account: Account) -> dict[str, str]:
    return {"Tracking-Api-Key": account.credentials.get("api_key", "")}


class TrackingMoreClient:
    """``GET /trackings/get`` with a list of numbers."""

    credentials: tuple[str, ...] = ("api_key",)
    batch = 40
    calls_per_minute = 600

    def token(self, account: Account) -> Call | None:
        """None: the API takes its key as it is."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for all."""
        listed = ",".join(quoted(told(number)[1]) for number in numbers)
        url = f"{base(account, HOST)}/trackings/get?limit=200&tracking_numbers={listed}"
        return [Call(url, headers={**JSON, **_headers(account)}, numbers=tuple(numbers))]


class TrackingMoreSubscriptions:
    """``POST /trackings/create``: one credit a number. It wants to know the carrier: give ``ups:1Z…``, or set the
    account's credential ``carrier``. The webhook is set up once.
    """

    credentials: tuple[str, ...] = ("api_key",)
    batch = 1
    lifetime: Final = None
    keeps_history = True

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        """One call a number."""
        url, calls = f"{base(account, HOST)}/trackings/create", []
        for number in numbers:
            carrier, bare = told(number)
            carrier = carrier or account.credentials.get("carrier") or "usps"
            code = _CODES.get(carrier) or carrier.replace("_", "-")
            calls.append(sent(url, {"tracking_number": bare, "courier_code": code}, _headers(account), (number,)))
        return calls

    def subscribed(self, answer: Answer) -> str | None:
        """The tracking's id; "" where TrackingMore says that it has it already."""
        data = answered(answer).get("data")
        if isinstance(data, dict) and data.get("id"):
            return clean(data["id"], 128)
        meta = said_in(answer).get("meta")
        return "" if isinstance(meta, dict) and meta.get("code") == _EXISTS else None

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        """Tracks an expired tracking again."""
        if not subscription_id:
            return None
        url = f"{base(account, HOST)}/trackings/retrack/{quoted(subscription_id)}"
        return Call(url, method="POST", headers={**JSON, **_headers(account)})


CLIENT = TrackingMoreClient()
SUBSCRIPTIONS = TrackingMoreSubscriptions()
