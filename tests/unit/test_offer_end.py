"""What a message offers ends when it was first said to end, however often it is tried."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from porchlight.domain.channels import Channel
from porchlight.domain.moments import Moment
from porchlight.domain.outreach import ChannelPolicy
from porchlight.errors import NO_ANSWER, THROTTLED, TransientError
from porchlight.services.plan_messages import REDRIVE_AFTER
from porchlight.services.send_message import IN_DOUBT
from tests.unit.stories import NOW
from tests.unit.test_fanout_life import DAY, City


class Offers(City):
    """A moment that offers something for two days; what each message says of the end."""

    def __init__(self, **policy: Any) -> None:
        super().__init__(**({"channels": (Channel.EMAIL, Channel.SMS)} | policy))
        spec = self.catalogues.catalogue[Moment.OUT_FOR_DELIVERY]
        self.catalogues.catalogue[Moment.OUT_FOR_DELIVERY] = spec.model_copy(update={"expires_hours": 48})
        self.ends: list[str] = []
        renderer = self.sender.composer.renderer

        def email(brand: Any, moment: str, view: Mapping[str, Any]) -> tuple[str, str, str]:
            self.ends.append(view["facts"]["offer_ends"])
            return moment, "", ""

        def texts(brand: Any, view: Mapping[str, Any]) -> dict[str, str]:
            self.ends.append(view["facts"]["offer_ends"])
            return dict.fromkeys(("sms", "push_title", "push_body"), "news")

        renderer.email, renderer.texts = email, texts  # type: ignore[method-assign]


def test_another_try_moves_no_end() -> None:
    offers = Offers()
    offers.email.fails = [TransientError(code=NO_ANSWER), TransientError(code=NO_ANSWER)]
    offers.tell()
    offers.sweep(NOW + IN_DOUBT)
    offers.sweep(NOW + 2 * IN_DOUBT)
    assert len(offers.email.sent) == 1
    first, second, third = offers.ends
    assert first == second == third
    assert "7 am" in first or "7:00 am" in first  # 12:00 UTC in New York


def test_nor_does_one_that_was_refused_for_now() -> None:
    offers = Offers()
    offers.email.fails = [TransientError(code=THROTTLED)]
    with pytest.raises(TransientError):
        offers.tell()
    offers.sweep(NOW + REDRIVE_AFTER)
    assert len(set(offers.ends)) == 1


def test_the_next_channel_says_the_same_end() -> None:
    offers = Offers(providers={one: ChannelPolicy(providers=("one",), confirm_minutes=90) for one in Channel})
    offers.tell()
    offers.sweep(NOW + timedelta(minutes=90))
    assert [one.channel for one in offers.email.sent] == [Channel.EMAIL, Channel.SMS]
    assert len(offers.ends) == 2
    assert len(set(offers.ends)) == 1


def test_another_message_has_an_end_of_its_own() -> None:
    offers = Offers()
    offers.tell()
    offers.add_parcel(2)
    offers.tell(number=2, now=NOW + DAY)
    offers.sweep(NOW + DAY + timedelta(minutes=10))
    assert len(offers.email.sent) == len(set(offers.ends)) == 2


def test_what_offers_nothing_keeps_nothing() -> None:
    city = City()
    city.tell()
    assert [one.offered_at for one in city.told()] == [None]
