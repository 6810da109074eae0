"""The progress line: four steps, what is done, what is now, what is still to come and when."""

from porchlight.domain.delays import DelayKind
from porchlight.domain.facts import Scene, View, collects, first_known, say
from porchlight.domain.milestones import Milestone
from porchlight.domain.shipments import Shipment

_PRESENT: dict[Milestone, int] = {
    Milestone.UNKNOWN: 0,
    Milestone.PRE_TRANSIT: 0,
    Milestone.CANCELLED: 0,
    Milestone.OUT_FOR_DELIVERY: 2,
    Milestone.DELIVERY_ATTEMPTED: 2,
    Milestone.AVAILABLE_FOR_PICKUP: 2,
    Milestone.RETURN_IN_TRANSIT: 2,
    Milestone.DELIVERED: 4,
    Milestone.RETURNED_TO_SENDER: 3,
}
"""Which step a milestone is at; 4 when all are done. What is not here: with the carrier, or as far as the
parcel has been.
"""

TROUBLE = frozenset(
    {
        *(Milestone.EXCEPTION, Milestone.DELAYED, Milestone.DELIVERY_ATTEMPTED, Milestone.LOST, Milestone.DAMAGED),
        *(Milestone.CANCELLED, Milestone.RETURN_IN_TRANSIT, Milestone.RETURNED_TO_SENDER),
    }
)
_WAITS_AT = {
    DelayKind.ATTEMPT_FAILED: Milestone.DELIVERY_ATTEMPTED,
    DelayKind.PICKUP_EXPIRING: Milestone.AVAILABLE_FOR_PICKUP,
}
BEFORE_THE_VAN = frozenset(
    {
        *(Milestone.UNKNOWN, Milestone.PRE_TRANSIT, Milestone.ACCEPTED, Milestone.IN_TRANSIT, Milestone.DELAYED),
        *(Milestone.EXCEPTION,),
    }
)


def order_steps(scene: Scene, expected: str) -> list[View]:
    """The line of an order that has no parcel yet. ``expected``: the day or days below its end."""
    delay = scene.order.delay
    return _line(
        ["ordered", "shipped", "out_for_delivery", "delivered"],
        [scene.short(scene.order.placed_at), "", "", expected],
        present=0,
        trouble=delay is not None and delay.is_open,
    )


def parcel_steps(scene: Scene, shipment: Shipment) -> list[View]:
    """The line of one parcel."""
    reached, milestone = shipment.reached, shipment.milestone
    present = _PRESENT.get(milestone)
    if present is None:
        present = 3 if Milestone.DELIVERED in reached else 2 if Milestone.OUT_FOR_DELIVERY in reached else 1
    shipped = first_known(reached, (Milestone.ACCEPTED, Milestone.IN_TRANSIT)) or shipment.shipped_at
    arrival = scene.expectation(scene.arrival(shipment), scene.today(shipment))["expected_short"]
    if milestone in (Milestone.RETURN_IN_TRANSIT, Milestone.RETURNED_TO_SENDER):
        names = ["ordered", "shipped", "going_back", "back"]
        third, last = reached.get(Milestone.RETURN_IN_TRANSIT), reached.get(Milestone.RETURNED_TO_SENDER)
    elif collects(shipment):
        names = ["ordered", "shipped", "ready", "collected"]
        third, last = reached.get(Milestone.AVAILABLE_FOR_PICKUP), reached.get(Milestone.DELIVERED)
    else:
        names = ["ordered", "shipped", "out_for_delivery", "delivered"]
        third, last = reached.get(Milestone.OUT_FOR_DELIVERY), reached.get(Milestone.DELIVERED)
    whens = [
        scene.short(scene.order.placed_at),
        scene.short(shipped, shipment) if present >= 1 else "",
        scene.short(third, shipment) if present >= 2 else "",
        (scene.short(last, shipment) or arrival) if present >= 3 else arrival,
    ]
    return _line(names, whens, present=present, trouble=in_trouble(scene, shipment))


def in_trouble(scene: Scene, shipment: Shipment) -> bool:
    """True where the line bends: the carrier says so, we have declared a delay, or the named day has passed."""
    return shipment.milestone in TROUBLE or is_late(shipment) or is_overdue(scene, shipment)


def is_late(shipment: Shipment) -> bool:
    """A declared delay that is not over, for a parcel that is not on the van yet, or that waits where it now is."""
    delay = shipment.delay
    if delay is None or not delay.is_open:
        return False
    return shipment.milestone in BEFORE_THE_VAN or _WAITS_AT.get(delay.kind) is shipment.milestone


def is_overdue(scene: Scene, shipment: Shipment) -> bool:
    """The day that we named is over and the parcel is not on the van."""
    expected = shipment.expected
    return bool(expected and expected.latest < scene.today(shipment) and shipment.milestone in BEFORE_THE_VAN)


def _line(names: list[str], whens: list[str], *, present: int, trouble: bool) -> list[View]:
    steps = []
    for index, (name, when) in enumerate(zip(names, whens, strict=True)):
        state = "past" if index < present else "future" if index > present else "trouble" if trouble else "now"
        steps.append(
            {
                "label": say(f"steps.{name}", {}),
                "state": state,
                "state_words": say(f"step_states.{state}", {}),
                "when": when,
                "after_trouble": trouble and index == present + 1,
            }
        )
    return steps
