"""However often, and in whatever order, senders repeat themselves: the same parcels, and each message once."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local.demo.bodies import Scan
from porchlight.domain.messages import MessageState
from porchlight.domain.moments import Moment
from tests.e2e.world import FJORDHUS, LARKSPUR, Purchase, World

TIMES = 3
SEED = 1873


@dataclass(frozen=True)
class Course:
    """What happens to one parcel, and what its shopper is told last."""

    brand: str
    via: str
    scans: tuple[str, ...]
    last: Moment


COURSES = (
    Course(LARKSPUR, "ups", ("label", "accepted", "moving", "moving", "out", "delivered"), Moment.DELIVERED),
    Course(LARKSPUR, "usps", ("accepted", "moving", "moving", "out", "delivered"), Moment.DELIVERED),
    Course(LARKSPUR, "easypost", ("label", "accepted", "attempted", "pickup", "delivered"), Moment.DELIVERED),
    Course(FJORDHUS, "easypost", ("accepted", "address", "moving", "attempted", "pickup"), Moment.AVAILABLE_FOR_PICKUP),
    Course(FJORDHUS, "easypost", ("label", "accepted", "moving", "address"), Moment.EXCEPTION),
)


def traffic(world: World, begin: datetime) -> tuple[list[Purchase], list[Callable[[], Any]]]:
    """Fresh orders, one for each course, and all that is sent about them, in the order in which it happens."""
    orders, timed = [], []
    for course in COURSES:
        order = world.order(course.brand, course.via, placed_at=begin)
        for n, what in enumerate(course.scans):
            order.scans.append(Scan(what, begin + timedelta(hours=3 + 5 * n), f"Town {n}", "OR"))
        due = begin + timedelta(days=3)
        timed += [(begin, send) for send in world.placing(order)]
        timed.append((begin + timedelta(hours=2), world.shipping(order, begin + timedelta(hours=2))))
        timed += [(scan.at, send) for scan in order.scans for send in world.scanning(order, [scan], due)]
        orders.append(order)
    return orders, [send for _, send in sorted(timed, key=lambda pair: pair[0])]


def outcome(world: World, order: Purchase) -> dict[str, Any] | None:
    """What is known in the end, without what differs by number."""
    parcel, stored = world.shipment(order), world.stored(order)
    if parcel is None or stored is None:
        return None
    assert parcel.order_id in (None, order.order_id)
    kept = {"milestone", "reason", "at_fault", "milestone_at", "reached", "last_event_at", "moved_at", "last_place"}
    kept |= {"event_count", "zone", "first_promise", "promise", "estimate", "estimate_at", "shipped_at"}
    linked = {"order": parcel.order_id == order.order_id, "shopper": parcel.shopper_id == stored.shopper_id}
    return parcel.model_dump(include=kept) | linked


def test_the_same_traffic_three_times_and_shuffled_ends_the_same_and_tells_each_thing_once(world: World) -> None:
    # Given two days of traffic over three carriers and two kinds of shop, as it happens
    begin = world.ago(days=2)
    in_order, sends = traffic(world, begin)
    for send in sends:
        send()
    expected = [(len(set(course.scans)) + (course.scans.count("moving") == 2)) for course in COURSES]
    for order, count in zip(in_order, expected, strict=True):
        world.await_shipment(order, lambda p, n=count: p.event_count == n and p.shopper_id, f"{count} events")  # type: ignore[misc]
    # When the same is sent of other parcels, each thing three times, all of it shuffled
    shuffled, sends = traffic(world, begin)
    sends *= TIMES
    random.Random(SEED).shuffle(sends)
    for send in sends:
        send()
    world.quiet()
    # Then both end in the same
    for course, one, other in zip(COURSES, in_order, shuffled, strict=True):
        assert outcome(world, other) == outcome(world, one), course
        assert outcome(world, one)["order"], course  # type: ignore[index]
    # And each shopper is told each thing at most once, the last thing for certain, and gets what our records say
    world.awaited(lambda: world.settled([*in_order, *shuffled]), "every message is settled")
    world.quiet()
    for orders in (in_order, shuffled):
        for course, order in zip(COURSES, orders, strict=True):
            told = world.told(order)
            assert max(told.values()) == 1, (course, told)
            assert told[course.last] == 1, (course, told)
            assert told[Moment.ORDER_CONFIRMED] == 1, (course, told)
            assert not [m for m in world.messages(order) if m.state is MessageState.FAILED]
            assert len(world.emails(order)) == told.total(), course
    # And nothing went astray
    for queue in ("InboundDlqUrl", "StreamFailuresUrl", "WorkflowFailuresUrl", "RuleFailuresUrl"):
        assert world.queued(queue) == (0, 0), queue
