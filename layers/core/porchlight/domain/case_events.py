"""Domain events of questions about delays, and of what was done about delays: see ``domain.changes``."""

from datetime import datetime

from porchlight.domain.cases import Audience, Case, CaseState
from porchlight.domain.changes import DomainEvent
from porchlight.domain.ids import stable_id
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Order
from porchlight.domain.remedies import NOTHING_DUE, Remedy, RemedyState
from porchlight.domain.shipments import Shipment

REMEDY_EVENT: dict[Remedy, tuple[str, Moment | None]] = {
    Remedy.CREDIT: ("DelayCredited", Moment.APOLOGY_CREDIT),
    Remedy.RESEND: ("DelayResent", Moment.RESENT),
    Remedy.REFUND: ("DelayRefunded", Moment.REFUNDED),
    Remedy.CANCEL: ("DelayCancelled", Moment.REFUNDED),
    Remedy.CLAIM: ("DelayClaimed", None),
}
"""What is published when a remedy was carried out, and the moment that tells the shopper."""


def case_changes(old: Case | None, new: Case) -> list[DomainEvent]:
    """A question is put, to the shopper by a message of its own; it is decided, and the workflow goes on."""

    def event(name: str, moment: Moment | None, at: datetime, *, waiting: bool = False) -> DomainEvent:
        return DomainEvent(
            id=stable_id("chg", new.case_id, name),
            type=name,
            brand=new.brand,
            occurred_at=at,
            recorded_at=at,
            order_id=new.order_id,
            shipment_id=new.shipment_id,
            subject_id=new.case_id,
            kind=new.kind,
            moment=moment,
            waiting=waiting,
        )

    if old is None:
        asked = None
        if new.audience is Audience.SHOPPER:
            asked = Moment.DELAY_OPTION if new.notice else Moment.DELAY_QUESTION
        return [event("DelayCaseOpened", asked, new.opened_at)]
    if new.state is CaseState.DECIDED and old.state is CaseState.OPEN:
        return [event("DelayCaseDecided", None, new.decided_at or new.opened_at, waiting=True)]
    return []


def remedy_changes(old: Shipment | Order | None, new: Shipment | Order) -> list[DomainEvent]:
    """Remedies that were carried out, and parcels that arrived all the same. A return's own refund tells itself."""
    delay = new.delay
    if delay is None:
        return []
    before = old.delay if old and old.delay and old.delay.delay_id == delay.delay_id else None
    shipment_id, return_id = (new.shipment_id, new.return_id) if isinstance(new, Shipment) else (None, None)

    def event(name: str, moment: Moment | None, subject: str, at: datetime) -> DomainEvent:
        return DomainEvent(
            id=stable_id("chg", subject, name),
            type=name,
            brand=new.brand,
            occurred_at=at,
            recorded_at=at,
            order_id=new.order_id,
            shipment_id=shipment_id,
            return_id=return_id,
            subject_id=subject,
            kind=delay.kind,
            moment=moment,
        )

    found = []
    known = {one.key for one in before.remedies if one.state is RemedyState.DONE} if before else set()
    for record in delay.remedies:
        if record.state is RemedyState.DONE and record.ended_at and record.key not in known:
            name, moment = REMEDY_EVENT[record.remedy]
            told = record.reference != NOTHING_DUE and not return_id
            found.append(event(name, moment if told else None, record.key, record.ended_at))
    if delay.conflict_at and not (before and before.conflict_at):
        found.append(event("DelayRemedyConflict", None, delay.delay_id, delay.conflict_at))
    return found
