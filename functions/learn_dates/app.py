"""Each day at noon UTC, when the day before is over everywhere: the dates engine learns from the journal."""

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
    try:
        for brand, lesson in learner.run(app.clock(), BUDGET_SECONDS):
            done[brand] = lesson._asdict() | {"through": str(lesson.through)}
            logger().info("learned", extra={"brand": brand, **done[brand]})
    except Exception:
        logger().error("not learned", extra={"brands": sorted(set(app.brands.ids()) - done.keys())})
        raise
    return done


handler = task_handler(learn)
