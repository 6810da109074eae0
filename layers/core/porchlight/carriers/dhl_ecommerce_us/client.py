"""How DHL eCommerce Americas is asked: OAuth client credentials, tracking API v4.

The API takes up to ten identifiers a call but does not publish in what form, so one is asked for at a time. The
sandbox is ``https://api-sandbox.dhlecs.com`` as the account's ``base_url``.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode

from porchlight.connectors import Account, Call

_BASE: Final = "https://api.dhlecs.com"


class DhlEcommerceUsClient:
    """``GET /tracking/v4/package/open``."""

    credentials: Final = ("client_id", "client_secret")
    batch: Final = 1
    calls_per_minute: Final = 60
    """A guess: none is published."""

    def token(self, account: Account) -> Call | None:
        """The client-credentials grant."""
        fields = {"grant_type": "client_credentials", **{name: account.credentials[name] for name in self.credentials}}
        return Call(
            f"{_base(account)}/auth/v4/accesstoken",
            "POST",
            {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            urlencode(fields).encode(),
        )

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One request a package, within all pickup accounts of the client."""
        headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
        return [
            Call(
                f"{_base(account)}/tracking/v4/package/open?trackingId={quote(number, safe='')}",
                headers=headers,
                numbers=(number,),
            )
            for number in numbers
        ]


def _base(account: Account) -> str:
    return account.credentials.get("base_url", "").rstrip("/") or _BASE


CLIENT = DhlEcommerceUsClient()
