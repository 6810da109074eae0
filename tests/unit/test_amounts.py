"""What a return is worth: parts that add up, lines that are worth what was paid for them, never more than that."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.money import Money
from porchlight.domain.orders import Order, OrderLine
from porchlight.domain.returns import Decision, Outcome, Return, ReturnLine, ReturnState, Wanted
from porchlight.domain.rma.amounts import exchanged, payer, quote, share, total, wanted_minor
from porchlight.domain.rma.names import Resolution, ReturnKind, SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Parts, Settlement
from porchlight.domain.rma.terms import Terms

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
TERMS = Terms(policy_version="p-1")


def money(minor: int, currency: str = "EUR") -> Money:
    return Money(amount=minor, currency=currency)


def line(name: str, quantity: int, minor: int, **update: object) -> OrderLine:
    return OrderLine(line_id=name, title=name, quantity=quantity, unit_price=money(minor)).model_copy(update=update)


def order(*lines: OrderLine, order_id: str = "ord_1", paid: int | None = None, **update: object) -> Order:
    found = Order(
        brand="larkspur",
        order_id=order_id,
        external_id=order_id,
        number="#1",
        source="api",
        placed_at=NOW,
        source_updated_at=NOW,
        updated_at=NOW,
        currency="EUR",
        total=money(sum(one.unit_price.amount * one.quantity for one in lines) if paid is None else paid),
        lines=lines,
        shopper_id="cus_1",
        version=1,
    )
    return found.model_copy(update=update)


def of(count: int, name: str = "shirt", order_id: str = "", **update: object) -> ReturnLine:
    return ReturnLine(line_id=name, quantity=count, reason="too_big", order_id=order_id).model_copy(update=update)


def returned(number: int, *lines: ReturnLine, parts: Parts | None = None, **update: object) -> Return:
    """One that was approved, with what it was found to be worth."""
    found = Return(
        brand="larkspur",
        return_id=f"rma_{number}",
        order_id="ord_1",
        shopper_id="cus_1",
        lines=lines,
        requested_at=NOW + timedelta(minutes=number),
        state=ReturnState.APPROVED,
        decisions=(Decision(outcome=Outcome.APPROVE, rule="r", policy_version="p-1", decided_at=NOW),),
        parts=parts,
        refund_amount=parts.total if parts else None,
    )
    return found.model_copy(update=update)


def worth(
    found: Order, *lines: ReturnLine, ahead: Sequence[Return] = (), by: Resolution = Resolution.REFUND, **terms: object
) -> Parts:
    return total(quote(lines, {found.order_id: found}, TERMS.model_copy(update=terms), by, ahead=ahead))


def test_pieces_of_a_line_are_worth_its_price() -> None:
    assert worth(order(line("shirt", 2, 1_999)), of(1)).total == money(1_999)


def test_of_what_does_not_divide_the_last_piece_gets_the_rest() -> None:
    bought = order(line("shirt", 3, 34, paid=money(100)), paid=100)
    one = worth(bought, of(1))
    two = worth(bought, of(1), ahead=[returned(1, of(1), parts=one)])
    rest = worth(bought, of(1), ahead=[returned(1, of(1), parts=one), returned(2, of(1), parts=two)])
    assert [one.items, two.items, rest.items] == [33, 34, 33]


@given(
    paid=st.integers(0, 10_000_000),
    pieces=st.integers(1, 40),
    order_of=st.randoms(use_true_random=False),
    given_up=st.sets(st.integers(0, 20), max_size=5),
)
def test_however_a_line_is_split_over_returns_it_is_worth_what_was_paid(
    paid: int, pieces: int, order_of: object, given_up: set[int]
) -> None:
    """Given returns of a line that come in any order, some of them given up again, when all of it has come back, then
    their items add up to what was paid, whatever the currency's decimals.
    """
    rng = order_of
    bought = order(line("shirt", pieces, 1, paid=money(paid)), paid=paid)
    standing: list[Return] = []
    number = 0
    while (left := pieces - sum(one.lines[0].quantity for one in standing)) > 0:
        count = rng.randint(1, left)  # type: ignore[attr-defined]
        parts = worth(bought, of(count), ahead=standing)
        assert 0 <= parts.total.amount <= paid
        number += 1
        if number in given_up:
            continue
        standing.insert(rng.randint(0, len(standing)), returned(number, of(count), parts=parts))  # type: ignore[attr-defined]
    assert sum(one.parts.items for one in standing if one.parts) == paid
    assert sum(one.parts.total.amount for one in standing if one.parts) == paid


@given(
    prices=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 100_000)), min_size=1, max_size=4),
    counts=st.lists(st.integers(0, 6), min_size=4, max_size=4),
    shipping=st.integers(0, 5_000),
    refunds_shipping=st.booleans(),
    fee=st.integers(0, 300_000),
    deduct=st.integers(0, 300_000),
    told=st.integers(0, 300_000),
    bonus=st.integers(0, 100),
    by=st.sampled_from(Resolution),
    kind=st.sampled_from(ReturnKind),
)
def test_an_amount_is_never_negative_and_never_above_what_is_left(
    prices: list[tuple[int, int]],
    counts: list[int],
    shipping: int,
    refunds_shipping: bool,
    fee: int,
    deduct: int,
    told: int,
    bonus: int,
    by: Resolution,
    kind: ReturnKind,
) -> None:
    lines = [line(f"l{number}", *price) for number, price in enumerate(prices)]
    paid = sum(count * minor for count, minor in prices) + shipping
    bought = order(*lines, paid=paid, shipping=money(shipping), refunds={"re_1": money(told)})
    back = [of(count, f"l{number}") for number, count in enumerate(counts[: len(lines)]) if count] or [of(1, "l0")]
    terms = TERMS.model_copy(
        update={"refunds_shipping": refunds_shipping, "fee": money(fee), "credit_bonus_percent": bonus}
    )
    parts = total(quote(back, {"ord_1": bought}, terms, by, kind=kind, deduct_minor=deduct))
    pieces = (parts.items, parts.shipping, parts.fee, parts.deduction, parts.capped, parts.bonus)
    assert parts.total.amount == sum(pieces) >= 0
    assert parts.total.amount - parts.bonus <= max(0, paid - told)
    assert parts.deduction >= -deduct
    assert -fee <= parts.fee <= 0
    assert sum(parts.by_line.values()) == parts.items


def test_shipping_goes_back_once_with_the_last_of_the_order_and_never_more_than_the_cheapest() -> None:
    bought = order(
        line("shirt", 2, 1_000), line("gift", 1, 500, ships=False), paid=3_990,
        shipping=money(1_490), standard_shipping=money(490), shipping_tax=money(149),
    )  # fmt: skip
    first = worth(bought, of(1), refunds_shipping=True)
    last = worth(bought, of(1), ahead=[returned(1, of(1), parts=first)], refunds_shipping=True)
    assert (first.shipping, last.shipping, last.tax) == (0, 490, 49)
    assert worth(bought, of(2), refunds_shipping=False).shipping == 0
    assert (
        worth(bought, of(2), of(1, "gift"), ahead=[returned(1, of(2), parts=last)], refunds_shipping=True).shipping == 0
    )


def test_shipping_of_one_order_is_not_that_of_another_in_the_same_return() -> None:
    """Given a return with all of one order and some of another, then the rest of that one has its shipping to come."""
    ours = order(line("shirt", 2, 5_000), paid=10_500, shipping=money(500))
    other = order(line("hat", 1, 2_000), order_id="ord_2", paid=2_300, shipping=money(300))
    terms = TERMS.model_copy(update={"refunds_shipping": True})
    lines = (of(1), of(1, "hat", "ord_2"))
    parts = total(quote(lines, {"ord_1": ours, "ord_2": other}, terms, Resolution.REFUND))
    assert parts.shipping == 300
    first = returned(1, *lines, parts=parts)
    rest = worth(ours, of(1), ahead=[first], refunds_shipping=True)
    assert (rest.shipping, rest.total) == (500, money(5_500))
    # and there is nothing more to come after that
    last = returned(2, of(1), parts=rest)
    assert worth(ours, of(1), ahead=[first, last], refunds_shipping=True).shipping == 0
    assert (
        worth(
            other, of(1, "hat"), ahead=[first.model_copy(update={"order_id": "ord_2"})], refunds_shipping=True
        ).shipping
        == 0
    )


def test_the_tax_is_shown_and_not_added() -> None:
    bought = order(line("shirt", 3, 1_000, paid=money(3_000), tax=money(479)))
    parts = worth(bought, of(2))
    assert (parts.tax, parts.total) == (319, money(2_000))


def test_a_fee_takes_no_more_than_there_is_and_one_of_another_currency_nothing() -> None:
    bought = order(line("shirt", 1, 300))
    assert worth(bought, of(1), fee=money(500)).total == money(0)
    assert worth(bought, of(1), fee=money(500, "USD")).total == money(300)


def test_a_claim_pays_no_fee_for_a_way_back() -> None:
    bought = order(line("shirt", 1, 300))
    terms = TERMS.model_copy(update={"fee": money(100)})
    assert total(quote([of(1)], {"ord_1": bought}, terms, Resolution.REFUND, kind=ReturnKind.CLAIM)).total == money(300)


def test_store_credit_has_its_bonus_on_what_is_paid() -> None:
    bought = order(line("shirt", 1, 1_005), refunds={"re_1": money(5)})
    parts = worth(bought, of(1), by=Resolution.STORE_CREDIT, credit_bonus_percent=10)
    assert (parts.capped, parts.bonus, parts.total) == (-5, 100, money(1_100))


def test_several_orders_are_paid_back_each_from_its_own_money_with_one_fee() -> None:
    one, two = order(line("shirt", 1, 400)), order(line("hat", 1, 900), order_id="ord_2")
    terms = TERMS.model_copy(update={"fee": money(500)})
    parts = quote([of(1), of(1, "hat", "ord_2")], {"ord_1": one, "ord_2": two}, terms, Resolution.REFUND)
    assert {name: found.total.amount for name, found in parts.items()} == {"ord_1": 0, "ord_2": 800}
    assert total(parts).fee == -500
    other = two.model_copy(update={"currency": "JPY", "total": money(900, "JPY")})
    mixed = quote([of(1), of(1, "hat", "ord_2")], {"ord_1": one, "ord_2": other}, TERMS, Resolution.REFUND)
    with pytest.raises(ValueError, match="one currency"):
        total(mixed)


@pytest.mark.parametrize(
    ("price", "into", "rest", "charge"), [(None, 1_000, 0, 0), (700, 700, 300, 0), (1_250, 1_000, 0, 250)]
)
def test_an_exchange_refunds_or_charges_the_difference(price: int | None, into: int, rest: int, charge: int) -> None:
    bought = order(line("shirt", 1, 1_000))
    back = of(1, wanted=Wanted(sku="S-M", unit_price=None if price is None else money(price)))
    parts = quote([back], {"ord_1": bought}, TERMS.model_copy(update={"fee": money(0)}), Resolution.EXCHANGE)
    wanted = wanted_minor([back], {"ord_1": bought}, parts)
    assert exchanged(parts, wanted) == ({"ord_1": into}, {"ord_1": rest}, charge)


def test_the_fee_of_an_exchange_comes_off_the_rest_alone() -> None:
    bought = order(line("shirt", 1, 1_000))
    terms = TERMS.model_copy(update={"fee": money(500)})
    same, cheaper = of(1, wanted=Wanted(sku="M")), of(1, wanted=Wanted(sku="M", unit_price=money(800)))
    assert total(quote([same], {"ord_1": bought}, terms, Resolution.EXCHANGE)).fee == 0
    assert total(quote([cheaper], {"ord_1": bought}, terms, Resolution.EXCHANGE)).fee == -200


def sent_for(*settlements: Settlement) -> Return:
    return returned(9, of(1), return_id="rma_first", state=ReturnState.EXCHANGED, settlements=settlements)


def moved(kind: SettlementKind, minor: int, key: str = "set_x") -> Settlement:
    return Settlement(
        key=key, kind=kind, order_id="ord_1", amount=money(minor), state=SettlementState.DONE,
        intended_at=NOW, done_at=NOW,
    )  # fmt: skip


def test_what_was_sent_in_exchange_is_paid_back_from_the_first_order() -> None:
    """Given shoes for 100.00 that were exchanged for dearer boots, the difference charged, when the boots come back in
    two returns, then both payments go back in full, and the rest of the first order is not touched.
    """
    first = order(line("shirt", 1, 10_000), line("hat", 1, 1_000))
    boots = order(line("boot", 2, 6_000), order_id="ord_2", paid=2_000, exchange_of="rma_first")
    origin = sent_for(moved(SettlementKind.EXCHANGE, 10_000), moved(SettlementKind.CHARGE, 2_000, "set_c"))
    orders, origins = {"ord_2": boots, "ord_1": first}, {"rma_first": origin}
    one = quote([of(1, "boot")], orders, TERMS, Resolution.REFUND, origins=origins)
    assert {name: parts.total.amount for name, parts in one.items()} == {"ord_1@set_x": 5_000, "ord_2": 1_000}
    assert [payer(name) for name in one] == [("ord_1", "set_x"), ("ord_2", "")]
    before = returned(10, of(1, "boot"), parts=total(one), order_id="ord_2")
    two = quote([of(1, "boot")], orders, TERMS, Resolution.REFUND, ahead=[before], origins=origins)
    assert total(one).total.amount + total(two).total.amount == 12_000


def test_a_replacement_that_comes_back_is_worth_what_it_replaced() -> None:
    first, again = order(line("shirt", 1, 3_000)), order(line("shirt", 1, 0), order_id="ord_2", exchange_of="rma_first")
    origin = sent_for(moved(SettlementKind.REPLACE, 3_000))
    parts = quote([of(1)], {"ord_2": again, "ord_1": first}, TERMS, Resolution.REFUND, origins={"rma_first": origin})
    assert {name: one.total.amount for name, one in parts.items()} == {"ord_1": 3_000}


@given(paid=st.integers(0, 10**9), of_=st.integers(1, 1000))
def test_shares_add_up(paid: int, of_: int) -> None:
    steps = [share(paid, count + 1, of_) - share(paid, count, of_) for count in range(of_)]
    assert sum(steps) == paid
    assert 0 <= max(steps) - min(steps) <= 1


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
def test_decimals_do_not_matter(currency: str) -> None:
    """Given a currency of none or three decimals, everything is counted in its own minor unit."""
    one = line("shirt", 3, 34, paid=money(100, currency), unit_price=money(34, currency))
    bought = order(one, currency=currency, total=money(100, currency))
    assert worth(bought, of(2)).total == money(67, currency)
