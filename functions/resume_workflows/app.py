"""Bus → workflows that wait: an event with ``waiting`` is the news that they wait for."""

from porchlight.domain.changes import DomainEvent
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, event_handler
from porchlight.services.resume_workflows import NewsDesk


def resume(detail: Event) -> dict[str, int]:
    """Answer everybody who waits for this parcel."""
    event = DomainEvent.model_validate(detail)
    if not event.waiting or event.shipment_id is None:
        return {"resumed": 0}
    return {"resumed": NewsDesk(app.shipments, app.workflows).resume(event.brand, event.shipment_id)}


handler = event_handler(resume)
