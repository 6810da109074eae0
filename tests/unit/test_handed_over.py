"""Where a parcel was left: what carriers say of a delivery, told to the shopper."""

from datetime import timedelta

import pytest

from porchlight.domain.handed_over import LeftAt, left_at
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.pages import tracking_view
from porchlight.domain.views import email_view
from tests.unit.stories import NOW, after, brand, order, parcel, scan


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("Delivered, Front Door/Porch", LeftAt.FRONT_DOOR),
        ("Delivered, Front Door&#47;Porch", LeftAt.FRONT_DOOR),
        ("DELIVERED, IN/AT MAILBOX", LeftAt.MAILBOX),
        ("Delivered, Parcel Locker", LeftAt.LOCKER),
        ("Delivered, Front Desk/Reception/Mail Room", LeftAt.RECEPTION),
        ("Delivered, Left with Individual", LeftAt.PERSON),
        ("Delivered, Garage / Other Location at Address", LeftAt.GARAGE),
        ("Delivered, Neighbor as Requested", LeftAt.NEIGHBOUR),
        ("Die Sendung wurde einem Nachbarn zugestellt.", LeftAt.NEIGHBOUR),
        ("Einwurf in den Briefkasten", LeftAt.MAILBOX),
        ("Delivered", None),
        ("Signed for by: GREEN", None),
        ("", None),
    ],
)
def test_only_what_is_said_plainly_counts(words: str, where: LeftAt | None) -> None:
    assert left_at(words) is where


def told(*said: tuple[Milestone, str]) -> LeftAt | None:
    events = []
    for number, (milestone, words) in enumerate(said):
        event = scan(milestone, NOW + timedelta(hours=number))
        events.append(event.model_copy(update={"event": event.event.model_copy(update={"description": words})}))
    return after(parcel(), events).left_at


def test_it_is_true_of_a_delivery_alone() -> None:
    assert told((Milestone.OUT_FOR_DELIVERY, "Left at front door soon")) is None
    assert told((Milestone.DELIVERED, "Delivered, Front Door/Porch")) is LeftAt.FRONT_DOOR
    back = (Milestone.RETURN_IN_TRANSIT, "On its way back")
    assert told((Milestone.DELIVERED, "Delivered, In/At Mailbox"), back) is None


def test_a_delivery_that_was_told_twice_keeps_what_one_of_them_said() -> None:
    assert told((Milestone.DELIVERED, "Left in garage"), (Milestone.DELIVERED, "Delivered")) is LeftAt.GARAGE


def test_the_shopper_reads_it_in_the_email_and_on_the_page() -> None:
    known = parcel(milestone=Milestone.DELIVERED, left_at=LeftAt.NEIGHBOUR, milestone_at=NOW)
    links = {"tracking": "https://t.example/t/x"}
    view = email_view(Moment.DELIVERED, brand(), order(), None, known, None, NOW, links)
    assert view["cause"]["say"] == "left_at.neighbour"
    page = tracking_view(brand(), order(), [(known, [])], [], NOW, links)
    assert page["parcels"][0]["cause"]["say"] == "left_at.neighbour"
    bare = known.model_copy(update={"left_at": None})
    assert email_view(Moment.DELIVERED, brand(), order(), None, bare, None, NOW, links)["cause"] == ""
