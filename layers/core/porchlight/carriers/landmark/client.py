"""Landmark Global's Track API (XML): one number a call, each at most once an hour, 300 calls a minute for a user."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from porchlight.carriers.asking import base
from porchlight.connectors import Account, Call

_BASE = "https://api.landmarkglobal.com/v2"


class LandmarkClient:
    """A user of Mercury and the client that it asks for."""

    credentials = ("username", "password", "client_id")
    batch = 1
    calls_per_minute = 300

    def token(self, account: Account) -> None:
        """There is none: each call logs in."""

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for each number, for its whole history."""
        given = {name: escape(account.credentials[name]) for name in self.credentials}
        login = f"<Login><Username>{given['username']}</Username><Password>{given['password']}</Password></Login>"
        return [
            Call(
                f"{base(account, _BASE)}/Track.php",
                "POST",
                {"Content-Type": "application/xml"},
                f"<TrackRequest>{login}<Test>false</Test><ClientID>{given['client_id']}</ClientID>"
                f"<TrackingNumber>{escape(number)}</TrackingNumber>"
                "<RetrievalType>Historical</RetrievalType></TrackRequest>".encode(),
                (number,),
            )
            for number in numbers
        ]


CLIENT = LandmarkClient()
