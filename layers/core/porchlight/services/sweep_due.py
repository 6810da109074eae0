"""The sweep: each minute, look at what has become due, and at nothing else.

A shipment's due time is lazy: it says when silence would mean something, and is checked against the shipment
as it is now. Every step may be repeated: a sweep that is killed leaves the rest due, and the next one goes
on.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from porchlight.domain.lateness import expected_range, next_check
from porchlight.errors import ConflictError
from porchlight.ports import Due, DueIndex, Metrics, Workflows
from porchlight.services.delays import DelayWatch

SHARDS = 8
"""As many as the due index has (``adapters.dynamodb.keys``; a test compares)."""

PAGE = 100

LOOK_AGAIN = timedelta(hours=1)
"""A parcel whose workflow was started is looked at again after this: the workflow may have died early."""


@dataclass(frozen=True)
class Sweep:
    """Looks at what is due."""

    due: DueIndex
    delays: DelayWatch
    workflows: Workflows
    metrics: Metrics

    def run(self, now: datetime, *, keep_going: Callable[[], bool] = lambda: True) -> dict[str, int]:
        """Sweep every shard until nothing is due or ``keep_going`` says no; returns what was done, by outcome.

        An entry that fails is counted and stays due; it keeps no other from being looked at.
        """
        done: Counter[str] = Counter()
        for shard in range(SHARDS):
            seen: set[tuple[str, str, str]] = set()
            while keep_going():
                page = self.due.due(shard, now, PAGE)
                fresh = {(entry.brand, entry.kind, entry.record_id): entry for entry in page}
                for key in [key for key in fresh if key not in seen]:
                    done[self._handle(fresh[key], now)] += 1
                if fresh.keys() <= seen or len(page) < PAGE:
                    break
                seen |= fresh.keys()
        for outcome, count in done.items():
            self.metrics.count("DueSwept", count, outcome=outcome)
        return dict(done)

    def _handle(self, entry: Due, now: datetime) -> str:
        try:
            if entry.kind == "message":
                return self._message(entry)
            return self._shipment(entry, now)
        except ConflictError:
            return "changed_meanwhile"
        except Exception:  # one unreadable record must not keep thousands of parcels from being looked at
            return "failed"

    def _message(self, entry: Due) -> str:
        """Never sent, or in doubt since its lease ran out: the fan-out takes it up; sending moves its due time."""
        message = {"brand": entry.brand, "order_id": entry.parent_id, "message_id": entry.record_id}
        name = f"{entry.record_id}-{entry.due_at:%Y%m%dT%H%M%S}"
        self.workflows.start("notification_fanout", name, {"messages": [message]})
        return "message_redriven"

    def _shipment(self, entry: Due, now: datetime) -> str:
        """Start the delay's workflow if the parcel is late now; put it back for the next instant that matters."""
        delays = self.delays
        shipment = delays.shipments.get(entry.brand, entry.record_id)
        if shipment is None:
            return "gone"
        brand = delays.brands.get(entry.brand)
        suspicion = delays.suspicion(shipment, brand, now)
        outcome, again = "rearmed", next_check(shipment, brand.delays, now)
        if suspicion:
            payload = {
                "brand": entry.brand,
                "shipment_id": entry.record_id,
                "delay_id": suspicion.delay_id,
            }
            if not self.workflows.start("delay_detection", suspicion.delay_id, payload):
                # It ran and did not declare: the shopper is told all the same, and operators see the count.
                delays.assess_and_declare(entry.brand, entry.record_id, now)
                return "declared_without_workflow"
            outcome, again = "delay_started", now + LOOK_AGAIN
        elif again and again <= now:
            outcome, again = "not_awaited", None  # the order was cancelled
        update = {"expected": expected_range(shipment, brand, now), "version": shipment.version + 1}
        delays.shipments.save(shipment.model_copy(update=update), due_at=again)
        return outcome
