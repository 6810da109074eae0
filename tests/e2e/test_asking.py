"""Carriers that must be asked or told to push: the way from a parcel's first mention to its last look."""

from datetime import timedelta

import pytest

from local.demo.carrier_desk import CarrierDesk
from local.demo.signing import JSON
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.watching import State
from tests.e2e.world import FJORDHUS, LARKSPUR, Purchase, World


@pytest.fixture
def desk(world: World) -> CarrierDesk:
    world.carriers.trouble.clear()
    return world.carriers


def shipped(world: World, brand: str, carrier: str) -> Purchase:
    """An order and its parcel, by the order API."""
    order = world.order(brand, "easypost", carrier, placed_at=world.ago(hours=6))
    assert world.put_order(order, world.ago(hours=1)).status == 200
    return order


def happened(world: World, desk: CarrierDesk, order: Purchase, *whats: str) -> None:
    """The carrier scans the parcel, and tells nobody who does not ask."""
    at = world.ago(minutes=30)
    known = [world.a_scan(what, at + timedelta(minutes=n)) for n, what in enumerate(whats)]
    desk.scans[order.parcel] = known


def awaits(world: World, order: Purchase, milestone: Milestone) -> None:
    world.await_shipment(order, lambda parcel: parcel.milestone is milestone, f"it is {milestone}", within=60)


def test_a_parcel_is_asked_about_its_shopper_told_and_nobody_asks_after_its_end(
    world: World, desk: CarrierDesk
) -> None:
    order = shipped(world, FJORDHUS, "FedEx")
    world.awaited(lambda: order.parcel in desk.asked["fedex"], "the schedule has FedEx asked", order, within=90)
    happened(world, desk, order, "accepted", "out")
    world.travel(hours=4, minutes=1)
    awaits(world, order, Milestone.OUT_FOR_DELIVERY)
    world.await_message(order, Moment.OUT_FOR_DELIVERY)
    happened(world, desk, order, "accepted", "out", "delivered")
    world.travel(minutes=31)
    awaits(world, order, Milestone.DELIVERED)
    world.await_message(order, Moment.DELIVERED)
    world.travel(hours=12, minutes=1)
    ended = lambda: (watch := world.watch(order)) and watch.state is State.ENDED  # noqa: E731
    world.awaited(ended, "the parcel was looked at for the last time", order, within=60)
    asked = desk.asked["fedex"].count(order.parcel)
    assert asked == 4, "at once, on the way, on the van, and once after"
    world.travel(hours=24)
    world.poll()
    assert desk.asked["fedex"].count(order.parcel) == asked
    assert world.counted("Asked", carrier="fedex", outcome="news") >= 2


def test_a_carrier_that_pushes_is_told_to_shakes_hands_and_pushes(world: World, desk: CarrierDesk) -> None:
    order = shipped(world, FJORDHUS, "DHLExpress")
    happened(world, desk, order, "accepted")
    found = lambda: [one for one in desk.subscriptions.values() if order.parcel in one.numbers]  # noqa: E731

    def told() -> bool:
        world.poll()
        return bool(found())

    world.awaited(told, "DHL was told of the parcel", order, within=60)
    awaits(world, order, Milestone.ACCEPTED)
    (subscription,) = found()
    assert subscription.callback == f"{world.front.url}/webhooks/dhl_unified"

    def shaken() -> bool:
        world.poll()
        return subscription.active

    world.awaited(shaken, "the handshake was answered", order, within=60)
    happened(world, desk, order, "accepted", "out")
    assert desk.push_dhl(order.parcel) == 1
    awaits(world, order, Milestone.OUT_FOR_DELIVERY)
    world.await_message(order, Moment.OUT_FOR_DELIVERY)
    assert desk.asked["dhl_unified"].count(order.parcel) == 1, "for its history"
    watch = world.watch(order)
    assert watch
    assert watch.state is State.SUBSCRIBED
    assert world.counted("Errands", carrier="dhl_unified", outcome="done") >= 1


def test_a_carrier_that_is_down_is_left_alone_and_asked_again_when_it_is_back(world: World, desk: CarrierDesk) -> None:
    desk.trouble["canada_post"] = 503
    orders = [shipped(world, LARKSPUR, "CanadaPost") for _ in range(7)]
    for order in orders:
        happened(world, desk, order, "accepted", "moving")
    before = desk.calls["canada_post"]
    world.awaited(
        lambda: world.poll() and world.counted("BreakerOpen", carrier="canada_post"), "the breaker is open", None, 60
    )
    assert desk.calls["canada_post"] - before == 5
    assert not any(world.shipment(order).event_count for order in orders)  # type: ignore[union-attr]
    del desk.trouble["canada_post"]
    world.travel(minutes=10)
    for order in orders:
        awaits(world, order, Milestone.IN_TRANSIT)
    exchange = world.app.exchanges.get(LARKSPUR, "carriers", "canada_post")
    assert all(line.shut_until is None for line in exchange.lines.values())


def test_a_source_that_signs_nothing_proves_itself_by_the_token_in_its_address(world: World, desk: CarrierDesk) -> None:
    order = shipped(world, LARKSPUR, "CanadaPost")
    happened(world, desk, order, "accepted")
    body = desk._canada_post(f"vis/track/pin/{order.parcel}/detail").body
    token = world.credentials.in_address
    for wrong in ("/webhooks/canada_post", f"/webhooks/canada_post/{token[:-1]}", f"/webhooks/canada_post/{token}x"):
        assert world.running.send("POST", wrong, body, JSON).status == 401
    assert world.running.send("POST", f"/webhooks/canada_post/{token}", body, JSON).status == 202
    awaits(world, order, Milestone.ACCEPTED)
    assert world.running.send("POST", "/webhooks/stores/shopify", b"{}", JSON).status == 401
    assert world.running.send("POST", f"/webhooks/nobody/{token}", b"{}", JSON).status == 404
