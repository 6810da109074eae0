"""Behind the queue: a body becomes facts and a projection, or a quarantine record with its reason."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from porchlight.asking import Errands
from porchlight.connectors import CarrierConnector, InboundMessage, StoreConnector
from porchlight.domain.brands import BrandConfig
from porchlight.domain.codes import Code, code_of, translated
from porchlight.domain.events import DeliveryEstimate, TrackingEvent, TrackingReport
from porchlight.domain.ids import body_id, number_key, shipment_id
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import ParcelShipped
from porchlight.domain.reuse import MOST_USES, shared, used_again
from porchlight.domain.shipments import MAX_EVENTS, Shipment, StoredEvent, fold, too_early
from porchlight.domain.watching import Watch
from porchlight.errors import UnreadableBodyError
from porchlight.ports import Brands, Codes, Metrics, Quarantine, Quarantined, Shipments
from porchlight.services.asking.notes import note_errand
from porchlight.services.dates import Dates, count_decisions, unchanged
from porchlight.services.keep_orders import OrderKeeper
from porchlight.services.lookout import Lookout
from porchlight.services.retrying import until_settled

MAX_REPORTS = 1000
"""More parcels in one body are refused: no source sends so many, and recording them would hold up everybody else's."""

_NAMELESS = "the body does not say which parcel it is about"
_PER_TRANSACTION = 90


@dataclass(frozen=True)
class Recorder:
    """Records what carriers report."""

    shipments: Shipments
    quarantine: Quarantine
    brands: Brands
    codes: Codes
    metrics: Metrics
    lookout: Lookout
    errands: Errands
    dates: Dates

    def carrier_body(self, message: InboundMessage, body: bytes, connector: CarrierConnector, now: datetime) -> None:
        """Record every report in a body; what cannot be read is quarantined."""
        try:
            reports = reports_in(message, body, connector)
            if not reports:
                note_errand(self.errands, connector, message, body)
        except UnreadableBodyError as error:
            quarantine_body(self.quarantine, self.metrics, message, body, error.detail, now)
            return
        brand = self.brands.get(message.brand)
        origin = body_id(message.source, message.account, message.received_at, body)
        refused = ""
        for report in reports:
            try:
                if not report.tracking_number:
                    raise UnreadableBodyError(_NAMELESS)
                self.report(brand, message, report, now, origin)
            except UnreadableBodyError as error:  # the other parcels of the body are recorded all the same
                refused = error.detail
        if refused:
            quarantine_body(self.quarantine, self.metrics, message, body, refused, now)

    def report(
        self,
        brand: BrandConfig,
        message: InboundMessage,
        report: TrackingReport,
        now: datetime,
        origin: str | None = None,
    ) -> None:
        """Record one parcel's report. Facts that are known already change nothing and write nothing.

        Codes are read in the sense that operators gave them. Carriers use numbers again: what is about a later parcel
        under the same number goes to that one.
        """
        meanings = self.codes.meanings(brand.brand_id, message.source) if report.events else {}
        events = tuple(translated(event, meanings) for event in report.events)
        report = report.model_copy(update={"events": events})
        news: list[StoredEvent] = []
        rest: TrackingReport | None = report
        for use in range(1, MOST_USES + 1):
            if rest is None:
                break
            found, rest = self._one_use(brand, message, rest, use, now, origin)
            news += found
        ignored = len(report.events) - len(news)
        if news:
            self.metrics.count("EventsRecorded", len(news), carrier=message.source)
        if ignored:
            self.metrics.count("EventsIgnored", ignored, carrier=message.source)
        self._without_meaning(brand, message, report, news)

    def _one_use(
        self,
        brand: BrandConfig,
        message: InboundMessage,
        report: TrackingReport,
        use: int,
        now: datetime,
        origin: str | None,
    ) -> tuple[list[StoredEvent], TrackingReport | None]:
        """Record what is about the ``use``-th parcel of the number; returns its news, and what is about later ones."""
        key = shipment_id(brand.brand_id, report.carrier, report.tracking_number, use)

        def attempt() -> tuple[list[StoredEvent], TrackingReport | None]:
            stored, known, watch = self.shipments.contents(brand.brand_id, key)
            begins = used_again(stored, report.events, message.received_at) if stored else None
            if stored and begins:
                stored = self._superseded(brand, stored, report, use, begins, now)
                self.metrics.count("NumbersUsedAgain", carrier=message.source)
            mine, rest = shared(stored, report, message.received_at)
            news = _news(message, mine, known, origin)
            if len(known) + len(news) > MAX_EVENTS:
                raise UnreadableBodyError("more events than one parcel can have")
            if mine.events or rest is None:
                self._write(brand, message, mine, key, stored, known, news, watch, now, origin)
            return news, rest

        return until_settled(attempt)

    def _superseded(
        self, brand: BrandConfig, stored: Shipment, report: TrackingReport, use: int, begins: datetime, now: datetime
    ) -> Shipment:
        """Note on a parcel that its number belongs to another one from now on."""
        after = shipment_id(brand.brand_id, report.carrier, report.tracking_number, use + 1)
        update = {"next_id": after, "next_from": begins, "version": stored.version + 1}
        shipment = stored.model_copy(update=update)
        self.shipments.save(shipment, due_at=self.dates.settled(shipment, brand, now).due_at)
        return shipment

    def _without_meaning(
        self, brand: BrandConfig, message: InboundMessage, report: TrackingReport, news: Sequence[StoredEvent]
    ) -> None:
        """Count codes that nobody knows, and list each for operators with its first sample."""
        unmapped = [stored for stored in news if not stored.event.recognised]
        if unmapped:
            self.metrics.count("EventsUnmapped", len(unmapped), carrier=message.source)
        by_code: dict[str, list[StoredEvent]] = defaultdict(list)
        for stored in unmapped:
            if not too_early(stored.event.instant(), message.received_at):  # there the clock is the trouble
                by_code[code_of(stored.event)].append(stored)
        for code, found in by_code.items():
            self.codes.seen(
                Code(
                    brand=brand.brand_id,
                    source=message.source,
                    code=code,
                    seen=len(found),
                    first_seen=message.received_at,
                    last_seen=message.received_at,
                    sample=found[0].event.description[:200],
                    shipment_id=shipment_id(brand.brand_id, report.carrier, report.tracking_number),
                    body_id=found[0].body_id,
                )
            )

    def _write(
        self,
        brand: BrandConfig,
        message: InboundMessage,
        report: TrackingReport,
        key: str,
        stored: Shipment | None,
        known: Sequence[StoredEvent],
        news: Sequence[StoredEvent],
        watch: Watch | None,
        now: datetime,
        origin: str | None,
    ) -> None:
        before = stored or Shipment(
            brand=brand.brand_id,
            shipment_id=key,
            carrier=report.carrier,
            tracking_number=report.tracking_number,
            zone=None,
            created_at=now,
            updated_at=now,
        )
        facts = list(known)
        for start in range(0, max(len(news), 1), _PER_TRANSACTION):
            batch = news[start : start + _PER_TRANSACTION]
            facts += batch
            shipment = with_estimate(before, estimated(report, message.received_at, origin))
            shipment, decisions, due_at, _ = self.dates.settled(fold(shipment, facts), brand, now)
            if stored is not None and not batch and unchanged(shipment, before):
                return
            shipment = shipment.model_copy(update={"version": before.version + 1, "updated_at": message.received_at})
            looked = self.lookout.after_news(brand, shipment, watch, now)
            self.shipments.save(shipment, batch, due_at=due_at, watch=looked, decisions=decisions)
            count_decisions(self.metrics, decisions)
            before, stored, watch = shipment, shipment, looked or watch


def reports_in(message: InboundMessage, body: bytes, connector: CarrierConnector) -> list[TrackingReport]:
    """The reports in a body, ``named``; UnreadableBodyError also where they are more than any source sends."""
    reports = connector.parse(body)
    if len(reports) > MAX_REPORTS:
        raise UnreadableBodyError("more parcels than one body can have")
    return named(reports, message)


def named(reports: Sequence[TrackingReport], message: InboundMessage) -> list[TrackingReport]:
    """The reports of a body under the numbers and carriers that were asked for.

    Where one number was asked and one parcel answered, it is that one: some bodies do not repeat the number, and some
    print another one for the same parcel (Royal Mail's barcode in two forms). Of several, those without a number keep
    none; UnreadableBodyError where that is so of all.
    """
    found = []
    for report in reports:
        number = message.number if message.number and len(reports) == 1 else report.tracking_number or message.number
        carrier = message.carriers.get(number_key(number), report.carrier)
        if (number, carrier) != (report.tracking_number, report.carrier):
            report = report.model_copy(update={"tracking_number": number, "carrier": carrier})
        found.append(report)
    if found and not any(report.tracking_number for report in found):
        raise UnreadableBodyError(_NAMELESS)
    return found


def _news(
    message: InboundMessage, report: TrackingReport, known: Sequence[StoredEvent], origin: str | None
) -> list[StoredEvent]:
    """The facts of a report that are not known yet, each once.

    An instant far ahead of when we heard of it is kept, but moves nothing and is shown to operators.
    """
    seen = {event.event_id for event in known}
    news = []
    for event in report.events:
        event_id = event.event_id(report.carrier, report.tracking_number)
        if event_id in seen:
            continue
        seen.add(event_id)
        news.append(stored_event(message, event, event_id, origin))
    return news


def stored_event(message: InboundMessage, event: TrackingEvent, event_id: str, origin: str | None) -> StoredEvent:
    """The fact as it is kept; one that is dated far ahead of us moves nothing."""
    if too_early(event.instant(), message.received_at):
        event = event.model_copy(update={"milestone": Milestone.UNKNOWN, "recognised": False})
    return StoredEvent(
        event_id=event_id, event=event, received_at=message.received_at, source=message.source, body_id=origin
    )


class Estimated(NamedTuple):
    """An estimate, how old it is, and the body that it was read from."""

    estimate: DeliveryEstimate
    made_at: datetime
    body_id: str | None

    def age(self) -> tuple[datetime, date, str]:
        """What orders estimates: when they were made, then the day they name, then anything that always decides."""
        return self.made_at, self.estimate.local_day() or date.min, self.estimate.model_dump_json()


def estimated(report: TrackingReport, received_at: datetime, origin: str | None) -> Estimated | None:
    """The report's estimate. It is as old as the newest fact it was made with, not as its delivery to us: a body that
    is sent again or comes late never brings an old estimate back.
    """
    if report.estimate is None:
        return None
    facts = (event.instant() for event in report.events)
    made_at = max((at for at in facts if not too_early(at, received_at)), default=received_at)
    return Estimated(report.estimate, made_at, origin)


def with_estimate(shipment: Shipment, found: Estimated | None) -> Shipment:
    """The shipment with an estimate, if that is the newer one. Of two with the same facts the later day counts."""
    if found is None:
        return shipment
    if shipment.estimate and shipment.estimate_at:
        known = Estimated(shipment.estimate, shipment.estimate_at, shipment.estimate_body_id)
        if known.age() >= found.age():
            return shipment
    update = {"estimate": found.estimate, "estimate_at": found.made_at, "estimate_body_id": found.body_id}
    return shipment.model_copy(update=update)


def quarantine_body(
    quarantine: Quarantine,
    metrics: Metrics,
    message: InboundMessage,
    body: bytes,
    reason: str,
    now: datetime,
) -> Quarantined:
    """Keep a body that cannot be used, with the reason. The same body received at the same time is one entry."""
    digest = hashlib.sha256(body).hexdigest()
    entry_id = f"q_{message.received_at:%Y%m%dT%H%M%S%f}_{digest[:12]}"
    entry = Quarantined(
        brand=message.brand,
        quarantine_id=entry_id,
        kind=message.kind,
        source=message.source,
        account=message.account,
        topic=message.topic,
        reason=reason[:300],
        received_at=message.received_at,
        quarantined_at=now,
        body_ref=f"quarantine/{message.brand}/{entry_id}",
        size=len(body),
        redrives=message.redrives,
        number=message.number,
        carriers=message.carriers,
    )
    quarantine.put(entry, body)
    metrics.count("WebhooksQuarantined", carrier=message.source)
    return entry


def record_store_body(
    message: InboundMessage,
    body: bytes,
    connector: StoreConnector,
    keeper: OrderKeeper,
    quarantine: Quarantine,
    metrics: Metrics,
    errands: Errands,
    now: datetime,
) -> None:
    """Apply what a store says; what cannot be read is quarantined."""
    try:
        changes = connector.parse(message.topic, body)
        if not changes:
            note_errand(errands, connector, message, body)
    except UnreadableBodyError as error:
        quarantine_body(quarantine, metrics, message, body, error.detail, now)
        return
    for change in changes:
        if isinstance(change, ParcelShipped) and change.tracking_numbers and not change.carrier:
            reason = "a fulfilment with a tracking number names no carrier"
            quarantine_body(quarantine, metrics, message, body, reason, now)
            continue
        keeper.apply(message.brand, message.source, change, message.received_at)
