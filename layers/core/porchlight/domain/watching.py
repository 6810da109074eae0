"""When a carrier is asked about a parcel, and when it is told to push: pure rules over the parcel and its watch.

A watch has one due time, and it is lazy: it says when it is worth looking at the parcel again, and what is to be done
then is decided by the parcel as it is then (``step``).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.brands import TrackingPolicy
from porchlight.domain.milestones import TERMINAL, Milestone
from porchlight.domain.shipments import Shipment

LAST_LOOK = timedelta(hours=12)
"""After the end of a parcel it is looked at once more: deliveries are corrected, and late scans come in."""

RENEW_BEFORE = timedelta(days=1)
"""A subscription is renewed so long before it ends."""

REVIVE_AFTER = timedelta(days=2)
"""A subscription that has said nothing for so long may have been suspended without a word."""

SUBSCRIBE_AGAIN = timedelta(days=1)
"""A source that would not take a subscription (many know no parcel before its first scan) is told again after this."""

MOST_REFUSALS = 3

PUSHED = 6
"""Where the source pushes, asking is only the net below: so many times less often."""

FAILED_FIRST, FAILED_MOST = timedelta(minutes=5), timedelta(hours=6)
"""How long a number rests that the source gave no usable answer about: doubling from the first to the second."""

MOST_FAILURES_AT_END = 3


class State(StrEnum):
    """Where a watch stands."""

    NEW = "new"
    """Nobody was asked or told yet."""
    SUBSCRIBED = "subscribed"
    ASKING = "asking"
    CLOSING = "closing"
    """The parcel is at its end, and is looked at once more."""
    ENDED = "ended"


class Watch(BaseModel):
    """How one parcel is asked about. ``due_at``: when it is next worth a look; None once it has ended."""

    model_config = ConfigDict(frozen=True)

    brand: str
    shipment_id: str
    source: str
    """The connector that is asked: the carrier's own, or an aggregator's."""
    state: State = State.NEW
    why: str = ""
    """Why it has ended."""
    account: str = ""
    """The account that subscribed."""
    subscription_id: str | None = None
    subscribed_until: AwareDatetime | None = None
    told_at: AwareDatetime | None = None
    """When the source was last told to push (or to go on pushing), whether or not it took it."""
    refusals: int = 0
    """How often in a row it did not."""
    asked_at: AwareDatetime | None = None
    """When the source last gave an answer about it."""
    answer: str = ""
    """A digest of what that answer said."""
    seen: int = 0
    """How many facts were known then."""
    quiet: int = 0
    """How many answers in a row had nothing new."""
    failures: int = 0
    """How many asks in a row had no usable answer."""
    created_at: AwareDatetime
    due_at: AwareDatetime | None = None
    urgent: bool = False
    """True while the parcel is out for delivery: it is looked at before all others, whatever waits."""
    version: int = 0


@dataclass(frozen=True)
class Means:
    """What a brand's accounts with a source can do."""

    ask: bool
    subscribe: bool


class Step(StrEnum):
    """What is to be done about a watch that is due."""

    WAIT = "wait"
    END = "end"
    SUBSCRIBE = "subscribe"
    REVIVE = "revive"
    """Resume the subscription where that is possible, then ask."""
    ASK = "ask"


class _Phase(StrEnum):
    """The fields of ``brands.Pace``."""

    BEFORE_PICKUP = "before_pickup"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"


_PHASES = {
    Milestone.UNKNOWN: _Phase.BEFORE_PICKUP,
    Milestone.PRE_TRANSIT: _Phase.BEFORE_PICKUP,
    Milestone.RETURN_IN_TRANSIT: _Phase.BEFORE_PICKUP,
    Milestone.DAMAGED: _Phase.BEFORE_PICKUP,
    Milestone.OUT_FOR_DELIVERY: _Phase.OUT_FOR_DELIVERY,
}
"""What is not here is in transit."""

_PATIENCE = {_Phase.BEFORE_PICKUP: 2, _Phase.IN_TRANSIT: 2, _Phase.OUT_FOR_DELIVERY: 20}
"""So many quiet answers pass before the interval begins to double: a van is out for ten hours without a word."""


def first_watch(shipment: Shipment, source: str, policy: TrackingPolicy, now: datetime) -> Watch:
    """The watch of a parcel that has none: due at once, or after one interval where the parcel came with news.

    Parcels of old orders, which a shop tells of by the thousand, are spread over the longest interval.
    """
    watch = Watch(
        brand=shipment.brand,
        shipment_id=shipment.shipment_id,
        source=source,
        created_at=now,
        due_at=now,
        version=1,
    )
    if shipment.event_count:
        return _looked_at_again(watch, shipment.milestone, policy, now)
    if shipment.backfilled:
        part = int(hashlib.sha256(shipment.shipment_id.encode()).hexdigest()[:8], 16) / 2**32
        return watch.model_copy(update={"due_at": now + timedelta(minutes=policy.minutes.at_most) * part})
    return watch


def interval(milestone: Milestone, watch: Watch, policy: TrackingPolicy) -> timedelta:
    """How long to wait between two looks: by phase, doubling while the carrier has nothing new."""
    phase = _phase(milestone)
    base: int = getattr(policy.minutes, phase.value)
    most = max(base, policy.minutes.at_most)
    doublings = min(max(0, watch.quiet - _PATIENCE[phase]), 10)
    times = PUSHED if watch.state is State.SUBSCRIBED else 1
    return timedelta(minutes=min(base * times * 2**doublings, most))


def step(shipment: Shipment, watch: Watch, means: Means, policy: TrackingPolicy, now: datetime) -> tuple[Step, Watch]:
    """What to do about a watch that is due, and the watch as it then is: final for WAIT and END, else to be done."""
    if why := _over(shipment, watch, policy, now):
        return Step.END, ended(watch, why)
    if not shipment.is_open:
        if watch.state is State.CLOSING:
            return (Step.ASK, watch) if means.ask else (Step.END, ended(watch, shipment.milestone.value))
        return Step.WAIT, _closing(watch, now)
    if watch.state is State.CLOSING:  # delivered, then taken back; or the news of the end was never recorded
        watch = watch.model_copy(update={"state": State.ASKING})
    if watch.state is State.SUBSCRIBED and not means.subscribe:  # the brand has given the account up
        gone = {"state": State.ASKING, "account": "", "subscription_id": None, "subscribed_until": None}
        watch = watch.model_copy(update={**gone, "told_at": None})
    if means.subscribe and _is_to_subscribe(watch, now):
        return Step.SUBSCRIBE, watch
    if heard := _heard(shipment, watch):
        rested = watch.model_copy(update={"quiet": 0, "seen": shipment.event_count})
        rested = _looked_at_again(rested, shipment.milestone, policy, heard)
        if rested.due_at and rested.due_at > now:
            return Step.WAIT, rested
        watch = rested
    if means.subscribe and watch.state is State.SUBSCRIBED and _is_silent(shipment, watch, now):
        return Step.REVIVE, watch
    if means.ask:
        return Step.ASK, watch
    return Step.WAIT, _looked_at_again(watch, shipment.milestone, policy, now)


def asked(
    watch: Watch,
    shipment: Shipment,
    policy: TrackingPolicy,
    now: datetime,
    *,
    answer: str,
    news: bool,
    milestone: Milestone | None,
) -> Watch:
    """The watch after an answer. ``milestone`` is what the answer says of the parcel, ahead of its being recorded."""
    current = milestone if milestone and milestone is not Milestone.UNKNOWN else shipment.milestone
    update = {
        "asked_at": now,
        "answer": answer,
        "seen": shipment.event_count,
        "quiet": 0 if news else watch.quiet + 1,
        "failures": 0,
    }
    if watch.state is State.CLOSING and not shipment.is_open:
        return ended(watch.model_copy(update=update), shipment.milestone.value)
    if watch.state in (State.NEW, State.CLOSING):
        update["state"] = State.ASKING
    after = watch.model_copy(update=update)
    if current in TERMINAL:
        return _closing(after, now)
    return _looked_at_again(after, current, policy, now)


def failed(watch: Watch, now: datetime) -> Watch:
    """The watch after an ask without a usable answer. The last look is not tried for ever."""
    failures = watch.failures + 1
    update: dict[str, object] = {"failures": failures}
    if watch.state is State.CLOSING and failures >= MOST_FAILURES_AT_END:
        return ended(watch.model_copy(update=update), "unanswered")
    rest = min(FAILED_FIRST * 2 ** min(failures - 1, 12), FAILED_MOST)
    return watch.model_copy(update={**update, "due_at": now + rest})


def subscribed(
    watch: Watch,
    shipment: Shipment,
    policy: TrackingPolicy,
    now: datetime,
    *,
    account: str,
    subscription_id: str,
    lifetime: timedelta | None,
    backfill: bool,
) -> Watch:
    """The watch after the source took a subscription. ``backfill``: what happened before is asked for once, at once."""
    update = {
        "state": State.SUBSCRIBED,
        "account": account,
        "subscription_id": subscription_id,
        "subscribed_until": now + lifetime if lifetime else None,
        "told_at": now,
        "refusals": 0,
    }
    after = watch.model_copy(update=update)
    return after if backfill else _looked_at_again(after, shipment.milestone, policy, now)


def not_subscribed(watch: Watch, now: datetime) -> Watch:
    """The watch after the source refused a subscription, or the renewal of one: it is asked instead, at once."""
    update = {
        "state": State.ASKING,
        "subscription_id": None,
        "subscribed_until": None,
        "told_at": now,
        "refusals": watch.refusals + 1,
    }
    return watch.model_copy(update=update)


def revived(watch: Watch, now: datetime | None) -> Watch:
    """The watch after the source was told to go on pushing; without an instant the subscription is gone."""
    if now is None:
        return watch.model_copy(update={"state": State.ASKING, "subscription_id": None, "told_at": None})
    return watch.model_copy(update={"told_at": now})


def given_to(watch: Watch, source: str | None, now: datetime) -> Watch:
    """The watch under another source, which begins anew; without one it has ended."""
    if source is None:
        return ended(watch, "not_asked")
    return Watch(
        brand=watch.brand,
        shipment_id=watch.shipment_id,
        source=source,
        created_at=watch.created_at,
        due_at=now,
        version=watch.version,
    )


def ended(watch: Watch, why: str) -> Watch:
    """The watch that nobody looks at any more."""
    return watch.model_copy(update={"state": State.ENDED, "why": why, "due_at": None})


def with_news(shipment: Shipment, watch: Watch, policy: TrackingPolicy, now: datetime) -> Watch | None:
    """The watch after news of the parcel was recorded; None where it stays as it is.

    A look is only ever moved to an earlier time: when the parcel has become more urgent, when it moves again after a
    silence, or when it lives again after its end.
    """
    if not shipment.is_open or (watch.state is State.ENDED and watch.why in _FOR_GOOD):
        return None
    rested = watch.model_copy(update={"quiet": 0})
    if watch.state is State.ENDED:
        rested = rested.model_copy(update={"state": State.ASKING, "why": "", "failures": 0, "created_at": now})
    moved = _looked_at_again(rested, shipment.milestone, policy, now)
    if watch.due_at and moved.due_at and watch.due_at <= moved.due_at:
        return None
    return moved.model_copy(update={"version": watch.version + 1})


def _phase(milestone: Milestone) -> _Phase:
    return _PHASES.get(milestone, _Phase.IN_TRANSIT)


CORRECTED, USED_AGAIN, EXPIRED, VOID = "carrier_corrected", "number_used_again", "expired", "taken_back"
_FOR_GOOD = frozenset({CORRECTED, USED_AGAIN})


def _over(shipment: Shipment, watch: Watch, policy: TrackingPolicy, now: datetime) -> str:
    """Why nobody has to look any more, apart from the parcel's own end; "" while somebody has to."""
    if shipment.moved_to:
        return CORRECTED
    if shipment.next_id:
        return USED_AGAIN
    if shipment.is_void:
        return VOID
    if not shipment.is_open:
        return ""
    last = max(watch.created_at, shipment.last_event_at or watch.created_at)
    return EXPIRED if last + timedelta(days=policy.give_up_days) <= now else ""


def _is_to_subscribe(watch: Watch, now: datetime) -> bool:
    if watch.told_at is None:
        return True
    if watch.state is State.SUBSCRIBED:
        return watch.subscribed_until is not None and watch.subscribed_until - RENEW_BEFORE <= now
    return 0 < watch.refusals < MOST_REFUSALS and watch.told_at + SUBSCRIBE_AGAIN <= now


def _heard(shipment: Shipment, watch: Watch) -> datetime | None:
    """When news came that was not the answer to our last ask: somebody pushes. (An answer has the ask's own time.)"""
    since = watch.asked_at or watch.created_at
    if shipment.event_count <= watch.seen or shipment.updated_at <= since:
        return None
    return shipment.updated_at


def _is_silent(shipment: Shipment, watch: Watch, now: datetime) -> bool:
    heard = max(at for at in (watch.told_at, watch.created_at, shipment.updated_at) if at)
    return heard + REVIVE_AFTER <= now


def _closing(watch: Watch, now: datetime) -> Watch:
    return watch.model_copy(update={"state": State.CLOSING, "due_at": now + LAST_LOOK, "urgent": False})


def _looked_at_again(watch: Watch, milestone: Milestone, policy: TrackingPolicy, since: datetime) -> Watch:
    """Due one interval after an instant, or when the subscription has to be renewed."""
    at = since + interval(milestone, watch, policy)
    if watch.state is State.SUBSCRIBED and watch.subscribed_until:
        at = min(at, watch.subscribed_until - RENEW_BEFORE)
    return watch.model_copy(update={"due_at": at, "urgent": _phase(milestone) is _Phase.OUT_FOR_DELIVERY})
