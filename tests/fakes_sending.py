"""In-memory doubles of what the courier goes by: breakers, quotas, reputations, providers."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from porchlight.domain.breakers import Breaker
from porchlight.domain.channels import Channel
from porchlight.domain.pacing import SECOND, Lease, moved, space, wanted
from porchlight.domain.reputation import Outcome, Reputation, first_hour, hour_of
from porchlight.errors import THROTTLED, ConflictError, PorchlightError, TransientError
from porchlight.reaching import Outgoing

Line = tuple[str, Channel, str]


@dataclass
class FakeBreakers:
    stored: dict[Line, Breaker] = field(default_factory=dict)
    """Processes that share it see the same providers."""
    cached: dict[Line, Breaker] = field(default_factory=dict)
    caches: bool = False
    writes: int = 0

    def get(self, brand: str, channel: Channel, provider: str, *, fresh: bool = False) -> Breaker:
        key = (brand, channel, provider)
        if fresh or not self.caches or key not in self.cached:
            self.cached[key] = self.stored.get(key) or Breaker(brand=brand, channel=channel, provider=provider)
        return self.cached[key]

    def save(self, breaker: Breaker) -> None:
        key = (breaker.brand, breaker.channel, breaker.provider)
        stored = self.stored.get(key)
        if (stored.version if stored else 0) != breaker.version - 1:
            self.cached.pop(key, None)
            raise ConflictError("breaker changed")
        self.stored[key] = self.cached[key] = breaker
        self.writes += 1


@dataclass
class Bucket:
    """What all processes share."""

    earned: dict[Line, int] = field(default_factory=dict)
    writes: int = 0


@dataclass
class FakeQuotas:
    """One process."""

    clock: Callable[[], float]
    bucket: Bucket = field(default_factory=Bucket)
    leases: dict[Line, Lease] = field(default_factory=dict)

    def take(self, brand: str, channel: Channel, provider: str, per_second: float, tokens: int = 1) -> float:
        key, now = (brand, channel, provider), int(self.clock() * SECOND)
        lease = self.leases.get(key)
        if lease is None or not lease.has(tokens, now):
            size = wanted(lease, tokens, per_second)
            self.bucket.writes += 1
            earned = moved(self.bucket.earned.get(key), now, size * space(per_second))
            if earned is None:
                raise TransientError("the quota is used up", code=THROTTLED)
            self.bucket.earned[key] = earned
            lease = Lease(begins=earned - size * space(per_second), size=size, left=size)
        self.leases[key] = lease.model_copy(update={"left": lease.left - tokens})
        return max(0, lease.begins - now) / SECOND


@dataclass
class FakeReputations:
    hours: dict[tuple[str, Channel, str], dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    calls: int = 0
    broken: bool = False

    def count(self, brand: str, channel: Channel, kind: Outcome, now: datetime, *, by: int = 1) -> None:
        if self.broken:
            raise TransientError("the table is busy")
        self.calls += 1
        hour = self.hours[brand, channel, hour_of(now)]
        hour[kind.value] = hour.get(kind.value, 0) + by

    def get(self, brand: str, channel: Channel, now: datetime, *, fresh: bool = False) -> Reputation:
        told = [
            one
            for (b, c, hour), one in self.hours.items()
            if (b, c) == (brand, channel) and first_hour(now) <= hour <= hour_of(now)
        ]
        sums = {kind.value: sum(one.get(kind.value, 0) for one in told) for kind in Outcome}
        return Reputation(brand=brand, channel=channel, **sums)


@dataclass
class FakeProvider:
    """Takes everything, or raises what is planned for the next messages."""

    name: str
    plan: list[PorchlightError] = field(default_factory=list)
    always: PorchlightError | None = None
    asked: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def send(self, message: Outgoing) -> str:
        self.asked.append(message.message_id)
        if self.plan:
            raise self.plan.pop(0)
        if self.always:
            raise self.always
        self.taken.append(message.message_id)
        return f"{self.name}-{len(self.taken)}"
