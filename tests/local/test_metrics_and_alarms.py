"""The figures that services publish by themselves, and the alarms on them."""

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from local.cloud.corrections import alarms, service_metrics
from local.cloud.emulator import module
from local.cloud.waiting import eventually
from tests.local.lab import Lab


def total(lab: Lab, namespace: str, metric: str, statistic: str = "Sum", **dimensions: str) -> float:
    """The statistic of a metric over all its points."""
    points = lab.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=0,
        EndTime=4e9,
        Period=60,
        Statistics=[statistic],
    )["Datapoints"]
    values = [point[statistic] for point in points]
    return float(sum(values) if statistic == "Sum" else max(values, default=0))


def state_of(lab: Lab, alarm: str) -> str:
    described = lab.client("cloudwatch").describe_alarms(AlarmNames=[lab.outputs[alarm]])["MetricAlarms"]
    return str(described[0]["StateValue"])


def test_service_metrics__machines_are_counted(lab: Lab, new_id: str) -> None:
    failing = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}
    machine = lab.run_machine(failing)["stateMachineArn"]
    assert eventually(lambda: total(lab, "AWS/States", "ExecutionsFailed", StateMachineArn=machine)) == 1
    assert total(lab, "AWS/States", "ExecutionsStarted", StateMachineArn=machine) == 1
    assert total(lab, "AWS/States", "ExecutionsSucceeded", StateMachineArn=machine) == 0


def test_service_metrics__the_api_is_counted(lab: Lab) -> None:
    api = lab.outputs["ApiId"]
    before = total(lab, "AWS/ApiGateway", "5xx", ApiId=api)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(lab.url("/fail"))
    assert total(lab, "AWS/ApiGateway", "5xx", ApiId=api) == before + 1
    assert total(lab, "AWS/ApiGateway", "Count", ApiId=api) >= before + 1


def test_service_metrics__functions_are_counted_whoever_calls_them(lab: Lab, new_id: str) -> None:
    before = {
        (name, metric): total(lab, "AWS/Lambda", metric, FunctionName=lab.outputs[name])
        for name in ("Probe", "Limited")
        for metric in ("Invocations", "Errors")
    }
    for path in ("/fail", "/any/thing"):  # through the API
        with contextlib.suppress(urllib.error.HTTPError):
            urllib.request.urlopen(lab.url(path))
    lab.invoke("Probe", {})
    lab.invoke("Limited", {})
    expected = {"Probe": (3, 1), "Limited": (1, 1)}
    for name, (calls, errors) in expected.items():
        function = lab.outputs[name]
        assert total(lab, "AWS/Lambda", "Invocations", FunctionName=function) == before[name, "Invocations"] + calls
        assert total(lab, "AWS/Lambda", "Errors", FunctionName=function) == before[name, "Errors"] + errors


def test_alarms__a_message_in_a_dead_letter_queue_raises_one_and_its_removal_ends_it(lab: Lab) -> None:
    assert eventually(lambda: state_of(lab, "DlqAlarm") == "OK")
    lab.client("sqs").send_message(QueueUrl=lab.outputs["AlarmedQueue"], MessageBody="dead")
    assert eventually(lambda: state_of(lab, "DlqAlarm") == "ALARM")
    queue = {"QueueName": lab.outputs["AlarmedQueueName"]}
    assert total(lab, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", **queue) == 1

    told = lab.message("AlarmMessages", Type="Notification")
    assert told
    assert json.loads(told["body"]["Message"])["NewStateValue"] == "ALARM"

    lab.client("sqs").purge_queue(QueueUrl=lab.outputs["AlarmedQueue"])
    lab.travel(2)
    assert eventually(lambda: state_of(lab, "DlqAlarm") == "OK")


def test_alarms__are_raised_by_their_own_dimensions_only(lab: Lab) -> None:
    lab.invoke("Probe", {"fail": True})
    assert eventually(lambda: state_of(lab, "ProbeErrors") == "ALARM")
    assert state_of(lab, "StreamWorkerErrors") == "OK"


HOUR = 1_800_000_000.0  # a full hour of the clock, and so the begin of any period


@pytest.fixture
def metrics() -> Iterator[Any]:
    """The emulator's CloudWatch in this process, without any metrics."""
    found = module("services.cloudwatch")
    found._metrics.clear()
    yield found
    found._metrics.clear()


def at(metrics: Any, when: float, value: float = 1) -> None:
    """Record a point of the metric that `looked_at` is about."""
    key = ("N", "M", metrics._dims_key({}))
    metrics._metrics.setdefault(key, []).append({"Timestamp": when, "Value": value, "Unit": "Count"})


def looked_at(metrics: Any, now: float, since: float = 0, **more: Any) -> str | None:
    """The state of an alarm of five minutes."""
    alarm = {"Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, **more}
    return alarms._state(metrics, alarm, now, since)


RUNS: dict[str, Any] = {"ComparisonOperator": "LessThanThreshold", "Threshold": 1, "TreatMissingData": "breaching"}
FAILS: dict[str, Any] = {
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "Threshold": 3,
    "TreatMissingData": "notBreaching",
}


def test_alarms__a_period_that_has_just_begun_is_not_missing(metrics: Any) -> None:
    at(metrics, HOUR + 10)
    assert looked_at(metrics, HOUR + 301, **RUNS) == "OK"
    assert looked_at(metrics, HOUR + 599, **RUNS) == "OK"
    assert looked_at(metrics, HOUR + 600, **RUNS) == "ALARM", "nothing in a whole period"


def test_alarms__a_running_period_does_not_say_that_there_is_too_little(metrics: Any) -> None:
    for minute in range(6):
        at(metrics, HOUR + 60 * minute)
    assert looked_at(metrics, HOUR + 301, **RUNS | {"Threshold": 5}) == "OK"


def test_alarms__what_only_grows_raises_an_alarm_at_once(metrics: Any) -> None:
    at(metrics, HOUR + 310, 3)
    assert looked_at(metrics, HOUR + 311, **FAILS) == "ALARM"
    assert looked_at(metrics, HOUR + 899, **FAILS) == "ALARM", "until a whole period has passed without"
    assert looked_at(metrics, HOUR + 900, **FAILS) == "OK"


def test_alarms__nothing_is_missing_from_before_the_alarm_or_from_a_jump_of_the_clock(metrics: Any) -> None:
    made = {"AlarmConfigurationUpdatedTimestamp": HOUR + 30}
    assert looked_at(metrics, HOUR + 301, **RUNS | made) is None, "it was made within that period"
    assert looked_at(metrics, HOUR + 600, **RUNS | made) == "ALARM"
    lived = alarms._Lived(HOUR, longest=30)
    assert lived.since(HOUR + 10) == HOUR
    days = HOUR + 5 * 86_400
    assert lived.since(days) == days
    assert looked_at(metrics, days + 20, since=lived.since(days + 20), **RUNS) is None, "nobody could run in those days"
    assert looked_at(metrics, days + 600, since=days, **RUNS) == "ALARM"


def test_service_metrics__every_minute_of_the_clock_has_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    now = HOUR
    depth = 1
    monkeypatch.setattr(service_metrics, "_queue_figures", lambda now: [("q", "Depth", depth, "Count")])
    stub = SimpleNamespace(record_metric=lambda *_: seen.append(now))
    recorded: service_metrics.Recorded = {}
    for second in (1, 11, 58, 61, 70, 119, 121):
        now = HOUR + second
        service_metrics._record_queues(stub, recorded, now)
    assert [int(one - HOUR) for one in seen] == [1, 61, 121], "each minute once, whenever it was looked at"
    depth = 0
    now = HOUR + 122
    service_metrics._record_queues(stub, recorded, now)
    assert seen[-1] == HOUR + 122, "and whatever changes, at once"
