"""How the FedEx Track API v1 is asked: OAuth2 client credentials in the body, thirty numbers a call."""

import json
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from porchlight.connectors import Account, Call

BASE = "https://apis.fedex.com"


def _base(account: Account) -> str:
    return (account.credentials.get("base_url") or BASE).rstrip("/")


class FedexClient:
    """The credentials are key and secret of a project of the developer portal (not the webhook's security token)."""

    credentials: Final = ("client_id", "client_secret")
    batch: Final = 30
    calls_per_minute: Final = 600

    def token(self, account: Account) -> Call:
        """Tokens live for an hour."""
        given = account.credentials
        form = {
            "grant_type": "client_credentials",
            "client_id": given.get("client_id", ""),
            "client_secret": given.get("client_secret", ""),
        }
        return Call(
            url=f"{_base(account)}/oauth/token",
            method="POST",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
        )

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One request, for all scans of each number."""
        asked = {
            "includeDetailedScans": True,
            "trackingInfo": [{"trackingNumberInfo": {"trackingNumber": number}} for number in numbers],
        }
        call = Call(
            url=f"{_base(account)}/track/v1/trackingnumbers",
            method="POST",
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json", "X-locale": "en_US"},
            body=json.dumps(asked).encode(),
            numbers=tuple(numbers),
        )
        return [call]


CLIENT = FedexClient()
