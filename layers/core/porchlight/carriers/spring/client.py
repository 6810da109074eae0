"""Spring's XBS API: every command goes to one address with the key in the body; one number a call."""

import json
from collections.abc import Sequence

from porchlight.carriers.asking import base
from porchlight.connectors import Account, Call

_BASE = "https://mtapi.net"


class SpringClient:
    """The API key of an account."""

    credentials = ("api_key",)
    batch = 1
    calls_per_minute = 60

    def token(self, account: Account) -> None:
        """There is none."""

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for each number."""
        return [
            Call(
                f"{base(account, _BASE)}/",
                "POST",
                {"Content-Type": "text/json"},
                json.dumps(
                    {
                        "Apikey": account.credentials["api_key"],
                        "Command": "TrackShipment",
                        "Shipment": {"TrackingNumber": number},
                    }
                ).encode(),
                (number,),
            )
            for number in numbers
        ]


CLIENT = SpringClient()
