"""The table with its due index in this process, behind botocore's own clients: what the adapters send is answered as
DynamoDB does, and counted as it does (items read, capacity, pages of 1 MB), for hundreds of thousands of items.

``tests/adapters/test_sweep_cost.py`` compares it with moto.
"""

import json
import os
from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from math import ceil
from typing import Any
from unittest.mock import patch

from botocore.awsrequest import AWSResponse

from porchlight.adapters import aws
from tests.bench.expressions import Item, holds, updated

Key = tuple[str, str]
PAGE_BYTES = 1_000_000
SEPARATOR = "\x00"
IN_INDEX = ("due_shard", "due_at", "pk", "sk")


class Refused(Exception):
    """An answer other than 200, by the code of the service."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.more = more


class TableModel:
    """Items by key, and the index as sorted lines; an index alone may also hold lines whose items nobody may read."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.partitions: dict[str, list[str]] = defaultdict(list)
        """Sort keys of what was put, in order."""
        self.index: dict[str, list[str]] = defaultdict(list)
        self.lag = 0
        """So many requests pass before the index shows a write."""
        self.requests: Counter[str] = Counter()
        self.read_units = self.write_units = 0.0
        self.items_read = 0
        """From the index."""
        self.written: Counter[Key] = Counter()
        self.stream: deque[tuple[Item | None, Item]] = deque()
        """What was there before and what is now, as Lambda is told; kept where somebody takes it."""
        self.is_read = False
        """Whether somebody reads the stream."""
        self.started: Counter[str] = Counter()
        """Executions, by name; those that were refused count too."""
        self.on_start: Callable[[dict[str, Any]], None] = lambda execution: None
        self.before: Callable[[str, dict[str, Any]], None] = lambda operation, asked: None
        """Called before anything is done; may raise, as a process that is killed."""
        self._unseen: deque[tuple[int, Callable[[], None]]] = deque()
        self._clock = 0

    # ------------------------------------------------------------------------------------------------------- requests
    def answer(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        self.before(operation, asked)
        self.requests[operation] += 1
        self._clock += 1
        while self._unseen and self._unseen[0][0] <= self._clock:
            self._unseen.popleft()[1]()
        answer: dict[str, Any] = getattr(self, f"_{operation}")(asked)
        return answer

    def _GetItem(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self.items.get((asked["Key"]["pk"]["S"], asked["Key"]["sk"]["S"]))
        self.read_units += max(1, ceil(size(found or {}) / 4096)) * (1 if asked.get("ConsistentRead") else 0.5)
        return {"Item": found} if found else {}

    def _PutItem(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._check(asked, key_of(asked["Item"]))
        self._put(asked["Item"], 1)
        return {}

    def _TransactWriteItems(self, asked: dict[str, Any]) -> dict[str, Any]:
        puts = [write["Put"] for write in asked["TransactItems"]]
        held = [holds(put.get("ConditionExpression", ""), self.items.get(key_of(put["Item"])), put) for put in puts]
        reasons = [{"Code": "None" if one else "ConditionalCheckFailed"} for one in held]
        if any(reason["Code"] != "None" for reason in reasons):
            raise Refused("TransactionCanceledException", CancellationReasons=reasons)
        for put in puts:
            self._put(put["Item"], 2)
        return {}

    def _DeleteItem(self, asked: dict[str, Any]) -> dict[str, Any]:
        key = asked["Key"]["pk"]["S"], asked["Key"]["sk"]["S"]
        self._check(asked, key)
        old = self.items.pop(key, None)
        self.write_units += max(1, ceil(size(old or {}) / 1024))
        if old:
            self.partitions[key[0]].remove(key[1])
        return {}

    def _UpdateItem(self, asked: dict[str, Any]) -> dict[str, Any]:
        key = asked["Key"]["pk"]["S"], asked["Key"]["sk"]["S"]
        self._check(asked, key)
        new, written = updated(self.items.get(key), asked)
        self._put(new, 1)
        return {"Attributes": {name: new[name] for name in written}}

    def _Query(self, asked: dict[str, Any]) -> dict[str, Any]:
        if "IndexName" not in asked:
            return self._partition(asked)
        assert asked["IndexName"] == "by_due_at"
        assert asked["KeyConditionExpression"] == "due_shard = :shard AND due_at <= :now"
        values = asked["ExpressionAttributeValues"]
        lines, until = self.index[values[":shard"]["S"]], values[":now"]["S"]
        last, step = bisect_right(lines, until + "\x01"), 1 if asked.get("ScanIndexForward", True) else -1
        after = asked.get("ExclusiveStartKey")
        if step > 0:
            place = bisect_right(lines, line_of(after)) if after else 0
        else:
            place = (bisect_left(lines, line_of(after)) if after else last) - 1
        found: list[Item] = []
        bytes_read = 0
        more = 0 <= place < last
        while more and len(found) < asked["Limit"] and bytes_read < PAGE_BYTES:
            due_at, pk, sk = lines[place].split(SEPARATOR)
            found.append({"pk": {"S": pk}, "sk": {"S": sk}, "due_shard": values[":shard"], "due_at": {"S": due_at}})
            bytes_read += size(found[-1])
            place += step
            more = 0 <= place < last
        self.items_read += len(found)
        self.read_units += max(1, ceil(bytes_read / 4096)) * 0.5
        answer: dict[str, Any] = {"Items": found, "Count": len(found), "ScannedCount": len(found)}
        if found and (more or len(found) == asked["Limit"]):  # DynamoDB says so without looking whether there is more
            answer["LastEvaluatedKey"] = found[-1]
        return answer

    def _partition(self, asked: dict[str, Any]) -> dict[str, Any]:
        """In one page: no test has partitions of a megabyte."""
        condition, values = asked["KeyConditionExpression"], asked["ExpressionAttributeValues"]
        pk, first, last = (values.get(name, {}).get("S", "") for name in (":pk", ":sk", ":end"))
        known = self.partitions[pk]
        chosen = known[bisect_left(known, first) :]
        if "begins_with" in condition:
            chosen = [sk for sk in chosen if sk.startswith(first)]
        if last:
            chosen = [sk for sk in chosen if sk <= last]
        if not asked.get("ScanIndexForward", True):
            chosen.reverse()
        found = [self.items[pk, sk] for sk in chosen[: asked.get("Limit")]]
        bytes_read = sum(map(size, found))
        assert bytes_read < PAGE_BYTES
        self.read_units += max(1, ceil(bytes_read / 4096)) * (1 if asked.get("ConsistentRead") else 0.5)
        return {"Items": found, "Count": len(found), "ScannedCount": len(found)}

    def _StartExecution(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["stateMachineArn"] + ":" + asked["name"]
        self.started[name] += 1
        if self.started[name] > 1:
            raise Refused("ExecutionAlreadyExists")
        self.on_start(json.loads(asked["input"]))
        return {"executionArn": name, "startDate": 0}

    # ---------------------------------------------------------------------------------------------------------- items
    def put(self, item: Item) -> None:
        """For nothing: what was there before the bench began."""
        old = self._store(item)
        self._show(old, item)

    def take_out(self, pk: str, sk: str) -> None:
        """For nothing: another function has dealt with it."""
        self.put({name: value for name, value in self.items[pk, sk].items() if name not in ("due_at", "due_shard")})

    def due(self, until: str) -> set[Key]:
        """The keys that the index shows as due, once it has caught up."""
        while self._unseen:
            self._unseen.popleft()[1]()
        found = (line for lines in self.index.values() for line in lines[: bisect_right(lines, until + "\x01")])
        return {(pk, sk) for _, pk, sk in (line.split(SEPARATOR) for line in found)}

    def _check(self, asked: dict[str, Any], key: Key) -> None:
        if not holds(asked.get("ConditionExpression", ""), self.items.get(key), asked):
            self.write_units += 1
            raise Refused("ConditionalCheckFailedException")

    def _store(self, item: Item) -> Item | None:
        """Returns what was there before."""
        key = key_of(item)
        old = self.items.get(key)
        if old is None:
            insort(self.partitions[key[0]], key[1])
        self.items[key] = item
        return old

    def _put(self, item: Item, factor: int) -> None:
        old = self._store(item)
        if self.is_read:
            self.stream.append((old, item))
        self.written[key_of(item)] += 1
        self.write_units += factor * max(1, ceil(max(size(item), size(old or {})) / 1024))
        before, after = (line_of(one) if one and "due_at" in one else None for one in (old, item))
        if before != after:  # one unit to take it out of the index, one to put it in: its keys are below 1 KB
            self.write_units += sum(1 for line in (before, after) if line)
        if self.lag:
            self._unseen.append((self._clock + self.lag, lambda: self._show(old, item)))
        else:
            self._show(old, item)

    def _show(self, old: Item | None, new: Item) -> None:
        for one, change in ((old, _remove), (new, insort)):
            if one and "due_at" in one:
                change(self.index[one["due_shard"]["S"]], line_of(one))


def key_of(item: Item) -> Key:
    """Partition and sort key."""
    return item["pk"]["S"], item["sk"]["S"]


def _remove(lines: list[str], line: str) -> None:
    place = bisect_left(lines, line)
    if place < len(lines) and lines[place] == line:
        del lines[place]


def line_of(item: Item) -> str:
    """An entry of the index as a line that sorts by due time."""
    return SEPARATOR.join(item[name]["S"] for name in IN_INDEX[1:])


def size(item: Item) -> int:
    """Bytes of an item, as DynamoDB counts them."""
    return sum(
        len(name) + (len(value["S"].encode()) if "S" in value else len(value["N"]) // 2 + 1)
        for name, value in item.items()
    )


@contextmanager
def served(model: TableModel) -> Iterator[None]:
    """The clients of the adapters talk to the model: everything of botocore runs but the connection."""

    def respond(request: Any, **_: Any) -> AWSResponse:
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        status = 200
        try:
            answer = model.answer(operation, json.loads(request.body))
        except Refused as refused:
            status, answer = 400, {"__type": str(refused), "message": "", **refused.more}
        return AWSResponse(request.url, status, {"content-type": "application/x-amz-json-1.0"}, _Raw(answer))

    mine = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "eu-central-1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with patch.dict(os.environ, kept | mine, clear=True):
        aws.forget()
        for service in ("dynamodb", "stepfunctions"):
            aws.client(service).meta.events.register_first("before-send", respond)
        try:
            yield
        finally:
            aws.forget()


class _Raw(BytesIO):
    """A body as urllib3 hands it over."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(json.dumps(answer).encode())

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()
