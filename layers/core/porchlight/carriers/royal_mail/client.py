"""Asking Royal Mail: ``GET /mailpieces/v2/{id}/events``, the whole history of one mail piece a call.

The summary takes 30 at once, and tells the last event only: too little to tell a shopper what happened.
"""

from collections.abc import Sequence
from typing import Final

from porchlight.carriers.asking import base, quoted
from porchlight.connectors import Account, Call


class RoyalMailClient:
    """Client id and secret of the developer portal, and the consent to the terms, as headers."""

    credentials: Final = ("client_id", "client_secret")
    batch: Final = 1
    calls_per_minute: Final = 60

    def token(self, account: Account) -> Call | None:
        """None: the calls carry the secret."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call a number."""
        root = base(account, "https://api.royalmail.net")
        headers = {
            "Accept": "application/json",
            "X-IBM-Client-Id": account.credentials["client_id"],
            "X-IBM-Client-Secret": account.credentials["client_secret"],
            "X-Accept-RMG-Terms": "yes",
        }
        return [
            Call(f"{root}/mailpieces/v2/{quoted(number)}/events", headers=headers, numbers=(number,))
            for number in numbers
        ]


CLIENT = RoyalMailClient()
