"""How UPS is asked (Track API v1, one number a call) and told to push (Track Alert v2, a hundred numbers a call)."""

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import quote
from uuid import uuid4

from porchlight.bodies import clean, load_json, optional_object
from porchlight.connectors import Account, Answer, Call
from porchlight.errors import UnreadableBodyError

BASE = "https://onlinetools.ups.com"
SOURCE = "porchlight"

CREDENTIALS = ("api_client_id", "api_client_secret")
"""Client id and secret of an app at developer.ups.com; not the ``client_id`` that UPS shows to our token endpoint."""


def _base(account: Account) -> str:
    return (account.credentials.get("base_url") or BASE).rstrip("/")


def _headers(token: str) -> dict[str, str]:
    """UPS refuses requests without an id of their own and the name of the application."""
    return {"Authorization": f"Bearer {token}", "transId": uuid4().hex, "transactionSrc": SOURCE}


def _is_parcel(number: str) -> bool:
    """1Z and sixteen characters, or (Roadie) 1R and fourteen or twenty-six."""
    lengths = {"1Z": (18,), "1R": (16, 28)}.get(number[:2].upper(), ())
    return len(number) in lengths and number.isascii() and number.isalnum()


class UpsClient:
    """The Track API."""

    credentials: Final = CREDENTIALS
    batch: Final = 1
    calls_per_minute: Final = 120

    def token(self, account: Account) -> Call:
        """HTTP Basic; tokens live for about four hours."""
        pair = ":".join(account.credentials.get(name, "") for name in CREDENTIALS)
        return Call(
            url=f"{_base(account)}/security/v1/oauth/token",
            method="POST",
            headers={
                "Authorization": f"Basic {b64encode(pair.encode()).decode()}",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            body=b"grant_type=client_credentials",
        )

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """Neither signature nor picture is asked for: both are personal data that nothing here reads."""
        return [
            Call(
                url=f"{_base(account)}/api/track/v1/details/{quote(number, safe='')}?locale=en_US",
                headers=_headers(token),
                numbers=(number,),
            )
            for number in numbers
        ]


class UpsSubscriptions:
    """Track Alert v2, standard. Where it pushes to is set at developer.ups.com/update-webhook, not in the request."""

    credentials: Final = CREDENTIALS
    batch: Final = 100
    lifetime: Final = timedelta(days=14)
    keeps_history: Final = False

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        """One request for all numbers in the form of a UPS parcel. Any other has one of its own: UPS refuses it, and
        names what it refuses only inside of a good answer.
        """
        parcels = [number for number in numbers if _is_parcel(number)]
        parts = [parcels] if parcels else []
        parts += [[number] for number in numbers if not _is_parcel(number)]
        return [
            Call(
                url=f"{_base(account)}/api/track/v2/subscription/standard/package",
                method="POST",
                headers={**_headers(token), "Content-Type": "application/json"},
                body=json.dumps({"locale": "en_US", "countryCode": "US", "trackingNumberList": part}).encode(),
                numbers=tuple(part),
            )
            for part in parts
        ]

    def subscribed(self, answer: Answer) -> str | None:
        """ "" where at least one number was taken: UPS gives a subscription no id."""
        if not 200 <= answer.status < 300:
            return None
        try:
            taken = optional_object(load_json(answer.body)).get("validTrackingNumbers")
        except UnreadableBodyError:
            return None
        return "" if isinstance(taken, list) and any(clean(number) for number in taken) else None

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        """None: a subscription that ended is made anew."""
        return None


CLIENT = UpsClient()
SUBSCRIPTIONS = UpsSubscriptions()
