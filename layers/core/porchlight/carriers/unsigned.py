"""The connector of a source that signs nothing: asked through its API, pushed to us under a token in the address.

What is special about the source lies in its modules ``parse`` (``reports`` and ``kind``) and ``client``, which are
imported when they are first used: a webhook's signature needs neither.
"""

from datetime import datetime
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final, cast

from porchlight.connectors import Account, BodyKind, Client, InboundRequest
from porchlight.proofs import path_token

if TYPE_CHECKING:
    from porchlight.domain.events import TrackingReport


class Unsigned:
    """A source in ``carriers/{id}``; ``path_token`` proves its webhooks."""

    credentials: Final = ("path_token",)

    def __init__(self, source: str, name: str) -> None:
        self.id = source
        self.name = name
        self._package = f"porchlight.carriers.{source}"

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """See ``proofs.path_token``. The proof has no time: repeats are met by the ids of the events."""
        return path_token(request, account)

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """The parcels in an answer of the source's API, or in a push of the same form."""
        return cast("list[TrackingReport]", self._parser.reports(body))

    def classify(self, body: bytes) -> BodyKind:
        """What a body is from which ``parse`` takes nothing."""
        return cast(BodyKind, self._parser.kind(body))

    @cached_property
    def _parser(self) -> ModuleType:
        return import_module(f"{self._package}.parse")

    @property
    def client(self) -> Client:
        """How the source is asked."""
        return cast(Client, import_module(f"{self._package}.client").CLIENT)
