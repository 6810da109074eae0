"""How providers are: breakers, and what was sent, bounced and complained of."""

from collections.abc import Callable
from datetime import datetime

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item, load
from porchlight.domain.breakers import Breaker
from porchlight.domain.channels import Channel
from porchlight.domain.reputation import DAY, Outcome, Reputation, first_hour, hour_of

BREAKER_SECONDS = 5
REPUTATION_SECONDS = 60
"""How long a process goes by what it has read."""


class DynamoBreakers:
    """``reaching.Breakers`` on the table. A provider that is well has no item, or an untouched one."""

    def __init__(self, table: Table, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock
        self._cache: dict[tuple[str, Channel, str], tuple[float, Breaker]] = {}

    def get(self, brand: str, channel: Channel, provider: str, *, fresh: bool = False) -> Breaker:
        """One item, kept for a few seconds."""
        key = (brand, channel, provider)
        known = self._cache.get(key)
        if fresh or known is None or known[0] < self._clock():
            found = self._table.get(keys.sending_pk(brand), keys.breaker_sk(channel, provider))
            breaker = load(Breaker, found) if found else Breaker(brand=brand, channel=channel, provider=provider)
            known = (self._clock() + BREAKER_SECONDS, breaker)
            self._cache[key] = known
        return known[1]

    def save(self, breaker: Breaker) -> None:
        """Replace the version before."""
        sk = keys.breaker_sk(breaker.channel, breaker.provider)
        key = (breaker.brand, breaker.channel, breaker.provider)
        self._cache.pop(key, None)
        self._table.replace(item(keys.sending_pk(breaker.brand), sk, "breaker", breaker), breaker.version)
        self._cache[key] = (self._clock() + BREAKER_SECONDS, breaker)


class DynamoReputations:
    """``reaching.Reputations`` on the table: three counters for each channel and hour."""

    def __init__(self, table: Table, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock
        self._cache: dict[tuple[str, Channel], tuple[float, Reputation]] = {}

    def count(self, brand: str, channel: Channel, kind: Outcome, now: datetime, *, by: int = 1) -> None:
        """One update."""
        new = item(keys.sending_pk(brand), keys.sent_sk(channel, hour_of(now)), "sent_hour", None)
        self._table.count(new, kind.value, by, ttl=now + 3 * DAY)

    def get(self, brand: str, channel: Channel, now: datetime, *, fresh: bool = False) -> Reputation:
        """One query of 24 hours, kept for a minute."""
        known = self._cache.get((brand, channel))
        if fresh or known is None or known[0] < self._clock():
            start = keys.sent_sk(channel, first_hour(now))
            hours = self._table.query(keys.sending_pk(brand), keys.sent_sk(channel, ""))
            told = [one for one in hours if one["sk"]["S"] >= start]
            sums = {kind.value: sum(int(one.get(kind.value, {}).get("N", 0)) for one in told) for kind in Outcome}
            known = (self._clock() + REPUTATION_SECONDS, Reputation(brand=brand, channel=channel, **sums))
            self._cache[brand, channel] = known
        return known[1]
