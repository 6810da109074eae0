"""Providers report what became of messages: SES by the bus, SMS and WhatsApp by the topic; "taken" settles a message
whose sender died, and a failure lets the next channel take over.
"""

import json

from porchlight.errors import NotFoundError
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, event_handler
from porchlight.services.consent import ConsentDesk
from porchlight.services.record_feedback import Feedback


def record(event: Event) -> dict[str, list[str]]:
    """The detail of an ``aws.ses`` event, or the records of a topic."""
    reports = [json.loads(one["Sns"]["Message"]) for one in event["Records"]] if "Records" in event else [event]
    desk = ConsentDesk(app.profiles, app.metrics)
    feedback = Feedback(app.messages, desk, app.reputations, app.engagement, app.metrics)
    states = []
    for receipt in (one for report in reports for one in app.receipts(report)):
        try:
            states.append(feedback.apply(receipt, app.clock()))
        except NotFoundError:
            states.append("unknown")
    return {"states": states}


handler = event_handler(record)
