"""OnTrac's web services, version 7: a hundred numbers a call.

The services take the password in the address and know no other place for it: such an address must not be logged.
"""

from collections.abc import Sequence

from porchlight.carriers.asking import base, quoted
from porchlight.connectors import Account, Call

_BASE = "https://www.shipontrac.net/OnTracWebServices/OnTracServices.svc/V7"


class OnTracClient:
    """An account number and its password for the web services."""

    credentials = ("account", "password")
    public_credentials = ("account", "password")
    """Credentials that stand in addresses because the source leaves no choice."""
    batch = 100
    calls_per_minute = 30

    def token(self, account: Account) -> None:
        """There is none."""

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for all numbers."""
        given = account.credentials
        query = f"pw={quoted(given['password'])}&tn={','.join(map(quoted, numbers))}&requestType=track"
        url = f"{base(account, _BASE)}/{quoted(given['account'])}/shipments?{query}"
        return [Call(url, headers={"Accept": "application/xml"}, numbers=tuple(numbers))]


CLIENT = OnTracClient()
