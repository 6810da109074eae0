"""The life of a delay: suspected → declared → updated → recovered | resolved. Each change comes with its record.

Pure: every function returns the shipment as it is then, and the decisions that made it so, to be written together.
"""

from datetime import datetime, timedelta

from porchlight.domain.brands import DelayPolicy
from porchlight.domain.dates import DateRange, local_day
from porchlight.domain.delays import WEIGHT, Delay, DelayChange, DelayDecision, DelayKind, Suspected
from porchlight.domain.forecast.lives import Forecast
from porchlight.domain.ids import stable_id
from porchlight.domain.lateness import Suspicion, assess
from porchlight.domain.milestones import LAST_MILE, MOVEMENT, Milestone
from porchlight.domain.orders import Order
from porchlight.domain.outlook import NOTHING_KNOWN, Outlook
from porchlight.domain.ranges import NO_DAY, estimated_range, new_range, zone_of_shipment
from porchlight.domain.shipments import Shipment

FORESEEN = frozenset({DelayKind.PREDICTED_LATE, DelayKind.PROMISE_MISSED})
"""Delays of parcels that may be moving all the while: a scan alone mends them not."""

A_DAY = timedelta(days=1)

Changed = tuple[Shipment, tuple[DelayDecision, ...]]


def suspect(shipment: Shipment, suspicion: Suspicion, policy: DelayPolicy, now: datetime) -> Changed:
    """Note a suspicion, on the way to its workflow; unchanged where it is noted, or a delay is open."""
    known = shipment.suspected
    if (shipment.delay and shipment.delay.is_open) or (known and known.kind is suspicion.kind):
        return shipment, ()
    noted = Suspected(delay_id=suspicion.delay_id, kind=suspicion.kind, at=now)
    decision = decision_of(shipment, suspicion.delay_id, suspicion.kind, DelayChange.SUSPECTED, now, policy, suspicion)
    return shipment.model_copy(update={"suspected": noted}), (decision,)


def clear(shipment: Shipment, policy: DelayPolicy, now: datetime) -> Changed:
    """Drop a suspicion that has proved to be none."""
    known = shipment.suspected
    if known is None:
        return shipment, ()
    decision = decision_of(shipment, known.delay_id, known.kind, DelayChange.CLEARED, now, policy)
    return shipment.model_copy(update={"suspected": None}), (decision,)


def declare(
    shipment: Shipment, suspicion: Suspicion, policy: DelayPolicy, now: datetime, outlook: Outlook = NOTHING_KNOWN
) -> Changed:
    """Declare the delay with a new honest range; an open one becomes what the suspicion says, as an update.

    Unchanged if this delay was declared before.
    """
    known = shipment.delay
    if known and known.is_open:
        return _update(shipment, known, suspicion, policy, now, outlook.forecast)
    if known and known.delay_id == suspicion.delay_id:
        return shipment, ()
    # Whatever it has become since: under the id of the suspicion its workflow runs.
    delay_id = shipment.suspected.delay_id if shipment.suspected else suspicion.delay_id
    expected, origin = new_range(shipment, suspicion.kind, suspicion.promised, policy, outlook.forecast, now)
    delay = Delay(
        delay_id=delay_id,
        kind=suspicion.kind,
        declared_at=now,
        promised=suspicion.promised,
        expected=expected,
        deadline=suspicion.deadline,
        fault=suspicion.fault,
        facts={**suspicion.facts, "range_from": origin},
        policy_version=policy.version,
        model_version=_model(origin),
        step_since=now,
    )
    decision = decision_of(shipment, delay_id, delay.kind, DelayChange.DECLARED, now, policy, suspicion, delay)
    return _with(shipment, delay, suspected=None), (decision,)


def _update(
    shipment: Shipment,
    delay: Delay,
    suspicion: Suspicion,
    policy: DelayPolicy,
    now: datetime,
    forecast: Forecast | None,
) -> Changed:
    """A graver kind, which begins its own playbook, or a range that is over: the same delay with a new range."""
    graver = WEIGHT[suspicion.kind] > WEIGHT[delay.kind]
    if not graver and (delay.expected is None or local_day(now, zone_of_shipment(shipment)) <= delay.expected.latest):
        return shipment, ()
    kind = suspicion.kind if graver else delay.kind
    again = delay.revision + (0 if graver else 1)
    expected, origin = new_range(shipment, kind, suspicion.promised, policy, forecast, now, again)
    update = {
        "kind": kind,
        "expected": expected,
        "before": delay.expected,
        "deadline": suspicion.deadline if graver else delay.deadline,
        "fault": suspicion.fault if graver else delay.fault,
        "facts": {**delay.facts, **suspicion.facts, "range_from": origin},
        "model_version": _model(origin),
        "revision": delay.revision + 1,
        "updated_at": now,
    }
    update |= {"step": 0, "step_since": now, "begun": "", "case_id": None} if graver else {}
    updated = delay.model_copy(update=update)
    decision = decision_of(shipment, delay.delay_id, kind, DelayChange.UPDATED, now, policy, suspicion, updated)
    return _with(shipment, updated), (decision,)


def follow_carrier(shipment: Shipment, policy: DelayPolicy, now: datetime) -> Changed:
    """An open delay whose carrier has named another day since: the range follows, where that is news to the shopper
    (``update_days``). Our own forecast alone moves none: it would move a little every day. A carrier that moves its own
    day again and again is believed less and less to the day.
    """
    delay = shipment.delay
    if delay is None or not delay.is_open or delay.expected is None or delay.kind in NO_DAY or delay.committed:
        return shipment, ()
    since = delay.updated_at or delay.declared_at
    if shipment.estimate_at is None or shipment.estimate_at <= since:
        return shipment, ()
    expected, origin = new_range(shipment, delay.kind, delay.promised, policy, None, now, delay.revision)
    if origin != "carrier" or expected is None:
        return shipment, ()
    moved = abs((expected.latest - delay.expected.latest).days)
    named = estimated_range(shipment, expected.zone, local_day(now, expected.zone))
    if moved < policy.update_days or (named and _covers(delay.expected, named)):
        return shipment, ()
    facts = {**delay.facts, "range_from": origin, "carrier_estimate": expected.earliest.isoformat()}
    facts["last_event_at"] = shipment.last_event_at.isoformat() if shipment.last_event_at else None
    update = {"expected": expected, "before": delay.expected, "facts": facts, "model_version": ""}
    update["revision"] = delay.revision + 1
    updated = delay.model_copy(update={**update, "updated_at": now})
    decision = decision_of(
        shipment, delay.delay_id, delay.kind, DelayChange.UPDATED, now, policy, None, updated, by="carrier"
    )
    return _with(shipment, updated), (decision,)


def mend(shipment: Shipment, policy: DelayPolicy, now: datetime, outlook: Outlook = NOTHING_KNOWN) -> Changed:
    """Close an open delay if the parcel's events say so, by the projection that they were folded into.

    Resolved: delivered, no longer on its way to the shopper, or no longer waited for; a false alarm where it came
    within the promise that we had expected it to miss, also after a recovery. Recovered: it goes on, with a range that
    is honest from now on, and nothing else is wrong. A delay whose money is on its way back is ended by that; what
    arrives nevertheless is noted.
    """
    delay = shipment.delay
    if delay and delay.recovered_at and not delay.resolved_at and _was_in_time(shipment, delay):
        closed, change = delay.model_copy(update={"resolved_at": now, "false_alarm": True}), DelayChange.FALSE_ALARM
        decision = decision_of(shipment, delay.delay_id, delay.kind, change, now, policy, None, closed, by="carrier")
        return shipment.model_copy(update={"delay": closed}), (decision,)
    if delay is None or not delay.is_open or delay.committed:
        return _arrived_after_all(shipment, delay, policy, now)
    unpaid = delay.unpaid and shipment.is_outstanding  # cancelled, but a person still settles the money
    if not (shipment.is_awaited or unpaid) or (
        shipment.milestone is Milestone.RETURN_IN_TRANSIT and not shipment.is_return
    ):
        vain = _was_in_time(shipment, delay)
        closed = delay.model_copy(update={"resolved_at": now, "false_alarm": vain, "case_id": None})
        change = DelayChange.FALSE_ALARM if vain else DelayChange.RESOLVED
    elif _goes_on(shipment, delay):
        told = _told(shipment, delay, now)
        closed = delay.model_copy(update={"recovered_at": now, "case_id": None, "expected": told})
        if closed.expected is None and not shipment.is_return:
            expected, origin = new_range(shipment, DelayKind.PROMISE_MISSED, None, policy, outlook.forecast, now)
            closed = closed.model_copy(update={"expected": expected, "model_version": _model(origin)})
        change = DelayChange.RECOVERED
        if assess(shipment.model_copy(update={"delay": closed}), policy, now, outlook):
            return shipment, ()  # old news that reached us late: it would be late again at once
    else:
        return shipment, ()
    by = "store" if shipment.is_outstanding and not shipment.is_awaited else "carrier"
    decision = decision_of(shipment, delay.delay_id, delay.kind, change, now, policy, None, closed, by=by)
    return shipment.model_copy(update={"delay": closed}), (decision,)


def let_go(shipment: Shipment, policy: DelayPolicy, now: datetime) -> Changed:
    """The parcel without its delay, which was another shopper's. One whose remedy is under way stays until that is
    done.
    """
    delay = shipment.delay
    if delay and delay.committed:
        return shipment, ()
    freed = shipment.model_copy(update={"delay": None, "suspected": None})
    if delay is None or not delay.is_open:
        return freed, ()
    closed = delay.model_copy(update={"resolved_at": now, "case_id": None})
    change = DelayChange.RESOLVED
    return freed, (decision_of(shipment, delay.delay_id, delay.kind, change, now, policy, None, closed, by="store"),)


def handed_over(shipment: Shipment, to: str, policy: DelayPolicy, now: datetime) -> Changed:
    """The parcel without its delay, which goes on with the right one: see ``taken_over``."""
    freed = shipment.model_copy(update={"delay": None, "suspected": None})
    if shipment.delay is None:
        return freed, ()
    delay = shipment.delay
    decision = decision_of(
        shipment, delay.delay_id, delay.kind, DelayChange.STEP, now, policy, None, delay, by="person"
    )
    return freed, (decision.model_copy(update={"step": "handed_over", "note": to}),)


def taken_over(delay: Delay | None, now: datetime) -> Delay | None:
    """A delay that was told of the wrong parcel, on the right one: it is not told a second time, and nothing is done
    twice about it. All that is known of the right parcel is news. Its playbook begins anew, with another workflow.
    """
    if delay is None or not delay.is_open:
        return delay
    update: dict[str, object] = {"facts": {**delay.facts, "last_event_at": None}, "idle_since": now}
    return delay.model_copy(update={**update, "step": 0, "step_since": now, "begun": "", "case_id": None})


def _arrived_after_all(shipment: Shipment, delay: Delay | None, policy: DelayPolicy, now: datetime) -> Changed:
    """Note, once, that a parcel was delivered whose money is gone or which was sent again: people settle that."""
    ended = (delay.committed or delay.remedied) if delay else None
    if delay is None or ended is None or delay.conflict_at or shipment.milestone is not Milestone.DELIVERED:
        return shipment, ()
    noted = delay.model_copy(update={"conflict_at": now})
    decision = decision_of(
        shipment, delay.delay_id, delay.kind, DelayChange.CONFLICT, now, policy, None, noted, by="carrier"
    )
    told = {"facts": {**delay.facts, "remedy": ended.remedy.value, "key": ended.key}}
    return shipment.model_copy(update={"delay": noted}), (decision.model_copy(update=told),)


def _told(shipment: Shipment, delay: Delay, now: datetime) -> DateRange | None:
    """The range to go on with: what was said, unless it is over, or the carrier has named a later day since."""
    zone = zone_of_shipment(shipment)
    today, said = local_day(now, zone), delay.expected
    named = estimated_range(shipment, zone, today) if said else None
    if said and named and named.earliest > said.latest:
        said = named
    return said if said and said.latest >= today else None


def _goes_on(shipment: Shipment, delay: Delay) -> bool:
    """True where news that is newer than all that was known has mended this kind of delay."""
    known = delay.facts.get("last_event_at")
    last = datetime.fromisoformat(known) if isinstance(known, str) else None
    moved = shipment.moved_at
    going_back = shipment.is_return and shipment.milestone is Milestone.RETURN_IN_TRANSIT
    if going_back and shipment.last_event_at:
        moved = shipment.last_event_at
    # A label that was never scanned now is, however late we hear of it.
    scanned = delay.kind is DelayKind.LABEL_NEVER_SCANNED
    newer = moved is not None and (last is None or moved > last or scanned)
    if not newer or (shipment.milestone not in MOVEMENT and not going_back):
        return False
    assert moved is not None
    if delay.kind is DelayKind.PICKUP_EXPIRING:
        return shipment.milestone is not Milestone.AVAILABLE_FOR_PICKUP
    if delay.kind is DelayKind.ATTEMPT_FAILED:
        return shipment.milestone is not Milestone.DELIVERY_ATTEMPTED
    if delay.kind in FORESEEN:
        # Silent when it was told, it moves again; what moved all the while is mended by the last mile only.
        silent = last is None or (delay.updated_at or delay.declared_at) - last >= A_DAY
        return shipment.milestone in LAST_MILE or (delay.kind is DelayKind.PROMISE_MISSED and silent)
    return True


def _was_in_time(shipment: Shipment, delay: Delay) -> bool:
    """Delivered by the promise that we had said it would miss."""
    if shipment.milestone is not Milestone.DELIVERED or delay.kind is not DelayKind.PREDICTED_LATE:
        return False
    assert shipment.milestone_at is not None
    day = local_day(shipment.milestone_at, zone_of_shipment(shipment))
    return delay.promised is not None and day <= delay.promised


def _covers(wide: DateRange, narrow: DateRange) -> bool:
    return wide.earliest <= narrow.earliest and narrow.latest <= wide.latest


def _model(origin: str) -> str:
    return "" if origin in ("", "carrier", "policy") else origin


def _with(shipment: Shipment, delay: Delay, **update: object) -> Shipment:
    return shipment.model_copy(update={"delay": delay, "expected": delay.expected, **update})


def decision_of(
    record: Shipment | Order,
    delay_id: str,
    kind: DelayKind,
    change: DelayChange,
    now: datetime,
    policy: DelayPolicy,
    suspicion: Suspicion | None = None,
    delay: Delay | None = None,
    *,
    by: str = "policy",
) -> DelayDecision:
    """The record of a change of a parcel's or an order's delay: the same change twice has the same id."""
    revision = str(delay.revision) if delay else now.isoformat()
    return DelayDecision(
        brand=record.brand,
        decision_id=stable_id("dec", delay_id, change.value, revision),
        delay_id=delay_id,
        kind=kind,
        change=change,
        at=now,
        by=by,
        shipment_id=record.shipment_id if isinstance(record, Shipment) else None,
        order_id=record.order_id,
        expected=delay.expected if delay else None,
        fault=delay.fault if delay else suspicion.fault if suspicion else None,
        policy_version=policy.version,
        model_version=delay.model_version if delay else "",
        facts=delay.facts if delay else suspicion.facts if suspicion else {},
    )
