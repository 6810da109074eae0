"""The ops page: the deployed CloudWatch dashboard, drawn from the local cloud's figures. Mounted at /ops.

It reads the dashboard's own body, so that page and dashboard cannot differ. What is not known locally is called "not
measured locally": never 0. Alarms' definitions come from CloudWatch too; the emulator neither looks at their
dimensions nor at time, so their states are worked out here, as CloudWatch would.

/ops is the page, /ops/figures its live part, /ops/data the same as JSON; each takes ?range=1h|6h|24h|7d|14d.
"""

import json
import operator
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.front import Request, Response
from local.ops_figures import KEPT, Figures, Metric, Series
from local.stack import Stack, brand_ids

# How far back, and what one bar stands for. Without a choice: the shortest that shows all there is.
RANGES = {
    "1h": (timedelta(hours=1), timedelta(minutes=1)),
    "6h": (timedelta(hours=6), timedelta(minutes=5)),
    "24h": (timedelta(days=1), timedelta(minutes=20)),
    "7d": (timedelta(days=7), timedelta(hours=2)),
    "14d": (KEPT, timedelta(hours=4)),
}
_OVER = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_LIMITS = dict(zip(_OVER, ("at", "above", "below", "at or below"), strict=True))
_SEARCH = re.compile(r"""SEARCH\('\{([^}]+)\} MetricName="(\w+)"', '(\w+)', \d+\)""")
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'"
)


class OpsPage:
    """The handler for the front door."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._client = cache(stack.client)
        self._lock = threading.Lock()
        self._alarms: tuple[float, list[dict[str, Any]]] = (0.0, [])
        templates = FileSystemLoader(Path(__file__).parent / "templates")
        self._templates = Environment(
            loader=templates, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    def __call__(self, request: Request) -> Response:
        """The page, its live part, or its data."""
        part = request.path.rstrip("/").rpartition("/")[2]
        if part not in ("ops", "figures", "data"):
            return Response.html("<p>There is no such page.</p>", 404)
        try:
            with self._lock:  # boto3 clients are made once; two windows need not ask twice at the same time
                data = self.data((request.query.get("range") or [""])[0])
        except (BotoCoreError, ClientError, OSError) as error:
            data = {"error": f"The local cloud does not answer ({type(error).__name__})."}
        status = 503 if "error" in data else 200
        if part == "data":
            return Response.json(data, status)
        name = "ops.html.j2" if part == "ops" else "ops_figures.html.j2"
        html = self._templates.get_template(name).render(data=data, stack=self._stack, ranges=list(RANGES))
        return Response.html(html, status, [("Content-Security-Policy", _POLICY), ("Cache-Control", "no-store")])

    def data(self, wanted: str = "") -> dict[str, Any]:
        """Everything that is on the page."""
        figures = Figures(self._client, str(self._stack.endpoint))
        name = self._stack.outputs.get("DashboardName", self._stack.name)
        body = json.loads(self._client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
        widgets = [(widget, list(_metrics(widget["properties"], figures))) for widget in body["widgets"]]
        series = figures.series(metric for _, rows in widgets for _, metric in rows)
        choice = wanted if wanted in RANGES else _fitting(figures.now, series.values())
        length, bar = (span.total_seconds() for span in RANGES[choice])
        start = figures.now - length
        alarms = _states(self._definitions(), figures)
        urgent = {alarm["metric"] for alarm in alarms if alarm["state"] == "ALARM"}
        percentiles = [metric for metric in series if metric.stat.startswith("p")]
        whole = figures.over(percentiles, start, figures.now + 1)
        counts = {m: Metric(m.namespace, m.name, m.dimensions, "SampleCount") for m in percentiles}
        samples = figures.over(counts.values(), start, figures.now + 1)
        drawn = []
        for widget, metrics in widgets:
            rows = [
                _row(label, metric, series[metric], start, bar, figures.now)
                | ({"value": whole.get(metric), "n": int(samples.get(counts[metric], 0))} if metric in whole else {})
                | {"urgent": metric.key in urgent}
                for label, metric in metrics
            ]
            drawn.append(_widget(widget, rows))
        return {
            "stage": self._stack.stage,
            "now": datetime.fromtimestamp(figures.now, UTC).isoformat(),
            "ahead_days": round((figures.now - time.time()) / 86400, 1),
            "range": choice,
            "bar_minutes": int(bar // 60),
            "widgets": drawn,
            "alarms": [{name: value for name, value in alarm.items() if name != "metric"} for alarm in alarms],
            "quarantine": self._quarantined(),
        }

    def _definitions(self) -> list[dict[str, Any]]:
        """The stack's alarms with their names in the template; asked for anew each minute."""
        read_at, known = self._alarms
        if not known or time.monotonic() - read_at > 60:
            resources = self._client("cloudformation").describe_stack_resources(StackName=self._stack.name)
            names = {
                resource["PhysicalResourceId"]: resource["LogicalResourceId"]
                for resource in resources["StackResources"]
                if resource["ResourceType"] == "AWS::CloudWatch::Alarm"
            }
            pages = self._client("cloudwatch").get_paginator("describe_alarms").paginate()
            found = [alarm for page in pages for alarm in page["MetricAlarms"] if alarm["AlarmName"] in names]
            known = [alarm | {"Name": names[alarm["AlarmName"]]} for alarm in found]
            self._alarms = (time.monotonic(), known)
        return known

    def _quarantined(self) -> list[dict[str, Any]]:
        """The newest entries of every brand, by this stack's client: the process's environment is left alone."""
        from porchlight.adapters.dynamodb import keys
        from porchlight.adapters.dynamodb.table import load
        from porchlight.ports import Quarantined

        entries = []
        for brand in brand_ids():
            page = self._client("dynamodb").query(
                TableName=self._stack.outputs["TableName"],
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": keys.quarantine_pk(brand)}},
                ScanIndexForward=False,
                Limit=100,
            )
            entries += [load(Quarantined, item) for item in page["Items"]]
        entries.sort(key=lambda entry: entry.received_at, reverse=True)
        return [entry.model_dump(mode="json", exclude={"body_ref"}) for entry in entries]


def _metrics(properties: dict[str, Any], figures: Figures) -> Iterator[tuple[str, Metric]]:
    """The series of a widget with their labels, as CloudWatch reads its `metrics`."""
    for entry in properties["metrics"]:
        *parts, options = entry if isinstance(entry[-1], dict) else [*entry, {}]
        label = options.get("label", "")
        if search := _SEARCH.fullmatch(options.get("expression", "")):
            for metric in sorted(figures.matching(*search.groups()), key=lambda metric: metric.dimensions):
                values = [value.replace("_", " ") for _, value in metric.dimensions]
                yield " · ".join(filter(None, [label, *values])), metric
        elif len(parts) >= 2:
            namespace, name, *pairs = parts
            dimensions = tuple(zip(pairs[::2], pairs[1::2], strict=True))
            yield label or name, Metric(namespace, name, dimensions, options.get("stat", properties["stat"]))


def _fitting(now: float, series: Iterable[Series]) -> str:
    oldest = min((known.points[0][0] for known in series if known.points), default=now)
    return next((name for name, (length, _) in RANGES.items() if now - oldest <= length.total_seconds()), "14d")


def _row(label: str, metric: Metric, known: Series, start: float, bar: float, now: float) -> dict[str, Any]:
    """A series of a widget: its value over the time shown, and a bar for each part of it."""
    row: dict[str, Any] = {"label": label, "measured": known.measured, "value": known.now, "bars": [], "n": None}
    if known.measured and known.now is None:
        bars = [0.0] * (int((now - start) // bar) + 1)
        for at, value in known.points:
            if at >= start:
                index = min(int((at - start) // bar), len(bars) - 1)
                bars[index] = bars[index] + value if metric.stat == "Sum" else max(bars[index], value)
        row |= {"bars": bars, "value": sum(bars) if metric.stat == "Sum" else max(bars)}
    return row


def _widget(widget: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    title = widget["properties"]["title"]
    seconds = title.endswith(" (seconds)")
    peak = max((value for row in rows for value in row["bars"]), default=0)
    for row in rows:
        row["text"] = _told(row["value"], seconds)
        row["path"] = _bars(row["bars"], peak)
        row["peak"] = _told(max(row["bars"], default=0), seconds)
    rows.sort(
        key=lambda row: (not row["urgent"], -(row["value"] or 0)) if widget["properties"]["stat"] == "Sum" else ()
    )
    return {
        "title": title.removesuffix(" (seconds)"),
        "width": widget["width"],
        "rows": [row for row in rows if row["measured"] and (row["value"] or row["urgent"])],
        "nothing": "Nothing waits in"
        if seconds and any(row["value"] is not None and not row["bars"] for row in rows)
        else "0 for",
        "zero": [row["label"] for row in rows if row["measured"] and not row["value"] and not row["urgent"]],
        "unmeasured": [row["label"] for row in rows if not row["measured"]],
    }


def _bars(values: Sequence[float], peak: float) -> str:
    """The bars as one SVG path, 20 high; whatever is not 0 can be seen."""
    drawn = ((index, max(1.5, 20 * value / peak)) for index, value in enumerate(values) if value > 0)
    return "".join(f"M{index} 20v-{height:.1f}h.8v{height:.1f}z" for index, height in drawn)


def _told(value: float | None, seconds: bool = False) -> str:
    if value is None:
        return ""
    if not seconds:
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{value / size:,.0f} {unit}"
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def _states(definitions: Sequence[dict[str, Any]], figures: Figures) -> list[dict[str, Any]]:
    """Alarms as CloudWatch would see them now."""
    metrics = [
        Metric(
            alarm["Namespace"],
            alarm["MetricName"],
            tuple((pair["Name"], pair["Value"]) for pair in alarm["Dimensions"]),
            alarm.get("ExtendedStatistic") or alarm["Statistic"],
        )
        for alarm in definitions
    ]
    known = figures.series(metrics)
    return [
        {
            "name": alarm["Name"],
            "description": alarm.get("AlarmDescription", ""),
            "metric": metric.key,
            **_state(alarm, metric, known[metric], figures),
        }
        for alarm, metric in zip(definitions, metrics, strict=True)
    ]


def _state(alarm: dict[str, Any], metric: Metric, known: Series, figures: Figures) -> dict[str, str]:
    """It goes off when every period that is looked at is over the threshold; what is missing counts as it says."""
    if not known.measured:
        return {"state": "NOT MEASURED", "reason": f"{metric.namespace} {metric.name}"}
    period, threshold, comparison = alarm["Period"], alarm["Threshold"], alarm["ComparisonOperator"]
    ends = [figures.now + 1 - index * period for index in range(alarm["EvaluationPeriods"])]
    values = [_within(metric, known, figures, end - period, end) for end in ends]
    missing_is_bad = alarm.get("TreatMissingData") == "breaching"
    if not all(missing_is_bad if value is None else _OVER[comparison](value, threshold) for value in values):
        return {"state": "OK", "reason": "" if any(value is not None for value in values) else "no data"}
    configured = alarm["AlarmConfigurationUpdatedTimestamp"].timestamp()
    if values[0] is None and figures.now - configured < period:
        return {"state": "OK", "reason": "too early to say"}
    told = "no data" if values[0] is None else _told(values[0])
    when = "now" if known.now is not None else f"in {_told(period, seconds=True)}"
    return {"state": "ALARM", "reason": f"{told} {when}; goes off {_LIMITS[comparison]} {_told(threshold)}"}


def _within(metric: Metric, known: Series, figures: Figures, start: float, end: float) -> float | None:
    """The statistic in one period, None where nothing was measured."""
    if known.now is not None:
        return known.now
    if metric.stat.startswith("p"):
        return figures.over([metric], start, end).get(metric)
    values = [value for at, value in known.points if start <= at < end]
    if not values:
        return None
    return sum(values) if metric.stat == "Sum" else max(values)
