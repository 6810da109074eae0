"""Bus → workflows that wait: an event with ``waiting`` is the news that they wait for."""

from porchlight.domain.changes import DomainEvent
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, event_handler
from porchlight.services.resume_workflows import NewsDesk, ReturnNews


def resume(detail: Event) -> dict[str, int]:
    """Answer everybody who waits for this parcel, or for this order where the news is about no parcel; and who waits
    for the return that it is about.
    """
    event = DomainEvent.model_validate(detail)
    if not event.waiting:
        return {"resumed": 0}
    desk = NewsDesk(app.shipments, app.orders, app.cases, app.workflows)
    resumed = desk.resume(event.brand, event.shipment_id or "", event.order_id or "")
    if event.return_id:
        back = ReturnNews(app.returns, app.shipments, app.workflows)
        resumed += back.resume(event.brand, event.return_id, app.clock())
    return {"resumed": resumed}


handler = event_handler(resume)
