"""The ledger of an order's money: what was promised and what is gone, so that together it is never more than was paid.

A shop reports our own refunds back to us as refunds of the order. Each of ours is therefore looked for among the
shop's: by the reference that the provider gave; else, once it is done, as one or several of the shop's that add up to
exactly its amount (one return may be paid back to a gift card and a card). What is found is counted once, by what the
shop says; all else on both sides is counted.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import combinations

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.orders import Order
from porchlight.domain.remedies import OURS, RemedyRecord, RemedyState, echo_of
from porchlight.domain.returns import Return
from porchlight.domain.rma.names import FROM_WHAT_WAS_PAID, MONEY_BACK, SettlementState

_FROZEN = ConfigDict(frozen=True)
CHECK_AFTER = timedelta(hours=20)
"""A ledger is compared with providers and shop by the first daily run so long after its last change."""
_TOGETHER = 4
"""The most refunds of the shop that one of ours is taken to be."""
_SEARCHED = 24
"""The most of them that are searched; an order with more of them has other troubles."""


class LedgerEntry(BaseModel):
    """Money of one order that is gone or promised, by the key of what it is for. A bonus is no money of the order's."""

    model_config = _FROZEN

    minor: int
    state: SettlementState = SettlementState.INTENDED
    return_id: str = ""
    reference: str = ""
    over: str = ""
    """The key of the exchange with which the money had moved: this counts within that, not on top."""
    echoes: bool = True
    """False for goods and credit, which no shop reports as a refund unless under our reference."""
    before: tuple[str, ...] = ()
    """What the shop had reported when it was promised: none of that is this one."""
    at: AwareDatetime
    differs: str = ""
    """What the reconciliation found, a word; empty: all is as it should be, as far as is known."""

    @property
    def counts(self) -> bool:
        """True while the money is gone or may go."""
        return self.state is not SettlementState.FAILED


class Ledger(BaseModel):
    """What was promised and given back of one order's payment. ``version`` guards it: two that want money at one moment
    see each other.
    """

    model_config = _FROZEN

    brand: str
    order_id: str
    currency: str
    entries: dict[str, LedgerEntry] = {}
    check_at: AwareDatetime | None = None
    """When the reconciliation looks at it (again); None: all was found as it should be."""
    version: int = 0


def opened(order: Order, returns: Iterable[Return], remedies: Iterable[RemedyRecord] = ()) -> Ledger:
    """The ledger of an order that has none yet: what returns and delays asked for before ledgers were kept."""
    entries = {
        one.key: LedgerEntry(
            minor=one.from_paid,
            state=one.state,
            return_id=request.return_id,
            reference=one.reference,
            over=one.over,
            echoes=one.kind in MONEY_BACK,
            at=one.intended_at,
        )
        for request in returns
        for one in request.settlements
        if one.kind in FROM_WHAT_WAS_PAID and one.order_id == order.order_id
    }
    gone = {refund.partition(":")[0]: echo_of(refund) for refund in order.refunds if refund.startswith(OURS)}
    for record in remedies:
        if record.amount is None or record.amount.currency != order.currency or record.state is RemedyState.REFUSED:
            continue
        done = record.key in gone
        entries[record.key] = LedgerEntry(
            minor=record.amount.amount,
            state=SettlementState.DONE if done else SettlementState.INTENDED,
            reference=gone.get(record.key, ""),
            at=record.intended_at,
        )
    return Ledger(brand=order.brand, order_id=order.order_id, currency=order.currency, entries=entries)


def left(ledger: Ledger, order: Order, paid: int) -> int:
    """Minor units that may still be promised of the ``paid`` ones."""
    return max(0, paid - spent(ledger, order))


def spent(ledger: Ledger, order: Order) -> int:
    """Minor units of an order's money that are gone or promised."""
    told = {
        name: refund.amount
        for name, refund in order.refunds.items()
        if refund.currency == order.currency and not name.startswith(OURS)
    }
    ours = {key: one for key, one in ledger.entries.items() if one.counts and not one.over}
    named = {key for key, one in ours.items() if one.reference in told}
    gone = sum(told.values())
    of_name = Counter[str]()
    for key in named:
        of_name[ours[key].reference] += ours[key].minor
    gone += sum(max(0, minor - told[name]) for name, minor in of_name.items())
    rest = {name: minor for name, minor in told.items() if name not in of_name}
    for key, one in sorted(ours.items(), key=lambda found: -found[1].minor):
        if key in named:
            continue
        if one.echoes and one.state is SettlementState.DONE and (echo := _echo(one, rest)):
            rest = {name: minor for name, minor in rest.items() if name not in echo}
        else:
            gone += one.minor
    return gone + _before_ledgers(order, ledger)


def reserve(
    ledger: Ledger,
    order: Order,
    paid: int,
    key: str,
    minor: int,
    now: datetime,
    *,
    return_id: str = "",
    over: str = "",
    echoes: bool = True,
) -> Ledger | None:
    """The ledger with the promise; None where that is more than is left. A key that counts already is there once: what
    was promised under it, and not yet asked for, may be promised anew with another amount.
    """
    known = ledger.entries.get(key)
    if known and known.counts:
        if known.minor == minor or known.state is not SettlementState.INTENDED:
            return ledger
        others = {name: one for name, one in ledger.entries.items() if name != key}
        ledger = ledger.model_copy(update={"entries": others})
    if minor < 0 or minor > (_left_over(ledger, over) if over else left(ledger, order, paid)):
        return None
    before = tuple(sorted(name for name in order.refunds if not name.startswith(OURS))) if echoes else ()
    entry = LedgerEntry(minor=minor, return_id=return_id, over=over, echoes=echoes, before=before, at=now)
    return _with(ledger, key, entry, now)


def moved(ledger: Ledger, key: str, state: SettlementState, now: datetime, reference: str = "") -> Ledger:
    """The ledger after news of one promise; the same one where that is no news."""
    known = ledger.entries.get(key)
    if known is None or (known.state, known.reference) == (state, reference or known.reference):
        return ledger
    changed = known.model_copy(update={"state": state, "reference": reference or known.reference, "differs": ""})
    return _with(ledger, key, changed, now)


def checked(ledger: Ledger, differs: Mapping[str, str], check_at: datetime | None) -> Ledger:
    """The ledger as the reconciliation leaves it."""
    entries = {key: one.model_copy(update={"differs": differs.get(key, "")}) for key, one in ledger.entries.items()}
    return ledger.model_copy(update={"entries": entries, "check_at": check_at, "version": ledger.version + 1})


def is_booked(ledger: Ledger, order: Order, key: str) -> bool:
    """True where the shop reports a refund of ours, by its reference or by its amount."""
    one = ledger.entries[key]
    told = {name: refund.amount for name, refund in order.refunds.items() if refund.currency == order.currency}
    return one.reference in told or bool(_echo(one, told))


def _with(ledger: Ledger, key: str, entry: LedgerEntry, now: datetime) -> Ledger:
    entries = {**ledger.entries, key: entry}
    update = {"entries": entries, "check_at": now + CHECK_AFTER, "version": ledger.version + 1}
    return ledger.model_copy(update=update)


def _left_over(ledger: Ledger, key: str) -> int:
    """What is left of money that moved with an exchange."""
    exchange = ledger.entries.get(key)
    if exchange is None or not exchange.counts:
        return 0
    return exchange.minor - sum(one.minor for one in ledger.entries.values() if one.over == key and one.counts)


def _echo(one: LedgerEntry, told: Mapping[str, int]) -> frozenset[str]:
    """The fewest of the shop's later refunds that add up to exactly this one; none where there are none such."""
    names = sorted(told.keys() - set(one.before))[:_SEARCHED]
    for count in range(1, _TOGETHER + 1):
        for found in combinations(names, count):
            if one.minor and sum(told[name] for name in found) == one.minor:
                return frozenset(found)
    return frozenset()


def _before_ledgers(order: Order, ledger: Ledger) -> int:
    """Refunds for delays of which the ledger does not know, and that the shop has not reported itself."""
    return sum(
        refund.amount
        for name, refund in order.refunds.items()
        if name.startswith(OURS)
        and refund.currency == order.currency
        and name.partition(":")[0] not in ledger.entries
        and echo_of(name) not in order.refunds
    )
