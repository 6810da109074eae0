"""UPS pushes with a bearer of our token endpoint, or (first version) with a credential of our choosing."""

from datetime import datetime, timedelta

from local.demo import signing
from porchlight.carriers.ups import CONNECTOR
from porchlight.connectors import Account
from tests.connectors.scheme import Scheme, Signed


def _bearer(body: bytes, credentials: dict[str, str], now: datetime) -> Signed:
    account = Account(account="main", brand="larkspur", credentials=credentials)
    issued = CONNECTOR.issue_token("client", "client-secret", account, now)
    return body, signing.ups_bearer(issued[0] if issued else "")


SCHEMES = (
    Scheme(
        "ups-bearer",
        "ups",
        "authorization",
        {"token_key": "key-of-tokens", "client_id": "client", "client_secret": "client-secret"},
        _bearer,
        signs_body=False,
        has_time=True,
        tolerance=timedelta(hours=1),
    ),
    Scheme(
        "ups-credential",
        "ups",
        "credential",
        {"credential": "shared-with-ups"},
        lambda body, given, now: (body, signing.ups_credential(given["credential"])),
        signs_body=False,
    ),
)
