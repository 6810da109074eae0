"""Waits follow the clock on the wall, and executions start at once.

Stock: a wait sleeps its seconds through; a jump in time does not end it. Every execution begins with a fixed
pause of 150 ms.
AWS: waits end when their time has come; there is no such pause.
Why: tests travel by days (a held return, an unanswered question); and messages should not be late by design.
"""

import time
from typing import Any

from local.cloud.emulator import module

_START_PAUSE = 0.15
_GLANCE_SECONDS = 0.1


class _Clock:
    """The `time` module without the pause at the start of an execution."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        if seconds != _START_PAUSE:
            time.sleep(seconds)


def apply() -> None:
    """Sleep in short pieces and look at the clock in between."""
    machines = module("services.stepfunctions")

    def sleep(seconds: float) -> None:
        end = time.time() + max(0.0, seconds) * machines._SFN_WAIT_SCALE
        while (left := end - time.time()) > 0:
            time.sleep(min(left, _GLANCE_SECONDS))

    machines._scaled_sleep = sleep
    machines.time = _Clock()
