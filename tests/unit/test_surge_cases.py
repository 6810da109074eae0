"""Parcels of a lane that breaks down: people are asked once about all of them, shoppers each about their own."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from porchlight.domain.cases import Audience
from porchlight.domain.delay_facts import delay_facts
from porchlight.domain.delays import DelayKind
from porchlight.domain.facts import Scene
from porchlight.domain.forecast.lives import Route
from porchlight.domain.milestones import Milestone
from porchlight.domain.remedies import Remedy
from porchlight.domain.surge import FEWEST, LASTS
from porchlight.errors import PermanentProviderError
from porchlight.services.playbook import AFTER_SURGE_SECONDS
from porchlight.services.surges import SurgeWatch
from tests.unit.late import DAY, LATE, SECOND, World, with_playbooks

ROUTE = Route(carrier="ups", destination="US-NY")
CASE = {"step": "open_case", "days": 2, "options": ["keep_waiting", "refund"], "default": "refund"}
ASK = {"step": "ask_shopper", "days": 4}
OVER = LATE + LASTS + timedelta(seconds=AFTER_SURGE_SECONDS)


def surge(made: World, now: datetime = LATE, route: Route = ROUTE) -> None:
    """So many other parcels of the lane are late as well."""
    watch = SurgeWatch(made.surges, made.cases, made.metrics)
    for _ in range(FEWEST):
        watch.declared("larkspur", route, DelayKind.STALLED, now)


def world(*steps: dict[str, Any], kind: DelayKind = DelayKind.STALLED) -> World:
    """A parcel of the lane under this playbook, declared."""
    made = World(with_playbooks(**{kind.value: list(steps)}))
    key = "larkspur", "shp_1"
    made.shipments.records[key] = made.shipment.model_copy(update={"route": ROUTE})
    made.declare()
    if kind is not DelayKind.STALLED:
        delay = made.delay.model_copy(update={"kind": kind})
        made.shipments.records[key] = made.shipment.model_copy(update={"delay": delay})
    return made


def asked(made: World) -> list[str | None]:
    """The parcels that people of the brand are asked about; None stands for a lane."""
    return [one.shipment_id for one in made.cases.records.values() if one.audience is Audience.CX]


def test_people_are_asked_about_the_lane_and_not_about_each_parcel() -> None:
    # Given a lane that breaks down, and a parcel on it whose playbook would open a case
    made = world(CASE)
    surge(made)
    # When its workflow asks what to do, however often
    for hours in (0, 1, 30):
        todo = made.next(LATE + timedelta(hours=hours))
        assert (todo["do"], todo["case_id"]) == ("wait", "")
    # Then there is the one case, and it is recorded once why there is no other
    assert asked(made) == [None]
    assert made.steps() == ["surge"]
    (lane,) = made.cases.records.values()
    (held,) = (one for one in made.shipments.decisions["larkspur", "shp_1"].values() if one.step == "surge")
    assert (held.facts["lane"], held.facts["case_id"]) == ("ups|US-NY", lane.case_id)
    # And the shopper is not told that a person looks at this parcel
    scene = Scene(made.brand, made.order, LATE, relative=False)
    assert not delay_facts(scene, made.delay, made.shipment).get("person_looks")


def test_who_still_stands_after_the_surge_has_a_case_with_all_its_days() -> None:
    made = world(CASE)
    surge(made)
    waits = made.next(LATE)["seconds"]
    assert LASTS <= timedelta(seconds=waits) <= OVER - LATE
    # When the surge goes on, so does the wait
    surge(made, LATE + DAY)
    assert made.next(LATE + timedelta(seconds=waits))["do"] == "wait"
    # When it is over
    now = OVER + DAY
    todo = made.next(now)
    assert (todo["do"], todo["seconds"]) == ("case", 2 * 86_400)
    assert asked(made) == [None, "shp_1"]
    assert made.steps() == ["surge", "open_case"]
    assert made.next(now + 2 * DAY, todo["case_id"])["remedy"] == "refund"


def test_who_moves_again_during_the_surge_is_never_asked_about() -> None:
    made = world(CASE)
    surge(made)
    made.next(LATE)
    made.news(Milestone.OUT_FOR_DELIVERY, LATE + DAY)
    assert made.next(LATE + DAY)["outcome"] == "recovered"
    assert asked(made) == [None]


def test_shoppers_are_asked_all_the_same() -> None:
    made = world(ASK, CASE)
    surge(made)
    todo = made.next(LATE)
    assert made.cases.records["larkspur", todo["case_id"]].audience is Audience.SHOPPER
    assert made.next(LATE + 4 * DAY, todo["case_id"])["do"] == "case", "the surge was over by then"


def test_a_question_that_was_open_before_stays_open() -> None:
    made = world(CASE)
    first = made.next(LATE)
    surge(made)
    assert made.next(LATE + SECOND, first["case_id"])["case_id"] == first["case_id"]
    made.answers.answer("larkspur", first["case_id"], Remedy.REFUND, "person:key", LATE + SECOND)
    assert made.next(LATE + 2 * SECOND, first["case_id"])["remedy"] == "refund"


@pytest.mark.parametrize(
    ("kind", "route"),
    [
        (DelayKind.CUSTOMS_HOLD, ROUTE),  # no crowd: it needs somebody of its own
        (DelayKind.STALLED, Route(carrier="ups", destination="US-CA")),
        (DelayKind.STALLED, Route(carrier="usps", destination="US-NY")),
    ],
)
def test_other_lanes_and_troubles_at_one_door_have_their_own_cases(kind: DelayKind, route: Route) -> None:
    made = world(CASE, kind=kind)
    surge(made, route=route)
    assert made.next(LATE)["do"] == "case"
    assert asked(made) == [None, "shp_1"]


def test_a_remedy_that_was_refused_goes_before_a_person_surge_or_not() -> None:
    made = world({"step": "presume_lost", "then": "refund"})
    surge(made)
    made.remedies.fails = [PermanentProviderError("no")]
    assert made.next(LATE)["remedy"] == "refund"
    assert made.carry_out(LATE) == "refused"
    assert made.next(LATE)["do"] == "case"
    assert asked(made) == [None, "shp_1"]
