"""The figures that services publish by themselves, and the alarms on them."""

import json
import urllib.error
import urllib.request

import pytest

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
