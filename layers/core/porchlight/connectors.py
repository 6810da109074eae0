"""What a carrier, a store and a refund provider have to offer: the contracts of the connector folders.

A connector is one folder with a module-level ``CONNECTOR`` and one line in the registry of its kind. Everything that is
specific to a source (how it proves who it is, how its bodies read) lives there and nowhere else.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from porchlight.domain.events import TrackingReport
from porchlight.domain.ids import BRAND_ID_PATTERN
from porchlight.domain.orders import StoreChange


class InboundRequest(BaseModel):
    """A webhook as it arrived: header names are lower-case, ``body`` is the raw bytes (base64 already undone)."""

    model_config = ConfigDict(frozen=True)

    method: str = "POST"
    path: str = ""
    headers: Mapping[str, str]
    query: Mapping[str, str] = {}
    body: bytes


class Account(BaseModel):
    """One account of a brand with a source, from the secret ``porchlight/{stage}/{carriers|stores}/{id}``.

    The secret is ``{"accounts": [{"account": "main", "brand": "larkspur", "credentials": {...}}]}``. Which
    credentials there must be is the connector's ``CREDENTIALS``. An account with an empty credential is refused:
    nothing verifies against "". During a rotation the old and the new secret are two accounts of the same brand.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: str = Field(min_length=1)
    brand: str = Field(pattern=BRAND_ID_PATTERN)
    credentials: dict[str, str] = Field(repr=False)


class AccountSecret(BaseModel):
    """The content of a source's secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accounts: tuple[Account, ...]


class Verifier(Protocol):
    """How a source proves who it is."""

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """True if the request was made with the account's credentials and is fresh where the scheme has time.

        Compares in constant time; never raises for anything a stranger may send; False when a credential is missing.
        """
        ...


class CarrierConnector(Verifier, Protocol):
    """A carrier or aggregator that calls us."""

    id: str
    name: str
    credentials: tuple[str, ...]
    """Names of the credentials of which at least one must be set in each account."""

    def parse(self, body: bytes) -> list[TrackingReport]:
        """Every parcel in a body, push or poll; [] for a readable body that is not about tracking.

        Raises UnreadableBodyError, with a reason safe to show, for anything it cannot read; nothing else escapes.
        """
        ...


class StoreConnector(Verifier, Protocol):
    """A shop system that calls us. ``topic`` is a header and not signed: the body must look like what the topic
    says.
    """

    id: str
    name: str
    credentials: tuple[str, ...]
    topics: tuple[str, ...]

    def topic(self, request: InboundRequest) -> str:
        """The topic of the webhook, "" where it is missing."""
        ...

    def parse(self, topic: str, body: bytes) -> list[StoreChange]:
        """What changed; [] for topics that are not used. Raises UnreadableBodyError as above."""
        ...
