"""Task of returns_authorization: the refund, exactly once."""

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.refund_return import Refunder


def refund(event: Event) -> dict[str, str]:
    """``{brand, return_id}`` → ``{outcome}``."""
    refunder = Refunder(app.returns, app.orders, app.brands, app.refund_provider, app.metrics)
    return {"outcome": refunder.refund(event["brand"], event["return_id"], app.clock())}


handler = task_handler(refund)
