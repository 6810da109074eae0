"""Reading archived bodies anew: after a parser was mended or a code was given a meaning, facts and projections are
derived again. What would change is shown first; applying it tells no shopper anything.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from porchlight.connectors import CarrierConnector, InboundMessage
from porchlight.domain.codes import translated
from porchlight.domain.delays import DelayDecision
from porchlight.domain.events import TrackingEvent, TrackingReport
from porchlight.domain.ids import shipment_id
from porchlight.domain.reuse import MOST_USES, shared, used_again
from porchlight.domain.shipments import MAX_EVENTS, Shipment, StoredEvent, fold
from porchlight.domain.watching import State, Watch
from porchlight.errors import UnreadableBodyError
from porchlight.ports import Archive, ArchivedBody, Brands, Codes, Shipments
from porchlight.services.dates import Dates, unchanged
from porchlight.services.lookout import Lookout
from porchlight.services.record_events import Estimated, estimated, reports_in, stored_event, with_estimate
from porchlight.services.retrying import until_settled

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
    watch: Watch | None
    decisions: tuple[DelayDecision, ...] = ()
    due_at: datetime | None = None

    @property
    def moves(self) -> bool:
        """True if the parcel stands elsewhere afterwards."""
        return self.before is None or self.before.milestone is not self.after.milestone


@dataclass
class Named:
    """One fact as bodies tell it: ``first`` by the one that reached us first, and by which others in which words."""

    first: StoredEvent
    by_body: dict[str, TrackingEvent] = field(default_factory=dict)

    def add(self, fact: StoredEvent) -> None:
        """Another body names it as well. (Most say it in the same words: those are kept once.)"""
        assert fact.body_id
        event = self.first.event if fact.event == self.first.event else fact.event
        self.by_body[fact.body_id] = event
        if fact.received_at < self.first.received_at:
            self.first = fact.model_copy(update={"event": event})


@dataclass
class Derived:
    """What the bodies that were read say about one use of one number."""

    shipment: Shipment
    facts: dict[str, Named] = field(default_factory=dict)
    estimate: Estimated | None = None
    """The newest of them."""


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
    lookout: Lookout
    dates: Dates
    connector: Callable[[str, str], CarrierConnector | None]
    """The connector of a brand's source."""

    def read(
        self,
        source: str,
        since: datetime,
        until: datetime,
        brand: str | None = None,
        progress: Callable[[int], object] = lambda bodies: None,
    ) -> Window:
        """The archive from ``since`` to before ``until``, read with today's connector. It is held as a whole: what one
        body no longer says, another may.
        """
        window = Window(since, until)
        for archived in self.archive.read(since, until):
            if archived.message.source == source and brand in (None, archived.message.brand):
                self._read(window, archived)
                progress(window.bodies)
        return window

    def _read(self, window: Window, archived: ArchivedBody) -> None:
        message = archived.message
        connector = self.connector(message.brand, message.source)
        window.bodies += 1
        try:
            if connector is None or message.brand not in self.brands.ids():
                raise UnreadableBodyError("the brand is gone, or has this source no more")
            reports = reports_in(message, archived.body, connector)
        except UnreadableBodyError:
            window.unreadable += 1  # its facts, if it ever gave any, stay as they are
            return
        window.origins.add(archived.body_id)
        meanings = self.codes.meanings(message.brand, message.source)
        for report in reports:
            if report.tracking_number:
                events = tuple(translated(event, meanings) for event in report.events)
                self._share(window, message, report.model_copy(update={"events": events}), archived.body_id)

    def _share(self, window: Window, message: InboundMessage, report: TrackingReport, origin: str) -> None:
        """Give what a report says to the parcels that carried the number, as recording does."""
        rest: TrackingReport | None = report
        for use in range(1, MOST_USES + 1):
            if rest is None:
                return
            derived = self._parcel(window, message, report, use)
            if begins := used_again(derived.shipment, rest.events, message.received_at):
                after = shipment_id(message.brand, report.carrier, report.tracking_number, use + 1)
                update = {"next_id": after, "next_from": begins}
                derived.shipment = derived.shipment.model_copy(update=update)
            mine, rest = shared(derived.shipment, rest, message.received_at)
            for event in mine.events:
                event_id = event.event_id(report.carrier, report.tracking_number)
                fact = stored_event(message, event, event_id, origin)
                derived.facts.setdefault(event_id, Named(fact)).add(fact)
            if found := estimated(mine, message.received_at, origin):
                derived.estimate = max(filter(None, (derived.estimate, found)), key=Estimated.age)

    def _parcel(self, window: Window, message: InboundMessage, report: TrackingReport, use: int) -> Derived:
        """What is gathered for the ``use``-th parcel under a report's number."""
        key = (message.brand, shipment_id(message.brand, report.carrier, report.tracking_number, use))
        if key not in window.parcels:
            fresh = Shipment(
                **{"brand": message.brand, "shipment_id": key[1], "carrier": report.carrier},
                tracking_number=report.tracking_number,
                created_at=message.received_at,
                updated_at=message.received_at,
            )
            window.parcels[key] = Derived(self.shipments.get(*key) or fresh)
        return window.parcels[key]

    def diffs(self, window: Window, now: datetime) -> Iterator[ShipmentDiff]:
        """What would change; parcels that stay as they are are left out."""
        for (brand, key), derived in window.parcels.items():
            diff = self._diff(window, brand, key, derived, now)
            if diff:
                yield diff

    def _diff(self, window: Window, brand: str, key: str, derived: Derived, now: datetime) -> ShipmentDiff | None:
        stored, known, watch = self.shipments.contents(brand, key)
        facts = {event.event_id: event for event in known}
        changes = _changes(facts, derived, window.origins)
        for change in changes:
            if change.after:
                facts[change.after.event_id] = change.after
            elif change.before:
                del facts[change.before.event_id]
        before = stored or derived.shipment
        if derived.shipment.next_from and before.next_from is None:
            update = {"next_id": derived.shipment.next_id, "next_from": derived.shipment.next_from}
            before = before.model_copy(update=update)
        if before.estimate_body_id in window.origins:
            before = before.model_copy(update={"estimate": None, "estimate_at": None, "estimate_body_id": None})
        folded = fold(with_estimate(before, derived.estimate), facts.values())
        projection, decisions, due_at, _ = self.dates.settled(folded, self.brands.get(brand), now)
        same = stored is not None and unchanged(projection, stored)
        if same and not changes:
            return None
        return ShipmentDiff(brand, key, stored, projection, tuple(changes), watch, decisions, due_at)

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
        """One transaction. The projection is the final one from the first part on: facts that follow only back it.

        A parcel that lives again, or that nobody knew, is asked about (again).
        """
        version = diff.before.version if diff.before else 0
        replays = (diff.before.replays if diff.before else 0) + 1
        shipment = diff.after.model_copy(update={"version": version + 1, "replays": replays})
        brand = self.brands.get(diff.brand)
        asleep = diff.watch is None or diff.watch.state is State.ENDED
        self.shipments.rewrite(
            shipment,
            [change.after for change in changes if change.after],
            [change.before.event_id for change in changes if change.before and not change.after],
            due_at=diff.due_at,
            watch=self.lookout.after_news(brand, shipment, diff.watch, now) if asleep else None,
            decisions=diff.decisions,
        )


def _changes(facts: Mapping[str, StoredEvent], derived: Derived, origins: set[str]) -> list[FactChange]:
    """What becomes of the facts of a parcel. A fact is as the body tells it that it was read from: it changes only
    where that body was read. Where it tells it no more, the first that does takes its place.
    """
    added = []
    changed = []
    for event_id, named in derived.facts.items():
        before = facts.get(event_id)
        if before is None:
            added.append(FactChange(None, named.first))
        elif before.body_id in origins:
            own = named.by_body.get(before.body_id or "")
            after = before.model_copy(update={"event": own}) if own else named.first
            if after != before:
                changed.append(FactChange(before, after))
    removed = [
        FactChange(before, None)
        for event_id, before in facts.items()
        if before.body_id in origins and event_id not in derived.facts
    ]
    if len(facts) + len(added) - len(removed) > MAX_EVENTS:
        added = []  # a loop: what was refused when it came
    return [*added, *changed, *removed]


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
