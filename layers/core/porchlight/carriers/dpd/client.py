"""DPD's shipper web services (SOAP), as they are documented for Belgium and the Netherlands.

A login gives a token for a day and is counted: it is kept, never made for each question.
"""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from porchlight.carriers.asking import base
from porchlight.connectors import Account, Answer, Call

_HOSTS: Final = {"BE": "https://wsshipper.dpd.be", "NL": "https://wsshipper.dpd.nl"}
_TYPES: Final = "http://dpd.com/common/service/types"
_ENVELOPE: Final = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    f' xmlns:auth="{_TYPES}/Authentication/2.0" xmlns:ns="{_TYPES}/{{service}}">'
    "<soapenv:Header>{header}</soapenv:Header><soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
)
_LANGUAGE: Final = "en_EN"
"""English: the style of dates follows the language, and English is the one that is known."""
_TOKEN_SECONDS: Final = 23 * 3600


class DpdClient:
    """A shipper's ``delis_id`` and password; ``country`` is ``BE`` (the default) or ``NL``."""

    credentials = ("delis_id", "password")
    batch = 1
    calls_per_minute = 60

    def token(self, account: Account) -> Call:
        """The login, whose answer ``granted`` reads."""
        given = account.credentials
        content = (
            f"<ns:getAuth><delisId>{escape(given['delis_id'])}</delisId><password>{escape(given['password'])}</password>"
            f"<messageLanguage>{_LANGUAGE}</messageLanguage></ns:getAuth>"
        )
        return _call(account, "LoginService", "2.1", "V2_1", "getAuth", "", content)

    def granted(self, answer: Answer) -> tuple[str, int] | None:
        """The token in the answer to a login and the seconds that it lives; None where the login was refused."""
        from porchlight.bodies import load_xml, xml_text
        from porchlight.errors import UnreadableBodyError

        try:
            token = xml_text(next(load_xml(answer.body).iter("return"), None), "authToken", 2000)
        except UnreadableBodyError:
            return None
        return (token, _TOKEN_SECONDS) if token else None

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for each number."""
        header = (
            f"<auth:authentication><delisId>{escape(account.credentials['delis_id'])}</delisId>"
            f"<authToken>{escape(token)}</authToken><messageLanguage>{_LANGUAGE}</messageLanguage></auth:authentication>"
        )
        return [
            _call(
                account,
                "ParcelLifeCycleService",
                "2.0",
                "V2_0",
                "getTrackingData",
                header,
                f"<ns:getTrackingData><parcelLabelNumber>{escape(number)}</parcelLabelNumber></ns:getTrackingData>",
                number,
            )
            for number in numbers
        ]


def _call(
    account: Account, service: str, types: str, path: str, action: str, header: str, content: str, number: str = ""
) -> Call:
    host = _HOSTS.get(account.credentials.get("country", "").upper(), _HOSTS["BE"])
    return Call(
        f"{base(account, host)}/soap/services/{service}/{path}",
        "POST",
        {"Content-Type": "text/xml;charset=UTF-8", "SOAPAction": f"{_TYPES}/{service}/{types}/{action}"},
        _ENVELOPE.format(service=f"{service}/{types}", header=header, content=content).encode(),
        (number,) if number else (),
    )


CLIENT = DpdClient()
