"""A parcel's way over borders: when it reached the country that it goes to, or its customs."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from porchlight.domain.events import TrackingEvent
from porchlight.domain.milestones import Milestone, Reason


class Arrival(BaseModel):
    """The first fact from the other side of a border. ``customs``: a customs office said it."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    customs: bool = False


def arrival(facts: Sequence[tuple[TrackingEvent, datetime]], destination: str) -> Arrival | None:
    """The first event in the country ``destination`` (ISO 3166-1) after one elsewhere, or the first customs scan after
    such a one; None for a parcel that never left its country, or whose places name none. ``facts`` in their order.

    Customs that hold a parcel are a trouble of their own, and no scan on its way.
    """
    abroad = False
    for event, at in facts:
        if event.milestone is Milestone.UNKNOWN:
            continue
        country = event.place.country
        if country and country != destination:
            abroad = True
        customs = event.reason is Reason.CUSTOMS and event.milestone is Milestone.IN_TRANSIT
        if destination and abroad and (customs or country == destination):
            return Arrival(at=at, customs=customs)
    return None
