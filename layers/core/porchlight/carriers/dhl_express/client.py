"""How DHL Express is asked: MyDHL API, basic authentication, up to 200 waybills a call.

The account's credential ``base_url`` may be ``https://express.api.dhl.com/mydhlapi/test``, which knows DHL's test
waybills only. Each number comes back once; a waybill that is not there (yet) is left out of the answer, and an answer
without any is a 404.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from porchlight.connectors import Account, Call

_BASE: Final = "https://express.api.dhl.com/mydhlapi"


class DhlExpressClient:
    """``GET /tracking`` with all checkpoints of the shipment."""

    credentials: Final = ("username", "password")
    batch: Final = 200
    calls_per_minute: Final = 30
    """A guess: DHL publishes a limit a day (500 until it is raised) and none a minute."""

    def token(self, account: Account) -> Call | None:
        """None: basic authentication."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One request for all numbers."""
        given = account.credentials
        base = given.get("base_url", "").rstrip("/") or _BASE
        query = "&".join(f"shipmentTrackingNumber={quote(number, safe='')}" for number in numbers)
        proof = b64encode(f"{given['username']}:{given['password']}".encode()).decode()
        return [
            Call(
                f"{base}/tracking?{query}&trackingView=all-checkpoints&levelOfDetail=shipment",
                headers={"authorization": f"Basic {proof}", "accept": "application/json"},
                numbers=tuple(numbers),
            )
        ]


CLIENT = DhlExpressClient()
