"""Signatures of what is sent to brands' own systems: Standard Webhooks 1.0, by its reference library."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook

PREFIX = "whsec_"


def secrets_in(given: Mapping[str, Any], name: str = "secret") -> tuple[str, ...]:
    """The secret ``name`` and, while it is being rotated, the one before it (``previous``, itself by name where there
    are several). ValueError where there is none, or one is not ``whsec_<base64>`` of 24 to 64 bytes.
    """
    previous = given.get("previous")
    if isinstance(previous, Mapping):
        previous = previous.get(name)
    found = tuple(str(one) for one in (given.get(name), previous) if one)
    if not given.get(name):
        raise ValueError("there is no secret")
    for one in found:
        _check(one)
    return found


def _check(secret: str) -> None:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is not base64") from error
    if not 24 <= len(key) <= 64:
        raise ValueError("the secret has 24 to 64 bytes")


def signed(secrets: Sequence[str], message_id: str, at: datetime, body: str) -> dict[str, str]:
    """The three headers of a message. ``at`` is this attempt's time, whole seconds in UTC; one signature for each
    secret, the newest first.
    """
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body) for secret in secrets),
    }
