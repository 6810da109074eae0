"""Each night: the dates engine learns from the journal of the days that are over."""

import time
from typing import Any

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.runtime.observability import logger
from porchlight.services.learn_dates import Learner

BUDGET_SECONDS = 720
"""Of the function's 900: a day that has begun is learned to its end, and all is written down."""


def learn(event: Event) -> dict[str, Any]:
    """What was learned, by brand."""
    del event
    learner = Learner(app.journal, app.learned, app.brands, app.metrics, time.monotonic)
    done = {}
    for brand, night in learner.nights(app.clock(), BUDGET_SECONDS):
        done[brand] = night._asdict() | {"through": str(night.through)}
        logger().info("learned", extra={"brand": brand, **done[brand]})
    return done


handler = task_handler(learn)
