"""First task of notification_fanout: which messages does this domain event mean?"""

from typing import Any

from porchlight.domain.changes import DomainEvent
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler
from porchlight.services.plan_messages import Planner


def plan(event: Event) -> dict[str, Any]:
    """References only; the decisions are in the table. The sweep redrives messages whose decision has been taken."""
    if "messages" in event:
        return {"messages": event["messages"]}
    planner = Planner(app.deliberation, app.messages, app.gatherer, app.laboratory, app.metrics)
    return {"messages": planner.plan(DomainEvent.model_validate(event), app.clock())}


handler = task_handler(plan)
