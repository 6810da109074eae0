"""API keys of brands: the secret ``api-keys`` holds SHA-256 digests, never the keys."""

import hashlib
import hmac

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from porchlight.connectors import InboundRequest
from porchlight.domain.ids import BRAND_ID_PATTERN
from porchlight.errors import ForbiddenError, NotFoundError, SignatureError, TransientError
from porchlight.ports import Secrets

IMPLIED = {"returns:read": "returns:write"}
"""A key that may do the one on the right may do the one on the left."""


class ApiKey(BaseModel):
    """One key: whose it is and what it may do (``orders:write``, ``returns:read``, ``returns:write``,
    ``returns:decide``, ``returns:receive``, ``cases:read``, ``cases:decide``, ``dates:read``, ``messages:read``,
    ``shoppers:read``, ``shoppers:write``, ``shoppers:erase``, ``consents:write``).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    brand: str = Field(pattern=BRAND_ID_PATTERN)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    scopes: frozenset[str]


class ApiKeys(BaseModel):
    """The content of the secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keys: tuple[ApiKey, ...]


def authorize(request: InboundRequest, scope: str, secrets: Secrets) -> ApiKey:
    """Whose key is in ``x-api-key``. SignatureError without a valid key, ForbiddenError where it may not do this."""
    offered = request.headers.get("x-api-key", "")
    if len(offered) < 20:
        raise SignatureError("an API key is needed in the header x-api-key")
    digest = hashlib.sha256(offered.encode()).hexdigest()
    try:
        known = ApiKeys.model_validate(secrets.get("api-keys"))
    except NotFoundError:
        raise SignatureError from None
    except ValidationError as error:
        raise TransientError("the secret api-keys is not in the expected form") from error
    found = [key for key in known.keys if hmac.compare_digest(key.sha256, digest)]
    if not found:
        raise SignatureError
    if not {scope, IMPLIED.get(scope, scope)} & found[0].scopes:
        raise ForbiddenError(f"this key lacks {scope}")
    return found[0]
