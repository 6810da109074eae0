"""Events, notices and alarms → Slack and Teams, for people of the brand."""

import time

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.notify_ops import OpsDesk


def tell(event: Event) -> dict[str, int]:
    """How many desks were told."""
    desk = OpsDesk(
        *(app.brands, app.secrets, app.safe_caller, app.ops_log, app.clock, time.sleep), lambda: app.public_url
    )
    return {"told": desk.tell(event)}


handler = task_handler(tell)
