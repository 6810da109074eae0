"""BigCommerce signs by Standard Webhooks, with the bytes of the client secret; or a hook carries a header of ours."""

import hashlib
import hmac
from base64 import b64encode
from datetime import datetime

from tests.connectors.scheme import Scheme, Signed


def _standard(body: bytes, secret: str, now: datetime) -> Signed:
    sent_at = str(int(now.timestamp()))
    signed = b"msg_2m." + sent_at.encode() + b"." + body
    signature = b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()
    return body, {"webhook-id": "msg_2m", "webhook-timestamp": sent_at, "webhook-signature": f"v1,{signature}"}


SCHEMES = (
    Scheme(
        "bigcommerce-signed",
        "bigcommerce",
        "webhook-signature",
        {"client_secret": "9f8e7d6c5b4a-client-secret"},
        lambda body, given, now: _standard(body, given["client_secret"], now),
        has_time=True,
    ),
    Scheme(
        "bigcommerce-header",
        "bigcommerce",
        "x-porchlight-token",
        {"header_token": "told-to-this-hook-only-4711"},
        lambda body, given, now: (body, {"x-porchlight-token": given["header_token"]}),
        signs_body=False,
    ),
)
