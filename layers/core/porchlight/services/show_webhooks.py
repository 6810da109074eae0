"""Deliveries to brands' endpoints as the API and the command show them."""

from collections.abc import Mapping
from typing import Any

from porchlight.announcing import WebhookDeliveries
from porchlight.domain.webhooks import DeliveryState, WebhookDelivery, WebhookEndpoint
from porchlight.errors import InvalidInputError, NotFoundError
from porchlight.ports import Brands
from porchlight.services.webhook_desk import WebhookDesk

PAGE = 50
_READ = 500
"""At most so many are read for one page, however few of them are in the state that is asked for."""


def redrive(
    webhook_deliveries: WebhookDeliveries, webhook_desk: WebhookDesk, brand: str, endpoint: str, delivery_id: str
) -> dict[str, Any]:
    """Send one delivery anew; NotFoundError where there is none, ConflictError where it is on its way."""
    found = webhook_deliveries.get(brand, endpoint, delivery_id)
    if found is None:
        raise NotFoundError("there is no such delivery")
    return show(webhook_desk.send_anew(found))


def enable(brands: Brands, webhook_desk: WebhookDesk, brand: str, endpoint_id: str) -> dict[str, bool]:
    """Switch an endpoint on again; NotFoundError where brand.yaml has none of that id."""
    return {"enabled": webhook_desk.enable(brand, _endpoint(brands, brand, endpoint_id).id)}


def _endpoint(brands: Brands, brand: str, endpoint_id: str) -> WebhookEndpoint:
    found = next((one for one in brands.get(brand).webhooks if one.id == endpoint_id), None)
    if found is None:
        raise NotFoundError("there is no such endpoint")
    return found


def endpoints(webhook_deliveries: WebhookDeliveries, brands: Brands, brand: str) -> dict[str, Any]:
    """The endpoints of a brand and how they stand."""
    return {"endpoints": [_standing(webhook_deliveries, brand, one) for one in brands.get(brand).webhooks]}


def _standing(webhook_deliveries: WebhookDeliveries, brand: str, one: WebhookEndpoint) -> dict[str, Any]:
    health = webhook_deliveries.health(brand, one.id)
    return {
        "id": one.id,
        "url": str(one.url) if one.url else None,
        "events": list(one.events),
        "state": "disabled" if health.disabled_at else "failing" if health.failures else "well",
        "why": health.why,
        "failing_since": health.failing_since.isoformat() if health.failing_since else None,
    }


def page(
    webhook_deliveries: WebhookDeliveries, brands: Brands, brand: str, endpoint_id: str, query: Mapping[str, str]
) -> dict[str, Any]:
    """The newest first: ``before`` (a delivery's id) goes on, ``state`` picks. ``before`` in the answer: where the next
    page begins, None at the end.
    """
    _endpoint(brands, brand, endpoint_id)
    wanted, before = query.get("state", ""), query.get("before", "")
    if (wanted and wanted not in tuple(DeliveryState)) or len(before) > 100:
        raise InvalidInputError("state is pending, delivered or dead; before is a delivery's id")
    found, read = list[WebhookDelivery](), 0
    while len(found) < PAGE and read < _READ:
        some = webhook_deliveries.of_endpoint(brand, endpoint_id, PAGE, before)
        found += [one for one in some if wanted in ("", one.state)]
        read += PAGE
        if len(some) < PAGE:
            before = ""
            break
        before = some[-1].delivery_id
    if len(found) > PAGE:
        found = found[:PAGE]
        before = found[-1].delivery_id
    return {"deliveries": [show(one) for one in found], "before": before or None}


def show(one: WebhookDelivery) -> dict[str, Any]:
    """A delivery with its attempts; what was sent is not repeated."""
    return {
        "delivery_id": one.delivery_id,
        "event_id": one.event_id,
        "type": one.type,
        "state": one.state.value,
        "why": one.why,
        "created_at": one.created_at.isoformat(),
        "next_try_at": one.due_at.isoformat() if one.due_at else None,
        "attempts": [attempt.model_dump(mode="json") for attempt in one.attempts],
    }
