"""Asking Newgistics: ``POST /WebAPI/Shipment/Tracking`` with an API key, several bar codes a call.

As an integrator's code describes it; whether the service still answers is not known (Pitney Bowes bought the company).
"""

from collections.abc import Sequence

from porchlight.carriers.asking import base, sent
from porchlight.connectors import Account, Call

_BASE = "https://api.newgistics.com"


class NewgisticsClient:
    """API key and the merchant's id."""

    credentials = ("api_key", "merchant_id")
    batch = 10
    calls_per_minute = 60

    def token(self, account: Account) -> None:
        """There is none: the calls carry the key."""

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for all numbers."""
        question = {
            "merchantID": account.credentials["merchant_id"],
            "qualifier": "Barcode",
            "searchStrings": list(numbers),
        }
        url = f"{base(account, _BASE)}/WebAPI/Shipment/Tracking"
        return [sent(url, question, {"X-API-Key": account.credentials["api_key"]}, numbers)]


CLIENT = NewgisticsClient()
