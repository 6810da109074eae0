"""The front door as it is usually written: a resolver with validation, models of the whole body, a boto3 client for
each service, idempotency over DynamoDB, a logger and metrics, all made when the module is loaded.

It does what ours does for EasyPost: verify the signature with the secret from Secrets Manager, make the event durable
on SQS, count it, answer.
"""

import hashlib
import hmac
import json
import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import UnauthorizedError
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from pydantic import BaseModel

logger = Logger()
metrics = Metrics(namespace="Twin")
app = APIGatewayHttpResolver(enable_validation=True)
sqs = boto3.client("sqs")
secrets = SecretsProvider()
persistence = DynamoDBPersistenceLayer(table_name=os.environ["TABLE_NAME"])
config = IdempotencyConfig(event_key_jmespath="id")


class Location(BaseModel):
    city: str | None = None
    state: str | None = None
    country: str | None = None
    zip: str | None = None


class Detail(BaseModel):
    message: str
    status: str
    status_detail: str | None = None
    datetime: str
    tracking_location: Location | None = None


class Tracker(BaseModel):
    id: str
    tracking_code: str
    status: str
    carrier: str
    est_delivery_date: str | None = None
    tracking_details: list[Detail] = []


class Event(BaseModel):
    id: str
    description: str
    result: Tracker


@idempotent_function(data_keyword_argument="data", persistence_store=persistence, config=config)
def enqueue(data: dict[str, Any]) -> dict[str, str]:
    sqs.send_message(QueueUrl=os.environ["INBOUND_QUEUE_URL"], MessageBody=json.dumps(data))
    return {"id": data["id"]}


@app.post("/webhooks/easypost")
def easypost(event: Event) -> dict[str, str]:
    secret = json.loads(str(secrets.get("porchlight/bench/carriers/easypost", max_age=300)))
    key = secret["accounts"][0]["credentials"]["webhook_secret"]
    body = app.current_event.decoded_body or ""
    wanted = "hmac-sha256-hex=" + hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(app.current_event.headers.get("x-hmac-signature", ""), wanted):
        raise UnauthorizedError("the signature is not valid")
    enqueue(data=event.model_dump(mode="json"))
    metrics.add_metric(name="WebhooksAccepted", unit=MetricUnit.Count, value=1)
    return {"status": "accepted"}


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    config.register_lambda_context(context)
    return app.resolve(event, context)
