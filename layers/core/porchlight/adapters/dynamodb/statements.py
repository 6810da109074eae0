"""Statements of withdrawal, until they are answered and some time after."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from porchlight.adapters.aws import client, translated
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.domain.law.statement import KEPT, Statement
from porchlight.errors import ConflictError

FIRST_LOOK = timedelta(minutes=2)
"""The bus brings a statement at once; if nobody has answered it by then, the schedule takes it up."""


class DynamoStatements:
    """``returning.Statements`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, statement: Statement) -> bool:
        """One conditional write."""
        try:
            self._table.put_new(_item(statement, statement.declared_at + FIRST_LOOK))
        except ConflictError:
            return False
        return True

    def get(self, brand: str, statement_id: str) -> Statement | None:
        """One read."""
        found = self._table.get(keys.withdrawal_pk(brand, statement_id), keys.WITHDRAWAL)
        return load(Statement, found) if found else None

    def save(self, statement: Statement, *, due_at: datetime | None) -> None:
        """Over the version before."""
        self._table.replace_version(_item(statement, due_at), statement.version)

    def due(self, now: datetime, limit: int = 100) -> Sequence[tuple[str, str]]:
        """One query of the due index."""
        with translated():
            answer = client("dynamodb").query(
                TableName=self._table.name,
                IndexName=keys.DUE_INDEX,
                KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                ExpressionAttributeValues={
                    ":shard": {"S": keys.withdrawals_shard()},
                    ":now": {"S": keys.instant(now)},
                },
                Limit=limit,
            )
        owners = [keys.owner(stored["pk"]["S"]) for stored in answer.get("Items", [])]
        return [(brand, statement_id) for brand, _, statement_id in owners]


def _item(statement: Statement, due_at: datetime | None) -> Item:
    pk = keys.withdrawal_pk(statement.brand, statement.statement_id)
    new = item(pk, keys.WITHDRAWAL, "withdrawal", statement, due_at=due_at, shard=keys.withdrawals_shard())
    new["ttl"] = {"N": str(int((statement.declared_at + KEPT).timestamp()))}
    return new
