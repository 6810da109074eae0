"""Asking PostNL: ``GET /shipment/v2/status/barcode/{barcode}`` with details, one barcode a call."""

from collections.abc import Sequence
from typing import Final

from porchlight.carriers.asking import base, quoted
from porchlight.connectors import Account, Call


class PostNlClient:
    """The API key is a header. ``base_url`` for the sandbox: ``https://api-sandbox.postnl.nl``."""

    credentials: Final = ("api_key",)
    batch: Final = 1
    calls_per_minute: Final = 60

    def token(self, account: Account) -> Call | None:
        """None: the calls carry the key."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call a number."""
        root = base(account, "https://api.postnl.nl")
        headers = {"Accept": "application/json", "apikey": account.credentials["api_key"]}
        return [
            Call(f"{root}/shipment/v2/status/barcode/{quoted(number)}?detail=true", headers=headers, numbers=(number,))
            for number in numbers
        ]


CLIENT = PostNlClient()
