"""An event that cannot be delivered ends on the rule's dead letter queue.

Stock: a rule whose target is missing logs a warning; `DeadLetterConfig` is ignored.
AWS: the event goes to the dead letter queue with attributes that say which rule, which target and why.
Why: an event on our bus is a decision waiting to be made. It may be late, but not gone.

Retries and throttled targets are not modelled: a local target either exists or does not.
"""

import json
import logging
import threading
from typing import Any

from local.cloud.emulator import module, own_client

_log = logging.getLogger(__name__)


def apply() -> None:
    """Look whether the target exists before delivering to it."""
    events = module("services.eventbridge")
    stock = events._invoke_target

    def invoke(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if queue and not _exists(target.get("Arn", "")):
            body = json.dumps((view or events._pattern_event_view(event)).event_with_detail())
            # On a thread, because it calls this server, which is busy with the event.
            threading.Thread(target=_dead_letter, args=(queue, body, target, rule), daemon=True).start()
        else:
            stock(target, event, rule, view)

    events._invoke_target = invoke


def _exists(arn: str) -> bool:
    if ":states:" in arn:
        return module("services.stepfunctions")._resolve_state_machine_arn(arn) is not None
    if ":lambda:" in arn:
        func, config, _ = module("services.lambda_svc")._get_func_record_for_ref(arn)
        return bool(func and config)
    return True


def _dead_letter(queue: str, body: str, target: dict[str, Any], rule: dict[str, Any]) -> None:
    _, _, _, region, account, name = queue.split(":", 5)
    reasons = {
        "RULE_ARN": rule.get("Arn", ""),
        "TARGET_ARN": target.get("Arn", ""),
        "ERROR_CODE": "RESOURCE_NOT_FOUND",
        "ERROR_MESSAGE": "The target does not exist.",
    }
    client = own_client("sqs", region, account)
    client.send_message(
        QueueUrl=client.get_queue_url(QueueName=name)["QueueUrl"],
        MessageBody=body,
        MessageAttributes={
            key: {"DataType": "String", "StringValue": value} for key, value in reasons.items() if value
        },
    )
    _log.warning("an event went to %s: its target %s does not exist", name, target.get("Arn"))
