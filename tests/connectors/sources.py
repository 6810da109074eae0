"""Every source as its tests see it: an account, how it signs, golden bodies. A new connector adds a scheme here."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.demo import signing
from porchlight.carriers.registry import carrier, carrier_ids
from porchlight.carriers.ups import CONNECTOR as UPS
from porchlight.connectors import Account, CarrierConnector, InboundRequest, StoreConnector
from porchlight.stores.registry import store, store_ids

NOW = datetime(2026, 3, 6, 19, 13, tzinfo=UTC)
FIXTURES = Path(__file__).parent / "fixtures"

Signed = tuple[bytes, dict[str, str]]


@dataclass(frozen=True)
class Scheme:
    """One way in which a source proves who it is: ``sign(body, credentials, now)`` gives body and headers as sent."""

    name: str
    source: str
    header: str
    credentials: dict[str, str]
    sign: Callable[[bytes, dict[str, str], datetime], Signed]
    signs_body: bool = True
    has_time: bool = False

    def account(self, **changed: str) -> Account:
        return Account(account="main", brand="larkspur", credentials={**self.credentials, **changed})

    def request(self, body: bytes, account: Account, now: datetime = NOW) -> InboundRequest:
        sent, headers = self.sign(body, account.credentials, now)
        return InboundRequest(headers={name.lower(): value for name, value in headers.items()}, body=sent)

    @property
    def secret(self) -> str:
        """The credential that proves: the one that a rotation changes."""
        return next(iter(self.credentials))


def _ups_bearer(body: bytes, credentials: dict[str, str], now: datetime) -> Signed:
    account = Account(account="main", brand="larkspur", credentials=credentials)
    issued = UPS.issue_token("client", "client-secret", account, now)
    return body, signing.ups_bearer(issued[0] if issued else "")


SCHEMES = (
    Scheme(
        "easypost",
        "easypost",
        "x-hmac-signature",
        {"webhook_secret": "s\u00e9cret-\u00fcmlaut"},
        lambda body, given, now: (body, signing.easypost(body, given["webhook_secret"])),
    ),
    Scheme(
        "usps",
        "usps",
        "x-hmac",
        {"secret": "0123456789abcdef0123456789abcdef"},
        lambda body, given, now: signing.usps(body.decode(), given["secret"], now),
        has_time=True,
    ),
    Scheme(
        "ups-bearer",
        "ups",
        "authorization",
        {"token_key": "key-of-tokens", "client_id": "client", "client_secret": "client-secret"},
        _ups_bearer,
        signs_body=False,
        has_time=True,
    ),
    Scheme(
        "ups-credential",
        "ups",
        "credential",
        {"credential": "shared-with-ups"},
        lambda body, given, now: (body, signing.ups_credential(given["credential"])),
        signs_body=False,
    ),
    Scheme(
        "shopify",
        "shopify",
        "x-shopify-hmac-sha256",
        {"client_secret": "shpss_0123456789"},
        lambda body, given, now: (body, signing.shopify(body, given["client_secret"], "orders/create")),
    ),
)


def connector(source: str) -> CarrierConnector | StoreConnector:
    found = carrier(source) or store(source)
    assert found is not None
    return found


def all_ids() -> tuple[str, ...]:
    return (*carrier_ids(), *store_ids())


def golden(kind: str) -> list[tuple[str, Path]]:
    """(source, body file) of every golden fixture of carriers or of stores."""
    ids = carrier_ids() if kind == "carriers" else store_ids()
    files = [(source, file) for source in ids for file in sorted((FIXTURES / source).glob("*.json"))]
    return [(source, file) for source, file in files if not file.name.endswith(".expect.json")]


def expected(file: Path) -> Any:
    return json.loads(file.with_name(f"{file.stem}.expect.json").read_text(encoding="utf-8"))
