"""Task of delay_detection: what was decided about a late parcel or order is carried out, exactly once."""

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.amends import Amends
from porchlight.services.bearers import Bearers
from porchlight.services.keep_orders import OrderKeeper


def carry_out(event: Event) -> dict[str, str]:
    """``{brand, shipment_id, order_id, delay_id}`` → ``{outcome}``."""
    amends = Amends(
        Bearers(app.shipments, app.orders, app.dates, app.metrics),
        app.orders,
        app.returns,
        app.brands,
        OrderKeeper(app.orders, app.shipments, app.brands, app.lookout, app.dates),
        app.remedies,
        app.ledger_book,
        app.settler,
        app.metrics,
    )
    which = (event["brand"], event["shipment_id"], event["order_id"], event["delay_id"])
    return {"outcome": amends.carry_out(*which, app.clock())}


handler = task_handler(carry_out)
