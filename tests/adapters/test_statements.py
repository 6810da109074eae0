"""Statements of withdrawal on the table and in the fake: kept once, found while they wait, forgotten in the end."""

from dataclasses import dataclass
from datetime import timedelta

import boto3
import pytest

from porchlight import returning
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.statements import DynamoStatements
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.law.statement import KEPT, Statement
from porchlight.errors import ConflictError
from tests.adapters.conftest import TABLE, Stores
from tests.adapters.test_repositories import NOW
from tests.fakes_returning import FakeStatements

HOUR = timedelta(hours=1)


@dataclass
class Kept:
    statements: returning.Statements
    brand: str

    def statement(self, number: int = 1, **update: object) -> Statement:
        known = {"brand": self.brand, "statement_id": f"wdl_{number}", "declared_at": NOW, "name": "Ada", "number": "1"}
        return Statement.model_validate(known | {"email": "ada@x.example"} | update)

    def due(self, after: timedelta) -> list[str]:
        return [one for brand, one in self.statements.due(NOW + after) if brand == self.brand]


@pytest.fixture(params=["fake", "dynamodb"])
def kept(request: pytest.FixtureRequest, real: Stores) -> Kept:
    return Kept(FakeStatements() if request.param == "fake" else DynamoStatements(Table(TABLE)), real.brand)


def test_the_first_one_is_kept_and_waits(kept: Kept) -> None:
    assert kept.statements.put(kept.statement())
    assert not kept.statements.put(kept.statement(name="Eve"))
    assert kept.statements.get(kept.brand, "wdl_1") == kept.statement()
    assert kept.statements.get(kept.brand, "wdl_2") is None
    assert kept.due(HOUR) == ["wdl_1"]


def test_it_waits_until_it_is_said_to_be_done(kept: Kept) -> None:
    kept.statements.put(kept.statement(1))
    kept.statements.put(kept.statement(2, declared_at=NOW - HOUR))
    # Given one that is put off, and another one that waits
    kept.statements.save(kept.statement(1, version=2), due_at=NOW + 2 * HOUR)
    assert kept.due(HOUR) == ["wdl_2"]
    assert kept.due(2 * HOUR) == ["wdl_2", "wdl_1"]
    kept.statements.save(kept.statement(2, version=2, done_at=NOW), due_at=None)
    assert kept.due(2 * HOUR) == ["wdl_1"]


def test_two_at_once_are_told(kept: Kept) -> None:
    kept.statements.put(kept.statement())
    kept.statements.save(kept.statement(version=2), due_at=None)
    with pytest.raises(ConflictError):
        kept.statements.save(kept.statement(version=2), due_at=None)


def test_it_expires(real: Stores) -> None:
    one = Kept(DynamoStatements(Table(TABLE)), real.brand)
    one.statements.put(one.statement())
    key = {"pk": {"S": keys.withdrawal_pk(real.brand, "wdl_1")}, "sk": {"S": keys.WITHDRAWAL}}
    stored = boto3.client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"]
    assert int(stored["ttl"]["N"]) == int((NOW + KEPT).timestamp())
