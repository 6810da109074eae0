"""Shopify signs the raw body."""

from local.demo import signing
from tests.connectors.scheme import Scheme

SCHEMES = (
    Scheme(
        "shopify",
        "shopify",
        "x-shopify-hmac-sha256",
        {"client_secret": "shpss_0123456789"},
        lambda body, given, now: (body, signing.shopify(body, given["client_secret"], "orders/create")),
    ),
)
