"""The proof of an EasyPost webhook: ``X-Hmac-Signature: hmac-sha256-hex=<hex HMAC-SHA256(NFKD(secret), raw body)>``."""

import hmac
from unicodedata import normalize

from porchlight.bodies import same
from porchlight.connectors import InboundRequest

HEADER = "x-hmac-signature"
_PREFIX = "hmac-sha256-hex="


def verified(request: InboundRequest, secret: str) -> bool:
    """True if the header signs the raw body with ``secret``. EasyPost signs only where a secret was set: no header,
    no trust.
    """
    given = request.headers.get(HEADER, "").strip().lower()
    if not secret or not given.startswith(_PREFIX):
        return False
    return same(given.removeprefix(_PREFIX), signature(request.body, secret))


def signature(body: bytes, secret: str) -> str:
    """The hex digest that EasyPost computes."""
    return hmac.digest(normalize("NFKD", secret).encode(), body, "sha256").hex()
