"""karrio repeats its secret in a header."""

from datetime import datetime

from tests.connectors.scheme import Scheme, Signed


def _sent(body: bytes, credentials: dict[str, str], now: datetime) -> Signed:
    return body, {"Content-type": "application/json", "X-Event-Id": credentials["webhook_secret"]}


SCHEMES = (
    Scheme("karrio", "karrio", "x-event-id", {"webhook_secret": "karrio-webhook-secret"}, _sent, signs_body=False),
)
