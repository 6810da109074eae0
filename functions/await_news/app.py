"""Tasks with a callback: keep the token until there is news of a parcel, an order or a return."""

from porchlight.ports import Wait
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.resume_workflows import REVIEW, NewsDesk, ReturnNews


def await_news(event: Event) -> dict[str, bool]:
    """A wait for a return names a ``return_id``; ``delay``, ``case`` and the old ``return`` name a ``shipment_id`` (or,
    empty, an ``order_id``); all name the news ``seen``; ``case`` also the ``case_id`` that is to be answered.
    """
    seen = int(event.get("seen", 0))
    wait = Wait(
        brand=event["brand"],
        shipment_id=event.get("shipment_id", ""),
        order_id=event.get("order_id", ""),
        return_id=event.get("return_id", ""),
        purpose=event["purpose"],
        token=event["token"],
        created_at=app.clock(),
        seen=seen,
    )
    if wait.return_id:
        returns = ReturnNews(app.returns, app.shipments, app.workflows)
        return {"answered": returns.await_answer(wait) if wait.purpose == REVIEW else returns.await_news(wait)}
    news = NewsDesk(app.shipments, app.orders, app.cases, app.workflows)
    return {"answered": news.await_news(wait, seen, event.get("case_id", ""))}


handler = task_handler(await_news)
