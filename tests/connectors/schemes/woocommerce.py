"""WooCommerce signs the raw body; a secret that looks like an MD5 is the default that anybody can guess."""

import hashlib
import hmac
from base64 import b64encode

from tests.connectors.scheme import Scheme, Signed


def _signed(body: bytes, secret: str) -> Signed:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return body, {
        "Content-Type": "application/json",
        "X-WC-Webhook-Topic": "order.updated",
        "X-WC-Webhook-Signature": b64encode(digest).decode(),
    }


SCHEMES = (
    Scheme(
        "woocommerce",
        "woocommerce",
        "x-wc-webhook-signature",
        {"secret": "a-secret-of-our-own"},
        lambda body, given, now: _signed(body, given["secret"]),
        another="another-secret-of-our-own",
    ),
)
