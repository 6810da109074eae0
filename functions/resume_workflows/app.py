"""Bus → workflows that wait: an event with ``waiting`` is the news that they wait for."""

from porchlight.domain.changes import DomainEvent
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, event_handler
from porchlight.services.resume_workflows import NewsDesk


def resume(detail: Event) -> dict[str, int]:
    """Answer everybody who waits for this parcel, or for this order where the news is about no parcel."""
    event = DomainEvent.model_validate(detail)
    if not event.waiting:
        return {"resumed": 0}
    desk = NewsDesk(app.shipments, app.orders, app.cases, app.workflows)
    return {"resumed": desk.resume(event.brand, event.shipment_id or "", event.order_id or "")}


handler = event_handler(resume)
