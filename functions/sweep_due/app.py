"""Each minute: look at the parcels and messages that have become due."""

import time

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.sweep_due import SHARDS, Sweep

BUDGET_SECONDS = 40
"""Under the function's timeout, which is under the minute; what is left then stays due for the next one."""

THREADS = 8
"""As many as keep one CPU busy; a client keeps ten connections."""


def sweep(event: Event) -> dict[str, int]:
    """``shards`` (all): how many of their entries were looked at, by outcome."""
    until = time.monotonic() + BUDGET_SECONDS
    others = {"webhook": lambda entry, now: app.webhook_desk.due(entry, now)}
    watch = app.delay_watch
    return Sweep(app.due, watch, app.workflows, app.metrics, THREADS, others).run(
        app.clock(), event.get("shards", range(SHARDS)), keep_going=lambda: time.monotonic() < until
    )


handler = task_handler(sweep)
