"""Codes that no table knows, and what operators say they mean."""

from collections.abc import Callable
from datetime import datetime

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.domain.codes import Code, Meaning, Meanings

CACHE_SECONDS = 60
"""A meaning that an operator gives is heard of within this time, and costs a query a minute and source."""


class DynamoCodes:
    """``ports.Codes`` on the table. ``seen`` and ``last_seen`` are attributes of their own, so that counting is one
    write without a read.
    """

    def __init__(self, table: Table, clock: Callable[[], float]) -> None:
        self._table = table
        self._clock = clock
        self._cache: dict[tuple[str, str], tuple[float, Meanings]] = {}

    def seen(self, code: Code) -> None:
        """One update; the record itself is written by the first."""
        assert code.last_seen is not None
        new = _item(code.model_copy(update={"seen": 0, "last_seen": None}))
        self._table.count(new, "seen", code.seen, last_seen=keys.instant(code.last_seen))

    def of_brand(self, brand: str) -> list[Code]:
        """One query."""
        return [of_item(found) for found in self._table.query(keys.codes_pk(brand), keys.CODE)]

    def give_meaning(self, code: Code, meaning: Meaning | None) -> None:
        """Read and replace: operators are few, and the count has an attribute of its own."""
        pk, sk = keys.codes_pk(code.brand), _sk(code)
        found = self._table.get(pk, sk)
        stored = load(Code, found) if found else code.model_copy(update={"seen": 0})
        new = _item(stored.model_copy(update={"meaning": meaning}))
        for name in ("seen", "last_seen"):
            if found and name in found:
                new[name] = found[name]
        self._table.put(new)
        self._cache.clear()

    def meanings(self, brand: str, source: str) -> Meanings:
        """Cached for a minute."""
        cached = self._cache.get((brand, source))
        if cached is None or cached[0] < self._clock():
            found = self._table.query(keys.codes_pk(brand), keys.code_sk(source, ""))
            codes = [load(Code, stored) for stored in found]
            meanings = {(code.code, code.words): code.meaning for code in codes if code.meaning}
            cached = (self._clock() + CACHE_SECONDS, meanings)
            self._cache[brand, source] = cached
        return cached[1]


def _item(code: Code) -> Item:
    return item(keys.codes_pk(code.brand), _sk(code), "code", code)


def _sk(code: Code) -> str:
    return keys.code_sk(code.source, "\x1f".join(filter(None, (code.code, code.words))))


def of_item(found: Item) -> Code:
    """The code in an item, with its count."""
    code = load(Code, found)
    last = found.get("last_seen", {}).get("S")
    update = {
        "seen": int(found.get("seen", {}).get("N", "0")),
        "last_seen": datetime.fromisoformat(last) if last else None,
    }
    return code.model_copy(update=update)
