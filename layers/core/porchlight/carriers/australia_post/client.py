"""Asking Australia Post: ``GET /shipping/v1/track?tracking_ids=``, up to ten articles or consignments a call."""

from collections.abc import Sequence
from typing import Final

from porchlight.carriers.asking import base, basic, quoted
from porchlight.connectors import Account, Call


class AustraliaPostClient:
    """API key and password as basic authentication, and the number of the account that the parcels travel on."""

    credentials: Final = ("api_key", "password", "account_number")
    batch: Final = 10
    calls_per_minute: Final = 10

    def token(self, account: Account) -> Call | None:
        """None: the calls carry key and password."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for all numbers."""
        given = account.credentials
        ids = ",".join(quoted(number) for number in numbers)
        headers = {
            "Accept": "application/json",
            "Account-Number": given["account_number"],
            "Authorization": basic(given["api_key"], given["password"]),
        }
        url = f"{base(account, 'https://digitalapi.auspost.com.au')}/shipping/v1/track?tracking_ids={ids}"
        return [Call(url, headers=headers, numbers=tuple(numbers))]


CLIENT = AustraliaPostClient()
