"""Cases: each in a partition of its own; those that wait for a person are in the due index, in their brand's shard."""

from datetime import datetime

from porchlight.adapters.aws import client, translated
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.domain.cases import Audience, Case, CaseState
from porchlight.errors import ConflictError


class DynamoCases:
    """``deciding.Cases`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @staticmethod
    def _item(case: Case) -> Item:
        new = item(keys.case_pk(case.brand, case.case_id), keys.CASE, "case", case)
        if case.state is CaseState.OPEN and case.audience is Audience.CX:
            new["due_shard"] = {"S": keys.cases_shard(case.brand)}
            new["due_at"] = {"S": keys.case_place(case.deadline, case.case_id)}
        return new

    def open(self, case: Case) -> bool:
        """Write it if it is new."""
        try:
            self._table.put_new(self._item(case))
        except ConflictError:
            return False
        return True

    def get(self, brand: str, case_id: str) -> Case | None:
        """One case."""
        found = self._table.get(keys.case_pk(brand, case_id), keys.CASE)
        return load(Case, found) if found else None

    def update(self, case: Case) -> None:
        """Replace the version before."""
        self._table.replace_version(self._item(case), case.version)

    def waiting(self, brand: str, limit: int = 100, after: tuple[datetime, str] | None = None) -> list[Case]:
        """A query of the brand's shard, then each; and again while too many of them have just been answered."""
        place, found = keys.case_place(*after) if after else " ", list[Case]()
        while len(found) < limit:
            wanted = limit - len(found)
            listed = self._listed(brand, place, wanted)
            stored = (self._table.get(one["pk"]["S"], one["sk"]["S"]) for one in listed)
            cases = (load(Case, one) for one in stored if one)
            found += [case for case in cases if case.state is CaseState.OPEN]
            if len(listed) < wanted:
                break
            place = listed[-1]["due_at"]["S"]
        return found

    def _listed(self, brand: str, place: str, limit: int) -> list[Item]:
        with translated():
            page = client("dynamodb").query(
                TableName=self._table.name,
                IndexName=keys.DUE_INDEX,
                KeyConditionExpression="due_shard = :shard AND due_at > :place",
                ExpressionAttributeValues={":shard": {"S": keys.cases_shard(brand)}, ":place": {"S": place}},
                Limit=limit,
            )
        found: list[Item] = page.get("Items", [])
        return found
