"""What the local cloud knows about itself: CloudWatch's metrics, and what stands in for those the emulator lacks.

Queues are asked from SQS, failed executions from Step Functions. What is known nowhere is `NOT_MEASURED`, never 0.
"""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

KEPT = timedelta(days=14)
"""How long the emulator keeps metrics."""

_MEASURED = {"AWS/Lambda": {"Errors", "Throttles", "Invocations", "Duration"}}  # by the emulator, of AWS's own
_STATUS = {"ExecutionsFailed": "FAILED", "ExecutionsTimedOut": "TIMED_OUT"}
_ONE_BUCKET = 10**10


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


@dataclass(frozen=True)
class Series:
    """What is known of a metric: its value in each minute that has one; or only what it is now; or nothing."""

    points: Sequence[tuple[float, float]] = ()
    now: float | None = None
    measured: bool = True


NOT_MEASURED = Series(measured=False)


class Figures:
    """One look at the local cloud."""

    def __init__(self, client: Any, endpoint: str) -> None:
        self._client = client
        self._endpoint = endpoint
        self._known: dict[Metric, Series] = {}
        listing = client("cloudwatch").list_metrics()
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

    def series(self, metrics: Iterable[Metric]) -> dict[Metric, Series]:
        """All that is known of the metrics, minute by minute."""
        wanted = list(dict.fromkeys(metrics))
        ask = []
        for metric in wanted:
            if metric in self._known:
                continue
            if metric.namespace == "AWS/SQS":
                self._known[metric] = self._queue(metric)
            elif metric.namespace == "AWS/States":
                self._known[metric] = self._machine(metric)
            elif metric.namespace.startswith("AWS/") and metric.name not in _MEASURED.get(metric.namespace, ()):
                self._known[metric] = NOT_MEASURED
            else:
                ask.append(metric)
        points = self._points(ask, self.now - KEPT.total_seconds(), self.now + 1, 60)
        self._known |= {metric: Series(values) for metric, values in points.items()}
        return {metric: self._known[metric] for metric in wanted}

    def over(self, metrics: Iterable[Metric], start: float, end: float) -> dict[Metric, float]:
        """The statistic over a whole span of time, where there is one: percentiles cannot be made of minutes."""
        points = self._points(list(metrics), start, end, _ONE_BUCKET)
        return {metric: values[0][1] for metric, values in points.items() if values}

    def _points(
        self, metrics: list[Metric], start: float, end: float, period: int
    ) -> dict[Metric, list[tuple[float, float]]]:
        """From CloudWatch. Only what it lists is asked for: without dimensions the emulator adds up all there are."""
        found: dict[Metric, list[tuple[float, float]]] = {metric: [] for metric in metrics}
        asked = [metric for metric in found if metric.key in self._listed]
        for index in range(0, len(asked), 500):
            page = asked[index : index + 500]
            answer = self._client("cloudwatch").get_metric_data(
                MetricDataQueries=[_query(f"m{number}", metric, period) for number, metric in enumerate(page)],
                StartTime=datetime.fromtimestamp(start, UTC),
                EndTime=datetime.fromtimestamp(end, UTC),
            )
            for result in answer["MetricDataResults"]:
                times = (stamp.timestamp() for stamp in result["Timestamps"])
                found[page[int(result["Id"][1:])]] = sorted(zip(times, result["Values"], strict=True))
        return found

    def _queue(self, metric: Metric) -> Series:
        sqs, name = self._client("sqs"), dict(metric.dimensions)["QueueName"]
        try:
            url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        except ClientError:
            return NOT_MEASURED
        if metric.name == "ApproximateNumberOfMessagesVisible":
            wanted = "ApproximateNumberOfMessages"
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[wanted])["Attributes"]
            return Series(now=float(attributes[wanted]))
        if metric.name != "ApproximateAgeOfOldestMessage":
            return NOT_MEASURED
        ages = [self.now - sent for sent in self._sent(url)]
        return Series(now=max(0.0, *ages) if ages else 0.0)

    def _sent(self, queue_url: str) -> Iterator[float]:
        """When the messages on a queue were sent; the emulator lets us look without receiving them."""
        address = f"{self._endpoint}/_ministack/sqs/messages?QueueUrl={urllib.parse.quote(queue_url, safe='')}"
        with urllib.request.urlopen(address, timeout=5) as answer:
            accounts = json.load(answer)["messages"]
        for regions in accounts.values():
            for queues in regions.values():
                for messages in queues.values():
                    yield from (message["SentTimestamp"] for message in messages)

    def _machine(self, metric: Metric) -> Series:
        machine, status = dict(metric.dimensions)["StateMachineArn"], _STATUS.get(metric.name)
        if status is None:
            return NOT_MEASURED
        pages = self._client("stepfunctions").get_paginator("list_executions")
        try:
            ended = [
                execution["stopDate"].timestamp()
                for page in pages.paginate(stateMachineArn=machine, statusFilter=status)
                for execution in page["executions"]
                if execution.get("stopDate")
            ]
        except ClientError:
            return NOT_MEASURED
        return Series([(at, 1.0) for at in sorted(ended)])


def _query(name: str, metric: Metric, period: int) -> dict[str, Any]:
    dimensions = [{"Name": key, "Value": value} for key, value in metric.dimensions]
    of = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": of, "Period": period, "Stat": metric.stat}}
