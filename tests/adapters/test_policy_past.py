"""What `porchlight policy replay` reads: each past return once, with the prices of its orders and what went before."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from local.policies.past import past_returns
from porchlight.domain.policy.replay import Compared, Past, compare
from porchlight.domain.rma.names import Resolution, SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from tests.adapters.conftest import Stores
from tests.fakes_returning import FakeLaws
from tests.unit.asked_for import asked, line_facts, order_facts
from tests.unit.past import decided
from tests.unit.stories import DAY, NOW, brand, order, usd

OLD = brand().returns


def read(stores: Stores, **days: Any) -> list[Past]:
    app = SimpleNamespace(returns=stores.returns, orders=stores.orders, laws=FakeLaws())
    return list(past_returns(app, stores.brand, days.get("since", NOW - DAY), days.get("until", NOW + DAY)))


@pytest.fixture
def shop(stores: Stores) -> Stores:
    stores.orders.save(order(brand=stores.brand))
    return stores


def test_each_one_is_read_once_over_all_pages(shop: Stores) -> None:
    for number in range(1, 131):
        assert shop.returns.create(decided(OLD, number, brand=shop.brand))
    shop.returns.create(decided(OLD, 300, brand=shop.brand, requested_at=NOW - 2 * DAY))
    found = read(shop)
    assert [past.request.return_id for past in found] == [f"rma_{number:02}" for number in range(1, 131)]
    assert {key for past in found for key in past.orders} == {"ord_1"}


def test_what_went_before_counts_and_what_came_later_does_not(shop: Stores) -> None:
    # Given three returns of one order, the second of which knows of one before it
    second = asked(line_facts(quantity=1), resolution=Resolution.REFUND, returns=1)
    for number, facts in ((1, None), (2, second), (3, None)):
        shop.returns.create(decided(OLD, number, facts, brand=shop.brand))
    ahead = [[one.return_id for one in past.ahead] for past in read(shop)]
    assert ahead == [[], ["rma_01"], []]


def test_an_order_that_was_sent_in_exchange_comes_with_what_paid_for_it(shop: Stores) -> None:
    # Given an order that was sent for the shirt of another one
    sent = Settlement(
        key="k",
        kind=SettlementKind.EXCHANGE,
        order_id="ord_1",
        amount=usd(10_000),
        state=SettlementState.DONE,
        intended_at=NOW,
        done_at=NOW,
    )
    origin = decided(OLD, 1, brand=shop.brand, settlements=(sent,), requested_at=NOW - 9 * DAY)
    shop.returns.create(origin)
    shop.orders.save(order(brand=shop.brand, order_id="ord_2", exchange_of=origin.return_id))
    facts = asked(
        line_facts(order_id="ord_2"),
        orders=(order_facts(order_id="ord_2", exchanged=True),),
        resolution=Resolution.REFUND,
    )
    shop.returns.create(decided(OLD, 2, facts, brand=shop.brand))
    (past,) = read(shop)
    assert (set(past.orders), set(past.origins)) == ({"ord_2", "ord_1"}, {origin.return_id})
    found = compare(past, OLD)
    assert isinstance(found, Compared)
    assert 0 < found.before.refund["USD"] < 10_000


def test_one_whose_order_is_gone_is_read_all_the_same(stores: Stores) -> None:
    stores.returns.create(decided(OLD, 1, brand=stores.brand))
    (past,) = read(stores, until=NOW + timedelta(hours=1))
    assert not past.orders
