"""Second task of notification_fanout: send one planned message, or record that it failed."""

import time

from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.compose import Composer
from porchlight.services.links import Links
from porchlight.services.send_message import Sender


def send(event: Event) -> dict[str, str]:
    """``{brand, order_id, message_id}`` → ``{state}``; with ``action: fail`` the message is given up."""
    reference = (event["brand"], event["order_id"], event["message_id"])
    composer = Composer(app.renderer, Links(app.secrets, app.public_url), app.blocks, app.laws)
    sender = Sender(
        *(app.deliberation, app.messages, app.profiles, app.touches, app.gatherer),
        *(composer, app.courier, app.laboratory, app.metrics, time.monotonic),
    )
    if event.get("action") == "fail":
        return {"state": sender.fail(*reference, str(event.get("error", "")), app.clock())}
    return {"state": sender.send(*reference, app.clock())}


handler = task_handler(send)
