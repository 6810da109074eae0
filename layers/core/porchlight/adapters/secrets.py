"""Secrets Manager, cached for five minutes: a rotation is seen soon, a webhook rarely pays for a look-up."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from porchlight.adapters.aws import client, translated
from porchlight.connectors import Account, accounts_of
from porchlight.errors import NotFoundError, TransientError

CACHE_SECONDS = 300


class SecretsManager:
    """``ports.Secrets`` and ``ports.Accounts``: secrets named ``porchlight/{stage}/{name}``, each a JSON object."""

    def __init__(self, stage: str, clock: Callable[[], float]) -> None:
        self._stage = stage
        self._clock = clock
        self._cache: dict[str, tuple[float, Mapping[str, Any] | None]] = {}

    def get(self, name: str) -> Mapping[str, Any]:
        """The JSON object in the secret; an absent secret is cached too, so that strangers cannot make us ask again."""
        cached = self._cache.get(name)
        if cached is None or cached[0] < self._clock():
            cached = (self._clock() + CACHE_SECONDS, self._read(name))
            self._cache[name] = cached
        if cached[1] is None:
            raise NotFoundError(f"no secret {name}")
        return cached[1]

    def _read(self, name: str) -> Mapping[str, Any] | None:
        try:
            with translated():
                text = client("secretsmanager").get_secret_value(SecretId=f"porchlight/{self._stage}/{name}")[
                    "SecretString"
                ]
        except NotFoundError:
            return None
        try:
            value = json.loads(text)
        except ValueError as error:
            raise TransientError(f"the secret {name} is not JSON") from error
        if not isinstance(value, dict):
            raise TransientError(f"the secret {name} is not a JSON object")
        return value

    def of(self, kind: str, source: str) -> Sequence[Account]:
        """The accounts of a source; [] where there is no secret."""
        try:
            return accounts_of(self.get(f"{kind}/{source}"))
        except NotFoundError:
            return ()
        except ValueError as error:
            raise TransientError(f"the secret {kind}/{source} is not in the expected form") from error
