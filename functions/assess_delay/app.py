"""Tasks of delay_detection: declare the delay of a parcel, and close it when there is news."""

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.delays import DelayStatus, DelayWatch


def assess(event: Event) -> DelayStatus:
    """``{action: assess, brand, shipment_id}`` declares; ``{action: settle, …, delay_id}`` closes."""
    watch = DelayWatch(app.shipments, app.orders, app.brands, app.metrics, app.dates)
    if event["action"] == "settle":
        return watch.settle_news(event["brand"], event["shipment_id"], event["delay_id"], app.clock())
    return watch.assess_and_declare(event["brand"], event["shipment_id"], app.clock(), event.get("delay_id"))


handler = task_handler(assess)
