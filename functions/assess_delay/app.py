"""Tasks of delay_detection: declare the delay of a parcel or an order; say what is done about it now."""

from typing import Any

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.bearers import Bearers
from porchlight.services.order_delays import OrderWatch
from porchlight.services.playbook import Playbooks


def assess(event: Event) -> Any:
    """``{action: assess | next, brand, shipment_id, order_id, delay_id}``; without ``shipment_id`` it is the order that
    is late. ``next`` may name the ``case_id`` that was waited for.
    """
    brand, shipment_id, order_id, delay_id = (event[name] for name in ("brand", "shipment_id", "order_id", "delay_id"))
    if event["action"] == "next":
        bearers = Bearers(app.shipments, app.orders, app.dates, app.metrics)
        playbooks = Playbooks(bearers, app.orders, app.cases, app.brands, app.metrics, app.surges)
        return playbooks.next(brand, shipment_id, order_id, delay_id, app.clock(), event.get("case_id", ""))
    if shipment_id:
        return app.delay_watch.assess_and_declare(brand, shipment_id, app.clock(), delay_id)
    orders = OrderWatch(app.shipments, app.orders, app.brands, app.metrics, app.dates)
    return orders.assess_and_declare(brand, order_id, app.clock(), delay_id)


handler = task_handler(assess)
