"""What shoppers send back by SMS, WhatsApp and email, as topics carry it."""

import json
from datetime import datetime
from typing import Any

from porchlight.domain.mails import received_mail
from porchlight.domain.replies import replies
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, event_handler
from porchlight.services.support import FORWARDED


def receive(event: Event) -> dict[str, list[str]]:
    """What was made of each; reports of other things are passed over."""
    outcomes = []
    for record in event["Records"]:
        message, published_at = _said(record["Sns"]["Message"]), datetime.fromisoformat(record["Sns"]["Timestamp"])
        if mail := received_mail(message, FORWARDED):
            outcomes.append(app.mail_desk.take(mail, app.clock()))
        outcomes += [app.reply_desk.take(reply, app.clock()) for reply in replies(message, published_at)]
    return {"outcomes": outcomes}


def _said(text: str) -> dict[str, Any]:
    """What was published; nothing for the words with which services try a topic out."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


handler = event_handler(receive)
