"""Statements of withdrawal are answered: as they are declared, and every five minutes those that were not."""

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, event_handler


def answer(event: Event) -> dict[str, int]:
    """One statement of the bus, or all that wait; how many were answered, by outcome."""
    if statement_id := event.get("subject_id"):
        return {app.withdrawal_desk.answer(event["brand"], statement_id, app.clock()): 1}
    return app.withdrawal_desk.take_up(app.clock())


handler = event_handler(answer)
