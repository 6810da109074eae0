"""What telling the brand's own systems and people needs from the outside world, beside ``ports``."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from porchlight.domain.webhooks import EndpointHealth, WebhookDelivery


class WebhookTask(BaseModel):
    """On the queue: look at a delivery as it stood in a version. A task that comes twice finds another one."""

    model_config = ConfigDict(frozen=True)

    brand: str
    endpoint: str
    delivery_id: str
    version: int


class WebhookDeliveries(Protocol):
    """Deliveries to brands' endpoints, and how these stand. Forgotten after 30 days."""

    def create(self, delivery: WebhookDelivery) -> bool:
        """Write it if it is new; False if it is known."""
        ...

    def get(self, brand: str, endpoint: str, delivery_id: str) -> WebhookDelivery | None:
        """One delivery."""
        ...

    def update(self, delivery: WebhookDelivery) -> None:
        """Replace it; ConflictError if it is not ``version - 1`` that is stored."""
        ...

    def of_endpoint(self, brand: str, endpoint: str, limit: int, before: str = "") -> Sequence[WebhookDelivery]:
        """The newest first, those older than the delivery ``before``."""
        ...

    def health(self, brand: str, endpoint: str) -> EndpointHealth:
        """How an endpoint stands; as new (version 0) where nothing is known of it."""
        ...

    def save_health(self, health: EndpointHealth) -> None:
        """Replace it; ConflictError if it is not ``version - 1`` that is stored."""
        ...


class WebhookQueue(Protocol):
    """The queue of what is to be delivered."""

    def put(self, task: WebhookTask, seconds: int = 0) -> None:
        """Durable when this returns; seen in ``seconds`` (up to 900)."""
        ...


class OpsNotice(BaseModel):
    """Something that people of the brand should see: what (``kind``), about what (``subject``: an id, never a name),
    and a few figures. Nothing personal.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    brand: str
    subject: str
    facts: dict[str, str] = {}


class OpsBus(Protocol):
    """Where notices for people go."""

    def notify(self, notice: OpsNotice) -> None:
        """Put it on the bus; whoever is told by it is told soon, and nobody waits for that."""
        ...


class OpsLog(Protocol):
    """What people were told lately, so that they are told once."""

    def claim(self, brand: str, desk: str, subject: str, event_id: str, now: datetime) -> bool:
        """False where the desk was told of the subject within ten minutes by another event, or by this one."""
        ...

    def told(self, brand: str, desk: str, subject: str, event_id: str, now: datetime) -> None:
        """It was told: a repeat of the event is none."""
        ...
