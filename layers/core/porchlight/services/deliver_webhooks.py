"""Events to the brand's own systems: recorded, signed, posted, tried again for three days, and never twice at a time.

A delivery is written before it is tried and stays in the due index while it is pending: whoever dies in between is
followed by the sweep. Who holds the version that a task names may try; whoever comes later finds another one.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from porchlight.announcing import OpsBus, OpsNotice, WebhookDeliveries, WebhookTask
from porchlight.asking import Caller
from porchlight.connectors import Answer, Call
from porchlight.domain.webhooks import (
    LEFT_ALONE,
    USED_UP,
    Attempt,
    DeliveryState,
    EndpointHealth,
    Occurrence,
    WebhookDelivery,
    WebhookEndpoint,
)
from porchlight.errors import ConflictError, NotFoundError, PorchlightError
from porchlight.ports import Brands, Metrics, Secrets
from porchlight.services.webhook_desk import QUEUED, WebhookDesk
from porchlight.signing import secrets_in, signed

LEASE = timedelta(minutes=2)
"""Longer than any function lives: what is claimed and still pending then was dropped."""

BY_QUEUE = timedelta(minutes=10)
"""Waits up to this are the queue's; longer ones are the sweep's."""

THREADS = 10
_NOT_THEIRS = "no_secret"


@dataclass(frozen=True)
class WebhookSender:
    """Delivers. ``clock`` is asked around each call; ``spread`` is 0 to 1, by chance."""

    webhook_deliveries: WebhookDeliveries
    desk: WebhookDesk
    brands: Brands
    secrets: Secrets
    caller: Caller
    ops_bus: OpsBus
    metrics: Metrics
    clock: Callable[[], datetime]
    spread: Callable[[], float]

    def open(self, text: str) -> list[WebhookDelivery]:
        """A message of the queue: an event of the bus, or a task of ours. Returns what the caller has to attempt."""
        found = json.loads(text)
        return self.accept(found) if "detail" in found else self.take_up(WebhookTask.model_validate(found))

    def accept(self, event: Mapping[str, Any]) -> list[WebhookDelivery]:
        """Record an event of the bus for each endpoint that wants it; returns what is new, claimed by the caller."""
        try:
            endpoints = self.brands.get(str(event["detail"]["brand"])).webhooks
        except NotFoundError:
            return []
        wanted = [endpoint for endpoint in endpoints if endpoint.wants(event["detail-type"])]
        if not wanted:
            return []
        keys = self._keys(str(event["detail"]["brand"]))
        occurrence, now = Occurrence.of(event), self.clock()
        reached = (endpoint for endpoint in wanted if _address(endpoint, keys))
        found = (WebhookDelivery.of(occurrence, endpoint.id, now, now + LEASE) for endpoint in reached)
        return [delivery for delivery in found if self.webhook_deliveries.create(delivery)]

    def take_up(self, task: WebhookTask) -> list[WebhookDelivery]:
        """Claim what a task of the queue is about; nothing where somebody else has it, or had it."""
        delivery = self.webhook_deliveries.get(task.brand, task.endpoint, task.delivery_id)
        if delivery is None or delivery.version != task.version or delivery.state is not DeliveryState.PENDING:
            return []
        claimed = delivery.claimed(self.clock() + LEASE)
        try:
            self.webhook_deliveries.update(claimed)
        except ConflictError:
            return []
        return [claimed]

    def attempt_all(self, claimed: Iterable[WebhookDelivery]) -> None:
        """Try each, at the same time: a slow endpoint keeps no other waiting."""
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self.attempt, claimed))

    def attempt(self, delivery: WebhookDelivery) -> None:
        """One try of what was claimed, and what follows from it."""
        endpoint, keys = self._endpoint(delivery), self._keys(delivery.brand)
        url = _address(endpoint, keys) if endpoint else ""
        if not url:
            self._end(delivery.dead("no_endpoint"))
            return
        health = self.webhook_deliveries.health(delivery.brand, delivery.endpoint).at(url)
        now = self.clock()
        if health.disabled_at:
            self._end(delivery.dead("endpoint_disabled"))
        elif health.left_alone_until and health.left_alone_until > now:
            self._put_back(delivery.claimed(health.left_alone_until + self.spread() * LEFT_ALONE))
        else:
            self._settle(delivery, health, *self._try(delivery, url, keys, now))

    def _endpoint(self, delivery: WebhookDelivery) -> WebhookEndpoint | None:
        with suppress(NotFoundError):
            brand = self.brands.get(delivery.brand)
            return next((one for one in brand.webhooks if one.id == delivery.endpoint), None)
        return None

    def _keys(self, brand: str) -> Mapping[str, Any]:
        """The brand's secret; {} where there is none."""
        try:
            return self.secrets.get(f"webhooks/{brand}")
        except NotFoundError:
            return {}

    def _try(
        self, delivery: WebhookDelivery, url: str, keys: Mapping[str, Any], now: datetime
    ) -> tuple[Attempt, Mapping[str, str]]:
        """The attempt and the answer's headers."""
        try:
            secrets = secrets_in(keys, delivery.endpoint)
        except ValueError:
            return Attempt(at=now, error=_NOT_THEIRS), {}
        headers = {"content-type": "application/json", **signed(secrets, delivery.event_id, now, delivery.body)}
        answer: Answer | None = None
        error = ""
        try:
            answer = self.caller.make(Call(url, "POST", headers, delivery.body.encode()))
        except PorchlightError as refused:
            error = refused.problem
        took = int((self.clock() - now).total_seconds() * 1000)
        attempt = Attempt(at=now, status=answer.status if answer else None, milliseconds=took, error=error)
        return attempt, answer.headers if answer else {}

    def _settle(
        self, delivery: WebhookDelivery, health: EndpointHealth, attempt: Attempt, headers: Mapping[str, str]
    ) -> None:
        if attempt.status is not None and 200 <= attempt.status < 300:
            self._end(delivery.delivered(attempt))
            if health.failures:
                self._save(health.well())
            return
        gone = attempt.status == 410
        wait = _asked_for(headers, attempt.at)
        after = delivery.dead("gone", attempt) if gone else delivery.failed_with(attempt, self.spread(), wait)
        if after.state is DeliveryState.DEAD:
            self._end(after)
        else:
            self.metrics.count("WebhookDeliveries", outcome="failed")
            self._put_back(after)
        if attempt.error != _NOT_THEIRS:
            self._note(health.gone(attempt.at) if gone else health.failed(attempt.at))

    def _note(self, health: EndpointHealth) -> None:
        """Remember a failure; people hear of an endpoint that is switched off."""
        if self._save(health) and health.disabled_at:
            self.metrics.count("WebhookEndpointsDisabled", why=health.why)
            facts = {"why": health.why, "failures": str(health.failures)}
            self._tell(OpsNotice(kind="webhook_disabled", brand=health.brand, subject=health.endpoint, facts=facts))

    def _save(self, health: EndpointHealth) -> bool:
        """False where another try has said something meanwhile: one of them is enough."""
        try:
            self.webhook_deliveries.save_health(health)
        except ConflictError:
            return False
        return True

    def _end(self, delivery: WebhookDelivery) -> None:
        with suppress(ConflictError):  # the lease was over, and another one has it
            self.webhook_deliveries.update(delivery)
            if delivery.why != USED_UP:
                outcome = "delivered" if delivery.state is DeliveryState.DELIVERED else "switched_off"
                self.metrics.count("WebhookDeliveries", outcome=outcome)
                return
            self.metrics.count("WebhookDeliveries", outcome="dead")
            facts = {"why": delivery.why, "event": delivery.type}
            notice = OpsNotice(kind="webhook_dead", brand=delivery.brand, subject=delivery.endpoint, facts=facts)
            self._tell(notice)

    def _tell(self, notice: OpsNotice) -> None:
        """There is an alarm, too: nothing that is recorded waits for a notice."""
        with suppress(PorchlightError):
            self.ops_bus.notify(notice)

    def _put_back(self, delivery: WebhookDelivery) -> None:
        """For its next try: by the queue if that is soon, else by the sweep."""
        now = self.clock()
        with suppress(ConflictError):
            if delivery.due_at and delivery.due_at - now <= BY_QUEUE:
                seconds = max(0, math.ceil((delivery.due_at - now).total_seconds()))
                self.desk.enqueue(delivery.model_copy(update={"due_at": delivery.due_at + QUEUED}), seconds)
            else:
                self.webhook_deliveries.update(delivery)


def _address(endpoint: WebhookEndpoint, keys: Mapping[str, Any]) -> str:
    """Where to: as the stage's secret says, else as the brand does; empty where neither does."""
    urls = keys.get("urls")
    found = urls.get(endpoint.id) if isinstance(urls, Mapping) else None
    return str(found or endpoint.url or "")


def _asked_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How long the answer asks us to wait: seconds or a date."""
    given = headers.get("retry-after", "").strip()
    if given.isdecimal():
        return timedelta(seconds=int(given) if len(given) < 7 else 10**6)
    try:
        until = parsedate_to_datetime(given)
    except (ValueError, TypeError):
        return timedelta()
    return max(timedelta(), (until if until.tzinfo else until.replace(tzinfo=UTC)) - now)
