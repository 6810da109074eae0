"""TNT's ExpressConnect Tracking (XML in a form): basic authorization, fifty consignments a call."""

from collections.abc import Sequence
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from porchlight.carriers.asking import base, basic
from porchlight.connectors import Account, Call

_BASE = "https://express.tnt.com"


class TntClient:
    """A user of ExpressConnect; ``country`` is the one where its consignments start (``US`` where it is not given)."""

    credentials = ("username", "password")
    batch = 50
    calls_per_minute = 60

    def token(self, account: Account) -> None:
        """There is none."""

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for all numbers: statuses and the due date, no addresses."""
        country = quoteattr(account.credentials.get("country") or "US")
        wanted = "".join(f"<ConsignmentNumber>{escape(number)}</ConsignmentNumber>" for number in numbers)
        request = (
            '<?xml version="1.0" encoding="UTF-8"?><TrackRequest locale="en_US" version="3.1">'
            f'<SearchCriteria marketType="INTERNATIONAL" originCountry={country}>{wanted}</SearchCriteria>'
            '<LevelOfDetail><Complete shipment="true"/></LevelOfDetail></TrackRequest>'
        )
        headers = {
            "Authorization": basic(account.credentials["username"], account.credentials["password"]),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        url = f"{base(account, _BASE)}/expressconnect/track.do"
        return [Call(url, "POST", headers, urlencode({"xml_in": request}).encode(), tuple(numbers))]


CLIENT = TntClient()
