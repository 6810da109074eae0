"""USPS signs the timestamp and the inner text of its envelope."""

from local.demo import signing
from tests.connectors.scheme import Scheme

SCHEMES = (
    Scheme(
        "usps",
        "usps",
        "x-hmac",
        {"secret": "0123456789abcdef0123456789abcdef"},
        lambda body, given, now: signing.usps(body.decode(), given["secret"], now),
        has_time=True,
        covers_layout=False,
    ),
)
