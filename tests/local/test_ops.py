"""The ops page shows what CloudWatch, the alarms and the quarantine say, and says what it does not know."""

import gzip
import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from local.cloud.deploy import deploy
from local.cloud.launcher import LocalCloud, free_port
from local.cloud.waiting import eventually
from local.front import Request, Response
from local.ops import OpsPage
from local.stack import Stack
from porchlight.adapters import datebook
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.cases import DynamoCases
from porchlight.adapters.dynamodb.table import item
from porchlight.domain.calibration import Calibration
from porchlight.domain.cases import Audience, Case, CaseState
from porchlight.domain.codes import Code, Meaning
from porchlight.domain.delays import DelayKind
from porchlight.domain.forecast.lives import Forecast, Route
from porchlight.domain.journal import JournalEntry
from porchlight.domain.milestones import Milestone
from porchlight.domain.remedies import Remedy
from porchlight.ports import Quarantined

STAGE = "ops-page"
SOURCE = "ops-page"  # a carrier that no other test of this server counts for


def _widget(title: str, *metrics: list[Any], stat: str = "Sum") -> dict[str, Any]:
    return {"type": "metric", "width": 8, "properties": {"title": title, "stat": stat, "metrics": list(metrics)}}


def _search(schema: str, metric: str) -> list[Any]:
    return [{"expression": f"SEARCH('{{OpsTest,{schema}}} MetricName=\"{metric}\"', 'Sum', 60)", "label": ""}]


BODY = {
    "widgets": [
        _widget("Webhooks accepted, by carrier", _search("carrier", "Accepted")),
        _widget("No latency (seconds)", ["OpsTest", "Took", "channel", "pigeon", {"stat": "p95", "label": "19 of 20"}]),
        _widget("Latency (seconds)", ["OpsTest", "Took", "channel", "email", {"stat": "p50", "label": "median"}]),
        _widget(
            "Failure queue", ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "ops-dead"], stat="Maximum"
        ),
        _widget("Stream", ["AWS/Lambda", "IteratorAge", "FunctionName", "any", {"label": "age"}], stat="Maximum"),
        _widget("Errors", ["AWS/Lambda", "Errors", "FunctionName", "never-called", {"label": "NeverCalled"}]),
        _widget("Empty", _search("nobody", "Nothing")),
    ]
}
ALARM = {
    "AlarmDescription": "Something died",
    "Namespace": "AWS/SQS",
    "MetricName": "ApproximateNumberOfMessagesVisible",
    "Dimensions": [{"Name": "QueueName", "Value": "ops-dead"}],
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
}
TEMPLATE = {
    "Resources": {
        "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "ops-dead"}},
        "DeadDepth": {"Type": "AWS::CloudWatch::Alarm", "Properties": ALARM},
        "StreamLag": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": ALARM | {"Namespace": "AWS/Lambda", "MetricName": "IteratorAge"},
        },
        "Dashboard": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {"DashboardName": STAGE, "DashboardBody": json.dumps(BODY)},
        },
        "Bodies": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "ops-page-bodies"}},
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "due_shard", "due_at")
                ],
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "by_due_at",
                        "KeySchema": [
                            {"AttributeName": "due_shard", "KeyType": "HASH"},
                            {"AttributeName": "due_at", "KeyType": "RANGE"},
                        ],
                        "Projection": {"ProjectionType": "KEYS_ONLY"},
                    }
                ],
            },
        },
    },
    "Outputs": {
        "BodiesBucket": {"Value": {"Ref": "Bodies"}},
        "TableName": {"Value": {"Ref": "Table"}},
        "DashboardName": {"Value": {"Ref": "Dashboard"}},
        "DeadUrl": {"Value": {"Ref": "Dead"}},
    },
}


@pytest.fixture(scope="module")
def stack(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    folder = tmp_path_factory.mktemp("ops")
    (folder / "template.yaml").write_text(json.dumps(TEMPLATE))
    outputs = deploy(cloud.endpoint, f"porchlight-{STAGE}", folder)
    return Stack(STAGE, outputs, endpoint=cloud.endpoint, links={"inbox": "http://127.0.0.1/inbox"})


@pytest.fixture(scope="module")
def page(stack: Stack) -> OpsPage:
    return OpsPage(stack)


def get(page: OpsPage, path: str = "/ops", **query: str) -> Response:
    return page(Request("GET", path, {name: [value] for name, value in query.items()}))


def widget(page: OpsPage, title: str, **query: str) -> dict[str, Any]:
    widgets = json.loads(get(page, "/ops/data", **query).body)["widgets"]
    found: dict[str, Any] = next(found for found in widgets if found["title"] == title)
    return found


def clock(stack: Stack) -> datetime:
    """The local cloud's: it may have travelled."""
    answer = stack.client("cloudwatch").list_metrics()["ResponseMetadata"]["HTTPHeaders"]["date"]
    return datetime.strptime(answer, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)


def put(stack: Stack, metric: str, value: float, minutes_ago: float = 0, **dimensions: str) -> None:
    cloudwatch = stack.client("cloudwatch")
    now = clock(stack)
    datum = {
        "MetricName": metric,
        "Value": value,
        "Timestamp": now - timedelta(minutes=minutes_ago),
        "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions.items()],
    }
    cloudwatch.put_metric_data(Namespace="OpsTest", MetricData=[datum])


def test_a_search_draws_the_series_that_have_exactly_its_dimensions(stack: Stack, page: OpsPage) -> None:
    put(stack, "Accepted", 3, minutes_ago=1, carrier="ups")
    put(stack, "Accepted", 1234, minutes_ago=20, carrier="ups")
    put(stack, "Accepted", 7, carrier="usps")
    put(stack, "Accepted", 99, carrier="ups", why="another schema")
    put(stack, "Accepted", 99)

    rows = widget(page, "Webhooks accepted, by carrier", range="1h")["rows"]

    assert [(row["label"], row["text"]) for row in rows] == [("ups", "1,237"), ("usps", "7")]
    assert sorted(value for value in rows[0]["bars"] if value) == [3, 1234]
    assert len(rows[0]["bars"]) == 61


def test_what_lies_before_the_time_shown_does_not_count(stack: Stack, page: OpsPage) -> None:
    put(stack, "Accepted", 5, minutes_ago=61 * 6, carrier="late")

    assert "late" in widget(page, "Webhooks accepted, by carrier", range="1h")["zero"]
    assert widget(page, "Webhooks accepted, by carrier", range="24h")["rows"][-1]["text"] == "5"
    assert json.loads(get(page, "/ops/data").body)["range"] != "1h"  # without a choice everything is shown


def test_a_percentile_of_nothing_is_not_0(page: OpsPage) -> None:
    assert widget(page, "No latency") | {"title": ""} == {
        "title": "",
        "width": 8,
        "rows": [],
        "zero": [],
        "nothing": "0 for",
        "unmeasured": [],
    }


def test_a_percentile_is_of_the_whole_time_and_says_of_how_many(stack: Stack, page: OpsPage) -> None:
    for minutes, seconds in ((1, 2.0), (1, 4.0), (30, 4.0), (31, 4.0), (50, 90.0)):
        put(stack, "Took", seconds, minutes, channel="email")

    row = widget(page, "Latency", range="1h")["rows"][0]

    assert (row["label"], row["text"], row["n"]) == ("median", "4.0 s", 5)


def test_what_is_not_measured_locally_is_said_and_is_not_0(page: OpsPage) -> None:
    stream = widget(page, "Stream")

    assert (stream["unmeasured"], stream["zero"], stream["rows"]) == (["age"], [], [])
    assert widget(page, "Errors")["zero"] == ["NeverCalled"]
    told = get(page).body.decode()
    assert "Not measured locally: age" in told
    assert "Nothing in this time" in told


def test_an_alarm_is_red_and_names_what_to_do(stack: Stack, page: OpsPage) -> None:
    def depth_alarm() -> dict[str, Any]:
        alarms = json.loads(get(page, "/ops/data").body)["alarms"]
        return next(alarm for alarm in alarms if alarm["name"] == "DeadDepth")

    assert depth_alarm()["state"] == "OK"
    stack.client("sqs").send_message(QueueUrl=stack.outputs["DeadUrl"], MessageBody="dead")

    assert eventually(lambda: depth_alarm()["state"] == "ALARM")
    assert depth_alarm()["reason"].endswith("1 or more in 1 min")
    assert [row["urgent"] for row in widget(page, "Failure queue")["rows"]] == [True]
    told = get(page).body.decode()
    assert "<strong>DeadDepth</strong> Something died" in told
    assert '<tr class="alarm">' in told


def test_an_alarm_on_what_is_not_measured_is_not_called_quiet(page: OpsPage) -> None:
    alarms = {alarm["name"]: alarm["state"] for alarm in json.loads(get(page, "/ops/data").body)["alarms"]}

    assert alarms["StreamLag"] == "NOT MEASURED"


def test_how_dates_were_kept_stands_beside_the_number_of_parcels(stack: Stack, page: OpsPage) -> None:
    assert "Nothing yet: it is counted once a day" in get(page).body.decode()
    today = clock(stack).date()
    calibration, route = Calibration(), Route(carrier="ups", service="ground", origin="US-OR", destination="US-NY")
    bucket = stack.outputs["BodiesBucket"]

    def publish() -> None:
        body = gzip.compress(calibration.published().model_dump_json(exclude_defaults=True).encode())
        stack.client("s3").put_object(Bucket=bucket, Key=datebook.key("larkspur", "calibration"), Body=body)

    calibration.close(today)
    publish()
    told_of_none = get(page).body.decode()
    assert "Of no parcel that was delivered this month or last is anything known" in told_of_none
    assert "First scan P50" not in told_of_none, "a heading without a row says nothing"
    known = {"brand": "larkspur", "version": 1, "recorded_on": today, "placed": today - timedelta(days=3)}
    for number in range(4):
        days = {level: today - timedelta(days=number == 3) for level in ("p10", "p50", "p80", "p90")}
        told = Forecast(moment="purchase", made_at=clock(stack), version="x", **days)
        calibration.count(
            JournalEntry(
                **known, route=route, shipment_id=f"shp_{number}", delivered=today, forecasts={"purchase": told}
            )
        )
    calibration.close(today)
    calibration.version = "larkspur-model"
    publish()

    told_now = get(page).body.decode()
    (brand,) = json.loads(get(page, "/ops/data").body)["calibration"]

    assert brand["months"][0]["carriers"][0]["purchase"] == {"n": 4, "p50": 0.75, "p80": 0.75, "p90": 0.75}
    assert told_now.count('<td class="figure nowrap">75 %<span class="n">of 4</span></td>') == 3
    assert '<td class="figure nowrap last">–</td>' in told_now, "of nothing there is no rate"
    assert "by larkspur-model" in told_now


def test_codes_without_a_meaning_are_listed_by_how_often_they_came(stack: Stack, page: OpsPage) -> None:
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    table = stack.outputs["TableName"]
    meaning = Meaning(milestone=Milestone.DELIVERED, decided_at=at)
    known = Code(brand="larkspur", source="ups", code="KNOWN", meaning=meaning)
    given = item(keys.codes_pk("larkspur"), keys.meaning_sk("ups", "KNOWN"), "meaning", known)
    stack.client("dynamodb").put_item(TableName=table, Item=given)
    for number, (code, seen) in enumerate((("RA'; rm -rf RE", 1), ("OFTEN", 7), ("KNOWN", 9))):
        entry = Code(brand="larkspur", source="ups", code=code, sample=f"<b>{code}</b>", first_seen=at)
        stored = item(keys.codes_pk("larkspur"), keys.code_sk("ups", code), "code", entry)
        stored |= {"seen": {"N": str(seen)}, "last_seen": {"S": f"2026-03-0{number + 2}T12:00:00.000000Z"}}
        stack.client("dynamodb").put_item(TableName=table, Item=stored)
    told = get(page, "/ops").body.decode()
    codes = json.loads(get(page, "/ops/data").body)["codes"]
    assert [(code["code"], code["seen"]) for code in codes] == [("OFTEN", 7), ("RA'; rm -rf RE", 1)]
    assert told.index("OFTEN") < told.index("rm -rf RE")
    assert "&lt;b&gt;OFTEN&lt;/b&gt;" in told
    assert "porchlight codes map ups" in told
    pasted = unescape(re.findall(r'data-copy="(porchlight codes map [^"]+)"', told)[1])
    assert shlex.split(pasted)[4] == "RA'; rm -rf RE", "one word for a shell, whatever a carrier calls its code"
    assert "KNOWN" not in told


def test_cases_are_listed_by_deadline_and_red_only_where_it_is_near(stack: Stack, page: OpsPage) -> None:
    # Given two open cases, one of which ends tomorrow, one that is answered, and one of a lane whose surge is over
    now = clock(stack)
    known = (("cse_far", 3, "open"), ("cse_near", 0.9, "open"), ("cse_done", 0.5, "decided"), ("cse_lane", -1, "open"))
    for name, days, state in known:
        case = Case(
            **{"brand": "larkspur", "case_id": name, "delay_id": "dly_1", "kind": DelayKind.STALLED},
            **{"audience": Audience.CX, "default": Remedy.REFUND, "state": CaseState(state)},
            shipment_id=None if name == "cse_lane" else "shp_1",
            options=(Remedy.KEEP_WAITING, Remedy.REFUND),
            opened_at=now,
            deadline=now + timedelta(days=days),
        )
        stored = DynamoCases._item(case)
        stack.client("dynamodb").put_item(TableName=stack.outputs["TableName"], Item=stored)
    # Then the page shows what waits, and that one of them needs a person now
    shown = json.loads(get(page, "/ops/data").body)["cases"]
    assert [(case["case_id"], case["near"]) for case in shown] == [("cse_near", True), ("cse_far", False)]
    told = unescape(get(page).body.decode())
    assert "porchlight cases decide cse_near refund" in told
    assert "Answer, or the default counts within a day" in told


def test_the_quarantine_is_listed_with_its_reasons(stack: Stack, page: OpsPage) -> None:
    assert "Empty: every body" in get(page).body.decode()
    at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    entry = Quarantined(
        brand="larkspur",
        quarantine_id="q_1",
        kind="carrier",
        source=SOURCE,
        account="main",
        reason="<b>not JSON</b>",
        received_at=at,
        quarantined_at=at,
        body_ref="quarantine/larkspur/q_1",
        size=1234,
    )
    stored = item(keys.quarantine_pk("larkspur"), keys.QUARANTINE + "q_1", "quarantined", entry)
    stack.client("dynamodb").put_item(TableName=stack.outputs["TableName"], Item=stored)

    told = get(page).body.decode()

    assert "&lt;b&gt;not JSON&lt;/b&gt;" in told
    assert "porchlight quarantine redrive q_1" in told
    assert json.loads(get(page, "/ops/data").body)["quarantine"][0]["size"] == 1234


def test_the_live_part_is_the_page_without_its_frame(page: OpsPage) -> None:
    part = get(page, "/ops/figures").body.decode()

    assert part.startswith('<div class="state"')
    assert "<script" not in part
    assert get(page, "/ops/else").status == 404


def test_a_cloud_that_is_gone_is_told_in_words() -> None:
    gone = Stack(STAGE, {"TableName": "t"}, endpoint=f"http://127.0.0.1:{free_port()}")

    answer = get(OpsPage(gone))

    assert answer.status == 503
    assert "The local cloud does not answer" in answer.body.decode()
    assert "error" in json.loads(get(OpsPage(gone), "/ops/data").body)


def test_the_templates_need_nothing_from_elsewhere() -> None:
    for file in (Path(__file__).parents[2] / "local" / "templates").glob("ops*.j2"):
        assert "http" not in file.read_text().replace("http-equiv", "")
