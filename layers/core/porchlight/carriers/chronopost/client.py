"""Asking Chronopost: the SOAP operation ``trackSkybillV2``, one parcel a call. It takes no password."""

from collections.abc import Sequence
from typing import Final

from porchlight.carriers.asking import base
from porchlight.carriers.soap import envelope, in_xml
from porchlight.connectors import Account, Call


class ChronopostClient:
    """``language`` (``fr_FR``, ``en_GB``) is all that the service wants to know: an account with it asks."""

    credentials: Final = ("language",)
    batch: Final = 1
    calls_per_minute: Final = 60

    def token(self, account: Account) -> Call | None:
        """None: the service is open."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call a number."""
        url = f"{base(account, 'https://ws.chronopost.fr')}/tracking-cxf/TrackingServiceWS"
        language = in_xml(account.credentials["language"])
        return [
            Call(
                url,
                "POST",
                {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'},
                envelope(
                    '<t:trackSkybillV2 xmlns:t="http://cxf.tracking.soap.chronopost.fr/">'
                    f"<language>{language}</language><skybillNumber>{in_xml(number)}</skybillNumber></t:trackSkybillV2>"
                ),
                (number,),
            )
            for number in numbers
        ]


CLIENT = ChronopostClient()
