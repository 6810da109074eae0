"""The registries, as services ask for them: ``asking.Sources``."""

from typing import Any

from porchlight.carriers.registry import abilities, carrier, carrier_ids, covers
from porchlight.stores.registry import store


class RegisteredSources:
    """All sources that are built in. What a brand declares by a mapping cannot be asked."""

    def abilities(self, source: str) -> frozenset[str]:
        """The words of the carrier's line."""
        return abilities(source)

    def askable(self) -> tuple[str, ...]:
        """By the words of their lines."""
        return tuple(source for source in carrier_ids() if {"poll", "subscribe"} & abilities(source))

    def covers(self, source: str, carrier_id: str) -> bool:
        """True for the carrier's own source."""
        return covers(source, carrier_id)

    def connector(self, kind: str, source: str) -> Any:
        """Imported when it is first asked for."""
        return carrier(source) if kind == "carriers" else store(source)
