"""Roadie's shipments: a list of ids a call."""

from collections.abc import Sequence

from porchlight.carriers.asking import base, quoted
from porchlight.connectors import Account, Call

_BASE = "https://connect.roadie.com"


class RoadieClient:
    """The API key of an account."""

    credentials = ("api_key",)
    batch = 50
    calls_per_minute = 60

    def token(self, account: Account) -> None:
        """There is none: the key is the bearer."""

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for all numbers."""
        headers = {"Authorization": f"Bearer {account.credentials['api_key']}", "Accept": "application/json"}
        url = f"{base(account, _BASE)}/v1/shipments?ids={','.join(map(quoted, numbers))}"
        return [Call(url, headers=headers, numbers=tuple(numbers))]


CLIENT = RoadieClient()
