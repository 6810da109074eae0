"""Carriers that must be asked: when, how often, in which company, and what comes of the answers."""

import pytest

from porchlight.domain.milestones import Milestone
from tests.unit.asking import DAY, HOUR, MINUTE, Town, said


@pytest.fixture
def town() -> Town:
    return Town()


def test_a_parcel_is_asked_about_recorded_and_left_alone_after_its_end(town: Town) -> None:
    town.ship("A1")
    assert town.run() == {"done": 1, "idle": 1}
    assert town.api.asked() == [("A1",)]
    town.api.rule = said(A1=[("accepted", 1), ("out_for_delivery", 2)])
    assert town.minutes(1, 4 * HOUR)
    assert town.parcel("A1").milestone is Milestone.OUT_FOR_DELIVERY
    assert town.due_in("A1") == 30 * MINUTE
    town.api.rule = said(A1=[("accepted", 1), ("out_for_delivery", 2), ("delivered", 3)])
    assert town.minutes(1, 30 * MINUTE)
    assert town.parcel("A1").milestone is Milestone.DELIVERED
    assert town.due_in("A1") == 12 * HOUR
    town.minutes(1, 12 * HOUR)
    assert (town.watch("A1").state, town.watch("A1").why, town.watch("A1").due_at) == ("ended", "delivered", None)
    assert town.minutes(10, DAY) == []
