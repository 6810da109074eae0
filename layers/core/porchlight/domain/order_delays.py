"""The life of an order's delay, as ``domain.mending`` has it for parcels. Each change comes with its record.

Pure: every function returns the order as it is then, and the decisions that made it so, to be written together.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from porchlight.domain.brands import BrandConfig, DelayPolicy
from porchlight.domain.dates import DateRange
from porchlight.domain.delays import Delay, DelayChange, DelayDecision, Suspected
from porchlight.domain.dispatch import Free, is_paid_back, no_holidays, order_range, to_ship
from porchlight.domain.lateness import Suspicion
from porchlight.domain.mending import decision_of
from porchlight.domain.orders import Order
from porchlight.domain.packing import Packing
from porchlight.domain.ranges import COLD

Changed = tuple[Order, tuple[DelayDecision, ...]]


def suspect_order(order: Order, suspicion: Suspicion, policy: DelayPolicy, now: datetime) -> Changed:
    """Note a suspicion, on the way to its workflow; unchanged where it is noted, or a delay is open."""
    if (order.delay and order.delay.is_open) or order.suspected:
        return order, ()
    noted = Suspected(delay_id=suspicion.delay_id, kind=suspicion.kind, at=now)
    decision = _decision(order, suspicion.delay_id, DelayChange.SUSPECTED, now, policy, suspicion=suspicion)
    return order.model_copy(update={"suspected": noted}), (decision,)


def declare_order(
    order: Order, suspicion: Suspicion, brand: BrandConfig, now: datetime, free: Free = no_holidays
) -> Changed:
    """Declare that the order was not dispatched, with a range that is honest now; an open delay whose range is over
    gets a new one. Unchanged if this delay was declared before.
    """
    known, policy = order.delay, brand.delays
    expected = order_range(order, brand, now, free)
    facts = {**suspicion.facts, "range_from": _origin(order, expected)}
    if known and known.is_open:
        return _updated(order, known, expected, facts, policy, now, "policy")
    delay_id = order.suspected.delay_id if order.suspected else suspicion.delay_id
    if known and known.delay_id == delay_id:
        return order, ()
    delay = Delay(
        delay_id=delay_id,
        kind=suspicion.kind,
        declared_at=now,
        promised=suspicion.promised,
        expected=expected,
        fault=suspicion.fault,
        facts=facts,
        policy_version=policy.version,
        model_version=_model(order, expected),
        step_since=now,
    )
    decision = _decision(order, delay_id, DelayChange.DECLARED, now, policy, delay=delay)
    return order.model_copy(update={"delay": delay, "suspected": None}), (decision,)


def settle_order(
    order: Order, held: Sequence[Mapping[str, Packing]], brand: BrandConfig, now: datetime, free: Free = no_holidays
) -> Changed:
    """The order after news of it and of what has left (``dispatch.holdings``): an open delay recovers when all has
    left, is resolved when nobody waits any more, and gets a new range when the shop names another day of shipping; a
    suspicion that has proved to be none is dropped. Money that is still owed for a cancelled order keeps its delay open
    until all has left nevertheless: there is nothing to be paid back for then.
    """
    dispatched = _dispatched(order, held, now)
    policy, delay = brand.delays, order.delay
    owed = delay is not None and delay.unpaid and not _has_left(order, held)
    gone = (order.cancelled_at is not None and not owed) or is_paid_back(order)
    if dispatched.suspected and (gone or dispatched.dispatched_at):
        cleared = _decision(order, dispatched.suspected.delay_id, DelayChange.CLEARED, now, policy, by="store")
        return dispatched.model_copy(update={"suspected": None}), (cleared,)
    if delay and (delay.committed or delay.remedied):
        return _shipped_after_all(dispatched, delay, policy, now)
    if delay is None or not delay.is_open:
        return dispatched, ()
    if gone:
        closed = delay.model_copy(update={"resolved_at": now, "case_id": None})
        change = DelayChange.RESOLVED
    elif dispatched.dispatched_at:
        closed = delay.model_copy(update={"recovered_at": now, "case_id": None})
        change = DelayChange.RECOVERED
    else:
        return _follow_shop(dispatched, delay, brand, now, free)
    decision = _decision(order, delay.delay_id, change, now, policy, delay=closed, by="store")
    return dispatched.model_copy(update={"delay": closed}), (decision,)


def reopened(order: Order, now: datetime) -> Order:
    """Something of it is to be sent again, as of now; unchanged where it had not all left."""
    if order.dispatched_at is None:
        return order
    return order.model_copy(update={"dispatched_at": None, "reopened_at": now})


def _shipped_after_all(order: Order, delay: Delay, policy: DelayPolicy, now: datetime) -> Changed:
    """Note, once, that it was shipped though its money is given back: people settle that."""
    ended = delay.committed or delay.remedied
    if ended is None or delay.conflict_at or order.dispatched_at is None:
        return order, ()
    noted = delay.model_copy(update={"conflict_at": now})
    decision = _decision(order, delay.delay_id, DelayChange.CONFLICT, now, policy, delay=noted, by="store")
    told = {"facts": {**delay.facts, "remedy": ended.remedy.value, "key": ended.key}}
    return order.model_copy(update={"delay": noted}), (decision.model_copy(update=told),)


def _dispatched(order: Order, held: Sequence[Mapping[str, Packing]], now: datetime) -> Order:
    if order.dispatched_at or order.cancelled_at or not _has_left(order, held):
        return order
    return order.model_copy(update={"dispatched_at": now})


def _has_left(order: Order, held: Sequence[Mapping[str, Packing]]) -> bool:
    return any(line.ships for line in order.lines) and not to_ship(order, held)


def _follow_shop(order: Order, delay: Delay, brand: BrandConfig, now: datetime, free: Free) -> Changed:
    """The shop has named another day of shipping since the range was told."""
    named = order.ship_by.isoformat() if order.ship_by else None
    if named is None or named == delay.facts.get("ship_by"):
        return order, ()
    expected = order_range(order, brand, now, free)
    facts = {**delay.facts, "ship_by": named, "ship_by_stated": True, "range_from": _origin(order, expected)}
    return _updated(order, delay, expected, facts, brand.delays, now, "store")


def _updated(
    order: Order,
    delay: Delay,
    expected: DateRange | None,
    facts: dict[str, str | int | float | bool | None],
    policy: DelayPolicy,
    now: datetime,
    by: str,
) -> Changed:
    """The same delay with a new range; the facts alone change where the range does not."""
    if expected == delay.expected:
        return order.model_copy(update={"delay": delay.model_copy(update={"facts": facts})}), ()
    update = {"expected": expected, "before": delay.expected, "facts": facts, "model_version": _model(order, expected)}
    updated = delay.model_copy(update={**update, "revision": delay.revision + 1, "updated_at": now})
    decision = _decision(order, delay.delay_id, DelayChange.UPDATED, now, policy, delay=updated, by=by)
    return order.model_copy(update={"delay": updated}), (decision,)


def _origin(order: Order, expected: DateRange | None) -> str:
    return "" if expected is None else _model(order, expected) or "policy"


def _model(order: Order, expected: DateRange | None) -> str:
    """The version of the model that a range comes from; empty where it comes from the policy."""
    forecast = order.forecast
    return forecast.version if expected and forecast and COLD not in forecast.reasons else ""


def _decision(
    order: Order,
    delay_id: str,
    change: DelayChange,
    now: datetime,
    policy: DelayPolicy,
    *,
    suspicion: Suspicion | None = None,
    delay: Delay | None = None,
    by: str = "policy",
) -> DelayDecision:
    kind = delay.kind if delay else suspicion.kind if suspicion else order.suspected.kind if order.suspected else None
    assert kind is not None
    return decision_of(order, delay_id, kind, change, now, policy, suspicion, delay, by=by)
