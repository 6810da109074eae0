"""Tasks of returns_authorization that decide: what comes next for a return, and what went wrong with it."""

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.returns_before import StepsBefore


def advance(event: Event) -> object:
    """``{action, brand, return_id, execution, …}``; ``action``: ``start``, ``next``, ``mark_failed``. All others are
    those of executions that were begun under the release before.
    """
    which, now = (event["brand"], event["return_id"]), app.clock()
    match event["action"]:
        case "start":
            return app.return_steps.start(*which, event["execution"], now)
        case "next":
            return app.return_steps.next(*which, event["execution"], now)
        case "mark_failed":
            return app.return_steps.fail(*which, event["execution"], event["step"], event["error"], now)
        case action:
            return StepsBefore(app.return_steps).take(action, event, now)


handler = task_handler(advance)
