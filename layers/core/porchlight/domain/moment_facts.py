"""What single moments add to the facts of an order and a parcel: stages, another day, a near driver, an offer's end."""

from datetime import datetime, timedelta

from porchlight.domain.dates import local_day, zone
from porchlight.domain.facts import Scene, View, forms
from porchlight.domain.milestones import Reason, Signal
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Order
from porchlight.domain.shipments import Shipment
from porchlight.domain.signals import current
from porchlight.domain.speech import UNKNOWN, Forms
from porchlight.domain.stages import Stage, StageName, stage_of

_UNKNOWN: View = {
    **{key: "" for name in ("ready_day", "install_day", "install_subject") for key in forms(name, UNKNOWN)},
    **{key: "" for name in ("offer_ends", "offer_ends_subject") for key in forms(name, UNKNOWN)},
    **{"install_window": "", "driver_minutes": 0, "first_headline": "", "more": False},
}


def moment_facts(
    scene: Scene, moment: Moment, shipment: Shipment | None, subject_id: str, offer_ends: datetime | None
) -> View:
    """All of them, whatever the moment; those of others are empty. ``subject_id``: what the message is about."""
    facts = dict(_UNKNOWN)
    if moment is Moment.IN_PRODUCTION:
        facts |= _ready(scene, stage_of(scene.order.stages, StageName.IN_PRODUCTION))
    elif moment is Moment.INSTALLATION_DUE:
        facts |= _installed(scene, _of_subject(scene.order, subject_id))
    elif moment is Moment.DAY_CHANGED and shipment:
        facts |= _another_day(scene, shipment)
    elif moment is Moment.DRIVER_NEAR and shipment:
        near = current(shipment.signals, shipment.milestone_at, scene.now)
        if near and near[0] is Signal.DRIVER_NEARBY:
            facts["driver_minutes"] = near[1].minutes or 0
    elif moment is Moment.REFUND_ISSUED:
        given = scene.order.refunds.get(subject_id)
        facts["refund_amount"] = scene.speech.money(given) if given else ""
    if offer_ends:
        facts |= _end(scene, offer_ends)
    return facts


def moment_variants(moment: Moment, shipment: Shipment | None) -> list[str]:
    """Which variant of such a moment's words fits."""
    arrived = shipment.arrival if shipment and moment is Moment.ABROAD else None
    return [Reason.CUSTOMS.value] if arrived and arrived.customs else []


def _of_subject(order: Order, subject_id: str) -> Stage | None:
    """The appointment that the message is about; the last one where nobody says."""
    found = (one for one in order.stages if one.subject(order.order_id) == subject_id)
    return next(found, stage_of(order.stages, StageName.INSTALLATION))


def _ready(scene: Scene, stage: Stage | None) -> View:
    today = scene.today()
    day = local_day(stage.until, scene.zone_of()) if stage and stage.until else None
    return forms("ready_day", scene.day(day if day and day >= today else None, today))


def _installed(scene: Scene, stage: Stage | None) -> View:
    if stage is None:
        return {}
    today, known = scene.today(), zone(scene.zone_of())
    day = local_day(stage.at, scene.zone_of())
    window = ""
    if known and stage.until and stage.at < stage.until <= stage.at + timedelta(hours=16):
        window = scene.speech.window(stage.at.astimezone(known), stage.until.astimezone(known))
    return {
        **forms("install_day", scene.day(day, today)),
        **forms("install_subject", scene.speech.subject(day, today)),
        "install_window": window,
    }


def _another_day(scene: Scene, shipment: Shipment) -> View:
    before, today = shipment.told.before if shipment.told else None, scene.today(shipment)
    days = scene.arrival(shipment)
    return {
        **forms("before_day", scene.speech.day(before.latest if before else None, today)),
        "before_is_past": bool(before and before.latest < today),
        "comes_earlier": bool(before and days and days.latest < before.latest),
    }


def _end(scene: Scene, at: datetime) -> View:
    """``Friday, 6:30 pm``, where the destination's clock is known; else the day before, which is in time anywhere."""
    known, today = zone(scene.zone_of()), scene.today()
    if known is None:
        day = max(today, (at - timedelta(hours=36)).date())
        said: Forms = scene.day(day, today)
    else:
        local = at.astimezone(known)
        day = local.date()
        said = scene.speech.with_clock(scene.day(day, today), local)
    return forms("offer_ends", said) | forms("offer_ends_subject", scene.speech.subject(day, today))
