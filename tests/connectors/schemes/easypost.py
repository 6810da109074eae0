"""EasyPost signs the raw body with the NFKD form of the secret."""

from local.demo import signing
from tests.connectors.scheme import Scheme

SCHEMES = (
    Scheme(
        "easypost",
        "easypost",
        "x-hmac-signature",
        {"webhook_secret": "s\u00e9cret-\u00fcmlaut"},
        lambda body, given, now: (body, signing.easypost(body, given["webhook_secret"])),
    ),
)
