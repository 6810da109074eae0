"""Asking Teleship: one number a call, with a token of its own form. Its webhook is registered once for the account
(``POST /api/webhooks``): there is nothing to subscribe to for a parcel.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

from porchlight.bodies import clean
from porchlight.carriers.asking import JSON, answered, base, quoted
from porchlight.connectors import Account, Answer, Call

HOST = "https://api.teleship.com"


class TeleshipClient:
    """``GET /api/tracking/{number}``."""

    credentials: tuple[str, ...] = ("client_id", "client_secret")
    batch = 1
    calls_per_minute = 60

    def token(self, account: Account) -> Call | None:
        """The client-credentials request, whose fields Teleship spells in its own way."""
        form = {
            "grant_type": "client_credentials",
            "clientId": account.credentials.get("client_id", ""),
            "clientSecret": account.credentials.get("client_secret", ""),
        }
        return Call(
            f"{base(account, HOST)}/oauth/token",
            method="POST",
            headers={**JSON, "Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
        )

    def granted(self, answer: Answer) -> tuple[str, int] | None:
        """``accessToken`` and ``expiresIn``; None where the token was refused."""
        data = answered(answer)
        token, seconds = clean(data.get("accessToken"), 8000), data.get("expiresIn")
        if not token or not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds <= 0:
            return None
        return token, int(min(seconds, 31_536_000))

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call a number."""
        url, headers = f"{base(account, HOST)}/api/tracking", {**JSON, "Authorization": f"Bearer {token}"}
        return [Call(f"{url}/{quoted(number)}", headers=headers, numbers=(number,)) for number in numbers]


CLIENT = TeleshipClient()
