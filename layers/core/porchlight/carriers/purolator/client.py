"""Asking Purolator: the SOAP operation ``TrackPackagesByPin``, up to fifty PINs a call."""

from collections.abc import Sequence
from typing import Final

from porchlight.carriers.asking import base, basic
from porchlight.carriers.soap import envelope, in_xml
from porchlight.connectors import Account, Call

_NAMESPACE = "http://purolator.com/pws/datatypes/v1"


class PurolatorClient:
    """Key and password as basic authentication. ``user_token`` and ``language`` (``en``, ``fr``) of the account go into
    the request's context where they are set.
    """

    credentials: Final = ("key", "password")
    batch: Final = 50
    calls_per_minute: Final = 30

    def token(self, account: Account) -> Call | None:
        """None: the calls carry key and password."""
        return None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for all numbers."""
        given = account.credentials
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": '"http://purolator.com/pws/service/v1/TrackPackagesByPin"',
            "Authorization": basic(given["key"], given["password"]),
        }
        user = f"<p:UserToken>{in_xml(given['user_token'])}</p:UserToken>" if given.get("user_token") else ""
        context = (
            f'<p:RequestContext xmlns:p="{_NAMESPACE}"><p:Version>1.2</p:Version>'
            f"<p:Language>{'fr' if given.get('language') == 'fr' else 'en'}</p:Language>"
            f"<p:GroupID>porchlight</p:GroupID><p:RequestReference>tracking</p:RequestReference>{user}</p:RequestContext>"
        )
        pins = "".join(f"<p:PIN><p:Value>{in_xml(number)}</p:Value></p:PIN>" for number in numbers)
        body = (
            f'<p:TrackPackagesByPinRequest xmlns:p="{_NAMESPACE}"><p:PINs>{pins}</p:PINs></p:TrackPackagesByPinRequest>'
        )
        url = f"{base(account, 'https://webservices.purolator.com')}/PWS/V1/Tracking/TrackingService.asmx"
        return [Call(url, "POST", headers, envelope(body, header=context), tuple(numbers))]


CLIENT = PurolatorClient()
