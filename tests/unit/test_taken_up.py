"""When the sweep looks at a message whose sender may have died: never in its way, and never lost."""

from datetime import datetime, timedelta

import pytest

from porchlight.domain.channels import Channel
from porchlight.domain.moments import Moment
from porchlight.errors import NO_ANSWER, TransientError
from porchlight.services.plan_messages import REDRIVE_AFTER
from porchlight.services.send_message import AT_WORK, IN_DOUBT
from tests.unit.stories import NOW
from tests.unit.test_fanout_life import City

SECOND = timedelta(seconds=1)


def due(city: City) -> datetime:
    (entry,) = city.due.due(0, NOW + timedelta(days=9), 9)
    return entry.due_at


@pytest.mark.parametrize("late", [SECOND, REDRIVE_AFTER - AT_WORK - SECOND, REDRIVE_AFTER - AT_WORK, REDRIVE_AFTER])
def test_a_sender_that_died_is_followed_when_its_time_is_over(late: timedelta) -> None:
    # Given a message that was planned, taken up a while later, and never heard of again
    city = City()
    (reference,) = city.plan(city.news(Moment.OUT_FOR_DELIVERY))
    city.email.fails = [TransientError("timeout", code=NO_ANSWER)]
    taken_up = NOW + late
    assert city.send(reference, taken_up) == "sending"
    # Then it stays where it is in the index, unless that is too soon
    stays = late < REDRIVE_AFTER - AT_WORK
    assert due(city) == (NOW + REDRIVE_AFTER if stays else taken_up + IN_DOUBT)
    # And minute by minute the sweep finds it, and sends it once the doubt is over
    minute = NOW + REDRIVE_AFTER
    while not city.email.sent:
        city.sweep(minute)
        assert bool(city.email.sent) == (minute >= taken_up + IN_DOUBT)
        minute += timedelta(minutes=1)
    assert city.channels == [Channel.SMS]
