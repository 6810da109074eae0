"""Codes that no table knows, and what operators say they mean."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.domain.codes import Code, Meaning, Meanings

CACHE_SECONDS = 60
"""A meaning that an operator gives is heard of within this time, and costs a query a minute and source."""


KEPT = timedelta(days=90)
"""A code that has not come for so long is forgotten (RawRetentionDays by default); its meaning is not."""

MOST_CODES = 500
"""So many codes of one source a process lists for a brand: a source that invents codes without end fills no table. All
are counted by the metric.
"""


class DynamoCodes:
    """``ports.Codes`` on the table. Counts and meanings are items of their own: counting is one write without a read,
    and who looks for meanings reads no counts.
    """

    def __init__(self, table: Table, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock
        self._cache: dict[tuple[str, str], tuple[float, Meanings]] = {}
        self._listed: dict[tuple[str, str], set[str]] = defaultdict(set)

    def seen(self, code: Code) -> None:
        """One update; the record itself is written by the first."""
        assert code.last_seen is not None
        listed = self._listed[code.brand, code.source]
        if code.code not in listed and len(listed) >= MOST_CODES:
            return
        listed.add(code.code)
        bare = code.model_copy(update={"seen": 0, "last_seen": None})
        new = item(keys.codes_pk(code.brand), keys.code_sk(code.source, code.code), "code", bare)
        last_seen = keys.instant(code.last_seen)
        self._table.count(new, "seen", code.seen, ttl=code.last_seen + KEPT, last_seen=last_seen)

    def of_brand(self, brand: str) -> list[Code]:
        """One query."""
        return listed(self._table.query(keys.codes_pk(brand)))

    def give_meaning(self, code: Code, meaning: Meaning | None) -> None:
        """One write; the code itself need not have come."""
        pk, sk = keys.codes_pk(code.brand), keys.meaning_sk(code.source, code.code, code.words)
        if meaning is None:
            self._table.delete(pk, sk)
        else:
            bare = Code(brand=code.brand, source=code.source, code=code.code, words=code.words, meaning=meaning)
            self._table.put(item(pk, sk, "meaning", bare))
        self._cache.clear()

    def meanings(self, brand: str, source: str) -> Meanings:
        """Cached for a minute."""
        cached = self._cache.get((brand, source))
        if cached is None or cached[0] < self._clock():
            found = self._table.query(keys.codes_pk(brand), keys.meanings_sk(source))
            codes = [load(Code, stored) for stored in found]
            meanings = {(code.code, code.words): code.meaning for code in codes if code.meaning}
            cached = (self._clock() + CACHE_SECONDS, meanings)
            self._cache[brand, source] = cached
        return cached[1]


def listed(items: Iterable[Item]) -> list[Code]:
    """The codes in items of brands' partitions: those that came with their counts, each with its meaning; then
    meanings of codes that did not come, or of one wording.
    """
    found: dict[tuple[str, str, str, str], Code] = {}
    given: list[Code] = []
    for stored in items:
        code = load(Code, stored)
        if stored["sk"]["S"].startswith(keys.MEANING):
            given.append(code)
        else:
            found[_identity(code)] = _counted(code, stored)
    for code in given:
        known = found.get(_identity(code), code)
        found[_identity(code)] = known.model_copy(update={"meaning": code.meaning})
    return [found[key] for key in sorted(found)]


def _identity(code: Code) -> tuple[str, str, str, str]:
    return code.brand, code.source, code.code, code.words


def _counted(code: Code, stored: Item) -> Code:
    last = stored.get("last_seen", {}).get("S")
    update = {
        "seen": int(stored.get("seen", {}).get("N", "0")),
        "last_seen": datetime.fromisoformat(last) if last else None,
    }
    return code.model_copy(update=update)
