"""Reading archived bodies anew: after a parser was mended or a code was given a meaning, facts and projections are
derived again. What would change is shown first; applying it tells no shopper anything.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from porchlight.connectors import CarrierConnector
from porchlight.domain.codes import translated
from porchlight.domain.events import DeliveryEstimate
from porchlight.domain.ids import shipment_id
from porchlight.domain.lateness import expected_range, mend, next_check
from porchlight.domain.reuse import MOST_USES
from porchlight.domain.shipments import Shipment, StoredEvent, fold
from porchlight.errors import UnreadableBodyError
from porchlight.ports import Archive, ArchivedBody, Brands, Codes, Shipments
from porchlight.services.record_events import estimate_age, reports_in, stored_event
from porchlight.services.retrying import until_settled

WINDOW = timedelta(days=1)
"""As much is held in memory at once: facts of one body never depend on those of another."""

_PER_TRANSACTION = 90


@dataclass(frozen=True)
class FactChange:
    """One fact that would be another one: ``before`` is None where it is new, ``after`` where it is none any more."""

    before: StoredEvent | None
    after: StoredEvent | None


@dataclass(frozen=True)
class ShipmentDiff:
    """What reading anew changes about one parcel. ``after`` is the projection as it would be."""

    brand: str
    shipment_id: str
    before: Shipment | None
    after: Shipment
    facts: tuple[FactChange, ...]

    @property
    def moves(self) -> bool:
        """True if the parcel stands elsewhere afterwards."""
        return self.before is None or self.before.milestone is not self.after.milestone


@dataclass
class Derived:
    """What the bodies of a window say about one use of one number."""

    shipment: Shipment
    facts: dict[str, StoredEvent] = field(default_factory=dict)
    estimates: dict[datetime, DeliveryEstimate | None] = field(default_factory=dict)
    """By the newest fact that each was made with; None where reports with these facts name none."""


@dataclass
class Window:
    """One stretch of the archive, read anew."""

    since: datetime
    until: datetime
    bodies: int = 0
    unreadable: int = 0
    origins: set[str] = field(default_factory=set)
    """The bodies that were read, for which facts may be missed now."""
    parcels: dict[tuple[str, str], Derived] = field(default_factory=dict)


@dataclass(frozen=True)
class Replay:
    """Derives facts and projections anew from the archive."""

    archive: Archive
    shipments: Shipments
    brands: Brands
    codes: Codes
    connector: Callable[[str, str], CarrierConnector | None]
    """The connector of a brand's source."""

    def windows(
        self,
        source: str,
        since: datetime,
        until: datetime,
        brand: str | None = None,
        progress: Callable[[int], object] = lambda bodies: None,
    ) -> Iterator[Window]:
        """The archive from ``since`` to before ``until`` in stretches of a day, each read with today's connector."""
        start = since
        while start < until:
            window = Window(start, min(start + WINDOW, until))
            for archived in self.archive.read(window.since, window.until):
                if archived.message.source == source and brand in (None, archived.message.brand):
                    self._read(window, archived)
                    progress(window.bodies)
            yield window
            start = window.until

    def _read(self, window: Window, archived: ArchivedBody) -> None:
        message = archived.message
        connector = self.connector(message.brand, message.source)
        window.bodies += 1
        try:
            reports = reports_in(message, archived.body, connector) if connector else []
        except UnreadableBodyError:
            window.unreadable += 1  # its facts, if it ever gave any, stay as they are
            return
        window.origins.add(archived.body_id)
        meanings = self.codes.meanings(message.brand, message.source)
        for report in reports:
            events = tuple(translated(event, meanings) for event in report.events)
            for event in events:
                derived = self._parcel(window, message.brand, report.carrier, report.tracking_number, event.instant())
                event_id = event.event_id(report.carrier, report.tracking_number)
                fact = stored_event(message, event, event_id, archived.body_id)
                known = derived.facts.get(event_id)
                if known is None or fact.received_at < known.received_at:
                    derived.facts[event_id] = fact
            if events:
                made_at = max(event.instant() for event in events)
                derived = self._parcel(window, message.brand, report.carrier, report.tracking_number, made_at)
                other = derived.estimates.get(made_at)
                if report.estimate is None or estimate_age(report.estimate, made_at) > estimate_age(other, made_at):
                    derived.estimates[made_at] = report.estimate or other

    def _parcel(self, window: Window, brand: str, carrier: str, number: str, at: datetime) -> Derived:
        """What is gathered for the parcel that carried the number at an instant."""
        for use in range(1, MOST_USES + 1):
            key = (brand, shipment_id(brand, carrier, number, use))
            if key not in window.parcels:
                stored = self.shipments.get(*key)
                fresh = Shipment(
                    **{"brand": brand, "shipment_id": key[1], "carrier": carrier, "tracking_number": number},
                    created_at=at,
                    updated_at=at,
                )
                window.parcels[key] = Derived(stored or fresh)
            derived = window.parcels[key]
            if derived.shipment.next_from is None or at < derived.shipment.next_from:
                break
        return derived

    def diffs(self, window: Window, now: datetime) -> Iterator[ShipmentDiff]:
        """What would change; parcels that stay as they are are left out."""
        for (brand, key), derived in window.parcels.items():
            diff = self._diff(window, brand, key, derived, now)
            if diff:
                yield diff

    def _diff(self, window: Window, brand: str, key: str, derived: Derived, now: datetime) -> ShipmentDiff | None:
        stored, known = self.shipments.with_events(brand, key)
        facts = {event.event_id: event for event in known}
        changes = []
        for event_id, fact in derived.facts.items():
            before = facts.get(event_id)
            if before is None:
                changes.append(FactChange(None, fact))
            elif before.event != fact.event:
                changes.append(FactChange(before, before.model_copy(update={"event": fact.event})))
        for event_id, before in facts.items():
            if before.body_id in window.origins and event_id not in derived.facts:
                changes.append(FactChange(before, None))
        for change in changes:
            if change.after:
                facts[change.after.event_id] = change.after
            elif change.before:
                del facts[change.before.event_id]
        config = self.brands.get(brand)
        projection = mend(fold(_with_estimate(stored or derived.shipment, derived), facts.values()), now)
        projection = projection.model_copy(update={"expected": expected_range(projection, config, now)})
        same = stored is not None and projection.model_copy(update={"expected": stored.expected}) == stored
        return None if same and not changes else ShipmentDiff(brand, key, stored, projection, tuple(changes))

    def apply(self, window: Window, diff: ShipmentDiff, now: datetime) -> None:
        """Write what reading anew changes. What has come in since is kept: the difference is taken anew."""
        derived = window.parcels[diff.brand, diff.shipment_id]

        def attempt() -> None:
            fresh = self._diff(window, diff.brand, diff.shipment_id, derived, now)
            while fresh:
                part = fresh.facts[:_PER_TRANSACTION]
                self._write(fresh, part, now)
                fresh = (
                    None
                    if len(part) == len(fresh.facts)
                    else self._diff(window, diff.brand, diff.shipment_id, derived, now)
                )

        until_settled(attempt)

    def _write(self, diff: ShipmentDiff, changes: tuple[FactChange, ...], now: datetime) -> None:
        """One transaction. The projection is the final one from the first part on: facts that follow only back it."""
        version = diff.before.version if diff.before else 0
        replays = (diff.before.replays if diff.before else 0) + 1
        shipment = diff.after.model_copy(update={"version": version + 1, "replays": replays})
        self.shipments.rewrite(
            shipment,
            [change.after for change in changes if change.after],
            [change.before.event_id for change in changes if change.before and not change.after],
            due_at=next_check(shipment, self.brands.get(diff.brand).delays, now),
        )


def _with_estimate(shipment: Shipment, derived: Derived) -> Shipment:
    """The shipment with the newest estimate, as it is read now; one that is no longer read is none."""
    if not derived.estimates:
        return shipment
    made_at = max(derived.estimates)
    if shipment.estimate_at and shipment.estimate_at > made_at:
        made_at = shipment.estimate_at
        if made_at not in derived.estimates:
            return shipment
    estimate = derived.estimates[made_at]
    if estimate is None and shipment.estimate_at != made_at:
        return shipment
    return shipment.model_copy(update={"estimate": estimate, "estimate_at": made_at if estimate else None})


def summary(diffs: list[ShipmentDiff]) -> Mapping[str, int]:
    """The numbers behind a replay, for the table and for ``--json``."""
    facts = [change for diff in diffs for change in diff.facts]
    return {
        "shipments": len(diffs),
        "moved": sum(diff.moves for diff in diffs),
        "facts_added": sum(change.before is None for change in facts),
        "facts_changed": sum(change.before is not None and change.after is not None for change in facts),
        "facts_removed": sum(change.after is None for change in facts),
    }
