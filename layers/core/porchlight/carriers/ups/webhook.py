"""The proof of a UPS Track Alert push: a bearer token that UPS fetched from our token endpoint, or (v1) a shared
header.

UPS signs no body. ``issue_token`` is the client-credentials grant behind our token endpoint: the token
names the account that it was issued for and is signed with that account's own key, so nothing has to be stored to
check it.
"""

from datetime import datetime, timedelta

from porchlight.bodies import same
from porchlight.connectors import Account, InboundRequest
from porchlight.domain import tokens

LIFETIME = timedelta(hours=1)
_USE = "ups-track-alert"


def verified(request: InboundRequest, account: Account, now: datetime) -> bool:
    """True with a live bearer token of this account, or with the account's own ``credential`` header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        found = tokens.read(token.strip(), account.credentials.get("token_key", ""), now)
        if found == _payload(account):
            return True
    return same(request.headers.get("credential", ""), account.credentials.get("credential", ""))


def issue_token(client_id: str, client_secret: str, account: Account, now: datetime) -> tuple[str, int] | None:
    """A bearer token and its lifetime in seconds, if these are the account's client id and secret."""
    given = account.credentials
    key = given.get("token_key", "")
    right = same(client_id, given.get("client_id", "")) & same(client_secret, given.get("client_secret", ""))
    if not right or not key:
        return None
    return tokens.sign(_payload(account), key, now + LIFETIME), int(LIFETIME.total_seconds())


def _payload(account: Account) -> dict[str, str]:
    return {"use": _USE, "brand": account.brand, "account": account.account}
