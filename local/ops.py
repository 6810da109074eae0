"""The ops page: the deployed CloudWatch dashboard, drawn from the local cloud's figures. Mounted at /ops.

It reads the dashboard's own body, so that page and dashboard cannot differ, and asks CloudWatch for figures and
alarms. What the local cloud does not measure is called "not measured locally": never 0.

/ops is the page, /ops/figures its live part, /ops/data the same as JSON; each takes ?range=1h|6h|24h|7d|14d.
"""

import json
import re
import shlex
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.front import Request, Response
from local.stack import Stack, brand_ids

KEPT = timedelta(days=14)
"""How long the emulator keeps metrics."""

# How far back, and what one bar stands for. Without a choice: the shortest that shows all there is.
RANGES = {
    "1h": (timedelta(hours=1), timedelta(minutes=1)),
    "6h": (timedelta(hours=6), timedelta(minutes=5)),
    "24h": (timedelta(days=1), timedelta(minutes=20)),
    "7d": (timedelta(days=7), timedelta(hours=2)),
    "14d": (KEPT, timedelta(hours=4)),
}
_LIMITS = {
    "GreaterThanOrEqualToThreshold": "{} or more",
    "GreaterThanThreshold": "more than {}",
    "LessThanThreshold": "fewer than {}",
    "LessThanOrEqualToThreshold": "{} or fewer",
}
# What the emulator and local/cloud/corrections/service_metrics.py publish of AWS's own metrics.
_MEASURED = {
    "AWS/Lambda": ("Errors", "Throttles", "Invocations", "Duration"),
    "AWS/SQS": ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"),
    "AWS/States": ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut"),
    "AWS/ApiGateway": ("Count", "4xx", "5xx", "Latency"),
}
_ONE_BUCKET = 10**10  # seconds: all of the time asked for is one period
_SEARCH = re.compile(r"""SEARCH\('\{([^}]+)\} MetricName="(\w+)"', '(\w+)', \d+\)""")
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'"
)


@dataclass(frozen=True)
class Metric:
    """One metric, or rather one statistic of it."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    stat: str

    @property
    def key(self) -> tuple[str, str, frozenset[tuple[str, str]]]:
        """What identifies it in CloudWatch; dimensions have no order."""
        return self.namespace, self.name, frozenset(self.dimensions)


type Points = Sequence[tuple[float, float]]
"""When, and how much: one for each minute in which there was something."""


class Figures:
    """One look at the local cloud."""

    def __init__(self, cloudwatch: Any) -> None:
        self._cloudwatch = cloudwatch
        listing = cloudwatch.list_metrics()
        # The local cloud's clock may be days ahead of ours: the demo travels in time.
        self.now = parsedate_to_datetime(listing["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp()
        self._listed = {
            (m["Namespace"], m["MetricName"], frozenset((d["Name"], d["Value"]) for d in m["Dimensions"]))
            for m in listing["Metrics"]
        }

    def matching(self, schema: str, name: str, stat: str) -> Iterator[Metric]:
        """What SEARCH finds: metrics of the name that have exactly the schema's dimensions."""
        namespace, *wanted = (part.strip() for part in schema.split(","))
        for found, metric, dimensions in self._listed:
            if (found, metric) == (namespace, name) and {key for key, _ in dimensions} == set(wanted):
                values = dict(dimensions)
                yield Metric(namespace, name, tuple((key, values[key]) for key in wanted), stat)

    def minutes(self, metrics: Iterable[Metric]) -> dict[Metric, Points]:
        """All that is known of the metrics; those that are not measured locally are not in it."""
        measured = [metric for metric in dict.fromkeys(metrics) if is_measured(metric.namespace, metric.name)]
        return self._points(measured, self.now - KEPT.total_seconds(), self.now + 1, 60)

    def over(self, metrics: Iterable[Metric], start: float, end: float) -> dict[Metric, float]:
        """The statistic over a whole span of time, where there is one: percentiles cannot be made of minutes."""
        points = self._points(list(metrics), start, end, _ONE_BUCKET)
        return {metric: values[0][1] for metric, values in points.items() if values}

    def _points(self, metrics: list[Metric], start: float, end: float, period: int) -> dict[Metric, Points]:
        """From CloudWatch. Only what it lists is asked for: without dimensions the emulator adds up all there are."""
        found: dict[Metric, Points] = {metric: [] for metric in metrics}
        asked = [metric for metric in found if metric.key in self._listed]
        for index in range(0, len(asked), 500):
            page = asked[index : index + 500]
            answer = self._cloudwatch.get_metric_data(
                MetricDataQueries=[_query(f"m{number}", metric, period) for number, metric in enumerate(page)],
                StartTime=datetime.fromtimestamp(start, UTC),
                EndTime=datetime.fromtimestamp(end, UTC),
            )
            for result in answer["MetricDataResults"]:
                times = (stamp.timestamp() for stamp in result["Timestamps"])
                found[page[int(result["Id"][1:])]] = sorted(zip(times, result["Values"], strict=True))
        return found


class OpsPage:
    """The handler for the front door."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._client = cache(stack.client)
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        templates = FileSystemLoader(Path(__file__).parent / "templates")
        self._templates = Environment(
            loader=templates, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.filters["shell"] = shlex.quote  # what a carrier calls a code is pasted into a terminal

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
        figures = Figures(self._client("cloudwatch"))
        name = self._stack.outputs.get("DashboardName", self._stack.name)
        body = json.loads(self._client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
        widgets = [(widget, list(_metrics(widget["properties"], figures))) for widget in body["widgets"]]
        known = figures.minutes(metric for _, rows in widgets for _, metric in rows)
        choice = wanted if wanted in RANGES else _fitting(figures.now, known.values())
        length, bar = (span.total_seconds() for span in RANGES[choice])
        start = figures.now - length
        alarms = [_alarm(name, alarm, figures.now) for name, alarm in self._stack_alarms()]
        urgent = {alarm["metric"] for alarm in alarms if alarm["state"] == "ALARM"}
        percentiles = [metric for metric in known if metric.stat.startswith("p")]
        whole = figures.over(percentiles, start, figures.now + 1)
        counts = {m: Metric(m.namespace, m.name, m.dimensions, "SampleCount") for m in percentiles}
        samples = figures.over(counts.values(), start, figures.now + 1)
        drawn = []
        for widget, metrics in widgets:
            rows = [
                _row(label, metric, known.get(metric), start, bar, figures.now)
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
            "calibration": self._calibrations(datetime.fromtimestamp(figures.now, UTC).date()),
            "cases": self._cases(datetime.fromtimestamp(figures.now, UTC)),
            "quarantine": self._quarantined(),
            "codes": self._codes(),
        }

    def _stack_alarms(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The stack's alarms under their names in the template."""
        if not self._names:
            resources = self._client("cloudformation").describe_stack_resources(StackName=self._stack.name)
            self._names = {r["PhysicalResourceId"]: r["LogicalResourceId"] for r in resources["StackResources"]}
        for page in self._client("cloudwatch").get_paginator("describe_alarms").paginate():
            for alarm in page["MetricAlarms"]:
                if alarm["AlarmName"] in self._names:
                    yield self._names[alarm["AlarmName"]], alarm

    def _calibrations(self, today: date) -> list[dict[str, Any]]:
        """How dates were kept, of every brand that something was learned of."""
        from porchlight.adapters import datebook
        from porchlight.domain.calibration import report

        found = []
        for brand in brand_ids() if "BodiesBucket" in self._stack.outputs else ():
            place = {"Bucket": self._stack.outputs["BodiesBucket"], "Key": datebook.key(brand, "calibration")}
            try:
                body = self._client("s3").get_object(**place)["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchKey":
                    raise
                continue
            found.append(report(brand, datebook.published(body), today))
        return found

    def _cases(self, now: datetime) -> list[dict[str, Any]]:
        """What waits for a person, the nearest deadline first; ``near``: the default counts within a day."""
        from porchlight.adapters.dynamodb import keys
        from porchlight.adapters.dynamodb.table import load
        from porchlight.domain.cases import Case
        from porchlight.services.cases import show

        table, client = self._stack.outputs["TableName"], self._client("dynamodb")
        places = [
            place
            for brand in brand_ids()
            for place in client.query(
                TableName=table,
                IndexName=keys.DUE_INDEX,
                KeyConditionExpression="due_shard = :shard",
                ExpressionAttributeValues={":shard": {"S": keys.cases_shard(brand)}},
                Limit=100,
            )["Items"]
        ]
        stored = (client.get_item(TableName=table, Key={"pk": one["pk"], "sk": one["sk"]}) for one in places)
        cases = sorted((load(Case, one["Item"]) for one in stored if "Item" in one), key=lambda case: case.deadline)
        # The question about a lane is over with its deadline, also before somebody has listed it, which closes it.
        open_ = (
            one for one in cases if one.state == "open" and (now < one.deadline or one.shipment_id or one.order_id)
        )
        return [{"brand": case.brand, **show(case), "near": case.deadline - now < timedelta(days=1)} for case in open_]

    def _quarantined(self) -> list[dict[str, Any]]:
        """The newest entries of every brand, by this stack's client: the process's environment is left alone."""
        from porchlight.adapters.dynamodb import keys
        from porchlight.adapters.dynamodb.table import load
        from porchlight.ports import Quarantined

        items = [one for brand in brand_ids() for one in self._items(keys.quarantine_pk(brand), keys.QUARANTINE)]
        entries = [load(Quarantined, one) for one in items]
        entries.sort(key=lambda entry: entry.received_at, reverse=True)
        return [entry.model_dump(mode="json", exclude={"body_ref"}) for entry in entries]

    def _codes(self) -> list[dict[str, Any]]:
        """Codes that have no meaning yet, the most frequent first."""
        from porchlight.adapters.dynamodb import keys
        from porchlight.adapters.dynamodb.codes import listed

        prefixes = (keys.CODE, keys.MEANING)
        items = [one for brand in brand_ids() for sk in prefixes for one in self._items(keys.codes_pk(brand), sk)]
        codes = sorted((code for code in listed(items) if code.meaning is None), key=lambda code: -code.seen)
        return [code.model_dump(mode="json") for code in codes]

    def _items(self, pk: str, prefix: str) -> list[dict[str, Any]]:
        """The last hundred items of a partition whose sort key begins so."""
        page = self._client("dynamodb").query(
            TableName=self._stack.outputs["TableName"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":sk": {"S": prefix}},
            ScanIndexForward=False,
            Limit=100,
        )
        items: list[dict[str, Any]] = page["Items"]
        return items


def is_measured(namespace: str, name: str) -> bool:
    """Whether the local cloud counts this at all: our own metrics, and some of AWS's."""
    return not namespace.startswith("AWS/") or name in _MEASURED.get(namespace, ())


def _query(name: str, metric: Metric, period: int) -> dict[str, Any]:
    dimensions = [{"Name": key, "Value": value} for key, value in metric.dimensions]
    of = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": of, "Period": period, "Stat": metric.stat}}


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


def _fitting(now: float, series: Iterable[Points]) -> str:
    oldest = min((points[0][0] for points in series if points), default=now)
    return next((name for name, (length, _) in RANGES.items() if now - oldest <= length.total_seconds()), "14d")


def _row(label: str, metric: Metric, points: Points | None, start: float, bar: float, now: float) -> dict[str, Any]:
    """A series of a widget: a bar for each part of the time shown, and its value: a sum, or for queues the latest."""
    row = {"label": label, "measured": points is not None, "value": None, "bars": [], "n": None}
    if points is not None:
        bars = [0.0] * (int((now - start) // bar) + 1)
        for at, value in points:
            if at >= start:
                index = min(int((at - start) // bar), len(bars) - 1)
                bars[index] = bars[index] + value if metric.stat == "Sum" else max(bars[index], value)
        latest = points[-1][1] if points else 0.0
        row |= {"bars": bars, "value": sum(bars) if metric.stat == "Sum" else latest}
        if metric.stat.startswith("p"):
            row["value"] = None  # a percentile of the whole time is not made of its parts, and of nothing it is not 0
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
        "nothing": "Nothing waits in" if title.startswith("Age of") else "0 for",
        "zero": [row["label"] for row in rows if row["measured"] and row["value"] == 0 and not row["urgent"]],
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


def _alarm(name: str, alarm: dict[str, Any], now: float) -> dict[str, Any]:
    """An alarm as CloudWatch has it, and when it goes off in words."""
    comparison, period = alarm["ComparisonOperator"], alarm["Period"]
    since = alarm["StateUpdatedTimestamp"].timestamp()
    state, reason = alarm["StateValue"], ""
    if not is_measured(alarm["Namespace"], alarm["MetricName"]):
        state, reason = "NOT MEASURED", f"{alarm['Namespace']} {alarm['MetricName']}"
    elif state == "ALARM" and comparison.startswith("Less") and now - since < period:
        # The local cloud counts the period that has just begun: what is missing may yet come.
        state, reason = "OK", "too early to say"
    elif state == "ALARM":
        limit = _LIMITS[comparison].format(_told(alarm["Threshold"]))
        reason = f"since {datetime.fromtimestamp(since, UTC):%H:%M}: {limit} in {period // 60} min"
    elif state == "INSUFFICIENT_DATA":
        state, reason = "OK", "no data yet"
    dimensions = frozenset((pair["Name"], pair["Value"]) for pair in alarm["Dimensions"])
    return {
        "name": name,
        "description": alarm.get("AlarmDescription", ""),
        "metric": (alarm["Namespace"], alarm["MetricName"], dimensions),
        "state": state,
        "reason": reason,
    }
