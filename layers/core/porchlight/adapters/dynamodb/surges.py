"""Delays by lane and day, and surges."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table, item, load
from porchlight.domain.surge import LOOK_BACK, Surge

KEPT = timedelta(days=LOOK_BACK + 7)
CACHE_SECONDS = 60
"""A surge widens ranges everywhere within this time, and costs a query a minute and process."""


class DynamoSurges:
    """``deciding.Surges`` on the table: a counter for each lane and day, which nobody reads before it is high."""

    def __init__(self, table: Table, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock
        self._cache: dict[str, tuple[float, list[Surge]]] = {}

    def count(self, brand: str, lane: str, day: date) -> int:
        """One update."""
        new = item(keys.lanes_pk(brand), f"{keys.LATE}{lane}#{day.isoformat()}", "lane_day", None)
        return self._table.count(new, "late", 1, ttl=datetime.combine(day, time(), UTC) + KEPT)

    def counts(self, brand: str, lane: str) -> Mapping[date, int]:
        """One query over five weeks at most."""
        found = self._table.query(keys.lanes_pk(brand), f"{keys.LATE}{lane}#")
        return {date.fromisoformat(one["sk"]["S"].rpartition("#")[2]): int(one["late"]["N"]) for one in found}

    def get(self, brand: str, lane: str) -> Surge | None:
        """One item."""
        found = self._table.get(keys.lanes_pk(brand), keys.SURGE + lane)
        return load(Surge, found) if found else None

    def save(self, surge: Surge) -> None:
        """One write, under its version."""
        new = item(keys.lanes_pk(surge.brand), keys.SURGE + surge.lane, "surge", surge)
        self._table.replace(new, surge.version)
        self._cache.pop(surge.brand, None)

    def active(self, brand: str, now: datetime, *, fresh: bool = False) -> Mapping[str, Surge]:
        """Cached for a minute; ``fresh`` is read now."""
        known = self._cache.get(brand)
        if fresh or known is None or known[0] < self._clock():
            found = [load(Surge, one) for one in self._table.query(keys.lanes_pk(brand), keys.SURGE)]
            known = (self._clock() + CACHE_SECONDS, found)
            self._cache[brand] = known
        return {surge.lane: surge for surge in known[1] if surge.until > now}
