"""Timers by the hundred thousand, swept by the product's own code over ``table_model``; what that takes is counted."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.due import DynamoDueIndex
from porchlight.adapters.dynamodb.orders import DynamoOrders
from porchlight.adapters.dynamodb.shipments import DynamoShipments
from porchlight.adapters.dynamodb.table import Table, item
from porchlight.adapters.stepfunctions import StepFunctions
from porchlight.domain.forecast.book import Book
from porchlight.domain.forecast.lives import Life, Route
from porchlight.domain.forecast.model import Model
from porchlight.domain.messages import MessageRecord, MessageState
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.shipments import Shipment, StoredEvent
from porchlight.services.dates import Dates
from porchlight.services.delays import DelayWatch
from porchlight.services.sweep_due import Sweep
from tests.bench.table_model import SEPARATOR, Item, Key, TableModel, served
from tests.fakes import FakeBrands, FakeMetrics, FakeModels, FakeSurges, no_surges
from tests.unit.stories import DAY, NOW, after, brand, order, parcel, scan

DUE = datetime(2026, 3, 7, 5, tzinfo=UTC)
"""The end of the promised day of ``stories.parcel``."""
MINUTE = timedelta(minutes=1)
GROUPS = ((0, 1), (2, 3), (4, 5), (6, 7))
"""The shards of each schedule, as in template.yaml."""
EACH_RUN = 5030
"""Entries that a run of the bench has time for: not a number of whole pages."""
BRAND = "larkspur"
MACHINES = {"delay_detection": "arn:delay", "notification_fanout": "arn:fanout"}


class Killed(BaseException):
    """A process that is gone."""


def sweep_of(metrics: FakeMetrics) -> Sweep:
    """The sweep as ``functions/sweep_due`` makes it, on the adapters; one thread, so that runs are repeatable."""
    table, dates = Table("porchlight"), Dates(FakeModels(model()), FakeSurges())
    watch = DelayWatch(DynamoShipments(table), DynamoOrders(table), FakeBrands(brand()), metrics, dates, no_surges())
    return Sweep(DynamoDueIndex(table), watch, StepFunctions(MACHINES), metrics)


ROUTE = Route(carrier="ups", service="ground", origin="US-NJ", destination="US-NY")


@cache
def model() -> Model:
    """What two months of one lane have taught: 20 parcels a day, three to seven days each."""
    book = Book(BRAND)
    for number in range(1200):
        placed = (DUE - (70 - number // 20) * DAY).date()
        handed = placed + DAY
        delivered = handed + (2 + number * 7 % 11 // 2) * DAY
        told = {"promised": placed + 6 * DAY, "handed": handed, "delivered": delivered, "silence_hours": 40}
        book.record(Life(parcel_id=f"shp_{number}", route=ROUTE, placed=placed, **told))
        if number % 20 == 19:
            book.close(placed)  # told day by day, as the nightly run does
    book.close((DUE - DAY).date())
    return book.model()


# --------------------------------------------------------------------------------------------------------------- timers
def put_back(number: int) -> Item:
    """A parcel that has been scanned since its timer was set."""
    name = f"shp_{number:026}"
    days = {"promise": parcel().promise.model_copy(update={"latest": (DUE + 9 * DAY).date()})}
    moved = after(_parcel(name, **days), _scans(DUE - DAY))
    return item(keys.shipment_pk(BRAND, name), keys.SHIPMENT, "shipment", moved, due_at=DUE)


def late(number: int) -> Item:
    """A parcel that is late now."""
    name = f"shp_{number:026}"
    still = after(_parcel(name), _scans(DUE - DAY))
    return item(keys.shipment_pk(BRAND, name), keys.SHIPMENT, "shipment", still, due_at=DUE)


def message(number: int) -> Item:
    """A message whose sender died."""
    name = f"msg_{number:026}"
    record = MessageRecord(
        **{"brand": BRAND, "message_id": name, "order_id": f"ord_{number:026}", "shopper_id": "cus_1"},
        **{"moment": Moment.SHIPPED, "subject_id": "shp_1", "state": MessageState.PLANNED},
        **{"planned_at": NOW, "event_at": NOW},
    )
    return item(keys.order_pk(BRAND, record.order_id), keys.MESSAGE + name, "message", record, due_at=DUE)


def _parcel(name: str, **update: Any) -> Shipment:
    return parcel(shipment_id=name, version=6, route=ROUTE, placed_at=NOW, **update)


def _scans(last: datetime) -> list[StoredEvent]:
    seen = (Milestone.PRE_TRANSIT, Milestone.ACCEPTED, Milestone.IN_TRANSIT, Milestone.IN_TRANSIT)
    return [
        scan(milestone, last - (len(seen) - 1 - place) * timedelta(hours=9)) for place, milestone in enumerate(seen)
    ]


KINDS: dict[str, Callable[[int], Item]] = {"put back": put_back, "late": late, "message": message}
MIX = ("put back",) * 16 + ("late",) * 3 + ("message",)
"""Of 20 that are due."""


@dataclass(frozen=True)
class Filled:
    """A table with timers, and the keys of those that are due."""

    model: TableModel
    due: frozenset[Key]


def filled(in_flight: int, due: int, mix: Iterable[str] = MIX) -> Filled:
    """``due`` timers run out within the minute before ``DUE``, the others within 30 days from a day later on: their
    parcels are not even there, and the bench counts a look at one.
    """
    model, mix = TableModel(), tuple(mix)
    stored = item(keys.order_pk(BRAND, "ord_1"), keys.ORDER, "order", order())
    model.put(stored)
    found = set()
    for number in range(due):
        new = KINDS[mix[number % len(mix)]](number)
        new["due_at"] = {"S": keys.instant(DUE - (number % 60) * timedelta(seconds=1))}
        key = new["pk"]["S"], new["sk"]["S"]
        model.items[key] = new
        model.index[new["due_shard"]["S"]].append(SEPARATOR.join((new["due_at"]["S"], *key)))
        found.add(key)
    for number in range(due, in_flight):
        pk = keys.shipment_pk(BRAND, f"shp_{number:026}")
        at = keys.instant(DUE + DAY + timedelta(seconds=number * 7919 % (30 * 86_400)))
        model.index[keys.shard_of(pk)].append(SEPARATOR.join((at, pk, keys.SHIPMENT)))
    for lines in model.index.values():
        lines.sort()

    def started(execution: dict[str, Any]) -> None:
        for one in execution.get("messages", ()):  # the fan-out sends it
            model.take_out(keys.order_pk(BRAND, one["order_id"]), keys.MESSAGE + one["message_id"])

    model.on_start = started
    return Filled(model, frozenset(found))


# ----------------------------------------------------------------------------------------------------------------- runs
@dataclass(frozen=True)
class Swept:
    """What the runs until nothing was due have taken."""

    due: int
    runs: int
    items_read: int
    missed: int
    double: int
    requests: dict[str, int]
    read_units: float
    write_units: float
    outcomes: dict[str, int]

    @property
    def ratio(self) -> float:
        """Items read from the index for each that was due."""
        return self.items_read / self.due


def swept(table: Filled, *, each_run: int, killed_in: int | None = None) -> Swept:
    """Sweep minute by minute until nothing is due; a run has time for about ``each_run`` entries.

    The run ``killed_in`` dies before an entry in its middle. Runs that find nothing are not counted: see ``idle``.
    """
    model, runs = table.model, 0
    outcomes: Counter[str] = Counter()
    now = DUE
    with served(model):
        for minute in range(60):
            now, ran = DUE + minute * MINUTE, runs
            for shards in GROUPS:
                before = model.requests.copy(), model.read_units, model.items_read
                if runs == killed_in:
                    _kill_before(model, min(each_run, len(table.due) // len(GROUPS)) // 2)
                try:
                    done = sweep_of(FakeMetrics()).run(now, shards, keep_going=_time_for(each_run))
                except Killed:
                    done = {"killed": 1}
                model.before = _nothing
                if done:
                    runs += 1
                    outcomes.update(done)
                else:
                    model.requests, model.read_units, model.items_read = before
            if runs == ran:
                break
    twice = [key for key in table.due if model.written[key] > 1]
    twice += [name for name, count in model.started.items() if count > 1]
    return Swept(
        due=len(table.due),
        runs=runs,
        items_read=model.items_read,
        missed=len(table.due & model.due(keys.instant(now))),
        double=len(twice),
        requests=dict(model.requests),
        read_units=model.read_units,
        write_units=model.write_units,
        outcomes=dict(outcomes),
    )


def idle(in_flight: int) -> tuple[int, float]:
    """Requests and read units of a minute in which nothing is due."""
    model = filled(in_flight, 0).model
    with served(model):
        for shards in GROUPS:
            sweep_of(FakeMetrics()).run(DUE, shards)
    return sum(model.requests.values()), model.read_units


def _nothing(operation: str, asked: dict[str, Any]) -> None:
    """Nobody is killed."""


def _time_for(entries: int) -> Callable[[], bool]:
    left = iter(range(entries + entries // 100 + 2))  # the clock is also looked at before each page
    return lambda: next(left, None) is not None


def _kill_before(model: TableModel, entries: int) -> None:
    left = iter(range(entries))

    def before(operation: str, asked: dict[str, Any]) -> None:
        if operation == "GetItem" and next(left, None) is None:
            raise Killed

    model.before = before
