"""Hands each message to the first provider of its channel that is well and takes it.

::

    provider 1 ── took it ──────────────────────────────► done
       │  its breaker is shut, or it surely did not take it (throttled, refused, not reached)
       ▼
    provider 2 …                                  ──────► done, and ``ChannelFailovers``

    no answer from any of them: it may have been taken; nobody else is asked (docs/decisions/029)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from porchlight.domain.breakers import Breaker, Gate, failed, probed, worked
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.outreach import ChannelPolicy
from porchlight.domain.reputation import Outcome
from porchlight.errors import (
    NO_ANSWER,
    THROTTLED,
    AddressRefusedError,
    ConflictError,
    PermanentProviderError,
    TransientError,
)
from porchlight.ports import Brands, Metrics
from porchlight.reaching import Breakers, HandedOver, Outgoing, Provider, Quotas, Reputations

COUNT_EVERY = timedelta(seconds=2)
"""A busy process counts what it sent this often, not message by message: all of them write to one item."""
_TRIES = 3

_Line = tuple[str, Channel, str]


@dataclass
class _Memory:
    """What this process alone knows of a line to a provider."""

    in_a_row: int = 0
    """Failures."""
    taken: int = 0
    """Since the failure before."""
    probing: bool = False


@dataclass
class _Sent:
    """What this process sent and has not counted yet."""

    count: int = 0
    counted_at: datetime | None = None


@dataclass
class Courier:
    """``reaching.Courier``. One for each process: it remembers."""

    brands: Brands
    provider: Callable[[str], Provider]
    """By id."""
    breakers: Breakers
    quotas: Quotas
    reputations: Reputations
    metrics: Metrics
    pause: Callable[[float], None]
    """For so many seconds."""
    chance: Callable[[], float]
    _lines: dict[_Line, _Memory] = field(default_factory=dict)
    _sent: dict[tuple[str, Channel], _Sent] = field(default_factory=dict)

    def hand_over(self, message: Outgoing, now: datetime) -> HandedOver:
        """Ask one provider after the other, until one takes it or may have taken it."""
        policy = self._policy(message)
        later: TransientError | None = None
        never: PermanentProviderError | None = None
        skipped = ""
        for name in policy.providers:
            try:
                provider_id = self._ask(name, message, policy.per_second, now)
            except AddressRefusedError:
                raise
            except PermanentProviderError as error:
                never = error
            except TransientError as error:
                if error.problem in (NO_ANSWER, _OURS):
                    raise
                later = error
            else:
                if skipped:
                    self.metrics.count("ChannelFailovers", channel=message.channel, provider=skipped)
                self._count(message, now)
                return HandedOver(provider=name, provider_id=provider_id)
            skipped = skipped or name
        raise later or never or PermanentProviderError("the channel has no providers", code="not-set-up")

    def is_paused(self, brand: str, channel: Channel, purpose: Purpose, now: datetime) -> bool:
        """Service news is always sent: it is what the limits are kept for."""
        return purpose is not Purpose.SERVICE and self.reputations.get(brand, channel, now).is_bad
