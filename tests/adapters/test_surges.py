"""Delays by lane and day, and surges: fakes and the table alike."""

from datetime import date, timedelta

import boto3
import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.surges import CACHE_SECONDS, DynamoSurges
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.surge import Surge
from porchlight.errors import ConflictError
from tests.adapters.conftest import TABLE, Stores
from tests.adapters.test_repositories import NOW

TODAY = date(2026, 3, 2)
LANE = "usps|US-CA"


def surge(brand: str, **update: object) -> Surge:
    values = {"brand": brand, "surge_id": "srg_1", "lane": LANE, "began_at": NOW, "until": NOW + timedelta(hours=48)}
    return Surge(**{**values, "late": 12, "usual": 0.5, "case_id": "cse_1", "version": 1, **update})


def test_delays_are_counted_by_lane_and_day(stores: Stores) -> None:
    assert [stores.surges.count(stores.brand, LANE, TODAY) for _ in range(3)] == [1, 2, 3]
    assert stores.surges.count(stores.brand, LANE, TODAY - timedelta(days=1)) == 1
    assert stores.surges.count(stores.brand, "usps|", TODAY) == 1
    assert stores.surges.counts(stores.brand, LANE) == {TODAY: 3, TODAY - timedelta(days=1): 1}
    assert stores.surges.counts(f"{stores.brand}0", LANE) == {}


def test_a_surge_is_active_until_its_end_and_written_by_one_at_a_time(stores: Stores) -> None:
    assert stores.surges.get(stores.brand, LANE) is None
    stores.surges.save(surge(stores.brand))
    with pytest.raises(ConflictError):
        stores.surges.save(surge(stores.brand))
    assert stores.surges.get(stores.brand, LANE) == surge(stores.brand)
    assert stores.surges.active(stores.brand, NOW) == {LANE: surge(stores.brand)}
    assert stores.surges.active(stores.brand, NOW + timedelta(hours=48)) == {}
    assert stores.surges.active(f"{stores.brand}0", NOW) == {}
    later = surge(stores.brand, late=20, version=2)
    stores.surges.save(later)
    assert stores.surges.active(stores.brand, NOW)[LANE].late == 20


def test_what_others_write_is_heard_of_within_a_minute_and_a_count_goes_away(real: Stores) -> None:
    now = [0.0]
    mine = DynamoSurges(Table(TABLE), lambda: now[0])
    assert mine.active(real.brand, NOW) == {}
    real.surges.save(surge(real.brand))
    assert mine.active(real.brand, NOW) == {}
    now[0] = CACHE_SECONDS + 1
    assert set(mine.active(real.brand, NOW)) == {LANE}
    mine.count(real.brand, LANE, TODAY)
    key = {"pk": {"S": keys.lanes_pk(real.brand)}, "sk": {"S": f"LATE#{LANE}#2026-03-02"}}
    stored = boto3.client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"]
    assert int(stored["ttl"]["N"]) > NOW.timestamp() + 28 * 86_400
