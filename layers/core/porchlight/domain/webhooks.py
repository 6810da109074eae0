"""Events for the brand's own systems: endpoints, deliveries, when they are tried again, and how endpoints stand."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, field_validator

EVERYTHING = "*"
TEST = "WebhookTest"
"""The event that `porchlight webhooks test` sends, whatever the endpoint subscribes to."""

RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After each failed try, as Standard Webhooks recommends; the first is at once, and after the last nobody tries."""

JITTER = 0.1
"""So much longer at most, that what failed together is not tried together."""

LONGEST_WAIT = timedelta(hours=24)
"""No answer's ``retry-after`` is waited for longer."""

BREAKS_AFTER = 5
"""Failures in a row, of whichever messages, after which an endpoint is left alone for a while."""

LEFT_ALONE, LEFT_ALONE_MOST = timedelta(minutes=1), timedelta(minutes=16)
"""Each failure after that doubles it: all that waits for the endpoint is looked at each time."""

USED_UP = "retries_used_up"
"""Why a delivery died whose endpoint is there and did not take it."""

GIVEN_UP_AFTER = timedelta(days=5)
"""An endpoint that took nothing for so long is switched off."""


class WebhookEndpoint(BaseModel):
    """One endpoint of a brand. What it shares with us is in the secret ``porchlight/{stage}/webhooks/{brand}``, by
    ``id``; so may be its address there, under ``urls``: stages need not share an endpoint.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    url: HttpUrl | None = None
    """None: only stages whose secret has an address send to it."""
    events: tuple[Annotated[str, Field(pattern=r"^([A-Z][A-Za-z]{1,60}|\*)$")], ...] = (EVERYTHING,)

    @field_validator("url")
    @classmethod
    def _secure(cls, url: HttpUrl | None) -> HttpUrl | None:
        if url and url.scheme != "https" and url.host not in ("127.0.0.1", "localhost"):
            raise ValueError("an endpoint's address begins with https")
        return url

    def wants(self, event_type: str) -> bool:
        """Whether it subscribes to an event."""
        return event_type in self.events or EVERYTHING in self.events


class Occurrence(BaseModel):
    """An event of the bus as it goes out: ``id`` is the same for each repeat, ``body`` is what is signed."""

    model_config = ConfigDict(frozen=True)

    id: str
    type: str
    brand: str
    recorded_at: AwareDatetime
    body: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """From the bus's envelope. ValueError (or KeyError) where it is none of ours."""
        detail = dict(event["detail"])
        brand, kind, given = str(detail["brand"]), str(event["detail-type"]), event.get("time")
        occurred = str(detail.get("occurred_at") or given)
        recorded = datetime.fromisoformat(str(detail.get("recorded_at") or given))
        for ours in ("type", "moment", "waiting"):
            detail.pop(ours, None)
        body = json.dumps({"type": kind, "timestamp": occurred, "data": detail}, separators=(",", ":"))
        return cls(id=str(detail.get("id") or event["id"]), type=kind, brand=brand, recorded_at=recorded, body=body)


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class Attempt(BaseModel):
    """One try: what was answered (None: nothing) and how long that took; a word for what went wrong, never a body."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    status: int | None = None
    milliseconds: int = 0
    error: str = ""


class WebhookDelivery(BaseModel):
    """One event for one endpoint. ``due_at``: when to look at it while it is pending, whoever has died meanwhile."""

    model_config = ConfigDict(frozen=True)

    brand: str
    endpoint: str
    delivery_id: str
    """Sorts by time: that of the event, then its id."""
    event_id: str
    type: str
    body: str
    created_at: AwareDatetime
    state: DeliveryState = DeliveryState.PENDING
    attempts: tuple[Attempt, ...] = ()
    failed: int = 0
    """Tries since it was last sent out anew; ``attempts`` keeps those before."""
    due_at: AwareDatetime | None = None
    why: str = ""
    """Why it is dead."""
    version: int = 1

    @classmethod
    def of(cls, event: Occurrence, endpoint: str, now: datetime, due_at: datetime) -> Self:
        """The delivery of an event to an endpoint; the same event again is the same delivery."""
        return cls(
            brand=event.brand,
            endpoint=endpoint,
            delivery_id=f"{event.recorded_at:%Y%m%dT%H%M%S%f}.{event.id}",
            event_id=event.id,
            type=event.type,
            body=event.body,
            created_at=now,
            due_at=due_at,
        )

    def claimed(self, until: datetime) -> Self:
        """Taken up by somebody, who is done or dead by ``until``."""
        return self.model_copy(update={"due_at": until, "version": self.version + 1})

    def delivered(self, attempt: Attempt) -> Self:
        """The endpoint has it."""
        update = {"state": DeliveryState.DELIVERED, "attempts": (*self.attempts, attempt), "due_at": None}
        return self.model_copy(update=update | {"version": self.version + 1})

    def failed_with(self, attempt: Attempt, spread: float, wait: timedelta = timedelta()) -> Self:
        """The try failed: the next one is due, or there is none. ``spread``: 0 to 1, by chance. ``wait``: what the
        endpoint asked for.
        """
        tried = self.model_copy(update={"attempts": (*self.attempts, attempt), "failed": self.failed + 1})
        if tried.failed > len(RETRIES):
            return tried.dead(USED_UP)
        after = RETRIES[tried.failed - 1] * (1 + JITTER * spread)
        next_at = attempt.at + max(after, min(wait, LONGEST_WAIT))
        return tried.model_copy(update={"due_at": next_at, "version": self.version + 1})

    def dead(self, why: str, attempt: Attempt | None = None) -> Self:
        """Nobody tries any more, after this last attempt."""
        attempts = (*self.attempts, attempt) if attempt else self.attempts
        update = {"state": DeliveryState.DEAD, "why": why, "due_at": None, "attempts": attempts}
        return self.model_copy(update=update | {"version": self.version + 1})

    def revived(self, due_at: datetime) -> Self:
        """Sent out anew, from the first try on."""
        update = {"state": DeliveryState.PENDING, "why": "", "failed": 0, "due_at": due_at}
        return self.model_copy(update=update | {"version": self.version + 1})


class EndpointHealth(BaseModel):
    """How an endpoint stands. That belongs to an address: under another one it begins anew."""

    model_config = ConfigDict(frozen=True)

    brand: str
    endpoint: str
    url: str = ""
    failures: int = 0
    failing_since: AwareDatetime | None = None
    left_alone_until: AwareDatetime | None = None
    disabled_at: AwareDatetime | None = None
    why: str = ""
    """``gone`` (it answered 410) or ``failing``."""
    version: int = 0

    def at(self, url: str) -> Self:
        """As it stands under this address."""
        if self.url == url:
            return self
        return type(self)(brand=self.brand, endpoint=self.endpoint, url=url, version=self.version)

    def failed(self, now: datetime) -> Self:
        """One more failure in a row."""
        failures, since = self.failures + 1, self.failing_since or now
        longer = 2 ** min(failures - BREAKS_AFTER, 10)
        alone = now + min(LEFT_ALONE * longer, LEFT_ALONE_MOST) if failures >= BREAKS_AFTER else None
        update = {"failures": failures, "failing_since": since, "left_alone_until": alone, "version": self.version + 1}
        failed = self.model_copy(update=update)
        if now - since >= GIVEN_UP_AFTER:
            return failed.model_copy(update={"disabled_at": now, "why": "failing"})
        return failed

    def gone(self, now: datetime) -> Self:
        """It said that it wants nothing any more."""
        return self.model_copy(update={"disabled_at": now, "why": "gone", "version": self.version + 1})

    def well(self) -> Self:
        """It took a message, or a person says that it will."""
        return type(self)(brand=self.brand, endpoint=self.endpoint, url=self.url, version=self.version + 1)
