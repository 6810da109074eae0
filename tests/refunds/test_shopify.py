"""Shopify's GraphQL: what it is asked word for word, and what its answers mean."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.errors import PermanentProviderError, TransientError
from tests.refunds.peers import NOW, Asked, ShopifyPeer, brand_at, provider_at, served, wanted
from tests.unit.settling import eur, order

BOUGHT = order(external_id="450789469")


class Shop(ShopifyPeer):
    """One that answers with what it is given, first come first served."""

    def __init__(self, *answers: Any) -> None:
        super().__init__("shopify")
        self.answers = list(answers)

    def do(self, asked: Asked) -> tuple[int, Any]:
        return 200, self.answers.pop(0)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with served(Shop()) as found:
        assert isinstance(found, Shop)
        yield found


def paid(name: str, amount: str, kind: str = "SALE", parent: str = "", **update: Any) -> dict[str, Any]:
    values = {
        "id": f"gid://shopify/OrderTransaction/{name}",
        "kind": kind,
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "amountSet": {"presentmentMoney": {"amount": amount, "currencyCode": "EUR"}},
        "parentTransaction": {"id": f"gid://shopify/OrderTransaction/{parent}"} if parent else None,
    }
    return values | update


def bought(*transactions: dict[str, Any], refunds: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    shown = {"id": "gid://shopify/Order/450789469", "transactions": list(transactions), "refunds": list(refunds)}
    return {"data": {"order": shown}}


def refund(*states: str, note: str = "rma_1 rfd_1") -> dict[str, Any]:
    nodes = [{"id": str(number), "kind": "REFUND", "status": state} for number, state in enumerate(states)]
    return {"id": "gid://shopify/Refund/929361462", "note": note, "transactions": {"nodes": nodes}}


def made(*states: str) -> dict[str, Any]:
    return {"data": {"refundCreate": {"refund": refund(*states), "userErrors": []}}}


def test_a_refund_is_asked_for_word_for_word(shop: Shop) -> None:
    shop.answers = [bought(paid("1", "125.00")), made("SUCCESS")]
    answer = provider_at(shop, BOUGHT).carry_out(brand_at(shop), wanted(lines={"466157049": 1, "shirt": 1}))
    assert (answer.state, answer.reference) == (SettlementState.DONE, "929361462")
    look, asked = shop.asked
    assert (asked.method, asked.path) == ("POST", "/admin/api/2026-04/graphql.json")
    assert asked.headers["x-shopify-access-token"] == "shpat_1"
    assert look.json["variables"] == {"id": "gid://shopify/Order/450789469"}
    assert "refundCreate(input: $input) @idempotent(key: $key)" in asked.json["query"]
    assert asked.json["variables"] == {
        "key": "fafa13e2-00dc-5a1e-aa94-7a0b214b2e71",
        "input": {
            "orderId": "gid://shopify/Order/450789469",
            "note": "rma_1 rfd_1",
            "notify": False,
            "currency": "EUR",
            "refundLineItems": [
                {"lineItemId": "gid://shopify/LineItem/466157049", "quantity": 1, "restockType": "NO_RESTOCK"}
            ],
            "transactions": [
                {
                    "orderId": "gid://shopify/Order/450789469",
                    "parentId": "gid://shopify/OrderTransaction/1",
                    "kind": "REFUND",
                    "gateway": "shopify_payments",
                    "amount": "50.00",
                }
            ],
        },
    }


def test_the_amount_is_split_over_what_each_means_of_payment_has_left(shop: Shop) -> None:
    shop.answers = [
        bought(
            paid("1", "30.00", gateway="gift_card"),
            paid("2", "95.00", kind="CAPTURE"),
            paid("3", "90.00", kind="AUTHORIZATION"),
            paid("4", "80.00", status="FAILURE"),
            paid("5", "20.00", kind="REFUND", parent="1"),
        ),
        made("SUCCESS", "SUCCESS"),
    ]
    provider_at(shop, BOUGHT).carry_out(brand_at(shop), wanted())
    given = shop.asked[1].json["variables"]["input"]["transactions"]
    assert [(one["parentId"][-1], one["gateway"], one["amount"]) for one in given] == [
        ("1", "gift_card", "10.00"),
        ("2", "shopify_payments", "40.00"),
    ]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([bought(paid("1", "49.99"))], "more-than-left"),
        ([{"data": {"order": None}}], "order-unknown"),
        (
            [bought(paid("1", "125", amountSet={"presentmentMoney": {"amount": "125", "currencyCode": "USD"}}))],
            "paid-otherwise",
        ),
        ([{"errors": [{"message": "Field x does not exist"}]}], "provider-refused"),
    ],
)
def test_what_cannot_be_paid_back_like_that_is_refused(shop: Shop, answers: list[Any], code: str) -> None:
    shop.answers = answers
    with pytest.raises(PermanentProviderError) as caught:
        provider_at(shop, BOUGHT).carry_out(brand_at(shop), wanted())
    assert caught.value.problem == code


@pytest.mark.parametrize("code", ["THROTTLED", "INTERNAL_SERVER_ERROR", "ACCESS_DENIED"])
def test_trouble_within_a_good_answer_is_asked_again(shop: Shop, code: str) -> None:
    shop.answers = [{"errors": [{"message": "x", "extensions": {"code": code}}]}]
    with pytest.raises(TransientError):
        provider_at(shop, BOUGHT).carry_out(brand_at(shop), wanted())


@pytest.mark.parametrize(
    ("states", "state"),
    [
        (("SUCCESS", "SUCCESS"), SettlementState.DONE),
        (("SUCCESS", "PENDING"), SettlementState.ACCEPTED),
        (("AWAITING_RESPONSE",), SettlementState.ACCEPTED),
        (("UNKNOWN",), SettlementState.ACCEPTED),
        (("SUCCESS", "FAILURE"), SettlementState.FAILED),
        (("ERROR",), SettlementState.FAILED),
        ((), SettlementState.ACCEPTED),
    ],
)
def test_money_has_moved_when_all_transactions_say_so(
    shop: Shop, states: tuple[str, ...], state: SettlementState
) -> None:
    shop.answers = [bought(paid("1", "125.00"), refunds=(refund(*states),))]
    assert provider_at(shop, BOUGHT).look(brand_at(shop), wanted(), "929361462").state is state


def test_another_refund_is_not_taken_for_ours(shop: Shop) -> None:
    shop.answers = [bought(paid("1", "125.00"), refunds=(refund("SUCCESS", note="rma_1 rfd_1-2"),)), made("SUCCESS")]
    provider_at(shop, BOUGHT).carry_out(brand_at(shop), wanted())
    assert len(shop.asked) == 2


def credits_(*found: tuple[str, Any]) -> dict[str, Any]:
    nodes = [
        {"id": "gid://shopify/StoreCreditAccountCreditTransaction/1", "createdAt": at.isoformat(), "amount": amount}
        for amount, at in (({"amount": amount, "currencyCode": "EUR"}, at) for amount, at in found)
    ]
    accounts = {"nodes": [{"id": "a", "transactions": {"nodes": nodes}}]}
    return {"data": {"order": {"customer": {"id": "gid://shopify/Customer/7", "storeCreditAccounts": accounts}}}}


CREDITED = {
    "data": {
        "storeCreditAccountCredit": {
            "storeCreditAccountTransaction": {"id": "gid://shopify/StoreCreditAccountCreditTransaction/2"},
            "userErrors": [],
        }
    }
}


def test_store_credit_goes_to_the_customer_of_the_order(shop: Shop) -> None:
    shop.answers = [credits_(("50.00", NOW - timedelta(days=1)), ("49.00", NOW)), CREDITED]
    asked_for = wanted(kind=SettlementKind.CREDIT, amount=eur(5_000), shopper_id="cus_1")
    answer = provider_at(shop, BOUGHT, kind=SettlementKind.CREDIT).carry_out(brand_at(shop), asked_for)
    assert answer.reference.endswith("/2")
    assert shop.asked[1].json["variables"] == {
        "id": "gid://shopify/Customer/7",
        "input": {"creditAmount": {"amount": "50.00", "currencyCode": "EUR"}},
    }


def test_a_credit_that_was_given_since_the_intent_is_not_given_again(shop: Shop) -> None:
    shop.answers = [credits_(("50.0", NOW + timedelta(seconds=2)))]
    asked_for = wanted(kind=SettlementKind.CREDIT, shopper_id="cus_1")
    answer = provider_at(shop, BOUGHT, kind=SettlementKind.CREDIT).carry_out(brand_at(shop), asked_for)
    assert (answer.state, len(shop.asked)) == (SettlementState.DONE, 1)


def test_a_credit_is_found_though_shopify_tells_full_seconds(shop: Shop) -> None:
    """Given an intent at 12:00:00.4 and a credit whose answer was lost at 12:00:00.9, then it is not given again."""
    shop.answers = [credits_(("50.00", NOW))]
    asked_for = wanted(kind=SettlementKind.CREDIT, shopper_id="cus_1", intended_at=NOW + timedelta(milliseconds=400))
    answer = provider_at(shop, BOUGHT, kind=SettlementKind.CREDIT).carry_out(brand_at(shop), asked_for)
    assert (answer.state, len(shop.asked)) == (SettlementState.DONE, 1)


@pytest.mark.parametrize("more", [{"first": True}, {"taken": ("gid://shopify/StoreCreditAccountCreditTransaction/1",)}])
def test_the_credit_of_another_return_is_not_taken_for_ours(shop: Shop, more: dict[str, Any]) -> None:
    """Given two returns of one shopper, worth the same, in one box: each has its own credit."""
    shop.answers = [credits_(("50.00", NOW + timedelta(seconds=2))), CREDITED]
    asked_for = wanted(kind=SettlementKind.CREDIT, shopper_id="cus_1", **more)
    answer = provider_at(shop, BOUGHT, kind=SettlementKind.CREDIT).carry_out(brand_at(shop), asked_for)
    assert answer.reference.endswith("/2")


def test_whoever_got_a_gift_is_no_customer_that_shopify_knows(shop: Shop) -> None:
    with pytest.raises(PermanentProviderError) as caught:
        provider_at(shop, BOUGHT, kind=SettlementKind.CREDIT).carry_out(
            brand_at(shop), wanted(kind=SettlementKind.CREDIT, shopper_id="cus_gift")
        )
    assert (caught.value.problem, shop.asked) == ("recipient-unknown", [])
