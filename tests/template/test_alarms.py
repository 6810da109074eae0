"""Alarms and dashboard: each watches something that exists, and tells somebody."""

import ast
import json
import re
from collections import Counter, defaultdict
from functools import cache
from typing import Any, NamedTuple

import pytest

from porchlight.services.notify_ops import ALARM_KINDS
from tests.template.translated import ROOT, arn, functions, of_type, resolve, resources

PACKAGE = ROOT / "layers/core/porchlight"
AWS_METRICS = {
    "AWS/Lambda": ("FunctionName", {"Errors", "Throttles", "Invocations", "IteratorAge"}),
    "AWS/SQS": ("QueueName", {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}),
    "AWS/Firehose": ("DeliveryStreamName", {"DeliveryToS3.DataFreshness"}),
    "AWS/States": ("StateMachineArn", {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"}),
    "AWS/ApiGateway": ("ApiId", {"5xx"}),
}
"""Of AWS's own metrics those that we use, with their one dimension."""

KINDS = {
    "FunctionName": "Lambda::Function",
    "QueueName": "SQS::Queue",
    "DeliveryStreamName": "KinesisFirehose::DeliveryStream",
    "StateMachineArn": "StepFunctions::StateMachine",
    "ApiId": "ApiGatewayV2::Api",
}
WIDGETS = {
    "webhooks accepted, by carrier": {"WebhooksAccepted"},
    "webhooks refused, by carrier": {"WebhooksRefused"},
    "webhooks quarantined, by carrier": {"WebhooksQuarantined"},
    "age of the oldest message": {"ApproximateAgeOfOldestMessage"},
    "messages in failure queues": {"ApproximateNumberOfMessagesVisible"},
    "news to message": {"EventToMessage"},
    "messages, by channel and outcome": {"Messages"},
    "errors, by function": {"Errors"},
    "throttles, by function": {"Throttles"},
    "machines that failed": {"ExecutionsFailed", "ExecutionsTimedOut"},
    "carriers asked, by outcome": {"Asked"},
    "asks that failed, by outcome": {"AskFailed", "AskRefused", "BreakerOpen"},
    "subscriptions and errands": {"Subscribed", "SubscriptionRefused", "Revived", "Errands"},
    "delays, by change and kind": {"DelayChanges"},
    "webhooks to brands, by outcome": {"WebhookDeliveries"},
    "remedies, carried out and refused": {"RemediesCarriedOut", "RemediesRefused"},
    "providers of messages, failures and failovers": {"ProviderFailures", "ChannelFailovers", "ProvidersShut"},
    "dates kept in four weeks, percent": {"ForecastKept", "PromiseKept"},
}
"""What the dashboard has to show."""

SEARCH = re.compile(r"SEARCH\('\{Porchlight/[\w-]+,([\w,]+)\} MetricName=\"(\w+)\"', '(\w+)', \d+\)")
every_alarm = pytest.mark.parametrize("name", of_type("CloudWatch::Alarm"))


def alarm(name: str) -> dict[str, Any]:
    found: dict[str, Any] = resolve(of_type("CloudWatch::Alarm")[name])
    return found


@cache
def nodes() -> list[ast.AST]:
    """Everything that is written in the package."""
    return [node for path in PACKAGE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))]


@cache
def counted() -> dict[str, set[frozenset[str]]]:
    """Our metrics, each with the dimensions that the code counts it by."""
    found: dict[str, set[frozenset[str]]] = defaultdict(set)
    for node in nodes():
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "count"
            and ast.unparse(node.func.value).endswith("metrics")
        ):
            assert isinstance(node.args[0], ast.Constant), "a metric's name is written out"
            dimensions = {keyword.arg for keyword in node.keywords} - {"value", "unit", None}
            found[str(node.args[0].value)].add(frozenset(map(str, dimensions)))
    return dict(found)


@cache
def words() -> frozenset[str]:
    """Every literal in the package: values of dimensions are among them."""
    return frozenset(node.value for node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str))


def check(namespace: str, metric: str, dimensions: dict[str, str]) -> None:
    """The metric exists, and so does what its dimensions name. ``Porchlight/{stage}`` metrics are also counted in
    total.
    """
    if namespace.startswith("Porchlight/"):
        assert not dimensions or frozenset(dimensions) in counted()[metric]
        assert set(dimensions.values()) <= words()
        return
    key, metrics = AWS_METRICS[namespace]
    assert metric in metrics
    assert list(dimensions) == [key]
    names = {arn(name) if key == "StateMachineArn" else name for name in of_type(KINDS[key])}
    assert dimensions[key] in names


# ------------------------------------------------------------------------------------------------------------- alarms
class Watched(NamedTuple):
    """A metric that an alarm watches, alone or in a sum."""

    namespace: str
    metric: str
    dimensions: dict[str, str]
    period: int
    statistic: str


def summed(name: str) -> list[dict[str, Any]]:
    """What an alarm over several metrics adds up."""
    return [one for one in alarm(name).get("Metrics", []) if "Expression" not in one]


def metrics_of(name: str) -> list[Watched]:
    """The metrics that an alarm watches."""
    found = alarm(name)
    if "Metrics" not in found:
        statistic = found.get("Statistic") or found["ExtendedStatistic"]
        return [Watched(found["Namespace"], found["MetricName"], _dimensions(found), found["Period"], statistic)]
    stats = [(one["MetricStat"]["Metric"], one["MetricStat"]) for one in summed(name)]
    return [
        Watched(of["Namespace"], of["MetricName"], _dimensions(of), stat["Period"], stat["Stat"]) for of, stat in stats
    ]


def _dimensions(of: dict[str, Any]) -> dict[str, str]:
    return {pair["Name"]: pair["Value"] for pair in of.get("Dimensions", [])}


@every_alarm
def test_an_alarm_watches_metrics_that_exist(name: str) -> None:
    for one in metrics_of(name):
        check(one.namespace, one.metric, one.dimensions)


@every_alarm
def test_an_alarm_tells_somebody_and_says_what_it_means(name: str) -> None:
    found = alarm(name)
    assert found["AlarmActions"] == [arn("AlarmTopic")]
    assert len(found["AlarmDescription"]) > 10
    assert not (found.get("Statistic") and found.get("ExtendedStatistic"))
    quiet = "breaching" if found["ComparisonOperator"] == "LessThanThreshold" else "notBreaching"
    assert found["TreatMissingData"] == quiet
    for one in metrics_of(name):
        assert one.period % 60 == 0
        assert one.period * found["EvaluationPeriods"] <= 86_400


@pytest.mark.parametrize("name", [name for name in of_type("CloudWatch::Alarm") if summed(name)])
def test_an_alarm_over_several_metrics_adds_them_up(name: str) -> None:
    """The sum is compared, with nothing for a function that was not called; each metric counts once, and alike."""
    entries = alarm(name)["Metrics"]
    assert [one["Expression"] for one in entries if one["ReturnData"]] == ["SUM(FILL(METRICS(), 0))"]
    assert 1 < len(entries) - 1 <= 10, "an alarm takes ten metrics"
    assert len({one["Id"] for one in entries}) == len(entries)
    assert len({(one.metric, one.period, one.statistic) for one in metrics_of(name)}) == 1
    assert resources()[name]["Condition"] == "OnAws", "the local cloud refuses such alarms"


def watched(metric: str) -> Counter[str]:
    """What is watched by this metric, with the number of alarms."""
    found = (one for name in of_type("CloudWatch::Alarm") for one in metrics_of(name))
    return Counter(value for one in found if one.metric == metric for value in one.dimensions.values())


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_has_an_alarm_for(metric: str) -> None:
    assert watched(metric) == Counter(list(functions()))


def test_one_throttle_of_work_that_comes_seldom_is_enough() -> None:
    for name in of_type("CloudWatch::Alarm"):
        seldom = {one.dimensions["FunctionName"] for one in metrics_of(name) if one.metric == "Throttles"}
        if seldom:
            assert alarm(name)["Threshold"] == (1 if seldom & {"LearnDates", "ReconcileRefunds"} else 5)


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"])
def test_every_machine_has_an_alarm_for(metric: str) -> None:
    assert set(watched(metric)) == {arn(name) for name in of_type("StepFunctions::StateMachine")}


def test_the_stream_and_the_schedule_are_watched() -> None:
    assert set(watched("IteratorAge")) == {"PublishChanges"}
    assert set(watched("Invocations")) == {"SweepDue", "PollCarriers", "LearnDates", "ReconcileRefunds"}


def test_trouble_that_the_code_counts_has_an_alarm() -> None:
    """Metrics and outcomes that stand for something a person has to look at."""
    found = [one for name in of_type("CloudWatch::Alarm") for one in metrics_of(name)]
    seen = {
        (one.metric, *(value for key, value in one.dimensions.items() if key == "outcome"))
        for one in found
        if one.namespace.startswith("Porchlight/")
    }
    assert seen >= {
        ("HandlerErrors",),
        ("WebhooksRefused",),
        ("WebhooksQuarantined",),
        ("EventsUnmapped",),
        ("Messages", "failed"),
        ("MessageFeedback", "bounced"),
        ("EventToMessage",),
        ("DueSwept", "failed"),
        ("DueSwept", "declared_without_workflow"),
        ("DelaysClosed", "unresolved"),
        ("ReturnsFailed",),
        ("GoodsUnmatched",),
        ("RemediesRefused",),
        ("RemedyConflicts",),
        ("AskRefused",),
        ("AskFailed",),
        ("BreakerOpen",),
        ("SubscriptionRefused",),
        ("CalibrationDrift",),
        ("LaneSurges",),
        ("WebhookDeliveries", "dead"),
        ("WebhookEndpointsDisabled",),
        ("ChannelFailovers",),
        ("ProvidersShut",),
        ("ReputationPaused",),
    }


def test_alarms_that_people_are_told_of_in_another_way_exist() -> None:
    assert set(ALARM_KINDS) <= set(of_type("CloudWatch::Alarm"))


# ---------------------------------------------------------------------------------------------------------- dashboard
def widgets() -> dict[str, dict[str, Any]]:
    """Properties of the widgets, by title."""
    body = json.loads(resolve(resources()["Dashboard"]["Properties"]["DashboardBody"]))
    return {widget["properties"]["title"]: widget["properties"] for widget in body["widgets"]}


def series(properties: dict[str, Any]) -> list[tuple[str, str, dict[str, str], str]]:
    """Namespace, metric, dimensions and statistic of each; a SEARCH has dimensions without values."""
    found = []
    for entry in properties["metrics"]:
        *parts, options = entry if isinstance(entry[-1], dict) else [*entry, {}]
        if "expression" in options:
            search = SEARCH.fullmatch(options["expression"])
            assert search, options["expression"]
            found.append(("Porchlight/…", search[2], dict.fromkeys(search[1].split(","), ""), search[3]))
        else:
            namespace, metric, *pairs = parts
            dimensions = dict(zip(pairs[::2], pairs[1::2], strict=True))
            found.append((namespace, metric, dimensions, options.get("stat", properties["stat"])))
    return found


def test_the_dashboard_shows_what_it_has_to() -> None:
    shown = {title.partition(" (")[0].lower(): properties for title, properties in widgets().items()}
    for title, metrics in WIDGETS.items():
        assert {metric for _, metric, _, _ in series(shown[title])} == metrics
    functions_shown = [{d["FunctionName"] for _, _, d, _ in series(shown[f"{kind}, by function"])} for kind in TROUBLE]
    assert functions_shown == [set(functions())] * 2
    ages = {dimensions["QueueName"] for _, _, dimensions, _ in series(shown["age of the oldest message"])}
    assert ages == set(of_type("SQS::Queue"))
    depths = {dimensions["QueueName"] for _, _, dimensions, _ in series(shown["messages in failure queues"])}
    assert depths == set(of_type("SQS::Queue")) - {"InboundQueue", "WebhookQueue"}


TROUBLE = ("errors", "throttles")


def test_everything_on_the_dashboard_exists() -> None:
    for title, properties in widgets().items():
        assert properties["region"] == resolve({"Ref": "AWS::Region"}), title
        for namespace, metric, dimensions, _ in series(properties):
            if "" in dimensions.values():
                assert frozenset(dimensions) in counted()[metric], title
            else:
                check(namespace, metric, dimensions)


def test_widgets_lie_side_by_side() -> None:
    body = json.loads(resolve(resources()["Dashboard"]["Properties"]["DashboardBody"]))
    taken: set[tuple[int, int]] = set()
    for widget in body["widgets"]:
        cells = {(x, y) for x in range(widget["width"]) for y in range(widget["height"])}
        cells = {(widget["x"] + x, widget["y"] + y) for x, y in cells}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
