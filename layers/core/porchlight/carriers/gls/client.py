"""Track And Trace V1 of the GLS Group: OAuth2, ten parcels a call, 500 calls a day unless GLS allows more."""

from collections.abc import Sequence

from porchlight.carriers.asking import base, basic, quoted
from porchlight.connectors import Account, Call

_BASE = "https://api.gls-group.net"


class GlsClient:
    """An app of the GLS developer portal, with its id and secret."""

    credentials = ("client_id", "client_secret")
    batch = 10
    calls_per_minute = 1

    def token(self, account: Account) -> Call:
        """Client credentials, in basic authorization."""
        return Call(
            f"{base(account, _BASE)}/oauth2/v2/token",
            "POST",
            {
                "Authorization": basic(account.credentials["client_id"], account.credentials["client_secret"]),
                "Content-Type": "application/x-www-form-urlencoded",
            },
            b"grant_type=client_credentials",
        )

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for all numbers; descriptions in English, which ``statuses`` reads."""
        parcels = ",".join(map(quoted, numbers))
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Accept-Language": "EN"}
        url = f"{base(account, _BASE)}/track-and-trace-v1/tracking/simple/trackids/{parcels}"
        return [Call(url, headers=headers, numbers=tuple(numbers))]


CLIENT = GlsClient()
