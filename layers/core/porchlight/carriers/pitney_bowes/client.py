"""Asking Pitney Bowes: ``GET /shippingservices/v1/tracking/{number}``, one parcel a call, with a bearer token."""

from collections.abc import Sequence
from typing import Final

from porchlight.bodies import clean
from porchlight.carriers.asking import answered, base, basic, quoted
from porchlight.connectors import Account, Answer, Call

_LIFE = 3600
"""Seconds that a token is kept whose answer does not say how long it lives."""


class PitneyBowesClient:
    """API key and secret buy a token. ``carrier`` of the account: ``PBCS`` (usual: its own parcels) or ``USPS``."""

    credentials: Final = ("api_key", "api_secret")
    batch: Final = 1
    calls_per_minute: Final = 60

    def token(self, account: Account) -> Call | None:
        """The client-credentials request."""
        return Call(
            f"{_base(account)}/oauth/token",
            "POST",
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": basic(account.credentials["api_key"], account.credentials["api_secret"]),
            },
            b"grant_type=client_credentials",
        )

    def granted(self, answer: Answer) -> tuple[str, int] | None:
        """The token; its life is ``expiresIn``, in seconds, as text."""
        said = answered(answer)
        token, life = clean(said.get("access_token"), 4000), clean(said.get("expiresIn"), 12)
        return (token, int(life) if life.isascii() and life.isdigit() else _LIFE) if token else None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call a number."""
        carrier = quoted(account.credentials.get("carrier") or "PBCS")
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {token}",
            "X-PB-UnifiedErrorStructure": "true",
        }
        return [
            Call(
                f"{_base(account)}/shippingservices/v1/tracking/{quoted(number)}"
                f"?packageIdentifierType=TrackingNumber&carrier={carrier}",
                headers=headers,
                numbers=(number,),
            )
            for number in numbers
        ]


def _base(account: Account) -> str:
    return base(account, "https://shipping-api.pitneybowes.com")


CLIENT = PitneyBowesClient()
