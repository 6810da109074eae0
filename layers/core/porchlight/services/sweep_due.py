"""The sweep: each minute, look at what has become due, and at nothing else.

A shipment's due time is lazy: it says when silence would mean something, and is checked against the shipment
as it is now. Every step may be repeated: a sweep that is killed leaves the rest due, and the next one goes
on. Two sweeps of one shard at a time do each other no harm: what both take up is written on the condition of
its version, and started under a name that makes it happen once.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from porchlight.domain.delays import Suspected
from porchlight.domain.lateness import Suspicion
from porchlight.domain.shipments import Shipment
from porchlight.errors import ConflictError
from porchlight.ports import Due, DueIndex, Metrics, Workflows
from porchlight.services.delays import DelayWatch
from porchlight.services.order_delays import OrderWatch

SHARDS = 8
"""As many as the due index has (``adapters.dynamodb.keys``; a test compares)."""

PAGE = 100
"""Read at a time: what a sweep that runs out of time has read for nothing is less than this."""

LOOK_AGAIN = timedelta(hours=1)
"""A parcel whose workflow was started is looked at again after this: the workflow may have died early."""


@dataclass(frozen=True)
class Sweep:
    """Looks at what is due, ``threads`` entries at a time: most of the time of one is waiting for AWS."""

    due: DueIndex
    delays: DelayWatch
    workflows: Workflows
    metrics: Metrics
    threads: int = 1
    others: Mapping[str, Callable[[Due, datetime], str]] = field(default_factory=dict)
    """Who looks at other kinds of entries; returns the outcome."""

    def run(
        self, now: datetime, shards: Iterable[int] = range(SHARDS), *, keep_going: Callable[[], bool] = lambda: True
    ) -> dict[str, int]:
        """Sweep the shards until nothing is due or ``keep_going`` says no; returns what was done, by outcome.

        Each entry is looked at once; one that fails is counted and stays due. Shards take turns, page by page. Every
        other minute the newest come first: however many cannot be handled, they do not keep others from being reached.
        """
        done: Counter[str] = Counter()
        seen: set[tuple[str, str, str]] = set()
        waiting = deque(self.due.due(shard, now, PAGE, newest_first=now.minute % 2 == 1) for shard in shards)
        try:
            with ThreadPoolExecutor(self.threads) as pool:
                while waiting and keep_going():
                    entries = waiting.popleft()
                    page = {(entry.brand, entry.kind, entry.record_id): entry for entry in islice(entries, PAGE)}
                    done.update(self._page([page[key] for key in page if key not in seen], now, pool, keep_going))
                    if page:
                        waiting.append(entries)
                    seen |= page.keys()
        finally:
            for outcome, count in done.items():
                self.metrics.count("DueSwept", count, outcome=outcome)
        return dict(done)

    def _page(
        self, entries: Iterable[Due], now: datetime, pool: Executor, keep_going: Callable[[], bool]
    ) -> Iterable[str]:
        """The outcome of each entry that there was time for."""
        outcomes = pool.map(lambda entry: self._handle(entry, now) if keep_going() else None, entries)
        return [outcome for outcome in outcomes if outcome]

    def _handle(self, entry: Due, now: datetime) -> str:
        try:
            match entry.kind:
                case "shipment":
                    return self._shipment(entry, now)
                case "message":
                    return self._message(entry)
                case "order":
                    return self._order(entry, now)
                case kind if kind in self.others:
                    return self.others[kind](entry, now)
                case _:
                    return "unknown"  # a newer release knows
        except ConflictError:
            return "changed_meanwhile"
        except Exception:  # one unreadable record must not keep thousands of parcels from being looked at
            return "failed"

    def _order(self, entry: Due, now: datetime) -> str:
        """Start the delay's workflow if the order was to have left by now and has not, or tell an open delay anew. One
        whose parcels have all left is due no more.
        """
        delays = self.delays
        watch = OrderWatch(delays.shipments, delays.orders, delays.brands, delays.metrics, delays.dates)
        order = delays.orders.get(entry.brand, entry.record_id)
        if order is None:
            return "gone"
        brand = delays.brands.get(entry.brand)
        settled, suspicion = watch.look(order, brand, now)
        if suspicion is None:
            watch.put_back(settled, settled.due_at)
            return "order_rearmed" if settled.due_at else "order_left"
        if settled.order.delay and settled.order.delay.is_open:
            watch.declared(settled, suspicion, brand, now)
            return "delay_updated"
        if again := _begun(settled.order.suspected, suspicion, now):
            watch.put_back(settled, again)
            return "order_rearmed"
        delay_id = watch.note(settled, suspicion, brand, now)
        if not self._start(entry, delay_id, delay_id):
            self._start(entry, delay_id, f"{delay_id}-again")
            watch.assess_and_declare(entry.brand, entry.record_id, now, delay_id)
            return "declared_without_workflow"
        return "delay_started"

    def _message(self, entry: Due) -> str:
        """Never sent, or in doubt since its lease ran out: the fan-out takes it up; sending moves its due time."""
        message = {"brand": entry.brand, "order_id": entry.parent_id, "message_id": entry.record_id}
        name = f"{entry.record_id}-{entry.due_at:%Y%m%dT%H%M%S}"
        self.workflows.start("notification_fanout", name, {"messages": [message]})
        return "message_redriven"

    def _shipment(self, entry: Due, now: datetime) -> str:
        """Start the delay's workflow if the parcel is late now, or tell an open delay anew; put it back for the next
        instant that matters.
        """
        delays = self.delays
        shipment = delays.shipments.get(entry.brand, entry.record_id)
        if shipment is None:
            return "gone"
        brand = delays.brands.get(entry.brand)
        settled, suspicion = delays.look(shipment, brand, now)
        if suspicion is None:
            # A cancelled order's parcel is late for nobody: what would be due now is due no more.
            awaited = settled.due_at is None or settled.due_at > now
            self._attend(entry, settled.shipment, now)
            delays.put_back(settled, settled.due_at if awaited else None)
            return "rearmed" if awaited else "not_awaited"
        if settled.shipment.delay and settled.shipment.delay.is_open:
            self._attend(entry, delays.declared(settled, suspicion, brand, now), now)
            return "delay_updated"
        if again := _begun(settled.shipment.suspected, suspicion, now):
            delays.put_back(settled, again)
            return "rearmed"
        delay_id = delays.note(settled, suspicion, brand, now + LOOK_AGAIN, now)
        if not self._start(entry, delay_id, delay_id):
            # It ran and did not declare. The shopper is told all the same, another one takes up the playbook, and
            # operators see the count.
            self._start(entry, delay_id, f"{delay_id}-again")
            delays.assess_and_declare(entry.brand, entry.record_id, now, delay_id)
            return "declared_without_workflow"
        return "delay_started"

    def _attend(self, entry: Due, shipment: Shipment, now: datetime) -> None:
        """A graver kind has a playbook of its own; where the workflow of the one before has ended, another takes it."""
        delay = shipment.delay
        if delay and delay.is_unattended(now):
            self._start(entry, delay.delay_id, f"{delay.delay_id}-{delay.revision}")

    def _start(self, entry: Due, delay_id: str, name: str) -> bool:
        """Start the workflow of a delay; False if it already ran under this name."""
        bearer = {"shipment_id": "", "order_id": "", f"{entry.kind}_id": entry.record_id}
        return self.workflows.start("delay_detection", name, {"brand": entry.brand, **bearer, "delay_id": delay_id})


def _begun(noted: Suspected | None, suspicion: Suspicion, now: datetime) -> datetime | None:
    """When to look again where the workflow has just been started: by a run beside this one, or before the index shows
    it. That it has not declared yet means nothing.
    """
    if noted is None or noted.kind is not suspicion.kind or now >= noted.at + LOOK_AGAIN:
        return None
    return noted.at + LOOK_AGAIN
