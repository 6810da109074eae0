"""Tasks of returns_authorization: one step of a return for each ``action``."""

from porchlight.errors import InvalidInputError
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.advance_return import ReturnSteps, StepResult


def advance(event: Event) -> StepResult:
    """``{action, brand, return_id, …}``."""
    steps = ReturnSteps(app.returns, app.orders, app.shipments, app.brands, app.metrics)
    which, now = (event["brand"], event["return_id"]), app.clock()
    match event["action"]:
        case "evaluate":
            return steps.evaluate(*which, event["execution"], now)
        case "settle_review":
            return steps.settle_review(*which, bool(event["deadline_passed"]), now)
        case "create_label":
            return steps.create_label(*which, now)
        case "record_scan":
            return steps.record_scan(*which, now)
        case "fail":
            return steps.fail(*which, event["execution"], event["step"], event["error"], now)
        case _:
            raise InvalidInputError("no such action")


handler = task_handler(advance)
