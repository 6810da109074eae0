"""Both sides of each contract: the fakes, and the real adapters on moto with the table of template.yaml."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from porchlight import asking, deciding, ports, predicting, reaching, returning
from porchlight.adapters import aws
from porchlight.adapters.archive import FirehoseArchive
from porchlight.adapters.documents import BucketDocuments
from porchlight.adapters.dynamodb.addresses import DynamoAddresses
from porchlight.adapters.dynamodb.cases import DynamoCases
from porchlight.adapters.dynamodb.codes import DynamoCodes
from porchlight.adapters.dynamodb.decisions import DynamoDecisions
from porchlight.adapters.dynamodb.due import DynamoDueIndex
from porchlight.adapters.dynamodb.engagement import DynamoEngagement
from porchlight.adapters.dynamodb.errands import DynamoErrands
from porchlight.adapters.dynamodb.exchanges import DynamoExchanges
from porchlight.adapters.dynamodb.experiments import DynamoExperiments
from porchlight.adapters.dynamodb.journal import DynamoJournal
from porchlight.adapters.dynamodb.ledgers import DynamoLedgers
from porchlight.adapters.dynamodb.messages import DynamoMessages
from porchlight.adapters.dynamodb.orders import DynamoOrders
from porchlight.adapters.dynamodb.profiles import DynamoProfiles
from porchlight.adapters.dynamodb.quarantine import DynamoQuarantine
from porchlight.adapters.dynamodb.replies import DynamoReplies
from porchlight.adapters.dynamodb.returns import DynamoReturns
from porchlight.adapters.dynamodb.shipments import DynamoShipments
from porchlight.adapters.dynamodb.surges import DynamoSurges
from porchlight.adapters.dynamodb.table import Table
from porchlight.adapters.dynamodb.touches import DynamoBundles, DynamoTouches
from porchlight.adapters.dynamodb.tries import DynamoTries
from porchlight.adapters.dynamodb.watches import DynamoWatches
from porchlight.adapters.s3 import Bodies
from porchlight.adapters.sqs import SqsInbound
from tests import fakes, fakes_reaching, fakes_returning

ROOT = Path(__file__).parents[2]
TABLE, BUCKET, QUEUE = "porchlight", "porchlight-bodies", "porchlight-inbound"
STREAM = "porchlight-archive"
_brands = count(1)


class _Template(yaml.SafeLoader):
    """CloudFormation's short forms are read as their plain arguments; the table's definition has none."""


def _plain(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else node.value


_Template.add_multi_constructor("!", _plain)


def table_definition() -> dict[str, Any]:
    """The table as template.yaml defines it."""
    template = yaml.load((ROOT / "template.yaml").read_text(), _Template)
    properties: dict[str, Any] = template["Resources"]["Table"]["Properties"]
    known = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return {name: properties[name] for name in known}


@pytest.fixture(scope="session")
def cloud() -> Iterator[str]:
    """moto with the table, the bucket and the queue; yields the queue's URL. Tests keep apart by their brands."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.delenv("AWS_PROFILE", raising=False)
        aws.forget()
        boto3.client("dynamodb").create_table(TableName=TABLE, **table_definition())
        where: Any = {"LocationConstraint": "eu-central-1"}
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        boto3.client("firehose").create_delivery_stream(
            DeliveryStreamName=STREAM,
            ExtendedS3DestinationConfiguration={
                "RoleARN": "arn:aws:iam::123456789012:role/archive",
                "BucketARN": f"arn:aws:s3:::{BUCKET}",
                "Prefix": "raw/",
            },
        )
        yield boto3.client("sqs").create_queue(QueueName=QUEUE)["QueueUrl"]
    aws.forget()


@dataclass(frozen=True)
class Stores:
    """The repositories of one side, and a brand that no other test uses."""

    brand: str
    shipments: ports.Shipments
    orders: ports.Orders
    messages: ports.Messages
    returns: ports.Returns
    due: ports.DueIndex
    quarantine: ports.Quarantine
    inbound: ports.Inbound
    codes: ports.Codes
    watches: asking.Watches
    errands: asking.Errands
    exchanges: asking.Exchanges
    journal: predicting.Journal
    surges: deciding.Surges
    cases: deciding.Cases
    decisions: deciding.Decisions
    profiles: reaching.Profiles
    replies: reaching.Replies
    touches: reaching.Touches
    bundles: reaching.Bundles
    engagement: reaching.Engagement
    experiments: reaching.Experiments
    tries: reaching.Tries
    ledgers: returning.Ledgers
    addresses: returning.Addresses
    documents: returning.Documents


def _fakes(brand: str) -> Stores:
    orders, messages, returns = fakes.FakeOrders(), fakes.FakeMessages(), fakes.FakeReturns()
    orders.messages, orders.returns = messages, returns
    shipments = fakes.FakeShipments(orders)
    return Stores(
        brand,
        shipments,
        orders,
        messages,
        returns,
        fakes.FakeDue(shipments, messages),
        fakes.FakeQuarantine(),
        fakes.FakeInbound(),
        fakes.FakeCodes(),
        fakes.FakeWatches(shipments),
        fakes.FakeErrands(),
        fakes.FakeExchanges(),
        fakes.FakeJournal(),
        fakes.FakeSurges(),
        fakes.FakeCases(),
        fakes.FakeDecisions(shipments),
        fakes_reaching.FakeProfiles(orders),
        fakes_reaching.FakeReplies(),
        fakes_reaching.FakeTouches(),
        fakes_reaching.FakeBundles(),
        fakes_reaching.FakeEngagement(),
        fakes_reaching.FakeExperiments(),
        fakes_reaching.FakeTries(),
        fakes_returning.FakeLedgers(returns),
        fakes_returning.FakeAddresses(),
        fakes_returning.FakeDocuments(),
    )


def _real(brand: str, queue_url: str) -> Stores:
    table, bodies = Table(TABLE), Bodies(BUCKET)
    return Stores(
        brand,
        DynamoShipments(table),
        DynamoOrders(table),
        DynamoMessages(table),
        DynamoReturns(table),
        DynamoDueIndex(table),
        DynamoQuarantine(table, bodies),
        SqsInbound(queue_url, bodies),
        DynamoCodes(table, time.monotonic),
        DynamoWatches(table),
        DynamoErrands(table),
        DynamoExchanges(table),
        DynamoJournal(table),
        DynamoSurges(table, time.monotonic),
        DynamoCases(table),
        DynamoDecisions(table),
        DynamoProfiles(table),
        DynamoReplies(table),
        DynamoTouches(table),
        DynamoBundles(table),
        DynamoEngagement(table),
        DynamoExperiments(table),
        DynamoTries(table),
        DynamoLedgers(table),
        DynamoAddresses(table),
        BucketDocuments(BUCKET),
    )


@pytest.fixture(params=["fake", "real"])
def stores(request: pytest.FixtureRequest) -> Stores:
    """Each contract test runs twice: over the fakes, and over the adapters."""
    brand = f"brand-{next(_brands)}"
    return _fakes(brand) if request.param == "fake" else _real(brand, request.getfixturevalue("cloud"))


@pytest.fixture
def real(cloud: str) -> Stores:
    """The real side alone."""
    return _real(f"brand-{next(_brands)}", cloud)


@pytest.fixture
def table(cloud: str) -> Table:
    """The real table, to look behind the adapters."""
    return Table(TABLE)


@pytest.fixture
def bodies(cloud: str) -> Bodies:
    """The real bucket."""
    return Bodies(BUCKET)


@pytest.fixture
def archive(cloud: str) -> FirehoseArchive:
    """The real archive."""
    return FirehoseArchive(STREAM, BUCKET, lambda: datetime(2026, 3, 2, 12, tzinfo=UTC))
