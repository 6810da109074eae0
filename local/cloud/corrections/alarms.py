"""An alarm watches its own metric.

Stock: an alarm is looked at when PutMetricData is called, over the points of all dimensions at once: metrics
from logs and from services never move it, and the errors of one function raise the alarms of all. Periods
count as one; missing data changes nothing.
AWS: each period is one datapoint of exactly the declared dimensions; DatapointsToAlarm of EvaluationPeriods
decide, missing ones as TreatMissingData says.
Why: what wakes somebody up must be right; tests provoke an alarm and see it end.

Looked at every `LOCAL_TICK_SECONDS`. As on AWS the last complete periods decide; the one that is still running
only where it already has data that can but grow (`Greater…`), so that nobody waits for its end. What never was
there to be measured is not missing: periods before the alarm was made, and those that a jump of the clock passed over.
"""

import math
import os
import threading
import time
from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any

from local.cloud.emulator import module

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": ge,
    "GreaterThanThreshold": gt,
    "LessThanOrEqualToThreshold": le,
    "LessThanThreshold": lt,
}


def apply() -> None:
    """Evaluate properly, and on a thread of its own."""
    metrics = module("services.cloudwatch")
    tick = float(os.environ.get("LOCAL_TICK_SECONDS", "10"))
    lived = _Lived(time.time(), longest=2 * tick + 30)

    def evaluate(alarm: dict[str, Any]) -> None:
        if alarm.get("ComparisonOperator") not in _COMPARISONS or not alarm.get("MetricName"):
            return
        now = time.time()
        state = _state(metrics, alarm, now, lived.since(now))
        before = alarm["StateValue"]
        if state is None or state == before:
            return
        reason = f"{alarm['MetricName']} is in state {state}: {alarm['ComparisonOperator']} {alarm['Threshold']}"
        alarm |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": int(time.time())}
        metrics._record_history(alarm["AlarmName"], before, state, reason)
        metrics._dispatch_alarm_actions(alarm, before, state, reason)
        metrics._evaluate_parent_alarms(alarm)

    def watch(tick: float) -> None:
        while True:
            time.sleep(tick)
            metrics._evaluate_all_alarms()

    metrics._evaluate_alarm = evaluate
    threading.Thread(target=watch, args=(tick,), daemon=True, name="alarm-watch").start()


class _Lived:
    """Since when the clock has run without a jump: looked at often, it never moves far between two looks."""

    def __init__(self, now: float, longest: float) -> None:
        self._since = self._last = now
        self._longest = longest

    def since(self, now: float) -> float:
        """The instant after the last jump."""
        if now - self._last > self._longest:
            self._since = now
        self._last = max(self._last, now)
        return self._since


def _state(metrics: Any, alarm: dict[str, Any], now: float, since: float) -> str | None:
    """The state the alarm should be in; None: as it is."""
    wanted = int(alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods") or 1)
    breaching = _COMPARISONS[alarm["ComparisonOperator"]]
    since = max(since, float(alarm.get("AlarmConfigurationUpdatedTimestamp") or 0))
    missing = alarm.get("TreatMissingData") or "missing"
    datapoints = [
        value
        for begun, value in _datapoints(metrics, alarm, now)
        if value is not None or missing != "breaching" or begun >= since
    ]
    if not datapoints:
        return None
    if all(value is None for value in datapoints) and missing in ("missing", "ignore"):
        return "INSUFFICIENT_DATA" if missing == "missing" else None
    count = sum(
        missing == "breaching" if value is None else breaching(value, float(alarm["Threshold"])) for value in datapoints
    )
    return "ALARM" if count >= wanted else "OK"


def _datapoints(metrics: Any, alarm: dict[str, Any], now: float) -> list[tuple[float, float | None]]:
    """Begin and statistic of each period under evaluation, the newest first; None where there is no data."""
    dimensions = metrics._dims_key(metrics._dims_from_list(alarm.get("Dimensions") or []))
    key = (alarm["Namespace"], alarm["MetricName"], dimensions)
    points = next((list(found) for stored, found in list(metrics._metrics.items()) if stored == key), [])
    period, statistic = int(alarm.get("Period") or 60), alarm.get("ExtendedStatistic") or alarm.get("Statistic")
    by_period: dict[int, list[Any]] = {}
    for point in points:
        by_period.setdefault(math.floor(point["Timestamp"] / period), []).append(point)
    running = math.floor(now / period)
    at_once = running in by_period and alarm["ComparisonOperator"].startswith("Greater")
    newest = running if at_once else running - 1
    values: list[tuple[float, float | None]] = []
    for number in range(newest, newest - int(alarm.get("EvaluationPeriods") or 1), -1):
        inside = by_period.get(number, [])
        stats = metrics._calc_stats(inside) if inside else None
        value = metrics._stat_value(stats, statistic or "Average", inside) if stats else None
        values.append((number * period, value))
    return values
