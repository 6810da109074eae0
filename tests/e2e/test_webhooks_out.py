"""Events reach the brand's own system, signed and once, whatever it answers meanwhile; its people are told in Slack."""

import json
import urllib.request
from typing import Any

from tests.e2e.world import LARKSPUR, Purchase, World


def arrived(world: World, order: Purchase, kind: str) -> list[str]:
    """The ids under which an event about the order's parcel was taken."""
    return [
        one.message_id
        for one in world.running.brands.heard
        if one.message["type"] == kind and one.message["data"].get("shipment_id") == order.shipment_id
    ]


def delivered(world: World) -> Purchase:
    """A parcel that has just arrived."""
    order = world.order(placed_at=world.ago(hours=9))
    world.place(order)
    world.ship(order)
    world.quiet()  # a parcel whose order is known later says again where it is, under another id
    world.scan(order, "accepted", at=world.ago(hours=5))
    world.scan(order, "delivered", at=world.ago(minutes=5))
    return order


def ask(world: World, path: str, method: str = "GET") -> Any:
    request = urllib.request.Request(
        f"{world.front.url}{path}", method=method, headers={"x-api-key": world.keys[LARKSPUR]}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_an_event_arrives_once_and_has_nothing_personal_in_it(world: World) -> None:
    order = delivered(world)
    world.awaited(lambda: arrived(world, order, "ShipmentDelivered"), "the brand's system has it", order)
    world.quiet()
    assert len(arrived(world, order, "ShipmentDelivered")) == 1
    assert arrived(world, order, "ShipmentShipped") == [], "nobody has subscribed to it"
    assert world.running.brands.refused == 0
    said = json.dumps([one.message for one in world.running.brands.heard])
    assert not [part for part in order.personal if part in said]


def test_an_endpoint_that_fails_gets_it_when_it_works_again(world: World) -> None:
    # Given an endpoint that fails twice
    world.running.brands.failures = [500, 503]
    order = delivered(world)
    # When five seconds, then five minutes have passed
    world.awaited(lambda: len(world.running.brands.failures) == 0, "it was tried twice", within=90)
    assert arrived(world, order, "ShipmentDelivered") == []
    world.travel(minutes=8)
    # Then it has it, once, and each try is on record
    world.awaited(lambda: arrived(world, order, "ShipmentDelivered"), "it has it now", order, within=120)
    (found,) = [
        one
        for one in ask(world, "/v1/webhooks/oms/deliveries")["deliveries"]
        if one["event_id"] == arrived(world, order, "ShipmentDelivered")[0]
    ]
    assert [attempt["status"] for attempt in found["attempts"]] == [500, 503, 204]
    assert len(arrived(world, order, "ShipmentDelivered")) == 1


def test_one_that_says_gone_is_switched_off_until_a_person_says_otherwise(world: World) -> None:
    # Given an endpoint that wants nothing any more
    world.running.brands.failures = [410]
    order = delivered(world)

    def off() -> bool:
        return bool(ask(world, "/v1/webhooks")["endpoints"][0]["state"] == "disabled")

    world.awaited(off, "it is switched off", order)
    # Then people are told, and what happens meanwhile is recorded
    world.awaited(
        lambda: any(
            desk == "slack" and "switched off" in said["text"] for _, desk, said in world.running.brands.notices
        ),
        "Slack says so",
    )
    missed = delivered(world)
    dead = world.awaited(
        lambda: len(ask(world, "/v1/webhooks/oms/deliveries?state=dead")["deliveries"]) == 2, "both wait"
    )
    assert dead
    # When it is switched on, and the dead are sent anew
    assert ask(world, "/v1/webhooks/oms/enable", "POST") == {"enabled": True}
    assert world.porchlight("webhooks", "redrive", "--all", "--brand", LARKSPUR).returncode == 0
    world.awaited(lambda: arrived(world, order, "ShipmentDelivered"), "it has it now", order)
    world.awaited(lambda: arrived(world, missed, "ShipmentDelivered"), "and that one, too", missed)
