"""What returns of an order say about each other: which goes first, what is left of the money."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.milestones import Milestone
from porchlight.domain.money import Money
from porchlight.domain.policies import ahead_of, delivered_at, left_to_refund, of_order, quantities
from porchlight.domain.returns import Decision, Outcome, Return, ReturnLine, ReturnState
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from tests.unit.stories import DAY, NOW, after, order, parcel, scan, usd, wanted


def approved(request: Return, minor: int, *, executed: bool = False, currency: str = "USD") -> Return:
    decision = Decision(outcome=Outcome.APPROVE, rule="within_window", policy_version="1", decided_at=NOW)
    amount = Money(amount=minor, currency=currency)
    paid = Settlement(
        key=f"k-{request.return_id}",
        kind=SettlementKind.REFUND,
        order_id=request.order_id,
        amount=amount,
        state=SettlementState.DONE,
        intended_at=NOW,
        done_at=NOW,
    )
    state = ReturnState.REFUNDED if executed else ReturnState.APPROVED
    update = {"settlements": (paid,) if executed else (), "state": state}
    return request.model_copy(update={"decisions": (decision,), "refund_amount": amount, **update})


def test_our_own_refund_that_the_store_repeats_is_counted_once() -> None:
    ours = approved(wanted(return_id="rma_0"), 9_500, executed=True)
    echo = order(refunds={"r1": usd(9_500)})
    assert left_to_refund(echo, [ours]) == left_to_refund(order(), [ours]) == usd(14_500)
    assert left_to_refund(order(refunds={"r1": usd(9_600)}), [ours]) == usd(14_400)


def test_what_is_promised_to_another_return_is_not_there_any_more() -> None:
    planned = approved(wanted([("hat", 1)], return_id="rma_0"), 9_000)
    assert left_to_refund(order(total=usd(15_000)), [planned]) == usd(6_000)
    for state in (ReturnState.REFUSED, ReturnState.EXPIRED, ReturnState.CANCELLED):
        ended = planned.model_copy(update={"state": state})
        assert left_to_refund(order(total=usd(15_000)), [ended]) == usd(15_000)


def test_what_is_approved_or_was_asked_for_earlier_goes_first() -> None:
    one, two = wanted([("shirt", 2)], return_id="rma_a"), wanted([("shirt", 2)], return_id="rma_b")
    # Given two requests at the same instant, exactly one goes before the other
    assert (ahead_of(one, [one, two]), ahead_of(two, [one, two])) == ([], [one])
    later = wanted([("shirt", 1)], return_id="rma_c", requested_at=NOW + timedelta(seconds=1))
    assert (ahead_of(one, [later]), ahead_of(later, [one])) == ([], [one])
    # But one that was approved meanwhile holds what it has
    late_but_approved = approved(two, 19_500)
    assert ahead_of(one, [late_but_approved]) == [late_but_approved]
    # And what has ended without goods holds nothing
    for state in (ReturnState.REFUSED, ReturnState.EXPIRED, ReturnState.CANCELLED):
        assert not ahead_of(later, [one.model_copy(update={"state": state})])


def test_lines_are_counted_by_the_order_that_they_are_of() -> None:
    request = wanted([("shirt", 1), ("shirt", 2)])
    other = ReturnLine(line_id="shirt", order_id="ord_2", quantity=4, reason="x")
    request = request.model_copy(update={"lines": (*request.lines, other)})
    assert quantities(wanted([("shirt", 1), ("shirt", 2), ("hat", 1)]).lines) == {"shirt": 3, "hat": 1}
    assert (of_order(request, "ord_1"), of_order(request, "ord_2")) == ({"shirt": 3}, {"shirt": 4})


def test_delivered_is_when_the_last_parcel_came() -> None:
    first = after(parcel(), [scan(Milestone.DELIVERED, NOW)])
    second = after(parcel(shipment_id="shp_2"), [scan(Milestone.DELIVERED, NOW + DAY)])
    coming = after(parcel(shipment_id="shp_3"), [scan(Milestone.IN_TRANSIT, NOW)])
    lost = after(parcel(shipment_id="shp_4"), [scan(Milestone.LOST, NOW)])
    back = after(parcel(shipment_id="shp_5", return_id="rma_1"), [scan(Milestone.DELIVERED, NOW + 9 * DAY)])
    assert delivered_at([first, second, lost, back]) == NOW + DAY
    assert delivered_at([first, coming]) is None
    assert delivered_at([]) is None


PRICES = st.integers(0, 50_000)


@given(
    total=PRICES,
    refunded=PRICES,
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    others=st.lists(st.tuples(PRICES, st.booleans(), st.booleans()), max_size=3),
)
def test_what_is_left_is_never_negative_and_never_more_than_was_paid(
    total: int, refunded: int, currency: str, others: list[tuple[int, bool, bool]]
) -> None:
    paid, told = Money(amount=total, currency=currency), Money(amount=refunded, currency=currency)
    of = order(total=paid, currency=currency, refunds={"r": told})
    known, gone = [], refunded
    for number, (minor, executed, ended) in enumerate(others):
        other = approved(wanted(return_id=f"rma_{number}"), minor, executed=executed, currency=currency)
        if ended and not executed:
            other = other.model_copy(update={"state": ReturnState.EXPIRED})
        elif not executed:
            gone += minor
        known.append(other)
    left = left_to_refund(of, known)
    assert left.currency == currency
    assert 0 <= left.amount <= max(0, total - gone)
