"""SES reports what became of a message; "sent" settles a message whose sender died."""

from porchlight.errors import NotFoundError
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, event_handler
from porchlight.services.record_feedback import Feedback


def record(detail: Event) -> dict[str, str]:
    """The detail of an ``aws.ses`` event."""
    try:
        return {"state": Feedback(app.messages, app.metrics, app.reputations).record(detail)}
    except NotFoundError:
        return {"state": "unknown"}


handler = event_handler(record)
