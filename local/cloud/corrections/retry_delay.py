"""Retries wait as long as their policy says.

Stock: `MaxDelaySeconds` and `JitterStrategy` are ignored.
AWS: the delay grows up to the maximum, and full jitter picks a moment between now and then.
Why: the standard Retry block on each of our tasks has both; without them tests of retries take minutes.
"""

import random
from typing import Any

from local.cloud.emulator import module


def apply() -> None:
    """Work the delay out when the retrier is chosen; what the emulator multiplies after that is times one."""
    machines = module("services.stepfunctions")
    stock = machines._find_matching_retrier

    def find(retriers: list[dict[str, Any]], error: str, counts: dict[int, int]) -> tuple[dict[str, Any] | None, Any]:
        retrier, index = stock(retriers, error, counts)
        if retrier is None:
            return None, index
        return {
            **retrier,
            "IntervalSeconds": _delay(retrier, counts.get(index, 0)),
            "BackoffRate": 1.0,
        }, index

    machines._find_matching_retrier = find


def _delay(retrier: dict[str, Any], count: int) -> float:
    delay = float(retrier.get("IntervalSeconds", 1)) * float(retrier.get("BackoffRate", 2.0)) ** count
    delay = min(delay, float(retrier.get("MaxDelaySeconds", delay)))
    return random.uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay  # noqa: S311 - not a secret
