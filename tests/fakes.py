"""In-memory doubles of the ports. One contract suite runs over these and over the real adapters (tests/adapters)."""

import base64
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from porchlight.adapters.dynamodb import keys
from porchlight.asking import Errand
from porchlight.connectors import Account
from porchlight.domain.brands import BrandConfig
from porchlight.domain.calibration import Calibration
from porchlight.domain.cases import Audience, Case, CaseState
from porchlight.domain.changes import DomainEvent
from porchlight.domain.codes import Code, Meaning, Meanings
from porchlight.domain.delays import DelayDecision
from porchlight.domain.exchange import Exchange
from porchlight.domain.forecast.book import Book
from porchlight.domain.forecast.days import Days
from porchlight.domain.forecast.lives import Quantiles, Route
from porchlight.domain.journal import JournalEntry
from porchlight.domain.messages import MessageRecord
from porchlight.domain.money import Money
from porchlight.domain.orders import Order, Shopper, plain_number
from porchlight.domain.packing import Packing
from porchlight.domain.returns import Return
from porchlight.domain.shipments import Shipment, StoredEvent
from porchlight.domain.speech import Speech
from porchlight.domain.surge import Surge
from porchlight.domain.watching import Watch
from porchlight.errors import ConflictError, NotFoundError
from porchlight.ports import (
    ArchivedBody,
    Due,
    InboundMessage,
    OrderContents,
    Quarantined,
    ShipmentContents,
    Wait,
)
from porchlight.services.dates import Dates
from porchlight.services.lookout import Lookout
from porchlight.services.surges import SurgeWatch


class FakeShipments:
    def __init__(self, orders: "FakeOrders | None" = None) -> None:
        self.records: dict[tuple[str, str], Shipment] = {}
        self.events: dict[tuple[str, str], dict[str, StoredEvent]] = defaultdict(dict)
        self.due_at: dict[tuple[str, str], datetime] = {}
        self.wait_records: dict[tuple[str, str, str], Wait] = {}
        """By brand, parcel (or order) and purpose."""
        self.watches: dict[tuple[str, str], Watch] = {}
        self.decisions: dict[tuple[str, str], dict[str, DelayDecision]] = defaultdict(dict)
        self.orders = orders
        self.history: list[tuple[Shipment | None, Shipment]] = []
        """Every change as the stream would show it."""

    def get(self, brand: str, shipment_id: str) -> Shipment | None:
        return self.records.get((brand, shipment_id))

    def contents(self, brand: str, shipment_id: str) -> ShipmentContents:
        return ShipmentContents(*self.with_events(brand, shipment_id), self.watches.get((brand, shipment_id)))

    def with_events(self, brand: str, shipment_id: str) -> tuple[Shipment | None, list[StoredEvent]]:
        return self.get(brand, shipment_id), list(self.events[brand, shipment_id].values())

    def save(
        self,
        shipment: Shipment,
        new_events: Sequence[StoredEvent] = (),
        *,
        due_at: datetime | None,
        link: bool = False,
        watch: Watch | None = None,
        decisions: Sequence[DelayDecision] = (),
    ) -> None:
        key = (shipment.brand, shipment.shipment_id)
        stored = self.records.get(key)
        if (stored.version if stored else 0) != shipment.version - 1:
            raise ConflictError("shipment changed")
        if watch and (self.watches[key].version if key in self.watches else 0) != watch.version - 1:
            raise ConflictError("watch changed")
        if any(event.event_id in self.events[key] for event in new_events):
            raise ConflictError("event known")
        self.history.append((stored, shipment))
        self.records[key] = shipment
        self.decisions[key].update({decision.decision_id: decision for decision in decisions})
        self.events[key].update({event.event_id: event for event in new_events})
        self.due_at.pop(key, None)
        if due_at:
            self.due_at[key] = due_at
        if watch:
            self.watches[key] = watch
        if link and shipment.order_id and self.orders:
            parcels = self.orders.parcels[shipment.brand, shipment.order_id]
            if shipment.shipment_id not in parcels:
                parcels.append(shipment.shipment_id)

    def rewrite(
        self,
        shipment: Shipment,
        changed: Sequence[StoredEvent] = (),
        removed: Sequence[str] = (),
        *,
        due_at: datetime | None,
        unlink: str | None = None,
        watch: Watch | None = None,
        decisions: Sequence[DelayDecision] = (),
    ) -> None:
        self.save(shipment, due_at=due_at, watch=watch, decisions=decisions)
        facts = self.events[shipment.brand, shipment.shipment_id]
        facts.update({event.event_id: event for event in changed})
        for event_id in removed:
            facts.pop(event_id, None)
        if unlink and self.orders and shipment.shipment_id in self.orders.parcels[shipment.brand, unlink]:
            self.orders.parcels[shipment.brand, unlink].remove(shipment.shipment_id)

    def put_wait(self, wait: Wait) -> None:
        self.wait_records[wait.brand, wait.shipment_id or wait.order_id, wait.purpose] = wait

    def waits(self, brand: str, shipment_id: str, order_id: str = "") -> list[Wait]:
        return [wait for (b, s, _), wait in self.wait_records.items() if (b, s) == (brand, shipment_id or order_id)]

    def remove_wait(self, wait: Wait) -> None:
        key = (wait.brand, wait.shipment_id or wait.order_id, wait.purpose)
        if (stored := self.wait_records.get(key)) and stored.token == wait.token:
            del self.wait_records[key]


class FakeSources:
    """Sources by id, with the words of their lines and their connectors."""

    def __init__(self, **lines: tuple[str, Any]) -> None:
        self.lines = lines

    def abilities(self, source: str) -> frozenset[str]:
        return frozenset(self.lines[source][0].split()) if source in self.lines else frozenset()

    def askable(self) -> tuple[str, ...]:
        return tuple(source for source, (words, _) in self.lines.items() if {"poll", "subscribe"} & set(words.split()))

    def covers(self, source: str, carrier_id: str) -> bool:
        return source == carrier_id and "aggregator" not in self.abilities(source)

    def connector(self, kind: str, source: str) -> Any:
        del kind
        return self.lines[source][1] if source in self.lines else None


NOBODY = Lookout(FakeSources())
"""Asks nobody about any parcel."""


class FakeWatches:
    """Watches beside the fakes of the parcels."""

    def __init__(self, shipments: FakeShipments) -> None:
        self.shipments = shipments

    def due(self, brand: str, source: str, until: datetime, limit: int) -> list[tuple[str, datetime]]:
        found = [
            (not watch.urgent, watch.due_at, watch.shipment_id)
            for watch in self.shipments.watches.values()
            if (watch.brand, watch.source) == (brand, source) and watch.due_at and watch.due_at <= until
        ]
        return [(shipment_id, due_at) for _, due_at, shipment_id in sorted(found, key=lambda entry: entry[:2])][:limit]

    def get(self, brand: str, shipment_id: str) -> tuple[Shipment | None, Watch | None]:
        return self.shipments.get(brand, shipment_id), self.shipments.watches.get((brand, shipment_id))

    def save(self, watch: Watch) -> None:
        key = (watch.brand, watch.shipment_id)
        stored = self.shipments.watches.get(key)
        if (stored.version if stored else 0) != watch.version - 1:
            raise ConflictError("watch changed")
        self.shipments.watches[key] = watch


class FakeErrands:
    def __init__(self) -> None:
        self.records: dict[tuple[str, str], Errand] = {}

    def put(self, errand: Errand) -> None:
        self.records.setdefault((errand.brand, errand.errand_id), errand)

    def due(self, brand: str, now: datetime, limit: int) -> list[Errand]:
        found = [errand for errand in self.records.values() if errand.brand == brand and errand.due_at <= now]
        return sorted(found, key=lambda errand: errand.due_at)[:limit]

    def update(self, errand: Errand) -> None:
        stored = self.records.get((errand.brand, errand.errand_id))
        if not stored or stored.version != errand.version - 1:
            raise ConflictError("errand changed")
        self.records[errand.brand, errand.errand_id] = errand

    def remove(self, errand: Errand) -> None:
        self.records.pop((errand.brand, errand.errand_id), None)


class FakeExchanges:
    def __init__(self) -> None:
        self.records: dict[tuple[str, str, str], Exchange] = {}

    def get(self, brand: str, kind: str, source: str) -> Exchange:
        found = self.records.get((brand, kind, source))
        return found or Exchange(brand=brand, kind=kind, source=source)

    def save(self, exchange: Exchange) -> None:
        if self.get(exchange.brand, exchange.kind, exchange.source).version != exchange.version - 1:
            raise ConflictError("exchange changed")
        self.records[exchange.brand, exchange.kind, exchange.source] = exchange


class FakeOrders:
    def __init__(self) -> None:
        self.records: dict[tuple[str, str], Order] = {}
        self.decisions: dict[tuple[str, str], dict[str, DelayDecision]] = defaultdict(dict)
        self.due_at: dict[tuple[str, str], datetime] = {}
        self.parcels: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.untracked: dict[tuple[str, str], dict[str, Packing]] = defaultdict(dict)
        self.refunds: dict[tuple[str, str], dict[str, Money]] = defaultdict(dict)
        self.shoppers: dict[tuple[str, str], Shopper] = {}
        self.messages: FakeMessages | None = None
        self.returns: FakeReturns | None = None
        self.history: list[tuple[Order | None, Order]] = []

    def get(self, brand: str, order_id: str) -> Order | None:
        return self.records.get((brand, order_id))

    def find(self, brand: str, number: str) -> list[Order]:
        plain = plain_number(number)
        found = [one for one in self.records.values() if one.brand == brand and plain_number(one.number) == plain]
        return [known for one in found[:5] if plain and (known := self.get(brand, one.order_id))]

    def contents(self, brand: str, order_id: str) -> OrderContents:
        key = (brand, order_id)
        messages = self.messages.records.values() if self.messages else ()
        returns = self.returns.records.values() if self.returns else ()
        return OrderContents(
            order=self.records.get(key),
            shipment_ids=tuple(sorted(self.parcels[key])),
            untracked=dict(self.untracked[key]),
            refunds=dict(self.refunds[key]),
            messages=tuple(sorted((m for m in messages if (m.brand, m.order_id) == key), key=lambda m: m.planned_at)),
            return_ids=tuple(sorted(r.return_id for r in returns if (r.brand, r.order_id) == key)),
        )

    def save(
        self,
        order: Order,
        shopper: Shopper | None = None,
        *,
        due_at: datetime | None = None,
        decisions: Sequence[DelayDecision] = (),
    ) -> None:
        key = (order.brand, order.order_id)
        stored = self.records.get(key)
        if (stored.version if stored else 0) != order.version - 1:
            raise ConflictError("order changed")
        known = self.shoppers.get((shopper.brand, shopper.shopper_id)) if shopper else None
        if shopper and known and known.erased_at != shopper.erased_at:
            raise ConflictError("the shopper was erased")
        self.history.append((stored, order))
        self.records[key] = order
        self.decisions[key].update({decision.decision_id: decision for decision in decisions})
        self.due_at.pop(key, None)
        if due_at:
            self.due_at[key] = due_at
        if shopper:
            self.shoppers[shopper.brand, shopper.shopper_id] = shopper

    def put_refund(self, brand: str, order_id: str, refund_id: str, amount: Money) -> None:
        self.refunds[brand, order_id][refund_id] = amount

    def put_untracked(self, brand: str, order_id: str, fulfillment_id: str, packing: Packing) -> None:
        self.untracked[brand, order_id][fulfillment_id] = packing

    def shopper(self, brand: str, shopper_id: str) -> Shopper | None:
        return self.shoppers.get((brand, shopper_id))

    def put_shopper(self, shopper: Shopper) -> None:
        self.shoppers[shopper.brand, shopper.shopper_id] = shopper


class FakeMessages:
    def __init__(self) -> None:
        self.records: dict[tuple[str, str, str], MessageRecord] = {}
        self.due_at: dict[tuple[str, str, str], datetime] = {}

    def _key(self, record: MessageRecord) -> tuple[str, str, str]:
        return record.brand, record.order_id, record.message_id

    def _due(self, record: MessageRecord, due_at: datetime | None) -> None:
        self.due_at.pop(self._key(record), None)
        if due_at:
            self.due_at[self._key(record)] = due_at

    def plan(self, record: MessageRecord, *, due_at: datetime | None) -> bool:
        if self._key(record) in self.records:
            return False
        self.records[self._key(record)] = record
        self._due(record, due_at)
        return True

    def get(self, brand: str, order_id: str, message_id: str) -> MessageRecord | None:
        return self.records.get((brand, order_id, message_id))

    def update(self, record: MessageRecord, *, due_at: datetime | None) -> None:
        stored = self.records.get(self._key(record))
        if not stored or stored.version != record.version - 1:
            raise ConflictError("message changed")
        self.records[self._key(record)] = record
        self._due(record, due_at)


class FakeReturns:
    def __init__(self) -> None:
        self.records: dict[tuple[str, str], Return] = {}
        self.waiting: dict[tuple[str, str, str], Wait] = {}
        self.tokens: dict[tuple[str, str], str] = {}
        self.history: list[tuple[Return | None, Return]] = []

    def create(self, request: Return) -> bool:
        key = (request.brand, request.return_id)
        if key in self.records:
            return False
        self.records[key] = request
        self.history.append((None, request))
        return True

    def get(self, brand: str, return_id: str) -> Return | None:
        return self.records.get((brand, return_id))

    def of_order(self, brand: str, order_id: str) -> list[Return]:
        return [r for r in self.records.values() if r.brand == brand and order_id in r.order_ids]

    def of_shopper(
        self, brand: str, shopper_id: str, limit: int = 100, before: tuple[datetime, str] | None = None
    ) -> list[Return]:
        mine = [r for r in self.records.values() if r.brand == brand and shopper_id in (r.shopper_id, r.recipient_id)]
        mine = [r for r in mine if before is None or (r.requested_at, r.return_id) < before]
        return sorted(mine, key=lambda r: (r.requested_at, r.return_id), reverse=True)[:limit]

    def asked(
        self, brand: str, since: datetime, until: datetime, limit: int = 100, after: str = ""
    ) -> tuple[list[Return], str]:
        places = {
            f"{keys.instant(r.requested_at)}#{r.return_id}": r
            for r in self.records.values()
            if r.brand == brand and since <= r.requested_at < until
        }
        found = sorted(place for place in places if place > after)[:limit]
        return [places[place] for place in found], found[-1] if len(found) == limit else ""

    def in_review(self, brand: str, limit: int = 100, after: str = "") -> tuple[list[Return], str]:
        places = {
            f"{keys.instant(r.review.due_at)}#{r.return_id}": r
            for r in self.records.values()
            if r.brand == brand and r.review
        }
        found = sorted(place for place in places if place > after)[:limit]
        return [places[place] for place in found], found[-1] if len(found) == limit else ""

    def update(self, request: Return) -> None:
        key = (request.brand, request.return_id)
        stored = self.records.get(key)
        if not stored or stored.version != request.version - 1:
            raise ConflictError("return changed")
        self.history.append((stored, request))
        self.records[key] = request
        self.tokens.pop(key, None)

    def put_wait(self, wait: Wait) -> None:
        self.waiting[wait.brand, wait.return_id, wait.purpose] = wait

    def waits(self, brand: str, return_id: str) -> list[Wait]:
        return [wait for wait in self.waiting.values() if (wait.brand, wait.return_id) == (brand, return_id)]

    def remove_wait(self, wait: Wait) -> None:
        key = (wait.brand, wait.return_id, wait.purpose)
        if (stored := self.waiting.get(key)) and stored.token == wait.token:
            del self.waiting[key]

    def review_token(self, brand: str, return_id: str) -> str | None:
        return self.tokens.get((brand, return_id))


class FakeDecisions:
    """Decisions beside the fakes of the parcels and orders that they change."""

    def __init__(self, shipments: FakeShipments) -> None:
        self.shipments = shipments

    def of_shipment(self, brand: str, shipment_id: str) -> list[DelayDecision]:
        return sorted(self.shipments.decisions[brand, shipment_id].values(), key=lambda decision: decision.at)

    def of_order(self, brand: str, order_id: str) -> list[DelayDecision]:
        assert self.shipments.orders
        return sorted(self.shipments.orders.decisions[brand, order_id].values(), key=lambda decision: decision.at)


class FakeCases:
    def __init__(self) -> None:
        self.records: dict[tuple[str, str], Case] = {}
        self.history: list[tuple[Case | None, Case]] = []

    def open(self, case: Case) -> bool:
        if (case.brand, case.case_id) in self.records:
            return False
        self.records[case.brand, case.case_id] = case
        self.history.append((None, case))
        return True

    def get(self, brand: str, case_id: str) -> Case | None:
        return self.records.get((brand, case_id))

    def update(self, case: Case) -> None:
        stored = self.records.get((case.brand, case.case_id))
        if not stored or stored.version != case.version - 1:
            raise ConflictError("case changed")
        self.history.append((stored, case))
        self.records[case.brand, case.case_id] = case

    def waiting(self, brand: str, limit: int = 100, after: tuple[datetime, str] | None = None) -> list[Case]:
        found = [
            case
            for case in self.records.values()
            if (case.brand, case.state, case.audience) == (brand, CaseState.OPEN, Audience.CX)
        ]
        places = sorted(((case.deadline, case.case_id), case) for case in found)
        return [case for place, case in places if after is None or place > after][:limit]


class FakeDue:
    """The due index over the fakes above; one shard."""

    def __init__(self, shipments: FakeShipments, messages: FakeMessages) -> None:
        self.shipments = shipments
        self.messages = messages

    def due(self, shard: int, now: datetime, page: int, *, newest_first: bool = False) -> Iterator[Due]:
        del page
        if shard:
            return iter(())
        found = [
            Due(brand=brand, kind="shipment", record_id=record, due_at=at)
            for (brand, record), at in self.shipments.due_at.items()
            if at <= now
        ]
        found += [
            Due(brand=brand, kind="message", record_id=record, parent_id=order, due_at=at)
            for (brand, order, record), at in self.messages.due_at.items()
            if at <= now
        ]
        orders = self.shipments.orders.due_at if self.shipments.orders else {}
        found += [
            Due(brand=brand, kind="order", record_id=record, due_at=at)
            for (brand, record), at in orders.items()
            if at <= now
        ]
        return iter(sorted(found, key=lambda due: due.due_at, reverse=newest_first))


class FakeQuarantine:
    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], tuple[Quarantined, bytes]] = {}

    def put(self, entry: Quarantined, body: bytes) -> None:
        self.entries[entry.brand, entry.quarantine_id] = (entry, body)

    def list(self, brand: str, limit: int = 100) -> "list[Quarantined]":
        found = [entry for (owner, _), (entry, _) in self.entries.items() if owner == brand]
        return sorted(found, key=lambda entry: entry.quarantine_id, reverse=True)[:limit]

    def get(self, brand: str, quarantine_id: str) -> tuple[Quarantined, bytes] | None:
        return self.entries.get((brand, quarantine_id))

    def remove(self, entry: Quarantined) -> None:
        key = (entry.brand, entry.quarantine_id)
        if key in self.entries and self.entries[key][0].redrives == entry.redrives:
            del self.entries[key]


class FakeArchive:
    def __init__(self) -> None:
        self.bodies: list[ArchivedBody] = []
        self.fails: Exception | None = None

    def put(self, bodies: Sequence[ArchivedBody]) -> None:
        if self.fails:
            raise self.fails
        self.bodies += bodies

    def read(self, since: datetime, until: datetime) -> Iterator[ArchivedBody]:
        seen: set[str] = set()
        for body in self.bodies:
            if since <= body.message.received_at < until and body.body_id not in seen:
                seen.add(body.body_id)
                yield body


class FakeCodes:
    def __init__(self) -> None:
        self.codes: dict[tuple[str, str, str, str], Code] = {}

    def seen(self, code: Code) -> None:
        key = (code.brand, code.source, code.code, code.words)
        known = self.codes.get(key, code.model_copy(update={"seen": 0}))
        update = {"seen": known.seen + code.seen, "last_seen": code.last_seen}
        self.codes[key] = known.model_copy(update=update)

    def of_brand(self, brand: str) -> list[Code]:
        return [code for key, code in sorted(self.codes.items()) if key[0] == brand]

    def give_meaning(self, code: Code, meaning: Meaning | None) -> None:
        key = (code.brand, code.source, code.code, code.words)
        known = self.codes.get(key, code.model_copy(update={"seen": 0}))
        self.codes[key] = known.model_copy(update={"meaning": meaning})
        if not meaning and not known.seen:
            del self.codes[key]

    def meanings(self, brand: str, source: str) -> Meanings:
        found = (code for code in self.codes.values() if (code.brand, code.source) == (brand, source))
        return {(code.code, code.words): code.meaning for code in found if code.meaning}


class FakeJournal:
    def __init__(self) -> None:
        self.pages: dict[tuple[str, date], dict[str, JournalEntry]] = defaultdict(dict)

    def put(self, entries: Sequence[JournalEntry]) -> None:
        for entry in entries:
            page = self.pages[entry.brand, entry.recorded_on]
            known = page.get(entry.shipment_id)
            if known is None or known.version < entry.version:
                page[entry.shipment_id] = entry

    def read(self, brand: str, day: date) -> Iterator[JournalEntry]:
        yield from list(self.pages.get((brand, day), {}).values())


class FakeLearned:
    """Keeps what would be stored, so that nothing is shared with whoever saved it."""

    def __init__(self) -> None:
        self.stored: dict[str, tuple[bytes, str]] = {}
        self.fails: dict[str, Exception] = {}

    def load(self, brand: str) -> tuple[Book, Calibration]:
        if brand in self.fails:
            raise self.fails[brand]
        if brand not in self.stored:
            return Book(brand), Calibration()
        book, calibration = self.stored[brand]
        return Book.load(book), Calibration.model_validate_json(calibration)

    def save(self, brand: str, book: Book, calibration: Calibration) -> None:
        calibration.version = book.model().version
        self.stored[brand] = book.dump(), calibration.model_dump_json(exclude_defaults=True)

    def calibration(self, brand: str) -> Calibration:
        return self.load(brand)[1].published()


class FakeInbound:
    def __init__(self) -> None:
        self.queue: list[tuple[InboundMessage, bytes]] = []
        self.fails: Exception | None = None

    def put(self, message: InboundMessage, body: bytes) -> None:
        if self.fails:
            raise self.fails
        self.queue.append((replace(message, body=base64.b64encode(body).decode()), body))

    def body_of(self, message: InboundMessage) -> bytes:
        return base64.b64decode(message.body)


class FakeBus:
    def __init__(self) -> None:
        self.events: list[DomainEvent] = []
        self.refuse: set[str] = set()

    def publish(self, events: Sequence[DomainEvent]) -> list[int]:
        refused = [index for index, event in enumerate(events) if event.id in self.refuse]
        self.events += [event for index, event in enumerate(events) if index not in refused]
        return refused


class FakeWorkflows:
    def __init__(self) -> None:
        self.started: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.answered: dict[str, Mapping[str, Any]] = {}
        self.gone: set[str] = set()

    def start(self, machine: str, name: str, payload: Mapping[str, Any]) -> bool:
        if (machine, name) in self.started:
            return False
        self.started[machine, name] = payload
        return True

    def succeed(self, token: str, output: Mapping[str, Any]) -> bool:
        if token in self.gone or token in self.answered:
            return False
        self.answered[token] = output
        return True


class FakeAccounts:
    def __init__(self, *accounts: tuple[str, str, Account]) -> None:
        self.accounts = accounts

    def of(self, kind: str, source: str) -> list[Account]:
        return [account for k, s, account in self.accounts if (k, s) == (kind, source)]


class FakeSecrets:
    def __init__(self, **values: Mapping[str, Any]) -> None:
        self.values = dict(values)

    def get(self, name: str) -> Mapping[str, Any]:
        if name not in self.values:
            raise NotFoundError(f"no secret {name}")
        return self.values[name]


class FakeBrands:
    def __init__(self, *brands: BrandConfig) -> None:
        self.brands = {brand.brand_id: brand for brand in brands}

    def get(self, brand: str) -> BrandConfig:
        if brand not in self.brands:
            raise NotFoundError("no such brand")
        return self.brands[brand]

    def ids(self) -> Iterable[str]:
        return list(self.brands)

    def carriers(self, source: str) -> dict[str, Any]:
        """No brand declares one."""
        return {}


class _Named(dict[str, str]):
    """Words that say where they stand."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def __missing__(self, word: str) -> str:
        return f"{self.place}.{word}"


class FakeRenderer:
    policy = "default-src 'none'"

    def speech(self, brand: BrandConfig | None, *wished: str | None) -> Speech:
        return Speech(next((tag for tag in wished if tag), brand.language if brand else "en"))

    def email(self, brand: BrandConfig, moment: str, view: Mapping[str, Any]) -> tuple[str, str, str]:
        return f"{brand.name}: {moment}", f"<p>{moment}</p>", str(moment)

    def texts(self, brand: BrandConfig, view: Mapping[str, Any]) -> dict[str, str]:
        said = str(view["moment"])
        return dict.fromkeys(
            ("headline", "meaning", "status", "tone", "button", "sms", "push_title", "push_body"), said
        )

    def languages(self, brand: BrandConfig) -> list[str]:
        return ["en"]

    def words(
        self, brand: BrandConfig, name: str, facts: Mapping[str, Any], language: str | None = None
    ) -> dict[str, str]:
        return _Named(name)

    def page(self, brand: BrandConfig | None, name: str, view: Mapping[str, Any]) -> str:
        return f"<h1>{name}</h1>"


class FakeMetrics:
    def __init__(self) -> None:
        self.counts: dict[tuple[str, tuple[tuple[str, str], ...]], float] = defaultdict(float)

    def count(self, name: str, value: float = 1, unit: str = "Count", **dimensions: str) -> None:
        del unit
        self.counts[name, tuple(sorted(dimensions.items()))] += value

    def total(self, name: str, **dimensions: str) -> float:
        wanted = set(dimensions.items())
        return sum(value for (n, dims), value in self.counts.items() if n == name and wanted <= set(dims))


class FakeSurges:
    def __init__(self) -> None:
        self.late: dict[tuple[str, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
        self.records: dict[tuple[str, str], Surge] = {}

    def count(self, brand: str, lane: str, day: date) -> int:
        self.late[brand, lane][day] += 1
        return self.late[brand, lane][day]

    def counts(self, brand: str, lane: str) -> Mapping[date, int]:
        return dict(self.late[brand, lane])

    def get(self, brand: str, lane: str) -> Surge | None:
        return self.records.get((brand, lane))

    def save(self, surge: Surge) -> None:
        known = self.records.get((surge.brand, surge.lane))
        if (known.version if known else 0) != surge.version - 1:
            raise ConflictError("surge changed")
        self.records[surge.brand, surge.lane] = surge

    def active(self, brand: str, now: datetime, *, fresh: bool = False) -> Mapping[str, Surge]:
        del fresh
        return {lane: surge for (b, lane), surge in self.records.items() if b == brand and surge.until > now}


class NoHistory:
    """A model that has learned nothing: it says so, and what it says is taken for nothing else."""

    version = "none"

    def confidence(self, route: Route) -> tuple[str, ...]:
        del route
        return ("cold_start",)

    def purchase(self, *_: Any, **__: Any) -> Quantiles:
        return Quantiles(2, 3, 5, 6)

    handover = remaining = purchase

    def days(self, place: str) -> Days:
        del place
        return Days()


class FakeModels:
    """Models of dates: one without history, or the one that a test gives."""

    def __init__(self, model: Any = None) -> None:
        self.model = model or NoHistory()

    def current(self, brand: str) -> Any:
        del brand
        return self.model


NO_HISTORY = Dates(FakeModels(), FakeSurges())
"""Dates of a brand that has learned nothing yet."""


def no_surges() -> SurgeWatch:
    """Counts delays by lane, and asks nobody about it."""
    return SurgeWatch(FakeSurges(), FakeCases(), FakeMetrics())
