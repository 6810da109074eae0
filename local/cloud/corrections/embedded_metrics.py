"""Metrics written into the log become CloudWatch metrics.

Stock: lines in the embedded metric format stay log lines.
AWS: each becomes data points of the metrics and dimensions it describes.
Why: all our figures are written that way (it costs no API call); dashboards and alarms read them.
"""

import json
import logging
from typing import Any

from local.cloud.emulator import module

_log = logging.getLogger(__name__)


def apply() -> None:
    """Read the metrics out of each invocation's log."""
    functions, metrics = module("services.lambda_svc"), module("services.cloudwatch")
    stock = functions._emit_lambda_logs

    def emit(func: Any, request_id: str, text: str, error: bool, milliseconds: int, **options: Any) -> None:
        stock(func, request_id, text, error, milliseconds, **options)
        for line in (text or "").splitlines():
            if '"_aws"' in line:
                try:
                    _record(metrics, json.loads(line))
                except (KeyError, TypeError, ValueError):
                    # AWS drops what it cannot read, too.
                    _log.warning("unreadable embedded metric: %s", line[:200])

    functions._emit_lambda_logs = emit


def _record(metrics: Any, document: dict[str, Any]) -> None:
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(document[name]) for name in names}
            for metric in directive["Metrics"]:
                values = document[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    metrics.record_metric(
                        directive["Namespace"], metric["Name"], value, metric.get("Unit", "None"), dimensions
                    )
