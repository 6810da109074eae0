"""bpost's tracking of items: basic authorization, one item a call."""

from collections.abc import Sequence

from porchlight.carriers.asking import base, basic, quoted
from porchlight.connectors import Account, Call

_BASE = "https://api.parcel.bpost.cloud"


class BpostClient:
    """An account of the Shipping Manager and its passphrase."""

    credentials = ("account_id", "passphrase")
    batch = 1
    calls_per_minute = 60

    def token(self, account: Account) -> None:
        """There is none."""

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for each number."""
        headers = {
            "Authorization": basic(account.credentials["account_id"], account.credentials["passphrase"]),
            "Accept": "application/xml",
        }
        url = f"{base(account, _BASE)}/services/trackedmail/item"
        return [Call(f"{url}/{quoted(number)}/trackingInfo", headers=headers, numbers=(number,)) for number in numbers]


CLIENT = BpostClient()
