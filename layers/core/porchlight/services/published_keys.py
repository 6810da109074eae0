"""Keys that a source publishes for its signatures (JWKS), kept by the process for an hour."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from porchlight.connectors import Call
from porchlight.errors import PorchlightError, TransientError

if TYPE_CHECKING:
    from porchlight.asking import Caller

KEPT = timedelta(hours=1)
ASKED_AGAIN_AFTER = timedelta(minutes=5)
"""Strangers can name any key: what is not known makes us ask no more often than this."""
_MOST_KEYS = 100


@dataclass
class _Keys:
    by_id: dict[str, str] = field(default_factory=dict)
    fetched_at: datetime | None = None
    tried_at: datetime | None = None

    @property
    def is_answered(self) -> bool:
        """True if the last try was answered."""
        return self.fetched_at is not None and self.fetched_at == self.tried_at


@dataclass(frozen=True)
class PublishedKeys:
    """The keys behind addresses. ``caller`` is made when it is first needed: most webhooks never do."""

    caller: "Callable[[], Caller]"
    _known: dict[str, _Keys] = field(default_factory=dict)

    def key(self, url: str, key_id: str, now: datetime) -> str:
        """The key with an id as JSON text (RFC 7517); "" where the address publishes no such key.

        A key that was fetched more than an hour ago is used as long as the address does not answer. TransientError
        where nobody can say: the address does not answer, and the key is not known.
        """
        keys = self._known.setdefault(url, _Keys())
        is_fresh = keys.fetched_at is not None and now - keys.fetched_at < KEPT
        may_ask = keys.tried_at is None or now - keys.tried_at >= ASKED_AGAIN_AFTER
        if may_ask and not (is_fresh and key_id in keys.by_id):
            keys.tried_at = now
            found = self._fetch(url)
            if found is not None:
                keys.by_id, keys.fetched_at = found, now
        if key_id in keys.by_id:
            return keys.by_id[key_id]
        if not keys.is_answered:
            raise TransientError("the keys of the source cannot be had", code="no-keys")
        return ""

    def _fetch(self, url: str) -> dict[str, str] | None:
        """Keys by their ids; None where there was no usable answer."""
        try:
            answer = self.caller().make(Call(url, headers={"accept": "application/json"}))
            said = json.loads(answer.body) if answer.status == 200 else None
        except (PorchlightError, ValueError, RecursionError):
            return None
        keys = said.get("keys") if isinstance(said, dict) else None
        if not isinstance(keys, list):
            return None
        known = (key for key in keys[:_MOST_KEYS] if isinstance(key, dict) and isinstance(key.get("kid"), str))
        return {key["kid"]: json.dumps(key) for key in known}
