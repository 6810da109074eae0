"""One call about some parcels, from the question to the queue and the next look."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from porchlight.connectors import Answer, Call, InboundMessage
from porchlight.domain.brands import BrandConfig
from porchlight.domain.events import TrackingReport
from porchlight.domain.ids import number_key, stable_id
from porchlight.domain.milestones import Milestone
from porchlight.domain.reuse import shared
from porchlight.domain.shipments import MAX_EVENTS, Shipment
from porchlight.domain.watching import Watch, asked, failed
from porchlight.errors import UnreadableBodyError
from porchlight.services.asking.office import Office, Parcel
from porchlight.services.asking.speaker import Speaker
from porchlight.services.record_events import reports_in

_UNKNOWN_THERE = frozenset({404, 410})
"""How most APIs say that they know nothing of a number (yet)."""


@dataclass(frozen=True)
class Asker:
    """Asks a source about parcels of one brand."""

    office: Office
    brand: BrandConfig
    source: str
    connector: Any

    def ask(self, speaker: Speaker, parcels: Sequence[Parcel]) -> None:
        """Ask about at most as many parcels as one call may. LineShutError as in ``Speaker.send``: they stay due.

        Of several with one number, one: answers are told apart by their numbers. The others stay due.
        """
        apart: dict[str, Parcel] = {}
        for parcel in parcels:
            apart.setdefault(number_key(parcel.shipment.tracking_number), parcel)
        by_number = {self.office.number_of(self.source, parcel.shipment): parcel for parcel in apart.values()}
        plan = speaker.client.ask(list(by_number), speaker.account, "")
        for part in (list(call.numbers) for call in plan):
            answer = speaker.send(partial(self._call, speaker, part))
            about = {number_key(by_number[n].shipment.tracking_number): by_number[n] for n in part}
            now = self.office.pulse.now()
            if answer is None:
                self.failed(about.values(), now)
            elif 200 <= answer.status < 300:
                self._read(speaker, answer, about, now)
            elif answer.status in _UNKNOWN_THERE:
                speaker.understood(answer)
                self._answered(about, {}, now)
            else:
                speaker.understood(answer)
                self.office.metrics.count("AskFailed", len(about), carrier=self.source, outcome="rejected")
                self.failed(about.values(), now)

    @staticmethod
    def _call(speaker: Speaker, numbers: Sequence[str], token: str) -> Call:
        call: Call = speaker.client.ask(numbers, speaker.account, token)[0]
        return call

    def _read(self, speaker: Speaker, answer: Answer, about: Mapping[str, Parcel], now: datetime) -> None:
        """Queue the answer if it says anything new, then put the parcels back: in this order, so that dying in between
        asks twice and loses nothing.
        """
        message = InboundMessage(
            kind="carriers",
            source=self.source,
            account=speaker.account.account,
            brand=self.brand.brand_id,
            received_at=now,
            number=next(iter(about)) if len(about) == 1 else "",
            carriers={number: parcel.shipment.carrier for number, parcel in about.items()},
        )
        try:
            reports = reports_in(message, answer.body, self.connector)
        except UnreadableBodyError:
            if not speaker.sampled:  # one for the quarantine; a page that says "maintenance" comes for every number
                self.office.inbound.put(message, answer.body)
                speaker.sampled = True
            speaker.failed("unreadable")
            self.failed(about.values(), now)
            return
        speaker.understood(answer)
        said: dict[str, list[TrackingReport]] = defaultdict(list)
        for report in reports:
            if parcel := about.get(number := number_key(report.tracking_number)):
                said[number].append(shared(parcel.shipment, report, now)[0])
        if any(_is_to_record(parcel, said[number]) for number, parcel in about.items()):
            self.office.inbound.put(message, answer.body)
        self._answered(about, said, now)

    def _answered(self, about: Mapping[str, Parcel], said: Mapping[str, list[TrackingReport]], now: datetime) -> None:
        for number, parcel in about.items():
            reports = said.get(number, [])
            told = _digest(parcel, reports)
            news = bool(told) and told != parcel.watch.answer
            outcome = "news" if news else "nothing_new" if told else "unknown_there"
            self.office.metrics.count("Asked", carrier=self.source, outcome=outcome)
            milestone = next((report.status for report in reports if report.status), None)
            change = partial(self._after, now, told, news, milestone)
            self.office.settle(parcel, change)

    def _after(
        self, now: datetime, told: str, news: bool, milestone: Milestone | None, watch: Watch, shipment: Shipment
    ) -> Watch:
        return asked(watch, shipment, self.brand.tracking, now, answer=told, news=news, milestone=milestone)

    def failed(self, parcels: Iterable[Parcel], now: datetime) -> None:
        """Let parcels rest about which there was no usable answer."""
        for parcel in parcels:
            self.office.settle(parcel, lambda watch, _: failed(watch, now))


def _facts(parcel: Parcel, reports: Sequence[TrackingReport]) -> list[str]:
    carrier, number = parcel.shipment.carrier, parcel.shipment.tracking_number
    return sorted({event.event_id(carrier, number) for report in reports for event in report.events})


def _digest(parcel: Parcel, reports: Sequence[TrackingReport]) -> str:
    """What an answer says of a parcel, apart from how it is printed; "" where it says nothing."""
    said = [
        f"{report.status} {report.estimate.model_dump_json(exclude_defaults=True) if report.estimate else ''}"
        for report in reports
        if report.events or report.estimate or report.status not in (None, Milestone.UNKNOWN)
    ]
    return stable_id("ans", *said, *_facts(parcel, reports)) if said else ""


def _is_to_record(parcel: Parcel, reports: Sequence[TrackingReport]) -> bool:
    """True where the answer differs from the one before, or where that one was never recorded (and can be)."""
    told, facts = _digest(parcel, reports), len(_facts(parcel, reports))
    recorded = parcel.shipment.event_count >= facts or facts > MAX_EVENTS
    return bool(told) and (told != parcel.watch.answer or not recorded)
