"""GEODIS's client area: one consignment a call, each signed with the time of the call."""

import json
from collections.abc import Sequence
from hashlib import sha256
from time import time

from porchlight.carriers.asking import base
from porchlight.connectors import Account, Call

_BASE = "https://espace-client.geodis.com/services"
_SERVICE = "api/zoomclient/recherche-envoi"
_LANGUAGE = "fr"


class GeodisClient:
    """An identifier of the client area and its key."""

    credentials = ("identifier", "api_key")
    batch = 1
    calls_per_minute = 30

    def token(self, account: Account) -> None:
        """There is none: each call is signed."""

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """One call for each number."""
        url = f"{base(account, _BASE)}/{_SERVICE}"
        return [_call(url, number, account) for number in numbers]


def _call(url: str, number: str, account: Account) -> Call:
    """The signature is a hash of key, identifier, time, language, service and body, in this order."""
    key, identifier = account.credentials["api_key"], account.credentials["identifier"]
    body = json.dumps({"noSuivi": number}, separators=(",", ":"))
    stamp = str(int(time() * 1000))
    digest = sha256(";".join((key, identifier, stamp, _LANGUAGE, _SERVICE, body)).encode()).hexdigest()
    signature = ";".join((identifier, stamp, _LANGUAGE, digest))
    headers = {"Content-Type": "application/json", "X-GEODIS-Service": signature}
    return Call(url, "POST", headers, body.encode(), (number,))


CLIENT = GeodisClient()
