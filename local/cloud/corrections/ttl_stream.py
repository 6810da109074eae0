"""What expires by TTL appears on the table's stream, soon.

Stock: expired items are deleted once a minute and leave no stream record.
AWS: the deletion is a REMOVE record whose `userIdentity` is the DynamoDB service.
Why: expiry is news to us (a held message that lapses), told apart from deletions of our own by that identity.

The sweep runs every `LOCAL_TICK_SECONDS` (default 60).
"""

import os
import threading
import time
from typing import Any

from local.cloud.emulator import module

_SWEEPER = "dynamodb-ttl-reaper"


class _QuickClock:
    """The `time` module, but the sweep's fixed pause of a minute is as long as one tick."""

    def __init__(self, tick: float) -> None:
        self._tick = tick

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        sweeping = seconds == 60 and threading.current_thread().name == _SWEEPER
        time.sleep(self._tick if sweeping else seconds)


def apply() -> None:
    """Emit a record for each expired item, and sweep more often."""
    tables, responses = module("services.dynamodb"), module("core.responses")
    stock_remove, stock_record = tables._remove_item, tables._build_change_record

    def sweeping() -> bool:
        return threading.current_thread().name == _SWEEPER

    def remove(table: dict[str, Any], pk: Any, sk: Any) -> Any:
        old = stock_remove(table, pk, sk)
        if old is not None and sweeping():
            _, _, _, region, account, resource = table["TableArn"].split(":", 5)
            responses._request_account_id.set(account)
            responses._request_region.set(region)
            tables._emit_stream_event(resource.split("/")[1], "REMOVE", old, None)
        return old

    def record(*args: Any, **kwargs: Any) -> dict[str, Any]:
        change: dict[str, Any] = stock_record(*args, **kwargs)
        if sweeping():
            # The API spells the members with a capital, the function's event without: one record serves both.
            identity = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
            change["userIdentity"] = identity | {key[0].upper() + key[1:]: value for key, value in identity.items()}
        return change

    tables._remove_item, tables._build_change_record = remove, record
    tables.time = _QuickClock(float(os.environ.get("LOCAL_TICK_SECONDS", "60")))
    # The emulator's own sweeper started on import and is still in its first minute; it joins in after that.
    threading.Thread(target=tables._ttl_reaper, daemon=True, name=_SWEEPER).start()
