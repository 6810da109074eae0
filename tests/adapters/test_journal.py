"""The journal's contract, over the fake and over the table; and the form of its items."""

from datetime import UTC, date, datetime
from typing import Any

import botocore.client
import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.forecast.lives import Forecast, Route
from porchlight.domain.journal import JournalEntry
from tests.adapters.conftest import Stores

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
FORECAST = Forecast(
    moment="purchase",
    **{"p10": date(2026, 3, 4), "p50": date(2026, 3, 5), "p80": date(2026, 3, 6), "p90": date(2026, 3, 9)},
    made_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    version="larkspur-2026-02-28-4f1c",
)


def entry(brand: str, shipment_id: str = "shp_1", **update: Any) -> JournalEntry:
    values: dict[str, Any] = {
        **{"brand": brand, "shipment_id": shipment_id, "version": 1, "recorded_on": MONDAY, "placed": date(2026, 3, 1)},
        "route": Route(carrier="ups", service="ground", origin="US-OR", destination="US-NY", prefix="100"),
    }
    return JournalEntry(**{**values, **update})


def page(stores: Stores, day: date = MONDAY) -> list[JournalEntry]:
    return sorted(stores.journal.read(stores.brand, day), key=lambda found: found.shipment_id)


def test_what_was_put_is_read_on_its_day(stores: Stores) -> None:
    delivered = entry(stores.brand, "shp_2", delivered=TUESDAY, silence_hours=30, forecasts={"purchase": FORECAST})
    stores.journal.put([entry(stores.brand), delivered, entry(stores.brand, recorded_on=TUESDAY, version=2)])
    assert page(stores) == [entry(stores.brand), delivered]
    assert page(stores, TUESDAY) == [entry(stores.brand, recorded_on=TUESDAY, version=2)]
    assert list(stores.journal.read("another", MONDAY)) == []


def test_many_parcels_are_all_read_each_once(stores: Stores) -> None:
    put = [entry(stores.brand, f"shp_{number:03}") for number in range(60)]
    stores.journal.put(put)
    assert page(stores) == put


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
@pytest.mark.parametrize("together", [True, False])
def test_the_newest_entry_of_a_day_counts_in_whatever_order_they_come(
    stores: Stores, order: tuple[int, ...], together: bool
) -> None:
    entries = [entry(stores.brand, version=version, placed_hour=version) for version in order]
    for batch in [entries] if together else [[one] for one in entries]:
        stores.journal.put(batch)
        stores.journal.put(batch)
    assert page(stores) == [entry(stores.brand, version=3, placed_hour=3)]


def test_nothing_is_put_where_nothing_is(stores: Stores) -> None:
    stores.journal.put([])
    assert page(stores) == []


def test_a_days_entries_are_spread_and_expire(real: Stores, table: Table) -> None:
    """What the fake cannot show: partitions, and the time after which an entry is gone."""
    real.journal.put([entry(real.brand, f"shp_{number}") for number in range(40)])
    pages = [list(table.query(keys.journal_pk(real.brand, MONDAY, number))) for number in range(keys.JOURNAL_SHARDS)]
    assert all(pages)
    for found in (one for items in pages for one in items):
        assert found["entity_type"]["S"] == "journal"
        assert int(found["ttl"]["N"]) == datetime(2027, 4, 6, tzinfo=UTC).timestamp()


def test_what_it_costs(real: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """One write for each entry, one query for each partition of a day: what docs/costs.md reckons with."""
    calls: list[str] = []
    made = botocore.client.BaseClient._make_api_call

    def counted(client: Any, operation: str, arguments: Any) -> Any:
        calls.append(operation)
        return made(client, operation, arguments)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", counted)
    real.journal.put([entry(real.brand, f"shp_{number}") for number in range(5)])
    assert calls == ["PutItem"] * 5
    calls.clear()
    assert len(page(real)) == 5
    assert calls == ["Query"] * keys.JOURNAL_SHARDS
