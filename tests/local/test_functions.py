"""Functions, the HTTP API, and the aliases through which everything is called."""

import json
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from local.cloud.corrections import lambda_logs, python_runtime
from local.cloud.deploy import deploy
from local.cloud.emulator import module
from local.cloud.waiting import eventually
from tests.local.lab import Lab


def fetch(url: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, Any, bytes]:
    """Status, headers and body of an answer, whatever the status."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_lambda_errors__class_name_and_stack_reach_the_caller(lab: Lab) -> None:
    error, kind = lab.invoke("Probe", {"fail": True})
    assert kind == "Unhandled"
    assert error["errorType"] == "CarrierDown"
    assert error["errorMessage"] == "no answer"
    assert "raise CarrierDown" in error["stackTrace"][0]


def test_lambda_errors__a_failed_call_leaves_the_environment_warm(lab: Lab) -> None:
    before, _ = lab.invoke("Probe", {})
    lab.invoke("Probe", {"fail": True})
    after, _ = lab.invoke("Probe", {})
    assert before["pid"] == after["pid"]


def test_lambda_errors__a_dead_worker_is_an_error_and_the_next_call_works(lab: Lab) -> None:
    error, kind = lab.invoke("Probe", {"die": True})
    assert (kind, error["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert lab.invoke("Probe", {})[0]["marker"] == "two"


def test_lambda_logs__each_invocation_has_its_own_lines_at_once(lab: Lab) -> None:
    lab.invoke("Probe", {"metric": "first words"})
    lab.invoke("Probe", {"metric": "second words"})
    group = f"/aws/lambda/{lab.outputs['Probe']}"
    found = lab.client("logs").filter_log_events(logGroupName=group)["events"]
    streams = {event["message"]: event["logStreamName"] for event in found if "words" in event["message"]}
    assert len(streams) == 2
    assert len(set(streams.values())) == 2


def test_lambda_logs__a_quiet_function_is_not_slowed_down(lab: Lab) -> None:
    took = []
    for _ in range(10):
        begun = time.perf_counter()
        lab.invoke("Probe", {})
        took.append(time.perf_counter() - begun)
    # Without the worker's mark each call would wait for as long as the server has patience: a second.
    assert min(took) < lambda_logs._PATIENCE_SECONDS / 2


def test_python_runtime__functions_see_a_clean_environment(lab: Lab) -> None:
    answer, _ = lab.invoke("Probe", {})
    environment = answer["environment"]
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == lab.outputs["Probe"]
    assert not {"VIRTUAL_ENV", "PYTEST_CURRENT_TEST", "PYTHONPATH"} & environment.keys()


def test_python_runtime__the_runtime_decides_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = module("core.lambda_runtime")
    monkeypatch.setattr(runtime, "_detect_runtime_binary", runtime._detect_runtime_binary)
    monkeypatch.setenv("MINISTACK_PYTHON_3_13", "/elsewhere/python3.13")
    python_runtime.apply()
    assert runtime._detect_runtime_binary("python3.13")[0] == "/elsewhere/python3.13"
    assert runtime._detect_runtime_binary("python3.12")[0] == sys.executable


def test_api_errors__the_caller_learns_nothing_of_the_failure(lab: Lab) -> None:
    status, _, body = fetch(lab.url("/fail"))
    assert status == 500
    assert json.loads(body) == {"message": "Internal Server Error"}


def test_http_api_body__routes_answer_as_declared(lab: Lab) -> None:
    raw = b'{"b": 1,  "a": "\xc3\xbc"}'
    status, _, body = fetch(
        lab.url("/hook/ups?x=1&x=2"), method="POST", body=raw, **{"content-type": "application/json"}
    )
    event = json.loads(body)["event"]
    assert status == 200
    assert event["body"].encode() == raw
    assert event["pathParameters"] == {"carrier": "ups"}
    assert event["rawQueryString"] == "x=1&x=2"
    assert event["routeKey"] == "POST /hook/{carrier}"
    assert fetch(lab.url("/nowhere"))[0] == 404
    assert fetch(lab.url("/hook/ups"))[0] == 404
    assert fetch(lab.url("/any/a/b"), method="DELETE")[0] == 200


def test_http_api_body__binary_bodies_and_cookies_pass(lab: Lab) -> None:
    status, headers, body = fetch(lab.url("/binary"))
    assert (status, body) == (201, bytes(range(256)))
    assert headers["content-type"] == "image/png"
    assert headers.get_all("set-cookie") == ["a=1", "b=2"]


def test_http_api_body__cors_is_answered(lab: Lab) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    _, headers, _ = fetch(lab.url("/binary"), method="OPTIONS", **asked)
    assert headers["access-control-allow-origin"] == "https://shop.example"


def test_alias__api_and_invocations_run_the_newest_code_after_an_update(lab: Lab) -> None:
    _, headers, _ = fetch(lab.url("/binary"))
    answer = lab.client("lambda").invoke(FunctionName=lab.outputs["ProbeAlias"], Payload=b"{}")
    assert headers["x-marker"] == "two"
    assert json.loads(answer["Payload"].read())["marker"] == "two"


def test_embedded_metrics__become_cloudwatch_metrics(lab: Lab, new_id: str) -> None:
    directive = {
        "Namespace": "Test",
        "Dimensions": [["service"], ["service", "carrier"]],
        "Metrics": [{"Name": new_id, "Unit": "Milliseconds"}],
    }
    document = {"_aws": {"Timestamp": 0, "CloudWatchMetrics": [directive]}, "service": "s", "carrier": "ups"}
    for value in (10, [20, 30, 40], 50):
        lab.invoke("Probe", {"metric": {**document, new_id: value}})

    statistic = {
        "Namespace": "Test",
        "MetricName": new_id,
        "Dimensions": [{"Name": "service", "Value": "s"}, {"Name": "carrier", "Value": "ups"}],
        "Period": 60,
    }
    metric = {
        "Metric": {key: statistic[key] for key in ("Namespace", "MetricName", "Dimensions")},
        "Period": 60,
    }
    points = eventually(
        lambda: lab.client("cloudwatch").get_metric_statistics(
            **statistic,
            StartTime=0,
            EndTime=4e9,
            Statistics=["Sum", "SampleCount"],
            ExtendedStatistics=["p50"],
        )["Datapoints"]
    )
    assert sum(point["Sum"] for point in points) == 150
    assert sum(point["SampleCount"] for point in points) == 5
    assert all("p50" in point["ExtendedStatistics"] for point in points)
    data = lab.client("cloudwatch").get_metric_data(
        StartTime=0,
        EndTime=4e9,
        MetricDataQueries=[
            {"Id": "sum", "MetricStat": {**metric, "Stat": "Sum"}},
            {"Id": "high", "MetricStat": {**metric, "Stat": "p90"}},
        ],
    )["MetricDataResults"]
    values = {result["Id"]: result["Values"] for result in data}
    assert sum(values["sum"]) == 150
    assert max(values["high"]) >= 40


def test_auth__a_function_may_do_what_its_role_says_and_nothing_else(lab: Lab) -> None:
    error, kind = lab.invoke("Limited", {})
    assert kind == "Unhandled"
    assert "AccessDenied" in error["errorMessage"]
    assert lab.message("Seen", by="limited")


def test_secure_transport__a_bucket_that_wants_tls_takes_what_functions_write(lab: Lab, new_id: str) -> None:
    assert lab.invoke("Filer", {"key": new_id}) == ({"written": new_id}, None)
    refused, _ = lab.invoke("Filer", {"key": f"by-tls/{new_id}"})  # other conditions on the same key still hold
    assert "AccessDenied" in refused["errorMessage"]


def test_sam_parameters__have_the_values_that_were_given(lab: Lab) -> None:
    versions = lab.client("lambda").list_versions_by_function(FunctionName=lab.outputs["Probe"])["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1", "2"]
    assert lab.invoke("Probe", {})[0]["marker"] == "two"


def test_time_travel__functions_see_the_clock_and_can_sleep(lab: Lab) -> None:
    lab.travel(1)
    before = time.time()
    answer, kind = lab.invoke("Probe", {"sleep": 0.2})
    assert kind is None
    assert answer["now"] - before > 50


def test_runtime_packages__boto3_is_there_and_what_no_layer_brings_is_not(lab: Lab) -> None:
    assert lab.invoke("Probe", {"import": "boto3"})[1] is None
    error, kind = lab.invoke("Probe", {"import": "pytest"})
    assert (kind, error["errorType"]) == ("Unhandled", "ModuleNotFoundError")


SLOW_START = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Slow:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      AutoPublishAlias: live
      SnapStart: {ApplyOn: PublishedVersions}
      InlineCode: |
        import time
        time.sleep(0.5)
        def handler(event, context):
            return "here"
Outputs: {Slow: {Value: !Ref Slow.Alias}}
"""


def test_snapstart__a_published_version_can_be_called_at_once(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(SLOW_START)
    outputs = deploy(lab.cloud.endpoint, "slow", tmp_path)
    answer = lab.client("lambda").invoke(FunctionName=outputs["Slow"])
    assert answer["Payload"].read() == b'"here"'
