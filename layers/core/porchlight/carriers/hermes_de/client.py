"""How Hermes Germany is asked: OAuth (resource owner's password), up to 100 shipments a call.

The integration system is ``https://de-api-int.hermesworld.com`` for data and ``https://authme-int.myhermes.de`` for
tokens; one ``base_url`` takes the place of both, so it stands for a proxy or a test's peer.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode

from porchlight.connectors import Account, Call

_DATA: Final = "https://de-api.hermesworld.com"
_TOKENS: Final = "https://authme.myhermes.de"


class HermesDeClient:
    """``GET /services/hsi/shipmentinfo``."""

    credentials: Final = ("username", "password", "client_id", "client_secret")
    batch: Final = 100
    calls_per_minute: Final = 30
    """A guess: Hermes publishes none."""

    def token(self, account: Account) -> Call | None:
        """The password grant; a token lives for an hour."""
        given = account.credentials
        base = given.get("base_url", "").rstrip("/") or _TOKENS
        fields = {"grant_type": "password", **{name: given[name] for name in self.credentials}}
        return Call(
            f"{base}/authorization-facade/oauth2/access_token",
            "POST",
            {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            urlencode(fields).encode(),
        )

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One request for all numbers, answered in English."""
        base = account.credentials.get("base_url", "").rstrip("/") or _DATA
        query = "&".join(f"shipmentID={quote(number, safe='')}" for number in numbers)
        headers = {"authorization": f"Bearer {token}", "accept": "application/json", "accept-language": "EN"}
        return [Call(f"{base}/services/hsi/shipmentinfo?{query}", headers=headers, numbers=tuple(numbers))]


CLIENT = HermesDeClient()
