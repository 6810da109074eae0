"""In-memory doubles of the ports in ``announcing``, and a caller that answers by address."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from porchlight.announcing import OpsNotice, WebhookTask
from porchlight.connectors import Answer, Call
from porchlight.domain.webhooks import EndpointHealth, WebhookDelivery
from porchlight.errors import ConflictError


class FakeWebhookDeliveries:
    def __init__(self) -> None:
        self.records: dict[tuple[str, str, str], WebhookDelivery] = {}
        self.healths: dict[tuple[str, str], EndpointHealth] = {}

    def create(self, delivery: WebhookDelivery) -> bool:
        key = (delivery.brand, delivery.endpoint, delivery.delivery_id)
        if key in self.records:
            return False
        self.records[key] = delivery
        return True

    def get(self, brand: str, endpoint: str, delivery_id: str) -> WebhookDelivery | None:
        return self.records.get((brand, endpoint, delivery_id))

    def update(self, delivery: WebhookDelivery) -> None:
        key = (delivery.brand, delivery.endpoint, delivery.delivery_id)
        if key not in self.records or self.records[key].version != delivery.version - 1:
            raise ConflictError("delivery changed")
        self.records[key] = delivery

    def of_endpoint(self, brand: str, endpoint: str, limit: int, before: str = "") -> Sequence[WebhookDelivery]:
        ids = sorted((key[2] for key in self.records if key[:2] == (brand, endpoint)), reverse=True)
        return [self.records[brand, endpoint, one] for one in ids if not before or one < before][:limit]

    def health(self, brand: str, endpoint: str) -> EndpointHealth:
        return self.healths.get((brand, endpoint), EndpointHealth(brand=brand, endpoint=endpoint))

    def save_health(self, health: EndpointHealth) -> None:
        known = self.healths.get((health.brand, health.endpoint))
        if (known.version if known else 0) != health.version - 1:
            raise ConflictError("health changed")
        self.healths[health.brand, health.endpoint] = health


class FakeWebhookQueue:
    """``tasks`` with the seconds after which they are seen."""

    def __init__(self) -> None:
        self.tasks: list[tuple[WebhookTask, int]] = []

    def put(self, task: WebhookTask, seconds: int = 0) -> None:
        assert 0 <= seconds <= 900, "what SQS takes"
        self.tasks.append((task, seconds))


class FakeOpsBus:
    def __init__(self) -> None:
        self.notices: list[OpsNotice] = []

    def notify(self, notice: OpsNotice) -> None:
        self.notices.append(notice)


class FakeOpsLog:
    def __init__(self) -> None:
        self.stored: dict[tuple[str, str, str], tuple[str, datetime, str]] = {}

    def claim(self, brand: str, desk: str, subject: str, event_id: str, now: datetime) -> bool:
        known = self.stored.get((brand, desk, subject))
        if known and known[1] >= now - timedelta(minutes=10) and known[::2] != (event_id, "claimed"):
            return False
        self.stored[brand, desk, subject] = (event_id, now, "claimed")
        return True

    def told(self, brand: str, desk: str, subject: str, event_id: str, now: datetime) -> None:
        self.stored[brand, desk, subject] = (event_id, now, "told")


class FakeCaller:
    """Answers by address: a status, an answer, or an error to raise; 200 where nothing is said."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: dict[str, int | Answer | Exception | Callable[[], int]] = {}

    def make(self, call: Call) -> Answer:
        self.calls.append(call)
        found = self.answers.get(call.url, 200)
        if isinstance(found, Exception):
            raise found
        if callable(found):
            found = found()
        return found if isinstance(found, Answer) else Answer(status=found, headers={}, body=b"")

    def made(self) -> dict[str, int]:
        """How often each address was called."""
        counted: dict[str, int] = defaultdict(int)
        for call in self.calls:
            counted[call.url] += 1
        return dict(counted)
