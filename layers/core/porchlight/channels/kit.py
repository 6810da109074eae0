"""What providers are made of: each takes what it needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from porchlight.errors import NotFoundError, PermanentProviderError
from porchlight.ports import Secrets

if TYPE_CHECKING:  # with its records, which no message needs
    from porchlight.asking import Caller


@dataclass(frozen=True)
class Kit:
    """Made by the wiring."""

    secrets: Secrets
    clock: Callable[[], datetime]
    caller: "Callable[[], Caller]"
    """Who calls strangers' addresses."""
    configuration_set: str = ""
    """Of SES: it reports what became of each message."""
    sms_configuration_set: str = ""
    """The same of AWS End User Messaging SMS."""


def credentials(read: Callable[[], Mapping[str, Any]], brand: str, fields: tuple[str, ...]) -> dict[str, str]:
    """A brand's credentials in the secret that ``read`` reads, or those under ``default``.

    PermanentProviderError where there are none: this provider cannot be used, another one may be.
    """
    try:
        stored = read()
    except NotFoundError as error:
        raise PermanentProviderError(error.detail, code="not-set-up") from None
    found = stored.get(brand) or stored.get("default")
    if not isinstance(found, dict) or not all(found.get(field) for field in fields):
        raise PermanentProviderError("the secret of the provider lacks something", code="not-set-up")
    return {key: str(value) for key, value in found.items()}


def seconds_left(expires_at: datetime | None, now: datetime, least: int, most: int) -> int:
    """For how long the message is worth being delivered, within what the provider takes."""
    if expires_at is None:
        return most
    return max(least, min(most, int((expires_at - now).total_seconds())))
