"""Asking Canada Post: ``GET /vis/track/pin/{pin}/detail``, one parcel a call."""

from collections.abc import Sequence
from typing import Final

from porchlight.carriers.asking import base, basic, quoted
from porchlight.connectors import Account, Call


class CanadaPostClient:
    """Basic authentication with the API key's two halves. ``language`` of the account: ``en`` (usual) or ``fr``."""

    credentials: Final = ("username", "password")
    batch: Final = 1
    calls_per_minute: Final = 60

    def token(self, account: Account) -> Call | None:
        """None: the calls carry user name and password."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call a number."""
        given = account.credentials
        root = base(account, "https://soa-gw.canadapost.ca")
        headers = {
            "Accept": "application/vnd.cpc.track-v2+xml",
            "Accept-Language": "fr-CA" if given.get("language") == "fr" else "en-CA",
            "Authorization": basic(given["username"], given["password"]),
        }
        return [
            Call(f"{root}/vis/track/pin/{quoted(number)}/detail", headers=headers, numbers=(number,))
            for number in numbers
        ]


CLIENT = CanadaPostClient()
