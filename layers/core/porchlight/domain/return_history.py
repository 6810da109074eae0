"""What a shopper's orders and returns add up to: what risk and policies ask about. Each counts once, however often it
is told.
"""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.orders import Order
from porchlight.domain.returns import GIVEN_UP, SETTLED, Return, ReturnState
from porchlight.domain.rma.inspection import in_force
from porchlight.domain.rma.names import NOTHING_COMES, Discrepancy, Grade, Resolution, ReturnKind

_KEPT_IDS = 200
"""Ids that are kept: the newest. The stream repeats what is minutes old, and a return ends within months."""
_KEPT_ORDERS = 60
_KEPT_DAYS = 60
"""Of each kind of event."""
_FOR = timedelta(days=365)
"""Days of events are forgotten after so long: nothing looks at them then."""
_UNDECIDED = frozenset({ReturnState.REQUESTED, ReturnState.IN_REVIEW, ReturnState.CANCELLED})
_TAKEN_BACK = frozenset({Resolution.REFUND, Resolution.STORE_CREDIT})
"""After these the sale is undone; who exchanges has bought something."""
_NOT_AS_SENT = frozenset({Discrepancy.EMPTY_BOX, Discrepancy.WRONG_ITEM})


class History(BaseModel):
    """Days are UTC. Money is in minor units by currency. Nothing in it names a person but ``shopper_id``."""

    model_config = ConfigDict(frozen=True)

    brand: str
    shopper_id: str
    orders: int = 0
    returns: int = 0
    """That were approved and not given up."""
    bought_minor: dict[str, int] = {}
    returned_minor: dict[str, int] = {}
    claims: tuple[date, ...] = ()
    """Parcels that were said not to have come."""
    kept: tuple[date, ...] = ()
    """Refunds after which nothing was sent back."""
    worn: tuple[date, ...] = ()
    """Items that came back worn, one entry for each."""
    empty: tuple[date, ...] = ()
    """Boxes that were empty or held something else."""
    first_order_on: date | None = None
    last_orders: tuple[str, ...] = ()
    """Oldest first, as ``{placed instant}#{order_id}``: splitting is seen by these."""
    returned_orders: tuple[str, ...] = ()
    """Ids of orders with a return that counts, the newest last."""
    fingerprints: tuple[str, ...] = ()
    """Digests of addresses and means of payment that were used: forgotten with the shopper."""
    counted: tuple[str, ...] = ()
    """Ids of what is in the sums: one told twice counts once."""
    erased_at: AwareDatetime | None = None
    """The shopper was forgotten: nothing is counted for them any more."""
    version: int = 0

    def forgotten(self, at: datetime) -> Self:
        """Nothing but that there was somebody."""
        gone = type(self)(brand=self.brand, shopper_id=self.shopper_id, erased_at=at)
        return gone.model_copy(update={"version": self.version + 1})


def with_order(history: History, order: Order) -> History:
    """One more order. One that was cancelled from the first, or was sent in exchange, counts for nothing."""
    if order.cancelled_at or order.exchange_of or order.order_id in history.counted:
        return history
    placed, code = order.placed_at.astimezone(UTC), order.currency
    entry = f"{placed:%Y-%m-%dT%H:%M:%SZ}#{order.order_id}"
    return history.model_copy(
        update={
            "orders": history.orders + 1,
            "bought_minor": _plus(history.bought_minor, code, order.total.amount),
            "first_order_on": min(placed.date(), history.first_order_on or placed.date()),
            "last_orders": tuple(sorted((*history.last_orders, entry)))[-_KEPT_ORDERS:],
            "fingerprints": tuple(dict.fromkeys((*history.fingerprints, *order.fingerprints)))[-_KEPT_ORDERS:],
            "counted": _also(history, order.order_id),
        }
    )


def without_order(history: History, order: Order) -> History:
    """One order less: it was cancelled after it had counted."""
    key = f"{order.order_id}#cancelled"
    if key in history.counted or history.orders == 0 or order.exchange_of:
        return history
    return history.model_copy(
        update={
            "orders": history.orders - 1,
            "bought_minor": _plus(history.bought_minor, order.currency, -order.total.amount),
            "last_orders": tuple(one for one in history.last_orders if not one.endswith(f"#{order.order_id}")),
            "counted": _also(history, key),
        }
    )


def with_return(history: History, before: Return | None, after: Return) -> History:
    """What a change of a return says. A return counts while it is approved and not given up; what was found and what
    was claimed counts once. What is defective is nobody's habit: repairs and warranty count for nothing.
    """
    if before is None or _counts(before) is not _counts(after):
        history = _in_the_sums(history, after)
    for event in _news(before, after):
        if event.key not in history.counted and event.corrected not in history.counted:
            days = sorted((*getattr(history, event.kind), *[event.day] * event.times))
            recent = tuple(day for day in days if days[-1] - day <= _FOR)[-_KEPT_DAYS:]
            history = history.model_copy(update={event.kind: recent, "counted": _also(history, event.key)})
    for event in _news(after, before) if before else ():
        if event.corrected not in history.counted:
            days = list(getattr(history, event.kind))
            for _ in range(event.times if event.key in history.counted else 0):
                if event.day in days:
                    days.remove(event.day)
            history = history.model_copy(update={event.kind: tuple(days), "counted": _also(history, event.corrected)})
    return history


def says_something(before: Return | None, after: Return) -> bool:
    """False for most changes of a return: they add nothing to any history."""
    corrected = bool(before and _news(after, before))
    return (before is not None and _counts(before)) is not _counts(after) or bool(_news(before, after)) or corrected


class _Event(NamedTuple):
    key: str
    kind: str
    """The field of ``History`` that it goes to."""
    day: date
    times: int = 1

    @property
    def corrected(self) -> str:
        """The key of its being taken back: an inspection was wrong, and another one has taken its place."""
        return f"{self.key}#corrected"


def _events(request: Return) -> list[_Event]:
    """What a return, as it stands, says of its shopper; each under a key of its own."""
    found, asked = [], request.requested_at.astimezone(UTC).date()
    if request.kind is ReturnKind.WARRANTY:
        return []
    if request.kind is ReturnKind.CLAIM:
        return [_Event(f"{request.return_id}#claim", "claims", asked)] if request.state not in _UNDECIDED else []
    if request.method in NOTHING_COMES and request.state in SETTLED:
        found.append(_Event(f"{request.return_id}#kept", "kept", asked))
    for one in in_force(request.inspections):
        key, day = f"{request.return_id}#{one.inspection_id}", one.inspected_at.astimezone(UTC).date()
        if worn := sum(item.quantity for item in one.items if item.grade is Grade.WORN and item.line_id):
            found.append(_Event(f"{key}#worn", "worn", day, min(worn, _KEPT_DAYS)))
        if _NOT_AS_SENT & set(one.discrepancies):
            found.append(_Event(f"{key}#empty", "empty", day))
    return found


def _news(before: Return | None, after: Return) -> list[_Event]:
    known = {event.key for event in _events(before)} if before else set()
    return [event for event in _events(after) if event.key not in known]


def _counts(request: Return) -> bool:
    """True while it is among the returns of its shopper."""
    ordinary = request.kind not in (ReturnKind.WARRANTY, ReturnKind.CLAIM)
    return ordinary and request.is_approved and request.state not in GIVEN_UP


def _in_the_sums(history: History, request: Return) -> History:
    key, counts = f"{request.return_id}#counts", _counts(request)
    if counts is (key in history.counted):
        return history
    sign, parts, returned = 1 if counts else -1, request.parts, history.returned_minor
    if parts and request.resolution in _TAKEN_BACK:
        returned = _plus(returned, parts.currency, sign * parts.items)
    if counts:
        orders = tuple(dict.fromkeys((*history.returned_orders, *request.order_ids)))[-_KEPT_ORDERS:]
        counted = _also(history, key)
    else:
        orders = tuple(one for one in history.returned_orders if one not in request.order_ids)
        counted = tuple(one for one in history.counted if one != key)
    update = {"returned_minor": returned, "returned_orders": orders, "counted": counted}
    return history.model_copy(update={**update, "returns": max(0, history.returns + sign)})


def _plus(sums: dict[str, int], code: str, minor: int) -> dict[str, int]:
    return {**sums, code: max(0, sums.get(code, 0) + minor)}


def _also(history: History, key: str) -> tuple[str, ...]:
    return (*history.counted, key)[-_KEPT_IDS:]
