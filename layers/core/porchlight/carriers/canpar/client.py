"""Asking Canpar: the SOAP operation ``trackByBarcodeV2``, one barcode a call. It takes no password."""

from collections.abc import Sequence
from typing import Final

from porchlight.carriers.asking import base
from porchlight.carriers.soap import envelope, in_xml
from porchlight.connectors import Account, Call


class CanparClient:
    """An account says by the credential ``poll`` (any value) that it asks: the service wants to know nothing."""

    credentials: Final = ("poll",)
    batch: Final = 1
    calls_per_minute: Final = 60

    def token(self, account: Account) -> Call | None:
        """None: the service is open."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call a number."""
        root = base(account, "https://canship.canpar.com")
        url = f"{root}/canshipws/services/CanparAddonsService.CanparAddonsServiceHttpSoap12Endpoint/"
        headers = {"Content-Type": 'application/soap+xml; charset=utf-8; action="urn:trackByBarcodeV2"'}
        return [
            Call(
                url,
                "POST",
                headers,
                envelope(
                    '<w:trackByBarcodeV2 xmlns:w="http://ws.canparaddons.canpar.com"'
                    ' xmlns:x="http://ws.dto.canshipws.canpar.com/xsd"><w:request>'
                    f"<x:barcode>{in_xml(number)}</x:barcode><x:track_shipment>true</x:track_shipment>"
                    "</w:request></w:trackByBarcodeV2>",
                    version="1.2",
                ),
                (number,),
            )
            for number in numbers
        ]


CLIENT = CanparClient()
