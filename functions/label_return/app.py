"""Task of returns_authorization: the label of a return, made once, or taken back."""

from collections.abc import Mapping
from typing import Any

from porchlight.errors import InvalidInputError
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler


def make_or_void(event: Event) -> Mapping[str, Any]:
    """``{action: "make" | "void", brand, return_id, execution}`` → what comes next (``advance_return.StepResult``)."""
    which, now = (event["brand"], event["return_id"]), app.clock()
    match event["action"]:
        case "make":
            return app.return_steps.after("label", app.label_desk.make(*which, now), event, now)
        case "void":
            return app.return_steps.after("void", app.label_desk.void(*which, now), event, now)
        case _:
            raise InvalidInputError("no such action")


handler = task_handler(make_or_void)
