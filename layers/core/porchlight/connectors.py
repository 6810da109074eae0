"""What a carrier, a store and a refund provider have to offer: the contracts of the connector folders.

A connector is one folder with a module-level ``CONNECTOR`` and one line in the registry of its kind. Everything that is
specific to a source (how it proves who it is, how its bodies read) lives there and nowhere else.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, Self

from porchlight.domain.ids import BRAND_ID_PATTERN

if TYPE_CHECKING:  # a webhook is verified and queued without knowing what it says
    from porchlight.domain.events import TrackingReport
    from porchlight.domain.orders import StoreChange


# Dataclasses, not models: the front door starts often, and pydantic alone is a quarter of its cold start.
@dataclass(frozen=True, slots=True)
class InboundRequest:
    """A webhook as it arrived: header names are lower-case, ``body`` is the raw bytes (base64 already undone)."""

    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    token: str = ""
    """The last part of ``/webhooks/{carrier}/{token}``, for sources that sign nothing."""
    source_ip: str = ""
    """Who called, as the gateway saw it."""


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A verified webhook on its way to the parser. ``body`` is base64; ``body_ref`` names the object where it was
    too big.
    """

    kind: str
    """``carriers`` or ``stores``."""
    source: str
    account: str
    brand: str
    received_at: datetime
    topic: str = ""
    body: str = ""
    body_ref: str | None = None
    redrives: int = 0
    number: str = ""
    """The tracking number that was asked for, where the body is the answer about one."""
    carriers: Mapping[str, str] = field(default_factory=dict)
    """Our id of the carrier of each number that was asked for (``ids.number_key``): aggregators, and carriers with
    several services, name it otherwise at times, and the answer is about the parcel that was asked for.
    """

    def as_json(self) -> str:
        """As it is queued: what is as usual is left out."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        given["received_at"] = self.received_at.isoformat()
        kept = {name: value for name, value in given.items() if value not in ("", None, 0, {})}
        return json.dumps(kept, separators=(",", ":"))

    @classmethod
    def of_json(cls, text: str) -> Self:
        """A queued message; what a later release may have added to it is ignored. ValueError for anything else."""
        given = json.loads(text)
        try:
            known = {one.name: given[one.name] for one in fields(cls) if one.name in given}
            return cls(**{**known, "received_at": datetime.fromisoformat(given["received_at"])})
        except (KeyError, TypeError) as error:
            raise ValueError("not a queued message") from error


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a brand with a source, from the secret ``porchlight/{stage}/{carriers|stores}/{id}``.

    The secret is ``{"accounts": [{"account": "main", "brand": "larkspur", "credentials": {...}}]}``. Which
    credentials there must be is the connector's ``CREDENTIALS``. An account with an empty credential is refused:
    nothing verifies against "". During a rotation the old and the new secret are two accounts of the same brand.
    """

    account: str
    brand: str
    credentials: Mapping[str, str] = field(repr=False)


def accounts_of(secret: Mapping[str, Any]) -> tuple[Account, ...]:
    """The accounts in the content of a source's secret. ValueError, which quotes nothing, where it has another form."""
    entries = secret.get("accounts")
    if set(secret) != {"accounts"} or not isinstance(entries, list):
        raise ValueError("a secret is a list of accounts")
    return tuple(_account(entry) for entry in entries)


def _account(entry: Any) -> Account:
    if not isinstance(entry, dict) or set(entry) != {"account", "brand", "credentials"}:
        raise ValueError("an account has account, brand and credentials")
    account, brand, credentials = entry["account"], entry["brand"], entry["credentials"]
    if not isinstance(account, str) or not account:
        raise ValueError("account has to be text")
    if not isinstance(brand, str) or not re.fullmatch(BRAND_ID_PATTERN, brand):
        raise ValueError("brand has to be the id of a brand")
    if not isinstance(credentials, dict) or not all(isinstance(value, str) for value in credentials.values()):
        raise ValueError("credentials have to be names with texts")
    return Account(account, brand, credentials)


class Verifier(Protocol):
    """How a source proves who it is."""

    def verify(self, request: InboundRequest, account: Account, now: datetime) -> bool:
        """True if the request was made with the account's credentials and is fresh where the scheme has time.

        Compares in constant time; never raises for anything a stranger may send; False when a credential is missing.
        """
        ...


class BodyKind(StrEnum):
    """What a body is from which ``parse`` takes no parcel."""

    NOT_TRACKING = "not_tracking"
    NO_RESULT = "no_result"
    """An answer that knows nothing of the number (yet)."""
    LIFECYCLE = "subscription_lifecycle"
    """News about a subscription: a handshake to answer, a suspension, an end."""
    THIN = "thin"
    """Says only that something changed and where to read it."""


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request to a source's API that is yet to be made. ``numbers``: the tracking numbers it is about."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source's API answered; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client(Protocol):
    """How a source is asked: requests are built here and made elsewhere, so that nothing here knows a network.

    The base address may be replaced by the account's credential ``base_url`` (a sandbox, a proxy, a test's peer).
    """

    credentials: tuple[str, ...]
    """Credentials that must all be set in an account that is to ask."""
    batch: int
    """How many numbers one call may ask for; 0 where this client cannot ask for numbers (thin webhooks only)."""
    calls_per_minute: int
    """What the API allows an account, or a polite guess; the account's credential ``calls_per_minute`` overrides."""

    def token(self, account: Account) -> Call | None:
        """The OAuth2 client-credentials request whose JSON answer has ``access_token`` and ``expires_in``; None where
        the API needs no token.

        A source that grants tokens in another form has ``granted(answer) -> tuple[str, int] | None`` as well: the
        token and the seconds that it lives, None where it was refused.
        """
        ...

    def ask(self, numbers: Sequence[str], account: Account, token: str) -> list[Call]:
        """Requests whose answers ``parse`` reads, for at most ``batch`` numbers; ``token``: "" where none is used."""
        ...


class ErrandClient(Client, Protocol):
    """A client that can also do what a webhook asks for: fetch what a thin one points to, answer a handshake."""

    def errand(self, body: bytes, account: Account, token: str) -> Call | None:
        """The request that a thin or lifecycle body calls for; None where it calls for nothing.

        Raises ForbiddenError for an address outside of the source's own hosts: a body never says where we may go.
        """
        ...


class StoreClient(Protocol):
    """How a store is asked for what its thin webhooks only point to. Like a ``Client``, it builds requests and knows no
    network.
    """

    credentials: tuple[str, ...]
    """Credentials that must all be set in an account whose thin webhooks are to be followed."""
    calls_per_minute: int
    """As of a ``Client``."""

    def token(self, account: Account) -> Call | None:
        """As of a ``Client``."""
        ...

    def errands(self, body: bytes, account: Account, token: str) -> list[tuple[str, Call]]:
        """The requests that a thin body leads to, each with the topic under which ``parse`` reads a good answer; []
        where it leads nowhere. An answer without a body (204) says nothing and is not to be parsed.

        Raises ForbiddenError for a body about another shop than the account's, and for addresses outside of the shop's
        own hosts: a body never says where we may go.
        """
        ...


class Subscriptions(Protocol):
    """How a source is told to push news of a parcel to us."""

    credentials: tuple[str, ...]
    """Credentials that must all be set in an account that is to subscribe."""
    batch: int
    lifetime: timedelta | None
    """After which a subscription ends unless it is made anew; None: it lasts as long as the parcel."""
    keeps_history: bool
    """True if the source also pushes what happened before; else the history is asked for once."""

    def subscribe(self, numbers: Sequence[str], account: Account, token: str, callback: str) -> list[Call]:
        """Requests that subscribe to (or renew) at most ``batch`` numbers; ``callback`` is our address."""
        ...

    def subscribed(self, answer: Answer) -> str | None:
        """The subscription's id in a good answer ("" where the source gives none); None where it was refused."""
        ...

    def revive(self, subscription_id: str, account: Account, token: str) -> Call | None:
        """The request that resumes a suspended subscription; None where a new one has to be made."""
        ...


class CarrierConnector(Verifier, Protocol):
    """A carrier or aggregator: what it pushes, what it answers.

    Optional attributes, each named by a word in the registry's line (a test compares): ``client`` (``poll``: a
    ``Client``), ``subscriptions`` (``subscribe``), ``jwks_url`` and ``key_id`` (``jwks``: published keys verify its
    webhooks). ``classify(body) -> BodyKind`` may say what a body without parcels is; ``answers_with`` is 200 where the
    sender takes a 202 for a failure.
    """

    id: str
    name: str
    credentials: tuple[str, ...]
    """Names of the credentials of which at least one must be set in each account that is pushed to."""

    def parse(self, body: bytes) -> "list[TrackingReport]":
        """Every parcel in a body, push or poll; [] for a readable body that is not about tracking.

        A report whose ``tracking_number`` is "" is about the one number that was asked for: the body does not say.

        Raises UnreadableBodyError, with a reason safe to show, for anything it cannot read; nothing else escapes.
        """
        ...


class StoreConnector(Verifier, Protocol):
    """A shop system that calls us. Topics are in our words, ``kind/verb`` (``orders/create``, ``refunds/create`` …),
    whatever the shop calls them. They stand in headers that are not signed: a body must look like what its topic says.

    Optional: ``client`` (a ``StoreClient``) where webhooks may be thin, and then ``classify(topic, body) -> BodyKind``,
    which says ``THIN`` for those that ``client.errands`` is to follow.
    """

    id: str
    name: str
    credentials: tuple[str, ...]
    topics: tuple[str, ...]

    def topic(self, request: InboundRequest) -> str:
        """The topic of the webhook, "" where it is missing."""
        ...

    def parse(self, topic: str, body: bytes) -> "list[StoreChange]":
        """What changed; [] for topics that are not used. Raises UnreadableBodyError as above."""
        ...

    def preview(self, body: bytes) -> tuple[str, dict[str, Any]]:
        """For ``porchlight parse``: the topic that the body looks like ("" for none), and what it is in plain words:
        ``kind``, ids, and the store's own statuses, which no change carries. Raises UnreadableBodyError as above.
        """
        ...
