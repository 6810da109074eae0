"""Tasks with a callback: keep the token until there is news of a parcel or an order, or somebody has decided."""

from porchlight.ports import Wait
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.request_return import ReviewDesk
from porchlight.services.resume_workflows import NewsDesk


def await_news(event: Event) -> dict[str, bool]:
    """A review names a ``return_id``; ``delay``, ``case`` and ``return`` name a ``shipment_id`` (or, empty, an
    ``order_id``) and the news ``seen``; ``case`` also the ``case_id`` that is to be answered.
    """
    if event["purpose"] == "review":
        desk = ReviewDesk(app.returns, app.workflows)
        return {"answered": desk.await_review(event["brand"], event["return_id"], event["token"])}
    wait = Wait(
        brand=event["brand"],
        shipment_id=event["shipment_id"],
        order_id=event.get("order_id", ""),
        purpose=event["purpose"],
        token=event["token"],
        created_at=app.clock(),
    )
    news = NewsDesk(app.shipments, app.orders, app.cases, app.workflows)
    return {"answered": news.await_news(wait, int(event["seen"]), event.get("case_id", ""))}


handler = task_handler(await_news)
