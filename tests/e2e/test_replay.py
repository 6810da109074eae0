"""A code that nobody knows: listed, given a meaning without a deploy, and read anew for what was recorded before."""

import json
from typing import Any

from local.demo import bodies
from porchlight.domain.milestones import Milestone, Reason
from porchlight.domain.moments import Moment
from tests.e2e.world import LARKSPUR, Purchase, World

CODE = "held_by_pirates"


def report(world: World, order: Purchase, status: str) -> None:
    """EasyPost tells of a new scan, in a word of its own."""
    order.scans.append(world.a_scan("moving", world.ago(minutes=1)))
    body: Any = json.loads(bodies.easypost(order.parcel, order.carrier, order.scans))
    last = max(body["result"]["tracking_details"], key=lambda detail: detail["datetime"])
    last |= {"status": status, "status_detail": None, "message": "Held by pirates", "carrier_code": ""}
    body["result"] |= {"status": status, "status_detail": None}
    world.easypost(json.dumps(body).encode())


def shipped(world: World) -> Purchase:
    order = world.order(via="easypost")
    world.place(order)
    world.ship(order)
    world.scan(order, "accepted", at=world.ago(hours=3))
    world.await_message(order, Moment.SHIPPED)
    return order


def listed(world: World) -> dict[str, Any]:
    done = world.porchlight("codes", "list", "--source", "easypost", "--json")
    assert done.returncode == 0, done.stderr
    return {code["code"]: code for code in json.loads(done.stdout)["codes"] if CODE in code["code"]}


def test_a_code_is_given_a_meaning_and_what_was_recorded_is_read_anew(world: World) -> None:
    # Given a parcel whose carrier says something that no table knows
    begun = world.ago(hours=1)
    order = shipped(world)
    report(world, order, CODE)
    world.await_shipment(order, lambda parcel: parcel.event_count == 2, "the event is recorded")
    # Then it moves nothing, is counted, and is listed with a sample
    (code,) = world.awaited(lambda: listed(world).values(), "the code is listed")
    assert (code["seen"], code["sample"], code["shipment_id"]) == (1, "Held by pirates", order.shipment_id)
    parcel = world.shipment(order)
    assert parcel is not None
    assert parcel.milestone is Milestone.ACCEPTED
    # And the body lies in the archive, compressed, under its hour
    _, events = world.app.shipments.with_events(LARKSPUR, order.shipment_id)
    (strange,) = [event for event in events if not event.event.recognised]
    kept = {body.body_id: body for body in world.app.archive.read(begun, world.now())}
    assert json.loads(kept[strange.body_id].body)["result"]["tracking_code"] == order.parcel
    assert all(body.message.kind == "carriers" for body in kept.values()), "orders of stores are never archived"
    # When somebody says what it means
    told = ("--reason", "security", "--brand", LARKSPUR, "--note", "they said so")
    done = world.porchlight("codes", "map", "easypost", code["code"], "exception", *told)
    assert done.returncode == 0, done.stderr
    assert "porchlight replay --carrier easypost" in done.stdout
    # Then a replay shows what would change, and changes nothing
    before = world.messages(order)
    span = ("--from", f"{begun:%Y-%m-%dT%H:%M:%S}", "--to", f"{world.now():%Y-%m-%dT%H:%M:%S}", "--brand", LARKSPUR)
    shown = world.porchlight("replay", "--carrier", "easypost", *span, "--json")
    assert shown.returncode == 0, shown.stderr
    mine = [diff for diff in json.loads(shown.stdout)["diffs"] if diff["shipment"] == order.shipment_id]
    assert [(diff["before"], diff["after"], diff["facts_changed"]) for diff in mine] == [("accepted", "exception", 1)]
    assert world.shipment(order) == parcel
    # When it is applied, Then the parcel stands where it stands, and nobody is told
    applied = world.porchlight("replay", "--carrier", "easypost", *span, "--apply")
    assert applied.returncode == 0, applied.stderr
    parcel = world.shipment(order)
    assert parcel is not None
    assert (parcel.milestone, parcel.reason, parcel.replays) == (Milestone.EXCEPTION, Reason.SECURITY, 1)
    world.quiet()
    assert world.messages(order) == before
    # And what comes from now on is read so at once, and told
    world.kill("RecordEvents")  # or wait a minute: so long a worker keeps what it has read
    fresh = shipped(world)
    report(world, fresh, CODE)
    world.await_message(fresh, Moment.EXCEPTION)
    assert listed(world)[code["code"]]["seen"] == 1


def test_a_carrier_that_the_store_named_wrongly_is_put_right(world: World) -> None:
    # Given an order whose store names UPS for a parcel that FedEx has
    order = world.order(carrier="UPS", via="easypost")
    world.place(order)
    world.ship(order)
    world.await_shipment(order, lambda parcel: parcel.order_id is not None, "the parcel is the order's")
    # When somebody puts it right, and FedEx tells of it
    done = world.porchlight("shipment", "correct", order.shipment_id, "--carrier", "fedex")
    assert done.returncode == 0, done.stderr
    body = bodies.easypost(order.parcel, "FedEx", [world.a_scan("accepted", world.ago(minutes=5))])
    world.easypost(body)
    # Then the shopper is told of that one, and the store's next word changes nothing
    world.await_message(order, Moment.SHIPPED)
    world.ship(order)
    world.quiet()
    (parcel,) = world.app.orders.contents(LARKSPUR, order.order_id).shipment_ids
    assert parcel != order.shipment_id
    shown = json.loads(world.porchlight("shipment", "show", order.shipment_id, "--json").stdout)["shipments"]
    assert shown[0]["shipment"]["moved_to"] == parcel
