"""The archive of raw bodies, the codes, and facts that are written anew."""

import gzip
import os
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from porchlight.adapters import aws
from porchlight.adapters.archive import FirehoseArchive
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.codes import CACHE_SECONDS, KEPT, MOST_CODES, DynamoCodes
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.codes import Code, Meaning
from porchlight.domain.milestones import Milestone, Reason
from porchlight.domain.watching import Watch
from porchlight.errors import ConflictError, TransientError
from porchlight.ports import ArchivedBody, InboundMessage
from tests.adapters.conftest import BUCKET, STREAM, Stores
from tests.adapters.test_repositories import NOW, event, shipment

HOUR = timedelta(hours=1)
BODIES = (b'{"a": "K\xc3\xb6ln"}', b"\xff\xfe\x00", b"")


def message(at: datetime, **update: Any) -> InboundMessage:
    values = {"kind": "carriers", "source": "ups", "account": "main", "brand": "larkspur", "received_at": at}
    return InboundMessage(**{**values, **update})


# ------------------------------------------------------------------------------------------------------------- archive
@pytest.fixture
def written(cloud: str, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What Firehose was given, put into the bucket as Firehose would: joined, in the partition of an hour."""
    records: list[bytes] = []
    real = aws.client("firehose").put_record_batch

    def put(*, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> Any:
        assert DeliveryStreamName == STREAM
        records.extend(record["Data"] for record in Records)
        return real(DeliveryStreamName=DeliveryStreamName, Records=Records)

    monkeypatch.setattr(aws.client("firehose"), "put_record_batch", put)
    return records


def deliver(records: list[bytes], at: datetime, name: str) -> None:
    key = f"raw/dt={at:%Y-%m-%d}/hour={at:%H}/{name}.jsonl.gz"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=b"".join(records))


def test_bodies_come_back_as_they_arrived_each_once(archive: FirehoseArchive, written: list[bytes]) -> None:
    at = datetime(2031, 3, 6, 19, 50, tzinfo=UTC)
    bodies = [ArchivedBody.of(message(at + index * HOUR, number="1Z"), body) for index, body in enumerate(BODIES)]
    archive.put(bodies)
    archive.put(bodies[:1])
    assert len(written) == 4
    deliver(written, at + 3 * HOUR, "one")
    deliver(written[:1], at + 9 * HOUR, "late")
    found = {body.body_id: body for body in archive.read(at, at + timedelta(days=1))}
    assert found == {body.body_id: body for body in bodies}
    assert sorted(body.body for body in found.values()) == sorted(BODIES)
    assert {body.message.number for body in found.values()} == {"1Z"}
    assert not any(body.message.body for body in found.values())
    assert len(list(archive.read(at, at + timedelta(days=1)))) == 3
    assert [body.body for body in archive.read(at + HOUR, at + 2 * HOUR)] == [BODIES[1]]
    assert list(archive.read(at + timedelta(days=9), at + timedelta(days=10))) == []


def test_what_firehose_joins_is_one_gzip_file(archive: FirehoseArchive, written: list[bytes]) -> None:
    archive.put([ArchivedBody.of(message(NOW), body) for body in BODIES])
    assert len(gzip.decompress(b"".join(written)).splitlines()) == len(BODIES)


def test_the_same_delivery_is_the_same_body_and_another_account_is_not() -> None:
    ids = [
        ArchivedBody.of(message(at, account=account), body).body_id
        for at, account, body in ((NOW, "a", b"1"), (NOW, "a", b"1"), (NOW, "b", b"1"), (NOW + HOUR, "a", b"1"))
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_a_body_too_large_for_a_record_goes_into_the_bucket(archive: FirehoseArchive, written: list[bytes]) -> None:
    at = datetime(2032, 1, 1, tzinfo=UTC)
    noise = os.urandom(999_900)
    archive.put([ArchivedBody.of(message(at), noise)])
    assert written == []
    (found,) = archive.read(at, at + HOUR)
    assert found.body == noise


def test_no_call_is_larger_than_firehose_takes(archive: FirehoseArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[bytes]] = []

    def put(*, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, int]:
        calls.append([record["Data"] for record in Records])
        return {"FailedPutCount": 0}

    monkeypatch.setattr(aws.client("firehose"), "put_record_batch", put)
    noise = [os.urandom(700_000) for _ in range(10)]
    archive.put([ArchivedBody.of(message(NOW), body) for body in noise])
    assert sum(map(len, calls)) == 10
    assert all(sum(map(len, call)) <= 4 * 1024 * 1024 for call in calls)
    archive.put([ArchivedBody.of(message(NOW), b"%d" % number) for number in range(1100)])
    assert max(map(len, calls)) <= 500


def test_a_body_that_waited_for_days_is_found_where_it_arrived(
    archive: FirehoseArchive, written: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a dead letter that is redriven after the fix, Firehose would file it under today, where nobody looks."""
    at = datetime(2033, 1, 1, tzinfo=UTC)
    late = FirehoseArchive(STREAM, BUCKET, lambda: at + timedelta(days=3))
    late.put([ArchivedBody.of(message(at), b"late"), ArchivedBody.of(message(at + timedelta(days=3)), b"new")])
    assert len(written) == 1
    assert [body.body for body in late.read(at, at + HOUR)] == [b"late"]


def test_a_file_is_never_in_memory_as_a_whole(archive: FirehoseArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    at = datetime(2034, 1, 1, tzinfo=UTC)
    body = b"x" * 900_000
    lines = [
        gzip.compress(ArchivedBody.of(message(at, account=str(n)), body).model_dump_json().encode() + b"\n")
        for n in range(60)
    ]
    deliver(lines, at, "big")
    tracemalloc.start()
    assert sum(1 for _ in archive.read(at, at + HOUR)) == 60
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20_000_000, "of 54 MB"


def test_a_record_that_firehose_refuses_comes_again(archive: FirehoseArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws.client("firehose"), "put_record_batch", lambda **_: {"FailedPutCount": 1})
    with pytest.raises(TransientError):
        archive.put([ArchivedBody.of(message(NOW), b"1")])


# --------------------------------------------------------------------------------------------------------------- codes
def code(brand: str, at: datetime = NOW, **update: Any) -> Code:
    values: dict[str, Any] = {"brand": brand, "source": "ups", "code": "X/ZZ/099", "seen": 1, "sample": "Lost at sea"}
    return Code(**{**values, "first_seen": at, "last_seen": at, **update})


CUSTOMS = Meaning(milestone=Milestone.EXCEPTION, reason=Reason.CUSTOMS, decided_at=NOW)


def test_a_code_is_counted_and_keeps_its_first_sample(stores: Stores) -> None:
    stores.codes.seen(code(stores.brand))
    stores.codes.seen(code(stores.brand, NOW + HOUR, sample="another"))
    (found,) = stores.codes.of_brand(stores.brand)
    assert found == code(stores.brand, seen=2, last_seen=NOW + HOUR)


def test_a_meaning_is_given_to_a_code_and_taken_back(stores: Stores) -> None:
    stores.codes.seen(code(stores.brand))
    stores.codes.give_meaning(code(stores.brand), CUSTOMS)
    stores.codes.seen(code(stores.brand, NOW + HOUR))
    (found,) = stores.codes.of_brand(stores.brand)
    assert (found.seen, found.meaning) == (2, CUSTOMS)
    assert stores.codes.meanings(stores.brand, "ups") == {("X/ZZ/099", ""): CUSTOMS}
    stores.codes.give_meaning(code(stores.brand), None)
    assert stores.codes.meanings(stores.brand, "ups") == {}


def test_meanings_are_of_one_brand_source_and_wording(stores: Stores) -> None:
    stores.codes.give_meaning(code(stores.brand, words="at the door", seen=0), CUSTOMS)
    assert stores.codes.meanings(stores.brand, "ups") == {("X/ZZ/099", "at the door"): CUSTOMS}
    assert stores.codes.meanings(stores.brand, "usps") == {}
    assert stores.codes.meanings(f"{stores.brand}0", "ups") == {}


def test_a_code_longer_than_a_key_may_be_is_counted_and_given_a_meaning_like_any_other(stores: Stores) -> None:
    long, other = ("\U0001f4e6" * 400 + end for end in "ab")
    for name in (long, long, other):
        stores.codes.seen(code(stores.brand, code=name))
    assert {one.code: one.seen for one in stores.codes.of_brand(stores.brand)} == {long: 2, other: 1}
    stores.codes.give_meaning(code(stores.brand, code=long), CUSTOMS)
    assert stores.codes.meanings(stores.brand, "ups") == {(long, ""): CUSTOMS}


def test_a_code_that_never_came_is_gone_with_its_meaning(stores: Stores) -> None:
    stores.codes.give_meaning(code(stores.brand), CUSTOMS)
    stores.codes.give_meaning(code(stores.brand), None)
    assert stores.codes.of_brand(stores.brand) == []


def test_a_source_that_invents_codes_without_end_fills_no_table(cloud: str, table: Table) -> None:
    codes = DynamoCodes(table, lambda: 0.0)
    for number in range(MOST_CODES + 20):
        codes.seen(code("brand-flood", code=f"X{number}"))
    codes.seen(code("brand-flood", code="X0"))
    codes.seen(code("brand-flood", code="X0", source="usps"))
    found = codes.of_brand("brand-flood")
    assert len(found) == MOST_CODES + 1
    assert next(one.seen for one in found if (one.source, one.code) == ("ups", "X0")) == 2


def test_nor_does_it_slow_down_who_reads_meanings(cloud: str, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    codes, read = DynamoCodes(table, lambda: 0.0), []
    for number in range(9):
        codes.seen(code("brand-many", code=f"X{number}"))
    codes.give_meaning(code("brand-many"), CUSTOMS)
    real = table.query
    monkeypatch.setattr(table, "query", lambda *a, **k: (read.append(1) or one for one in real(*a, **k)))
    assert codes.meanings("brand-many", "ups") == {("X/ZZ/099", ""): CUSTOMS}
    assert len(read) == 1


def test_what_came_is_forgotten_in_the_end_and_what_a_person_said_is_not(cloud: str, table: Table) -> None:
    codes = DynamoCodes(table, lambda: 0.0)
    codes.seen(code("brand-ttl"))
    codes.seen(code("brand-ttl", NOW + HOUR))
    codes.give_meaning(code("brand-ttl"), CUSTOMS)
    count, meaning = table.query(keys.codes_pk("brand-ttl"))
    assert int(count["ttl"]["N"]) == int((NOW + HOUR + KEPT).timestamp())
    assert "ttl" not in meaning


def test_a_meaning_is_heard_of_within_a_minute(cloud: str, table: Table) -> None:
    clock = [0.0]
    there, here = DynamoCodes(table, lambda: clock[0]), DynamoCodes(table, lambda: clock[0])
    assert here.meanings("brand-cache", "ups") == {}
    there.give_meaning(code("brand-cache"), CUSTOMS)
    assert here.meanings("brand-cache", "ups") == {}
    clock[0] = CACHE_SECONDS + 1
    assert here.meanings("brand-cache", "ups")


# ------------------------------------------------------------------------------------------------- facts written anew
def test_facts_are_replaced_and_removed_with_the_projection(stores: Stores) -> None:
    first = shipment(stores.brand, order_id="ord_1")
    stores.shipments.save(first, [event(1), event(2)], due_at=NOW, link=True)
    mended = event(1, Milestone.DELIVERED)
    later = first.model_copy(update={"version": 2, "replays": 1})
    stores.shipments.rewrite(later, [mended, event(3)], ["evt_0002"], due_at=None, unlink="ord_1")
    found, facts = stores.shipments.with_events(stores.brand, "shp_1")
    assert found == later
    assert sorted(facts, key=lambda one: one.event_id) == [mended, event(3)]
    assert stores.orders.contents(stores.brand, "ord_1").shipment_ids == ()


def test_a_watch_is_written_with_them(stores: Stores) -> None:
    stores.shipments.save(shipment(stores.brand), [event(1)], due_at=None)
    watch = Watch(brand=stores.brand, shipment_id="shp_1", source="ups", created_at=NOW, due_at=NOW, version=1)
    stores.shipments.rewrite(shipment(stores.brand, version=2), due_at=None, watch=watch)
    assert stores.shipments.contents(stores.brand, "shp_1").watch == watch
    assert [found for found, _ in stores.watches.due(stores.brand, "ups", NOW, 9)] == ["shp_1"]


def test_facts_are_not_written_anew_over_a_parcel_that_has_changed(stores: Stores) -> None:
    stores.shipments.save(shipment(stores.brand), [event(1)], due_at=None)
    stores.shipments.save(shipment(stores.brand, version=2), due_at=None)
    with pytest.raises(ConflictError):
        stores.shipments.rewrite(shipment(stores.brand, version=2), [event(5)], ["evt_0001"], due_at=None)
    late = Watch(brand=stores.brand, shipment_id="shp_1", source="ups", created_at=NOW, version=2)
    with pytest.raises(ConflictError):
        stores.shipments.rewrite(shipment(stores.brand, version=3), [event(5)], due_at=None, watch=late)
    _, facts = stores.shipments.with_events(stores.brand, "shp_1")
    assert [fact.event_id for fact in facts] == ["evt_0001"]
