"""The ledger of an order: what is left, what the shop's own reports say about it, what was promised before ledgers."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.money import Money
from porchlight.domain.orders import Order
from porchlight.domain.remedies import Remedy, RemedyRecord, RemedyState, refund_id
from porchlight.domain.returns import Return, ReturnLine
from porchlight.domain.rma.ledger import Ledger, checked, is_booked, left, moved, opened, reserve
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Parts, Settlement
from tests.unit.settling import NOW, eur, order

State = SettlementState
PAID = 12_500


def ledger() -> Ledger:
    return Ledger(brand="larkspur", order_id="ord_1", currency="EUR")


def promised(found: Ledger, key: str, minor: int, of: Order | None = None, **more: object) -> Ledger:
    after = reserve(found, of or order(), PAID, key, minor, NOW, **more)  # type: ignore[arg-type]
    assert after is not None
    return after


def done(found: Ledger, key: str, minor: int, reference: str = "", **more: object) -> Ledger:
    return moved(promised(found, key, minor, **more), key, State.DONE, NOW, reference)  # type: ignore[arg-type]


def test_what_is_promised_is_gone_and_what_fails_is_back() -> None:
    found = promised(ledger(), "a", 10_000)
    assert left(found, order(), PAID) == 2_500
    assert reserve(found, order(), PAID, "b", 2_501, NOW) is None
    assert left(moved(found, "a", State.FAILED, NOW), order(), PAID) == PAID


def test_the_same_promise_again_is_one_and_may_change_until_it_was_asked_for() -> None:
    found = promised(ledger(), "a", 10_000)
    assert promised(found, "a", 10_000) is found
    changed = promised(found, "a", 12_000)
    assert (changed.entries["a"].minor, changed.version) == (12_000, found.version + 1)
    taken = moved(found, "a", State.ACCEPTED, NOW)
    assert promised(taken, "a", 12_000) is taken


def test_what_failed_may_be_promised_again() -> None:
    found = moved(promised(ledger(), "a", PAID), "a", State.FAILED, NOW)
    assert left(promised(found, "a", 500), order(), PAID) == 12_000


@pytest.mark.parametrize(
    ("told", "rest"),
    [
        ({}, 7_500),
        ({"re_1": 5_000}, 7_500),
        ({"re_9": 5_000}, 7_500),
        ({"re_8": 3_000, "re_9": 2_000}, 7_500),
        ({"re_9": 4_999}, 2_501),
        ({"re_1": 5_000, "re_9": 5_000}, 2_500),
        ({"re_1": 6_000}, 6_500),
    ],
)
def test_the_shops_report_of_a_refund_of_ours_counts_once(told: dict[str, int], rest: int) -> None:
    """Given 50.00 that we paid back as ``re_1``, however the shop reports it, then the larger of both counts once."""
    found = done(ledger(), "a", 5_000, "re_1")
    shop = order(refunds={name: eur(minor) for name, minor in told.items()})
    assert left(found, shop, PAID) == rest


def test_each_report_is_the_echo_of_one_refund_alone() -> None:
    found = done(done(ledger(), "a", 5_000), "b", 5_000)
    assert left(found, order(refunds={"re_1": eur(5_000)}), PAID) == 2_500
    assert left(found, order(refunds={"re_1": eur(5_000), "re_2": eur(5_000)}), PAID) == 2_500


def test_what_the_shop_gave_before_is_no_echo_of_what_we_gave_after() -> None:
    """Given 50.00 that the shop gave back by hand, when we give 50.00 for a return, then it is both."""
    told = {"re_9": eur(5_000)}
    found = moved(promised(ledger(), "a", 5_000, order(refunds=told)), "a", State.DONE, NOW)
    assert left(found, order(refunds=told), PAID) == 2_500
    assert not is_booked(found, order(refunds=told), "a")
    assert left(found, order(refunds={**told, "re_10": eur(5_000)}), PAID) == 2_500
    assert is_booked(found, order(refunds={**told, "re_10": eur(5_000)}), "a")


def test_two_of_ours_under_one_reference_count_both() -> None:
    """Given a brand's system that calls two refunds by one name, then the report of one is not that of both."""
    found = done(done(ledger(), "a", 5_000, "re_1"), "b", 4_000, "re_1")
    assert left(found, order(refunds={"re_1": eur(5_000)}), PAID) == 3_500
    assert left(found, order(refunds={"re_1": eur(9_000)}), PAID) == 3_500


def test_what_is_only_promised_has_no_echo_yet() -> None:
    found = promised(ledger(), "a", 5_000)
    assert left(found, order(refunds={"re_1": eur(5_000)}), PAID) == 2_500


def test_credit_and_goods_are_no_refunds_of_the_shop() -> None:
    found = done(ledger(), "a", 5_000, echoes=False)
    assert left(found, order(refunds={"re_1": eur(5_000)}), PAID) == 2_500


def test_refunds_in_another_currency_do_not_count_here() -> None:
    shop = order(refunds={"re_1": Money(amount=9_000, currency="USD")})
    assert left(done(ledger(), "a", 5_000), shop, PAID) == 7_500


def test_money_that_moved_with_an_exchange_is_spent_within_it() -> None:
    found = done(ledger(), "x", 5_000, echoes=False)
    found = promised(found, "a", 3_000, over="x")
    assert left(found, order(), PAID) == 7_500
    assert reserve(found, order(), PAID, "b", 2_001, NOW, over="x") is None
    assert reserve(found, order(), PAID, "b", 2_000, NOW, over="x") is not None
    assert reserve(found, order(), PAID, "b", 1, NOW, over="unknown") is None
    gone = moved(found, "x", State.FAILED, NOW)
    assert reserve(gone, order(), PAID, "b", 1, NOW, over="x") is None


def test_a_ledger_begins_with_what_was_promised_before_there_was_one() -> None:
    """Given returns and delays of an earlier release, done, under way and refused, then all that counts is in it."""
    paid = Settlement(
        key="rfd_1", kind=SettlementKind.CREDIT, order_id="ord_1", amount=eur(2_200), state=State.DONE,
        intended_at=NOW, done_at=NOW, parts=Parts(currency="EUR", items=2_000, bonus=200),
    )  # fmt: skip
    other = paid.model_copy(update={"key": "rfd_2", "order_id": "ord_2"})
    request = Return(
        brand="larkspur", return_id="rma_1", order_id="ord_1", shopper_id="cus_1", requested_at=NOW,
        lines=(ReturnLine(line_id="hat", quantity=1, reason="x"),), settlements=(paid, other),
    )  # fmt: skip
    remedies = [
        RemedyRecord(key=key, remedy=Remedy.REFUND, state=state, amount=eur(minor), intended_at=NOW)
        for key, state, minor in (
            ("rmd_done", RemedyState.DONE, 3_000),
            ("rmd_meant", RemedyState.INTENDED, 1_000),
            ("rmd_refused", RemedyState.REFUSED, 7_000),
        )
    ]
    shop = order(refunds={refund_id("rmd_done", "re_3"): eur(3_000), refund_id("rmd_old", "re_4"): eur(500)})
    found = opened(shop, [request], remedies)
    assert {key: one.minor for key, one in found.entries.items()} == {
        "rfd_1": 2_000, "rmd_done": 3_000, "rmd_meant": 1_000,
    }  # fmt: skip
    assert left(found, shop, PAID) == PAID - 2_000 - 3_000 - 1_000 - 500
    # and when the shop reports two of them itself, they still count once
    echoed = shop.model_copy(update={"refunds": {**shop.refunds, "re_3": eur(3_000), "re_4": eur(500)}})
    assert left(found, echoed, PAID) == PAID - 2_000 - 3_000 - 1_000 - 500


def test_news_that_is_none_changes_nothing() -> None:
    found = done(ledger(), "a", 5_000, "re_1")
    assert moved(found, "a", State.DONE, NOW) is found
    assert moved(found, "unknown", State.DONE, NOW) is found


def test_what_the_comparison_finds_is_kept_until_there_is_news() -> None:
    found = checked(promised(ledger(), "a", 5_000), {"a": "stuck"}, None)
    assert (found.entries["a"].differs, found.check_at) == ("stuck", None)
    after = moved(found, "a", State.DONE, NOW)
    assert (after.entries["a"].differs, after.check_at) == ("", NOW + timedelta(hours=20))


def test_booked_is_what_the_shop_reports() -> None:
    found = done(ledger(), "a", 5_000, "re_1")
    assert not is_booked(found, order(), "a")
    assert is_booked(found, order(refunds={"re_1": eur(1)}), "a")
    assert is_booked(found, order(refunds={"x": eur(4_000), "y": eur(1_000)}), "a")


STEPS = st.lists(
    st.tuples(st.sampled_from("abcde"), st.integers(0, 9_000), st.sampled_from(["promise", *State])), max_size=30
)


@given(STEPS)
def test_whatever_is_promised_in_whatever_order_it_is_never_more_than_was_paid(
    steps: list[tuple[str, int, str]],
) -> None:
    found = ledger()
    for key, minor, what in steps:
        if what == "promise":
            found = reserve(found, order(), PAID, key, minor, NOW) or found
        elif what != State.INTENDED and not (key in found.entries and not found.entries[key].counts):
            found = moved(found, key, State(what), NOW)
        counted = sum(one.minor for one in found.entries.values() if one.counts)
        assert 0 <= counted <= PAID
        assert left(found, order(), PAID) == PAID - counted


@given(st.lists(st.integers(1, 3_000), min_size=1, max_size=4), st.lists(st.integers(1, 3_000), max_size=3))
def test_what_we_paid_and_the_shop_reports_in_full_is_left_off_once(ours: list[int], by_hand: list[int]) -> None:
    """Given refunds of ours that the shop reports under our references, beside its own, then each counts once."""
    found = ledger()
    told = {f"hand_{number}": eur(minor) for number, minor in enumerate(by_hand)}
    for number, minor in enumerate(ours):
        after = reserve(found, order(refunds=told), 100_000, f"k{number}", minor, NOW)
        assert after
        found = moved(after, f"k{number}", State.DONE, NOW, f"re_{number}")
        told[f"re_{number}"] = eur(minor)
    assert left(found, order(refunds=told), 100_000) == 100_000 - sum(ours) - sum(by_hand)
