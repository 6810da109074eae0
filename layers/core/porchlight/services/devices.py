"""Hand a message to all that its channel reaches: a push goes to each device or browser of the shopper."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from porchlight.domain.channels import Channel
from porchlight.domain.preferences import Profile
from porchlight.errors import NO_ANSWER, AddressRefusedError, PermanentProviderError, TransientError
from porchlight.reaching import Courier, HandedOver, Outgoing

DEVICES = frozenset({Channel.PUSH, Channel.WEB_PUSH})
"""Channels on which a shopper may have several addresses."""

SECONDS = 9.0
"""After so long nobody else is asked: the slowest takes ten more, and a function that is killed at twenty would have
told some and recorded nothing.
"""

Failure = PermanentProviderError | TransientError


class Handed(NamedTuple):
    """What became of it. ``taken``: by the first that took it; ``failure``: where none did, the one with most hope."""

    taken: HandedOver | None
    refused: tuple[str, ...]
    """Addresses that take nothing."""
    failure: Failure


def hand_over(
    courier: Courier,
    message: Outgoing,
    profile: Profile,
    now: datetime,
    monotonic: Callable[[], float],
) -> Handed:
    """Offer it to each once, the newest first. It counts as sent where one has taken it. ``monotonic``: seconds."""
    taken: HandedOver | None = None
    failure: Failure = AddressRefusedError("no device is left")
    refused, begun = [], monotonic()
    for one in _copies(message, profile):
        try:
            answer = courier.hand_over(one, now)
        except (PermanentProviderError, TransientError) as error:
            failure = max(error, failure, key=_hope)
            if isinstance(error, AddressRefusedError):
                refused.append(one.to)
        else:
            taken = taken or answer
        if monotonic() - begun > SECONDS:
            break
    return Handed(taken, tuple(refused), failure)


def _copies(message: Outgoing, profile: Profile) -> list[Outgoing]:
    if message.channel not in DEVICES:
        return [message]
    newest_first = sorted(profile.targets_of(message.channel), key=lambda one: one.added_at, reverse=True)
    found = []
    for one in newest_first:
        keys = {"p256dh": one.p256dh, "auth": one.auth} if message.channel is Channel.WEB_PUSH else {}
        found.append(message.model_copy(update={"to": one.target, "keys": keys}))
    return found


def _hope(failure: Failure) -> int:
    """What may have been taken is in doubt, whatever the others said; then what may be taken later."""
    if isinstance(failure, TransientError):
        return 3 if failure.problem == NO_ANSWER else 2
    return 0 if isinstance(failure, AddressRefusedError) else 1
