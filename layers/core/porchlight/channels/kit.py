"""What providers are made of: each takes what it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from porchlight.asking import Caller
from porchlight.errors import NotFoundError, PermanentProviderError
from porchlight.ports import Secrets


@dataclass(frozen=True)
class Kit:
    """Made by the wiring."""

    secrets: Secrets
    clock: Callable[[], datetime]
    caller: Callable[[], Caller]
    """Who calls strangers' addresses."""
    configuration_set: str = ""
    """Of SES: it reports what became of each message."""


def credentials(secrets: Secrets, name: str, brand: str, fields: tuple[str, ...]) -> dict[str, str]:
    """A brand's credentials in the secret ``channels/{name}``, or those under ``default``.

    PermanentProviderError where there are none: this provider cannot be used, another one may be.
    """
    try:
        stored = secrets.get(f"channels/{name}")
    except NotFoundError:
        raise PermanentProviderError(f"there is no secret channels/{name}", code="not-set-up") from None
    found = stored.get(brand) or stored.get("default")
    if not isinstance(found, dict) or not all(found.get(field) for field in fields):
        raise PermanentProviderError(f"the secret channels/{name} lacks something", code="not-set-up")
    return {key: str(value) for key, value in found.items()}


def seconds_left(expires_at: datetime | None, now: datetime, least: int, most: int) -> int:
    """For how long the message is worth being delivered, within what the provider takes."""
    if expires_at is None:
        return most
    return max(least, min(most, int((expires_at - now).total_seconds())))
