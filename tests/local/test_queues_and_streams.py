"""Queues, the table and its stream."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.cloud.waiting import eventually
from tests.local.lab import Lab


def send(lab: Lab, *bodies: dict[str, Any]) -> None:
    """Put messages on the inbound queue in one call."""
    entries = [{"Id": str(number), "MessageBody": json.dumps(body)} for number, body in enumerate(bodies)]
    lab.client("sqs").send_message_batch(QueueUrl=lab.outputs["Inbound"], Entries=entries)


def put(lab: Lab, pk: str, sk: str, **attributes: Any) -> None:
    """Put an item; attributes are given as DynamoDB writes them."""
    lab.client("dynamodb").put_item(
        TableName=lab.outputs["Table"], Item={"pk": {"S": pk}, "sk": {"S": sk}, **attributes}
    )


def test_queue_retries__poison_ends_in_the_dlq_and_the_rest_of_the_batch_is_unharmed(lab: Lab, new_id: str) -> None:
    send(lab, {"id": new_id + "a"}, {"id": new_id, "poison": True}, {"id": new_id + "b"})
    assert lab.message("Seen", by="queue", id=new_id + "a", marker="two")
    assert lab.message("Seen", by="queue", id=new_id + "b")
    assert lab.message("InboundDlq", id=new_id, timeout=15)
    assert not lab.message("Seen", by="queue", id=new_id + "a", timeout=0)


def test_queue_retries__a_killed_worker_loses_nothing(lab: Lab, new_id: str) -> None:
    send(lab, {"id": new_id, "die": True})
    assert lab.message("Seen", by="queue", id=new_id, timeout=15)
    assert not lab.message("Seen", by="queue", id=new_id, timeout=0.5)


def test_queue__takes_messages_up_to_one_mebibyte(lab: Lab, new_id: str) -> None:
    body = json.dumps({"id": new_id, "text": ""})
    sqs, url = lab.client("sqs"), lab.outputs["Inbound"]
    room = 1024 * 1024 - len(body)
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"id": new_id, "text": "x" * room}))
    seen = lab.message("Seen", by="queue", id=new_id)
    assert seen
    assert seen["body"]["size"] == 1024 * 1024
    with pytest.raises(ClientError, match=r"InvalidParameterValue|shorter than"):
        sqs.send_message(QueueUrl=url, MessageBody="x" * (1024 * 1024 + 1))


def test_stream_failures__poison_leaves_the_stream_and_the_rest_passes(lab: Lab, new_id: str) -> None:
    put(lab, "streamed", new_id + "a")
    put(lab, "streamed", new_id + "poison", poison={"BOOL": True})
    put(lab, "streamed", new_id + "b")
    assert lab.message("Seen", by="stream", id=new_id + "a")
    assert lab.message("Seen", by="stream", id=new_id + "b", timeout=15)
    described = eventually(lambda: lab.message("StreamDlq", timeout=0))
    assert described
    assert described["body"]["DDBStreamBatchInfo"]["batchSize"] == 1
    assert described["body"]["requestContext"]["condition"] == "RetryAttemptsExhausted"


def test_table_ttl__is_on_as_declared(lab: Lab) -> None:
    described = lab.client("dynamodb").describe_time_to_live(TableName=lab.outputs["Table"])
    assert described["TimeToLiveDescription"] == {"AttributeName": "ttl", "TimeToLiveStatus": "ENABLED"}


def test_ttl_stream__expired_items_appear_as_removed_by_the_service(lab: Lab, new_id: str) -> None:
    put(lab, "streamed", new_id, ttl={"N": str(int(time.time()) - 60)})
    removed = lab.message("Seen", by="stream", id=new_id, name="REMOVE")
    assert removed
    assert removed["body"]["identity"]["principalId"] == "dynamodb.amazonaws.com"


def test_table__a_transaction_says_which_condition_failed(lab: Lab, new_id: str) -> None:
    put(lab, "other", new_id)
    writes = [
        {"Put": {"Item": {"pk": {"S": "other"}, "sk": {"S": new_id + "x"}}}},
        {
            "Put": {
                "Item": {"pk": {"S": "other"}, "sk": {"S": new_id}},
                "ConditionExpression": "attribute_not_exists(pk)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        },
    ]
    for write in writes:
        write["Put"]["TableName"] = lab.outputs["Table"]
    dynamodb = lab.client("dynamodb")
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as caught:
        dynamodb.transact_write_items(TransactItems=writes)
    reasons = caught.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"]["sk"]["S"] == new_id
    key = {"pk": {"S": "other"}, "sk": {"S": new_id + "x"}}
    assert "Item" not in dynamodb.get_item(TableName=lab.outputs["Table"], Key=key)


def test_table__a_sparse_index_holds_only_items_that_have_its_key(lab: Lab, new_id: str) -> None:
    put(lab, "other", new_id + "1", due={"S": new_id})
    put(lab, "other", new_id + "2")
    put(lab, "other", new_id + "0", due={"S": new_id})
    found = lab.client("dynamodb").query(
        TableName=lab.outputs["Table"],
        IndexName="due",
        KeyConditionExpression="due = :due AND sk <= :end",
        ExpressionAttributeValues={":due": {"S": new_id}, ":end": {"S": new_id + "9"}},
    )["Items"]
    assert [item["sk"]["S"] for item in found] == [new_id + "0", new_id + "1"]


def test_files_and_secrets__work(lab: Lab) -> None:
    files = lab.client("s3")
    files.put_object(Bucket=lab.outputs["Files"], Key="a/b.bin", Body=bytes(range(256)))
    assert files.get_object(Bucket=lab.outputs["Files"], Key="a/b.bin")["Body"].read() == bytes(range(256))
    secret = lab.client("secretsmanager").get_secret_value(SecretId=lab.outputs["Secret"])
    value = json.loads(secret["SecretString"])
    assert value["user"] == "ops"
    assert len(value["key"]) == 40


def test_dashboard__can_be_read_back_and_follows_an_update(lab: Lab) -> None:
    board = lab.client("cloudwatch").get_dashboard(DashboardName=lab.outputs["Dashboard"])
    assert json.loads(board["DashboardBody"])["widgets"][0]["properties"]["markdown"] == "two"
