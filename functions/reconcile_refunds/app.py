"""Each hour: ledgers that are due are compared with what providers did and what the shop booked."""

import time
from typing import Any

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler

BUDGET_SECONDS = 240
"""Under the function's timeout; what is left then is due for the next run."""


def reconcile(event: Event) -> dict[str, Any]:
    """How many were looked at, and what is not as it should be."""
    del event
    until = time.monotonic() + BUDGET_SECONDS
    report = app.reconciler.run(app.clock(), lambda: time.monotonic() < until)
    return report.model_dump(mode="json")


handler = task_handler(reconcile)
