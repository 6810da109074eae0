"""Task of returns_authorization: what a return settles with others, exactly once."""

from collections.abc import Mapping
from typing import Any

from porchlight.domain.rma.names import SettlementKind
from porchlight.errors import PermanentProviderError
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler


def settle(event: Event) -> Mapping[str, Any]:
    """``{brand, return_id, execution, kind}`` → what comes next (``advance_return.StepResult``). Executions of before
    there were kinds ask for the refund, and know of no questions for people about money.
    """
    kind, now = SettlementKind(event.get("kind", "refund")), app.clock()
    outcome = app.settler.settle(event["brand"], event["return_id"], kind, now)
    if outcome in ("review", "over") and "kind" not in event:
        raise PermanentProviderError("the refund cannot be made as it is")
    return app.return_steps.after("settle", outcome, event, now)


handler = task_handler(settle)
