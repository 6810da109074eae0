"""WooCommerce's REST API: what it is asked word for word, and what its answers mean."""

import base64
from collections.abc import Iterator

import pytest

from porchlight.domain.rma.names import SettlementState
from porchlight.errors import PermanentProviderError
from tests.refunds.peers import WooCommercePeer, brand_at, provider_at, served, wanted
from tests.unit.settling import order

BOUGHT = order(external_id="723")


@pytest.fixture
def shop() -> Iterator[WooCommercePeer]:
    with served(WooCommercePeer("woocommerce")) as found:
        assert isinstance(found, WooCommercePeer)
        yield found


def test_a_refund_is_asked_for_word_for_word(shop: WooCommercePeer) -> None:
    assert provider_at(shop, BOUGHT).carry_out(brand_at(shop), wanted()).reference == "725"
    look, asked = shop.asked
    assert (look.method, look.path, look.query) == (
        "GET", "/wp-json/wc/v3/orders/723/refunds", {"per_page": "100", "page": "1"},
    )  # fmt: skip
    assert (asked.method, asked.path) == ("POST", "/wp-json/wc/v3/orders/723/refunds")
    assert asked.headers["authorization"] == "Basic " + base64.b64encode(b"ck_1:cs_1").decode()
    assert asked.json == {
        "amount": "50.00",
        "reason": "Return rfd_1",
        "api_refund": True,
        "api_restock": False,
        "meta_data": [{"key": "_porchlight_key", "value": "rfd_1"}],
    }


def test_a_refund_whose_meta_data_was_not_written_any_more_is_known_by_its_reason(shop: WooCommercePeer) -> None:
    """Given a shop that was killed after its gateway had paid, when it is asked again, then it is still one refund."""
    shown = {"id": 725, "refunded_payment": True, "reason": "Return rfd_1", "meta_data": []}
    shop.do = lambda asked: (200, [shown])  # type: ignore[method-assign]
    answer = provider_at(shop, BOUGHT).carry_out(brand_at(shop), wanted())
    assert (answer.state, answer.reference, len(shop.asked)) == (SettlementState.DONE, "725", 1)


def test_the_gateways_no_is_for_good_though_it_comes_as_a_fault_of_the_server(shop: WooCommercePeer) -> None:
    shop.mode = "refused"
    with pytest.raises(PermanentProviderError) as caught:
        provider_at(shop, BOUGHT).carry_out(brand_at(shop), wanted())
    assert caught.value.problem == "gateway-refused"


def test_a_refund_that_is_a_note_alone_moved_no_money(shop: WooCommercePeer) -> None:
    shop.moved = "failed"
    answer = provider_at(shop, BOUGHT).carry_out(brand_at(shop), wanted())
    assert (answer.state, answer.why) == (SettlementState.FAILED, "gateway-did-not-pay")


def test_a_refund_that_somebody_deleted_is_gone(shop: WooCommercePeer) -> None:
    answer = provider_at(shop, BOUGHT).look(brand_at(shop), wanted(), "725")
    assert (answer.state, answer.why) == (SettlementState.FAILED, "refund-gone")
