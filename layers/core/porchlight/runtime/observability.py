"""Structured logs with a correlation id, and metrics by the embedded metric format. Nothing personal goes in either."""

import json
import sys
import time
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger


@lru_cache(maxsize=1)
def logger() -> "Logger":
    """The one logger; service and level come from the POWERTOOLS_ environment."""
    from aws_lambda_powertools import Logger

    return Logger(use_rfc3339=True, utc=True)


class EmfMetrics:
    """``ports.Metrics``: one line of embedded metric format for each number, written at once.

    Powertools' Metrics collects under one set of dimensions per invocation; a batch of webhooks has many, and a process
    that is killed must not lose what it has already counted. Stages that share an account have namespaces of their own.
    """

    def __init__(self, stage: str) -> None:
        self._namespace = f"Porchlight/{stage}"
        self._writing = Lock()  # the sweep has threads, and a line is read only if it is whole

    def count(self, name: str, value: float = 1, unit: str = "Count", **dimensions: str) -> None:
        """Add to a metric. CloudWatch takes no dimension that is empty."""
        dimensions = {name: value or "none" for name, value in dimensions.items()}
        line = {
            "_aws": {
                "Timestamp": int(time.time() * 1000),
                "CloudWatchMetrics": [
                    {
                        "Namespace": self._namespace,
                        # Twice: by its dimensions for dashboards, and in total for alarms.
                        "Dimensions": [sorted(dimensions), []] if dimensions else [[]],
                        "Metrics": [{"Name": name, "Unit": unit}],
                    }
                ],
            },
            **dimensions,
            name: value,
        }
        with self._writing:
            sys.stdout.write(json.dumps(line) + "\n")
