"""What a returns policy says about one request: window, quantities, money. Each answer is a decision to record.

The rules are asked in a fixed order and the first that speaks decides. Refusals have stable codes (``REFUSALS``):
texts, API problems and statistics key on them. Statutory rights are not looked at here: they stand above a brand's
policy.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from porchlight.domain.dates import local_day
from porchlight.domain.milestones import TERMINAL, Milestone
from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.returns import Decision, Outcome, Return, ReturnLine, ReturnsPolicy, ReturnState, ReturnsTier
from porchlight.domain.shipments import Shipment

REFUSALS = frozenset(
    {"order_cancelled", "unknown_line", "quantity_exceeded", "final_sale", "window_closed", "nothing_to_refund"}
)
"""The rules that refuse."""

ENDED = frozenset({ReturnState.REFUSED, ReturnState.EXPIRED})
"""Returns that hold nothing of their order any more."""


@dataclass(frozen=True)
class Verdict:
    """A decision about a request, with the money that it means."""

    decision: Decision
    amount: Money


def tier_of(policy: ReturnsPolicy, tier: str | None) -> ReturnsTier:
    """Window and fee for shoppers of a tier; the policy's own where it has no such tier."""
    standard = ReturnsTier(window_days=policy.window_days, fee_minor=policy.fee_minor)
    return policy.tiers.get(tier, standard) if tier else standard


def delivered_at(parcels: Iterable[Shipment]) -> datetime | None:
    """When the order's last parcel arrived; None while one is still coming, or none has arrived.

    Which line was in which parcel is not known, so the window opens when the last one is there: never to the
    shopper's harm.
    """
    arrived: list[datetime] = []
    for parcel in parcels:
        if parcel.is_return:
            continue
        if parcel.milestone not in TERMINAL and Milestone.DELIVERED not in parcel.reached:
            return None
        if Milestone.DELIVERED in parcel.reached:
            arrived.append(parcel.reached[Milestone.DELIVERED])
    return max(arrived, default=None)


def quantities(lines: Iterable[ReturnLine]) -> Mapping[str, int]:
    """How many of each order line."""
    total: Counter[str] = Counter()
    for line in lines:
        total[line.line_id] += line.quantity
    return total


def ahead_of(request: Return, others: Iterable[Return]) -> list[Return]:
    """The returns of the same order that go before ``request``: approved ones, and those that were asked for earlier.

    Of two requests for the same thing at once, exactly one goes before the other.
    """

    def place(one: Return) -> tuple[datetime, str]:
        return one.requested_at, one.return_id

    return [
        other
        for other in others
        if other.return_id != request.return_id
        and other.state not in ENDED
        and (place(other) < place(request) or _is_approved(other))
    ]


def amount_of(request: Return, order: Order, policy: ReturnsPolicy, others: Sequence[Return]) -> Money:
    """The request's lines less the fee; never negative, never more than is left of what was paid."""
    prices = {line.line_id: line.unit_price for line in order.lines}
    value = sum(
        prices[line_id].times(quantity).amount
        for line_id, quantity in quantities(request.lines).items()
        if line_id in prices
    )
    fee = tier_of(policy, order.tier).fee_minor
    return Money(amount=max(0, min(value - fee, left_to_refund(order, others).amount)), currency=order.currency)


def left_to_refund(order: Order, others: Iterable[Return]) -> Money:
    """What was paid, less what was refunded or is promised to other returns.

    A store reports our own refunds back to us as refunds of the order. What we have executed and what the store
    reports is therefore counted once, by the larger of the two; refunds that are planned but not executed are counted
    on top. Refunds for delays stand among the order's refunds as ours, and are counted on top as well.
    """
    executed = planned = 0
    for other in others:
        if other.state in ENDED:
            continue
        if other.refund and other.refund.executed_at:
            executed += other.refund.amount.amount
        elif other.refund_amount and _is_approved(other):
            planned += other.refund_amount.amount
    told = order.refunded.amount - order.refunded_by_us
    spent = max(told, executed) + order.refunded_by_us + planned
    return Money(amount=max(0, order.total.amount - spent), currency=order.currency)


def evaluate(
    request: Return,
    order: Order,
    policy: ReturnsPolicy,
    *,
    others: Sequence[Return],
    delivered: datetime | None,
    zone: str | None,
    now: datetime,
) -> Verdict:
    """Decide a request. ``others`` are the order's other returns, ``zone`` is where the shopper's days are counted.

    Before the last parcel has arrived the window has not begun, so the request is within it.
    """
    ahead = ahead_of(request, others)
    amount = amount_of(request, order, policy, ahead)
    tier = tier_of(policy, order.tier)
    days = (local_day(request.requested_at, zone) - local_day(delivered, zone)).days if delivered else None
    lines = {line.line_id: line for line in order.lines}
    wanted, taken = quantities(request.lines), quantities(line for other in ahead for line in other.lines)
    executed = sum(o.refund.amount.amount for o in others if o.refund and o.refund.executed_at)
    facts: dict[str, str | int | bool | None] = {
        "tier": order.tier,
        "window_days": tier.window_days,
        "days_since_delivery": days,
        "fee_minor": tier.fee_minor,
        "refund_minor": amount.amount,
        "currency": amount.currency,
        "quantity": sum(wanted.values()),
        "already_returning": sum(taken[line] for line in wanted if line in taken),
    }

    def verdict(outcome: Outcome, rule: str) -> Verdict:
        decision = Decision(outcome=outcome, rule=rule, policy_version=policy.version, decided_at=now, facts=facts)
        return Verdict(decision, amount)

    if order.cancelled_at:
        return verdict(Outcome.REFUSE, "order_cancelled")
    if not wanted.keys() <= lines.keys():
        return verdict(Outcome.REFUSE, "unknown_line")
    if any(count + taken.get(line, 0) > lines[line].quantity for line, count in wanted.items()):
        return verdict(Outcome.REFUSE, "quantity_exceeded")
    if any(lines[line].final_sale for line in wanted):
        return verdict(Outcome.REFUSE, "final_sale")
    if days is not None and days > tier.window_days:
        return verdict(Outcome.REFUSE, "window_closed")
    if amount.amount == 0:
        return verdict(Outcome.REFUSE, "nothing_to_refund")
    if order.refunded.amount > executed:
        return verdict(Outcome.REVIEW, "refunded_elsewhere")
    if policy.review_above_minor is not None and amount.amount > policy.review_above_minor:
        return verdict(Outcome.REVIEW, "above_review_amount")
    return verdict(Outcome.APPROVE, "within_window" if delivered else "not_delivered_yet")


def _is_approved(request: Return) -> bool:
    """True once a policy or a person has said yes, whatever has happened since."""
    return any(decision.outcome is Outcome.APPROVE for decision in request.decisions)
