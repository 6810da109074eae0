"""A small OAuth 2 token endpoint (RFC 6749 §4.4, client credentials) for carriers that push with our bearer token."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from porchlight.connectors import Account, InboundRequest


def issue(
    request: InboundRequest, connector: Any, accounts: Sequence[Account], now: datetime
) -> tuple[int, dict[str, object]]:
    """Status and body: a bearer token for known credentials, an RFC 6749 error object otherwise."""
    form = {name: values[0] for name, values in parse_qs(request.body[:10_000].decode(errors="replace")).items()}
    if form.get("grant_type") != "client_credentials":
        return 400, {"error": "unsupported_grant_type"}
    client_id, client_secret = _basic(request) or (form.get("client_id", ""), form.get("client_secret", ""))
    for account in accounts:
        issued = connector.issue_token(client_id, client_secret, account, now)
        if issued:
            token, seconds = issued
            return 200, {"access_token": token, "token_type": "Bearer", "expires_in": seconds}
    return 401, {"error": "invalid_client"}


def _basic(request: InboundRequest) -> tuple[str, str] | None:
    """Client id and secret of a Basic authorization header (form-encoded inside, as RFC 6749 §2.3.1 has it)."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return unquote_plus(user), unquote_plus(password)
