"""What the sweep reads, on a small scale; `make bench` counts it for hundreds of thousands, over the same model."""

import random

import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.due import DynamoDueIndex
from porchlight.adapters.dynamodb.table import Table, item
from porchlight.ports import Due
from porchlight.services.sweep_due import PAGE
from tests.adapters.test_repositories import NOW, SOON
from tests.bench import sweep
from tests.bench.table_model import Item, TableModel, served

DUE, IN_FLIGHT = 160, 800


def test_the_model_answers_as_moto_does(table: Table) -> None:
    # Given some timers, many at one instant, in a shard of their own
    chosen = random.Random(1)
    items: list[Item] = []
    for number in range(120):
        due_at = NOW + chosen.choice((-2, -1, 0, 0, 0, 1)) * SOON
        pk = keys.shipment_pk("model", f"shp_{number:03}")
        items.append(item(pk, keys.SHIPMENT, "shipment", None, due_at=due_at, shard="DUE#77"))
    for one in items:
        table.put(one)
    model = TableModel()
    for one in chosen.sample(items, len(items)):
        model.put(one)

    def read(page: int, newest_first: bool) -> list[Due]:
        return list(DynamoDueIndex(table).due(77, NOW, page, newest_first=newest_first))

    # When both are read, forwards and backwards, in pages that divide the instants and in one
    for page in (3, 25, 500):
        for newest_first in (False, True):
            real = read(page, newest_first)
            with served(model):
                found = read(page, newest_first)
            # Then the same is due in the same order; at one instant the order is anybody's
            assert len(found) == len(real) > 50
            assert [due.due_at for due in found] == [due.due_at for due in real]
            assert {due.record_id for due in found} == {due.record_id for due in real}


@pytest.fixture(scope="module")
def swept() -> sweep.Swept:
    """Timers of which a fifth is due in one minute."""
    return sweep.swept(sweep.filled(IN_FLIGHT, DUE), each_run=10_000)


def test_what_is_due_is_read_once_and_nothing_is_missed_or_doubled(swept: sweep.Swept) -> None:
    assert (swept.missed, swept.double, swept.ratio) == (0, 0, 1)
    assert swept.outcomes == {"rearmed": DUE * 16 // 20, "delay_started": DUE * 3 // 20, "message_redriven": DUE // 20}
    assert swept.requests["GetItem"] == DUE * (16 + 2 * 3) / 20, "a parcel, and its order when it is late"


def test_what_is_merely_in_flight_costs_nothing(swept: sweep.Swept) -> None:
    tenfold = sweep.swept(sweep.filled(IN_FLIGHT * 10, DUE), each_run=10_000)
    assert (tenfold.items_read, tenfold.requests) == (swept.items_read, swept.requests)
    assert (tenfold.read_units, tenfold.write_units) == (swept.read_units, swept.write_units)
    assert sweep.idle(IN_FLIGHT) == sweep.idle(100) == (keys.SHARDS, keys.SHARDS / 2)


def test_a_run_that_dies_costs_one_page_more_and_nothing_is_missed_or_doubled(swept: sweep.Swept) -> None:
    killed = sweep.swept(sweep.filled(IN_FLIGHT, DUE), each_run=10_000, killed_in=1)
    assert killed.outcomes["killed"] == 1
    assert (killed.missed, killed.double) == (0, 0)
    assert 0 < killed.items_read - swept.items_read <= PAGE
    assert killed.write_units == swept.write_units


def test_an_index_that_is_behind_shows_entries_again_and_nothing_is_missed() -> None:
    # Given an index that shows a write only 60 requests later, so that runs see what the ones before have done
    table = sweep.filled(300, 160)
    table.model.lag = 60
    swept = sweep.swept(table, each_run=20)
    assert swept.missed == 0
    assert swept.items_read > 160, "that the index is behind has been seen"
    assert swept.outcomes["delay_started"] == 160 * 3 / 20, "started once, however often it was met"


def test_the_groups_of_the_bench_are_those_of_the_schedules() -> None:
    assert sorted(shard for group in sweep.GROUPS for shard in group) == list(range(keys.SHARDS))
