"""FedEx signs the raw body with the security token of the webhook project."""

import base64
import hashlib
import hmac

from tests.connectors.scheme import Scheme


def _signature(body: bytes, token: str) -> str:
    return base64.standard_b64encode(hmac.new(token.encode(), body, hashlib.sha256).digest()).decode()


SCHEMES = (
    Scheme(
        "fedex",
        "fedex",
        "fdx-signature",
        {"security_token": "token-of-a-webhook-project"},
        lambda body, given, now: (
            body,
            {"Content-Type": "application/json", "fdx-signature": _signature(body, given["security_token"])},
        ),
    ),
)
