"""How DHL24 is asked: SOAP, one shipment a call, name and password of the web API in the envelope.

DHL's sandbox is ``https://sandbox.dhl24.com.pl`` as the account's ``base_url``.
"""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from porchlight.connectors import Account, Call

_BASE: Final = "https://dhl24.com.pl"
_PATH: Final = "/webapi2/provider/service.html?ws=1"
_ENVELOPE: Final = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns="{name}"><soap:Body>'
    "<getTrackAndTraceInfo><authData><username>{user}</username><password>{password}</password></authData>"
    "<shipmentId>{number}</shipmentId></getTrackAndTraceInfo></soap:Body></soap:Envelope>"
)


class DhlPolandClient:
    """``getTrackAndTraceInfo``."""

    credentials: Final = ("username", "password")
    batch: Final = 1
    calls_per_minute: Final = 30
    """A guess: DHL24 publishes none."""

    def token(self, account: Account) -> Call | None:
        """None: the envelope holds name and password."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One request a shipment."""
        given = account.credentials
        base = given.get("base_url", "").rstrip("/") or _BASE
        user, password = escape(given["username"]), escape(given["password"])
        return [
            Call(
                base + _PATH,
                "POST",
                {"content-type": "text/xml; charset=utf-8", "soapaction": f'"{_BASE}{_PATH}#getTrackAndTraceInfo"'},
                _ENVELOPE.format(name=_BASE + _PATH, user=user, password=password, number=escape(number)).encode(),
                (number,),
            )
            for number in numbers
        ]


CLIENT = DhlPolandClient()
