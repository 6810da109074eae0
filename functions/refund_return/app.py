"""Task of returns_authorization: what a return settles with others, exactly once."""

from porchlight.domain.rma.names import SettlementKind
from porchlight.errors import PermanentProviderError
from porchlight.runtime.bootstrap import app
from porchlight.runtime.handlers import Event, task_handler


def settle(event: Event) -> dict[str, str]:
    """``{brand, return_id, kind}`` → ``{outcome}``. Executions of before there were kinds ask for the refund, and know
    of no questions for people about money.
    """
    kind = SettlementKind(event.get("kind", "refund"))
    outcome = app.settler.settle(event["brand"], event["return_id"], kind, app.clock())
    if outcome == "review" and "kind" not in event:
        raise PermanentProviderError("the refund cannot be made as it is")
    return {"outcome": outcome}


handler = task_handler(settle)
