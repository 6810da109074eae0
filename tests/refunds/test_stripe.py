"""Stripe's API: what it is asked word for word, and what its answers mean."""

from collections.abc import Iterator
from typing import Any

import pytest

from porchlight.domain.money import Money
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.errors import PermanentProviderError, TransientError
from porchlight.refunds.stripe.client import in_stripe
from tests.refunds.peers import Asked, StripePeer, brand_at, provider_at, served, wanted
from tests.unit.settling import order


class Api(StripePeer):
    """One that answers with what it is given for each path."""

    def __init__(self) -> None:
        super().__init__("stripe")
        self.answers: dict[str, tuple[int, Any]] = {}

    def do(self, asked: Asked) -> tuple[int, Any]:
        found = self.answers.get(f"{asked.method} {asked.path}")
        return found if found is not None else super().do(asked)


@pytest.fixture
def api() -> Iterator[Api]:
    with served(Api()) as found:
        assert isinstance(found, Api)
        yield found


PAID = order(payment_reference="pi_3MtwBwLkdIwHu7ix28a3tqPa")


def test_a_refund_is_asked_for_word_for_word(api: Api) -> None:
    answer = provider_at(api, PAID).carry_out(brand_at(api), wanted())
    assert answer.reference == "re_rfd_1"
    look, asked = api.asked
    assert (look.method, look.path, look.query) == (
        "GET", "/v1/refunds", {"payment_intent": "pi_3MtwBwLkdIwHu7ix28a3tqPa", "limit": "100"},
    )  # fmt: skip
    assert (asked.method, asked.path) == ("POST", "/v1/refunds")
    assert asked.headers["authorization"] == "Bearer sk_test_1"
    assert asked.headers["idempotency-key"] == "rfd_1"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.form == {
        "payment_intent": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
        "amount": "5000",
        "reason": "requested_by_customer",
        "metadata[return_id]": "rma_1",
        "metadata[key]": "rfd_1",
    }


def test_a_charge_is_a_payment_too(api: Api) -> None:
    provider_at(api, order(payment_reference="ch_1")).carry_out(brand_at(api), wanted())
    assert api.asked[1].form["charge"] == "ch_1"


def test_an_order_without_payment_is_looked_at_by_people(api: Api) -> None:
    with pytest.raises(PermanentProviderError) as caught:
        provider_at(api, order()).carry_out(brand_at(api), wanted())
    assert (caught.value.problem, api.asked) == ("payment-unknown", [])


def test_a_refund_is_found_on_whatever_page_it_is(api: Api) -> None:
    """Given a refund that was made longer ago than Stripe keeps keys, behind a page of others, then it is found."""
    pages = iter(
        [
            {"data": [{"id": f"re_{n}", "metadata": {}} for n in range(100)], "has_more": True},
            {"data": [{"id": "re_mine", "status": "pending", "metadata": {"key": "rfd_1"}}], "has_more": False},
        ]
    )
    real = api.do

    def do(asked: Asked) -> tuple[int, Any]:
        return (200, next(pages)) if asked.method == "GET" else real(asked)

    api.do = do  # type: ignore[method-assign]
    answer = provider_at(api, PAID).carry_out(brand_at(api), wanted())
    assert (answer.reference, answer.state) == ("re_mine", SettlementState.ACCEPTED)
    assert [one.query.get("starting_after") for one in api.asked] == [None, "re_99"]


def test_stripes_own_word_for_a_refusal_is_kept(api: Api) -> None:
    api.mode = "refused"
    with pytest.raises(PermanentProviderError) as caught:
        provider_at(api, PAID).carry_out(brand_at(api), wanted())
    assert caught.value.problem == "charge_already_refunded"


def test_a_key_in_use_is_asked_again(api: Api) -> None:
    api.answers["POST /v1/refunds"] = (409, {"error": {"code": "idempotency_key_in_use"}})
    with pytest.raises(TransientError):
        provider_at(api, PAID).carry_out(brand_at(api), wanted())


@pytest.mark.parametrize(
    ("status", "state", "why"),
    [
        ("succeeded", SettlementState.DONE, ""),
        ("pending", SettlementState.ACCEPTED, ""),
        ("requires_action", SettlementState.ACCEPTED, ""),
        ("failed", SettlementState.FAILED, "expired_or_canceled_card"),
        ("canceled", SettlementState.FAILED, "canceled"),
        ("what_is_this", SettlementState.ACCEPTED, ""),
    ],
)
def test_how_far_the_money_is(api: Api, status: str, state: SettlementState, why: str) -> None:
    reason = why if status == "failed" else None
    api.answers["GET /v1/refunds/re_1"] = (200, {"id": "re_1", "status": status, "failure_reason": reason})
    answer = provider_at(api, PAID).look(brand_at(api), wanted(), "re_1")
    assert (answer.state, answer.why, answer.reference) == (state, why, "re_1")


@pytest.mark.parametrize(
    ("kind", "before", "path", "after", "form"),
    [
        (SettlementKind.RELEASE, "requires_capture", "cancel", "canceled", {}),
        (SettlementKind.CAPTURE, "requires_capture", "capture", "succeeded", {"amount_to_capture": "5000"}),
    ],
)
def test_a_hold_is_released_or_captured_once(
    api: Api, kind: SettlementKind, before: str, path: str, after: str, form: dict[str, str]
) -> None:
    api.answers["GET /v1/payment_intents/pi_h"] = (200, {"id": "pi_h", "status": before})
    api.answers[f"POST /v1/payment_intents/pi_h/{path}"] = (200, {"id": "pi_h", "status": after})
    asked_for = wanted(kind=kind, of="pi_h", key="set_1")
    assert provider_at(api, PAID, kind=kind).carry_out(brand_at(api), asked_for).state is SettlementState.DONE
    assert api.asked[1].form == form
    assert api.asked[1].headers["idempotency-key"] == "set_1"
    # When it is asked again, it is done already
    api.answers["GET /v1/payment_intents/pi_h"] = (200, {"id": "pi_h", "status": after})
    assert provider_at(api, PAID, kind=kind).carry_out(brand_at(api), asked_for).state is SettlementState.DONE
    assert len(api.asked) == 3


def test_a_hold_that_has_run_out_is_no_money(api: Api) -> None:
    api.answers["GET /v1/payment_intents/pi_h"] = (200, {"id": "pi_h", "status": "canceled"})
    capture = SettlementKind.CAPTURE
    answer = provider_at(api, PAID, kind=capture).carry_out(brand_at(api), wanted(kind=capture, of="pi_h"))
    assert (answer.state, answer.why) == (SettlementState.FAILED, "hold-canceled")


@pytest.mark.parametrize(
    ("minor", "currency", "unit"), [(5_000, "EUR", 5_000), (500, "JPY", 500), (5_500, "KWD", 5_500), (5, "ISK", 500)]
)
def test_amounts_are_in_stripes_unit(minor: int, currency: str, unit: int) -> None:
    assert in_stripe(Money(amount=minor, currency=currency)) == unit
