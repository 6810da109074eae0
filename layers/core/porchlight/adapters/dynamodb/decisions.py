"""Decisions about delays: written with the parcel or order that they change, read to explain it."""

from collections.abc import Sequence

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.domain.delays import DelayDecision


class DynamoDecisions:
    """``deciding.Decisions`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of_shipment(self, brand: str, shipment_id: str) -> list[DelayDecision]:
        """In the order in which they were made."""
        return self._of(keys.shipment_pk(brand, shipment_id))

    def of_order(self, brand: str, order_id: str) -> list[DelayDecision]:
        """In the order in which they were made."""
        return self._of(keys.order_pk(brand, order_id))

    def _of(self, pk: str) -> list[DelayDecision]:
        return [load(DelayDecision, found) for found in self._table.query(pk, keys.DECISION)]


def decision_writes(table: Table, pk: str, decisions: Sequence[DelayDecision]) -> list[Item]:
    """The writes of decisions within a transaction, which stand in that order though they are of one instant."""
    places = [
        f"{keys.DECISION}{keys.instant(decision.at)}#{place:02}#{decision.decision_id}"
        for place, decision in enumerate(decisions)
    ]
    items = (item(pk, sk, "decision", decision) for sk, decision in zip(places, decisions, strict=True))
    return [{"Put": {"TableName": table.name, "Item": one}} for one in items]
