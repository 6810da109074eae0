"""How records become items: index attributes on top, the record itself as one JSON string in ``data``."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from porchlight.adapters.aws import client, translated
from porchlight.adapters.dynamodb import keys
from porchlight.domain.forecast.lives import COMPACT
from porchlight.errors import ConflictError

Item = dict[str, Any]


def item(
    pk: str,
    sk: str,
    entity_type: str,
    record: BaseModel | None,
    *,
    due_at: datetime | None = None,
    shard: str = "",
    **more: str,
) -> Item:
    """A low-level item. ``due_at`` puts it into the sparse due index, in the partition's shard or in ``shard``."""
    result: Item = {
        "pk": {"S": pk},
        "sk": {"S": sk},
        "entity_type": {"S": entity_type},
        "schema_version": {"N": str(keys.SCHEMA_VERSION)},
    }
    if record is not None:
        result["data"] = {"S": record.model_dump_json(exclude_defaults=True, by_alias=True, context=COMPACT)}
        if (version := getattr(record, "version", None)) is not None:
            result["version"] = {"N": str(version)}
    if due_at:
        result["due_shard"] = {"S": shard or keys.shard_of(pk)}
        result["due_at"] = {"S": keys.instant(due_at)}
    result.update({name: {"S": value} for name, value in more.items()})
    return result


def load[Model: BaseModel](model: type[Model], stored: Item) -> Model:
    """The record in an item."""
    return model.model_validate_json(stored["data"]["S"])


class Table:
    """The few operations that the repositories are made of."""

    def __init__(self, name: str) -> None:
        self.name = name

    def get(self, pk: str, sk: str) -> Item | None:
        """One item, read consistently."""
        with translated():
            answer = client("dynamodb").get_item(
                TableName=self.name, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
            )
        found: Item | None = answer.get("Item")
        return found

    def query(
        self,
        pk: str,
        prefix: str = "",
        *,
        start: str = "",
        end: str = "",
        newest_first: bool = False,
        limit: int | None = None,
    ) -> Iterator[Item]:
        """All items of a partition (whose sort key begins with ``prefix``, or is ``start`` or later, up to ``end``),
        read consistently.
        """
        wanted = " AND begins_with(sk, :sk)" if prefix else " AND sk >= :sk" if start else ""
        if end:
            wanted = " AND sk BETWEEN :sk AND :end"
        arguments: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": f"pk = :pk{wanted}",
            "ExpressionAttributeValues": {
                ":pk": {"S": pk},
                **({":sk": {"S": prefix or start}} if wanted else {}),
                **({":end": {"S": end}} if end else {}),
            },
            "ConsistentRead": True,
            "ScanIndexForward": not newest_first,
        }
        if limit:
            arguments["Limit"] = limit
        while True:
            with translated():
                page = client("dynamodb").query(**arguments)
            yield from page.get("Items", [])
            if limit or "LastEvaluatedKey" not in page:
                return
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def put_new(self, new: Item) -> None:
        """Write an item that must not exist; ConflictError if it does."""
        with translated():
            client("dynamodb").put_item(TableName=self.name, Item=new, ConditionExpression="attribute_not_exists(pk)")

    def put(self, new: Item) -> None:
        """Write an item whatever was there."""
        with translated():
            client("dynamodb").put_item(TableName=self.name, Item=new)

    def count(self, new: Item, counter: str, by: int, *, ttl: datetime, **also: str) -> int:
        """Add to a counter of an item, set strings and when it expires; the other attributes of ``new`` where they are
        not there yet. Returns the counter as it is then.
        """
        key = {name: new[name] for name in ("pk", "sk")}
        first = {name: value for name, value in new.items() if name not in key}
        always = {name: {"S": value} for name, value in also.items()} | {"ttl": {"N": str(int(ttl.timestamp()))}}
        sets = [f"#{name} = if_not_exists(#{name}, :{name})" for name in first]
        sets += [f"#{name} = :{name}" for name in always]
        with translated():
            answer = client("dynamodb").update_item(
                TableName=self.name,
                Key=key,
                ReturnValues="UPDATED_NEW",
                UpdateExpression=f"SET {', '.join(sets)} ADD #{counter} :{counter}",
                ExpressionAttributeNames={f"#{name}": name for name in (*first, *always, counter)},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in first.items()},
                    **{f":{name}": value for name, value in always.items()},
                    f":{counter}": {"N": str(by)},
                },
            )
        return int(answer["Attributes"][counter]["N"])

    def put_over(self, new: Item, unchanged: str) -> None:
        """Write an item over none, or over one with the same attribute ``unchanged``; ConflictError otherwise."""
        with translated():
            client("dynamodb").put_item(
                TableName=self.name,
                Item=new,
                ConditionExpression="attribute_not_exists(pk) OR #unchanged = :unchanged",
                ExpressionAttributeNames={"#unchanged": unchanged},
                ExpressionAttributeValues={":unchanged": new[unchanged]},
            )

    def put_newer(self, new: Item) -> None:
        """Write an item over none, or over one of an older version; ConflictError otherwise."""
        with translated():
            client("dynamodb").put_item(
                TableName=self.name,
                Item=new,
                ConditionExpression="attribute_not_exists(pk) OR #version < :version",
                ExpressionAttributeNames={"#version": "version"},
                ExpressionAttributeValues={":version": new["version"]},
            )

    def delete(self, pk: str, sk: str, *, token: str | None = None) -> None:
        """Delete an item; with ``token`` only while the item still carries it (no error otherwise)."""
        arguments: dict[str, Any] = {"TableName": self.name, "Key": {"pk": {"S": pk}, "sk": {"S": sk}}}
        if token is not None:
            arguments["ConditionExpression"] = "attribute_not_exists(pk) OR #token = :token"
            arguments["ExpressionAttributeNames"] = {"#token": "token"}
            arguments["ExpressionAttributeValues"] = {":token": {"S": token}}
        try:
            with translated():
                client("dynamodb").delete_item(**arguments)
        except ConflictError:
            return

    def replace(self, new: Item, version: int) -> None:
        """Write version ``version`` (1: the first) over the one before; ConflictError if that is not stored."""
        with translated():
            client("dynamodb").put_item(**self.guarded(new, version))

    def replace_version(self, new: Item, version: int) -> None:
        """As ``replace``, for records that are born with version 0."""
        with translated():
            client("dynamodb").put_item(**self.after(new, version - 1))

    def guarded(self, new: Item, version: int) -> Item:
        """The arguments of a put that is guarded by the version before; the first must not exist yet."""
        if version <= 1:
            return {"TableName": self.name, "Item": new, "ConditionExpression": "attribute_not_exists(pk)"}
        return self.after(new, version - 1)

    def after(self, new: Item, before: int) -> Item:
        return {
            "TableName": self.name,
            "Item": new,
            "ConditionExpression": "#version = :before",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": {":before": {"N": str(before)}},
        }

    def transact(self, writes: list[Item]) -> None:
        """All of the writes or none; ConflictError if one of their conditions does not hold."""
        with translated():
            client("dynamodb").transact_write_items(TransactItems=writes)
