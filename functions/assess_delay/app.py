"""Tasks of delay_detection: declare the delay of a parcel or an order, and close it when there is news."""

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.delays import DelayStatus
from porchlight.services.order_delays import OrderWatch


def assess(event: Event) -> DelayStatus:
    """``{action: assess, brand, shipment_id}`` declares; ``{action: settle, …, delay_id}`` closes. An order that was not
    dispatched has an ``order_id``, and an empty ``shipment_id``.
    """
    brand, shipment_id, order_id = event["brand"], event.get("shipment_id", ""), event.get("order_id", "")
    if order_id and not shipment_id:
        orders = OrderWatch(app.shipments, app.orders, app.brands, app.metrics, app.dates)
        if event["action"] == "settle":
            return orders.settle_news(brand, order_id, event["delay_id"], app.clock())
        return orders.assess_and_declare(brand, order_id, app.clock(), event.get("delay_id"))
    watch = app.delay_watch
    if event["action"] == "settle":
        return watch.settle_news(brand, shipment_id, event["delay_id"], app.clock())
    return watch.assess_and_declare(brand, shipment_id, app.clock(), event.get("delay_id"))


handler = task_handler(assess)
