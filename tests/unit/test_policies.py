"""What the returns policy says: windows, quantities, money."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.milestones import Milestone
from porchlight.domain.money import Money
from porchlight.domain.orders import Order, OrderLine
from porchlight.domain.policies import REFUSALS, Verdict, ahead_of, delivered_at, evaluate, left_to_refund
from porchlight.domain.returns import Decision, Outcome, Refund, Return, ReturnState
from tests.unit.stories import DAY, NOW, ZONE, after, brand, order, parcel, scan, usd, wanted

POLICY = brand().returns


def decide(
    request: Return,
    of: Order | None = None,
    *,
    others: tuple[Return, ...] = (),
    delivered: datetime | None = NOW,
    **policy: object,
) -> Verdict:
    found = brand(**policy).returns if policy else POLICY
    return evaluate(request, of or order(), found, others=others, delivered=delivered, zone=ZONE, now=NOW)


def approved(request: Return, minor: int, *, executed: bool = False) -> Return:
    decision = Decision(outcome=Outcome.APPROVE, rule="within_window", policy_version="1", decided_at=NOW)
    refund = Refund(key="k", amount=usd(minor), requested_at=NOW, executed_at=NOW) if executed else None
    state = ReturnState.REFUNDED if executed else ReturnState.APPROVED
    update = {"decisions": (decision,), "refund_amount": usd(minor), "refund": refund, "state": state}
    return request.model_copy(update=update)


def test_a_request_within_the_window_is_approved_with_the_fee_taken_off() -> None:
    verdict = decide(wanted())
    assert (verdict.decision.outcome, verdict.decision.rule) == (Outcome.APPROVE, "within_window")
    assert verdict.amount == usd(9_500)
    assert verdict.decision.policy_version == "returns-1"
    assert verdict.decision.facts["days_since_delivery"] == 0


def test_the_window_counts_local_days_and_its_last_day_counts() -> None:
    delivered = datetime(2026, 2, 1, 2, tzinfo=UTC)  # 31 January in New York
    last = datetime(2026, 3, 3, 4, 59, tzinfo=UTC)  # 2 March there: day 30
    assert decide(wanted(requested_at=last), delivered=delivered).decision.outcome is Outcome.APPROVE
    late = decide(wanted(requested_at=last + timedelta(minutes=1)), delivered=delivered)
    assert (late.decision.outcome, late.decision.rule) == (Outcome.REFUSE, "window_closed")


def test_a_tier_has_its_own_window_and_no_fee() -> None:
    request = wanted(requested_at=NOW + 45 * DAY)
    assert decide(request).decision.rule == "window_closed"
    elite = decide(request, order(tier="elite"))
    assert (elite.decision.rule, elite.amount) == ("within_window", usd(10_000))
    assert decide(request, order(tier="unheard of")).decision.rule == "window_closed"


def test_before_delivery_the_window_has_not_begun() -> None:
    verdict = decide(wanted(requested_at=NOW + 400 * DAY), delivered=None)
    assert (verdict.decision.outcome, verdict.decision.rule) == (Outcome.APPROVE, "not_delivered_yet")


@pytest.mark.parametrize(
    ("request_", "of", "rule"),
    [
        (wanted(), order(cancelled_at=NOW), "order_cancelled"),
        (wanted([("scarf", 1)]), order(), "unknown_line"),
        (wanted([("shirt", 3)]), order(), "quantity_exceeded"),
        (wanted([("shirt", 1), ("shirt", 2)]), order(), "quantity_exceeded"),
        (wanted([("shirt", 1), ("hat", 1)]), order(), "final_sale"),
        (wanted(), order(refunds={"r1": usd(24_000)}), "nothing_to_refund"),
    ],
)
def test_refusals_have_stable_codes(request_: Return, of: Order, rule: str) -> None:
    verdict = decide(request_, of)
    assert (verdict.decision.outcome, verdict.decision.rule) == (Outcome.REFUSE, rule)
    assert rule in REFUSALS


def test_a_fee_above_the_value_leaves_nothing() -> None:
    assert decide(wanted(), fee_minor=10_000).decision.rule == "nothing_to_refund"


def test_what_is_worth_much_goes_to_a_person() -> None:
    at_limit = decide(wanted(), review_above_minor=9_500)
    above = decide(wanted(), review_above_minor=9_499)
    assert at_limit.decision.outcome is Outcome.APPROVE
    assert (above.decision.outcome, above.decision.rule) == (Outcome.REVIEW, "above_review_amount")


def test_money_refunded_elsewhere_goes_to_a_person_and_our_own_echo_does_not() -> None:
    outside = decide(wanted(), order(refunds={"r1": usd(100)}))
    assert (outside.decision.outcome, outside.decision.rule) == (Outcome.REVIEW, "refunded_elsewhere")
    ours = approved(wanted(return_id="rma_0"), 9_500, executed=True)
    echo = decide(wanted(), order(refunds={"r1": usd(9_500)}), others=(ours,))
    assert (echo.decision.outcome, echo.amount) == (Outcome.APPROVE, usd(9_500))


def test_the_amount_never_goes_above_what_is_left() -> None:
    assert decide(wanted([("shirt", 2)]), order(total=usd(15_000))).amount == usd(15_000)
    planned = approved(wanted([("hat", 1)], return_id="rma_0"), 9_000)
    assert decide(wanted([("shirt", 2)]), order(total=usd(15_000)), others=(planned,)).amount == usd(6_000)


def test_items_that_are_coming_back_cannot_come_back_twice_unless_that_return_ended() -> None:
    other = wanted([("shirt", 2)], return_id="rma_0", requested_at=NOW - DAY)
    assert decide(wanted(), others=(other,)).decision.rule == "quantity_exceeded"
    for state in (ReturnState.REFUSED, ReturnState.EXPIRED):
        ended = other.model_copy(update={"state": state})
        assert decide(wanted(), others=(ended,)).decision.rule == "within_window"


def test_of_two_requests_at_once_for_the_same_item_one_wins() -> None:
    one, two = wanted([("shirt", 2)], return_id="rma_a"), wanted([("shirt", 2)], return_id="rma_b")
    rules = {decide(one, others=(one, two)).decision.rule, decide(two, others=(one, two)).decision.rule}
    assert rules == {"within_window", "quantity_exceeded"}
    late_but_approved = approved(two, 19_500)
    assert ahead_of(one, [late_but_approved]) == [late_but_approved]


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
    prices=st.lists(PRICES, min_size=1, max_size=4),
    total=PRICES,
    fee=PRICES,
    refunded=PRICES,
    currency=st.sampled_from(["USD", "JPY", "KWD"]),
    others=st.lists(st.tuples(PRICES, st.booleans(), st.booleans()), max_size=3),
)
def test_money_is_never_negative_never_above_its_lines_and_never_above_what_is_left(
    prices: list[int], total: int, fee: int, refunded: int, currency: str, others: list[tuple[int, bool, bool]]
) -> None:
    def money(minor: int) -> Money:
        return Money(amount=minor, currency=currency)

    lines = tuple(
        OrderLine(line_id=str(n), title="x", quantity=1, unit_price=money(price)) for n, price in enumerate(prices)
    )
    of = order(lines=lines, total=money(total), currency=currency, refunds={"r": money(refunded)})
    known = []
    for number, (minor, executed, ended) in enumerate(others):
        other = approved(wanted([("none", 1)], return_id=f"rma_{number}"), minor, executed=executed)
        amounts: dict[str, object] = {"refund_amount": money(minor)}
        if other.refund:
            amounts["refund"] = other.refund.model_copy(update={"amount": money(minor)})
        if ended and not executed:
            amounts["state"] = ReturnState.EXPIRED
        known.append(other.model_copy(update=amounts))
    request = wanted([(line.line_id, 1) for line in lines], return_id="rma_z")
    amount = decide(request, of, others=tuple(known), fee_minor=fee).amount
    assert amount.currency == currency
    assert 0 <= amount.amount <= max(0, sum(prices) - fee)
    assert amount.amount <= left_to_refund(of, known).amount <= total
