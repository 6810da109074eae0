"""Schedules are looked at more often.

Stock: both schedulers (EventBridge Scheduler, schedule rules) look every 10 seconds.
AWS: to the minute.
Why: after a jump in time, tests want the sweep now. Every `LOCAL_TICK_SECONDS` (default 10).
"""

import os

from local.cloud.emulator import module


def apply() -> None:
    """Set the pace of both loops."""
    tick = float(os.environ.get("LOCAL_TICK_SECONDS", "10"))
    module("services.scheduler")._SCHEDULE_TICK_INTERVAL = tick
    module("services.eventbridge")._SCHEDULER_TICK_INTERVAL = tick
