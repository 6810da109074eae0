"""Each minute: look at the parcels and messages that have become due."""

import time

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.delays import DelayWatch
from porchlight.services.sweep_due import Sweep

BUDGET_SECONDS = 40
"""Under the function's timeout; what is left then stays due for the next minute."""


def sweep(event: Event) -> dict[str, int]:
    """How many entries were looked at, by outcome."""
    del event
    until = time.monotonic() + BUDGET_SECONDS
    watch = DelayWatch(app.shipments, app.orders, app.brands, app.metrics)
    return Sweep(app.due, watch, app.workflows, app.metrics).run(
        app.clock(), keep_going=lambda: time.monotonic() < until
    )


handler = task_handler(sweep)
