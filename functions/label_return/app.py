"""Task of returns_authorization: the label of a return, made once, or taken back."""

from porchlight.errors import InvalidInputError
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler


def make_or_void(event: Event) -> dict[str, str]:
    """``{action: "make" | "void", brand, return_id}`` → ``{outcome}``: ``made``, ``none``, ``refused``, ``voided``,
    ``used``.
    """
    which, now = (event["brand"], event["return_id"]), app.clock()
    match event["action"]:
        case "make":
            return {"outcome": app.label_desk.make(*which, now)}
        case "void":
            return {"outcome": app.label_desk.void(*which, now)}
        case _:
            raise InvalidInputError("no such action")


handler = task_handler(make_or_void)
