"""Messages that are told as one: whoever leads, fails, comes late or is another person's by then."""

from typing import Any

import pytest

from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel
from porchlight.domain.messages import Hold, MessageState
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment, MomentSpec
from porchlight.domain.orders import Shopper
from porchlight.domain.preferences import Digest
from porchlight.errors import AddressRefusedError, PermanentProviderError
from porchlight.reaching import MOST_MEMBERS
from tests.fakes import FakeRenderer
from tests.unit.stories import NOW, order
from tests.unit.test_fanout_edges import DAY, HOUR, MINUTE, WAITS, dies
from tests.unit.test_fanout_life import City
from tests.unit.test_messages_services import Killed


class TestBundles:
    def test_a_channel_that_fails_hands_over_all_of_it_at_once(self) -> None:
        """Given parcels of an order are told together by SMS, which fails: email tells them all, now."""
        city = City()
        for number in (2, 3):
            city.add_parcel(number)
        for number in (1, 2, 3):
            city.tell(number=number)
        city.email.fails = [AddressRefusedError("no such number")]
        city.sweep(NOW + 6 * MINUTE)
        assert city.channels == [Channel.EMAIL]
        (sent,) = (one for one in city.told() if one.state is MessageState.SENT)
        assert len(sent.includes) == 3
        assert city.metrics.total("Messages", outcome="merged") == 2

    def test_so_does_a_digest_and_does_not_wait_for_the_next_evening(self) -> None:
        city = City()
        city.prefer(digest=Digest.DAILY)
        for number in (2, 3):
            city.add_parcel(number, f"ord_{number}", Milestone.ACCEPTED)
            city.tell(Moment.SHIPPED, number, f"ord_{number}")
        city.email.fails = [PermanentProviderError("content")]
        city.sweep(NOW + 11 * HOUR)
        assert city.channels == [Channel.EMAIL]
        (sent,) = (one for one in city.told(Moment.SHIPPED) if one.state is MessageState.SENT)
        assert len(sent.includes) == 2

    def test_a_digest_says_of_each_order_how_many_parcels_of_it_came(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Given one parcel each of two orders, Then neither is told as two; parcels that are gathered are."""
        counts: list[tuple[str, int]] = []
        texts, email = FakeRenderer.texts, FakeRenderer.email

        def each(renderer: FakeRenderer, brand: BrandConfig, view: Any) -> dict[str, str]:
            counts.append((view["moment"], view["facts"]["count"]))
            return texts(renderer, brand, view)

        def whole(renderer: FakeRenderer, brand: BrandConfig, moment: str, view: Any) -> tuple[str, str, str]:
            counts.append((moment, view["facts"]["count"]))
            return email(renderer, brand, moment, view)

        monkeypatch.setattr(FakeRenderer, "texts", each)
        monkeypatch.setattr(FakeRenderer, "email", whole)
        city = City(channels=(Channel.EMAIL,))
        city.prefer(digest=Digest.DAILY)
        for number in (2, 3):
            city.add_parcel(number, f"ord_{number}", Milestone.ACCEPTED)
            city.tell(Moment.SHIPPED, number, f"ord_{number}")
        city.sweep(NOW + 11 * HOUR)
        assert counts == [("shipped", 1), ("shipped", 1), ("digest", 2)]
        counts.clear()
        city = City(channels=(Channel.EMAIL,))
        city.add_parcel(2)
        for number in (1, 2):
            city.tell(number=number)
        city.sweep(NOW + 6 * MINUTE)
        assert counts == [("out_for_delivery", 2)]

    def test_one_that_was_sent_stays_sent_when_the_next_channel_finds_it_overtaken(self) -> None:
        city = City(providers=WAITS)
        city.add_parcel(2)
        for number in (1, 2):
            city.tell(number=number)
        city.sweep(NOW + 6 * MINUTE)
        city.move(Milestone.DELIVERED, NOW + 7 * MINUTE)
        city.sweep(NOW + HOUR)
        assert city.channels == [Channel.SMS, Channel.EMAIL]
        states = {(one.subject_id, one.fallback_of is None): one.state for one in city.told()}
        assert states["shp_1", True] is MessageState.SENT

    def test_one_that_was_left_out_as_overtaken_is_told_when_it_is_news_again(self) -> None:
        """Given a second attempt at the door after its bundle has gone out without it."""
        city = City()
        for number in (2, 3):
            city.add_parcel(number)
        for number in (2, 3, 1):
            city.tell(number=number)
        city.move(Milestone.DELIVERY_ATTEMPTED, NOW + MINUTE)
        city.sweep(NOW + 6 * MINUTE)
        city.move(Milestone.OUT_FOR_DELIVERY, NOW + HOUR)
        city.tell(now=NOW + HOUR)
        city.sweep(NOW + 2 * HOUR)
        assert len(city.email.sent) == 2
        states = {one.subject_id: one.state for one in city.told()}
        assert states["shp_1"] is MessageState.SENT

    def test_what_is_told_in_place_of_an_overtaken_lead_is_named(self) -> None:
        city = City()
        city.add_parcel(2)
        for number in (1, 2):
            city.tell(number=number)
        city.move(Milestone.DELIVERED, NOW + MINUTE)
        city.sweep(NOW + 6 * MINUTE)
        (lead,) = (one for one in city.told() if one.state is MessageState.SENT)
        (other,) = (one for one in city.told() if one.state is MessageState.MERGED)
        assert [one.message_id for one in lead.includes] == [other.message_id]

    def test_who_comes_to_it_after_it_went_out_is_told_by_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Given a planner that died after it had planned, and before it joined."""
        city = City()
        city.add_parcel(2)
        city.tell(number=1)
        dies(monkeypatch, city.bundles, "get")
        with pytest.raises(Killed):
            city.tell(number=2, now=NOW + MINUTE)
        city.sweep(NOW + 5 * MINUTE)
        assert city.channels == [Channel.SMS]
        city.sweep(NOW + 7 * MINUTE)
        assert city.channels == [Channel.SMS, Channel.SMS]
        assert [one.state for one in city.told()] == [MessageState.SENT, MessageState.SENT]

    def test_a_full_one_says_so_and_is_not_written_for_those_who_come_then(self) -> None:
        city = City(channels=(Channel.EMAIL,))
        city.prefer(digest=Digest.DAILY)
        versions = []
        for number in range(2, MOST_MEMBERS + 5):
            city.add_parcel(number, f"ord_{number}", Milestone.ACCEPTED)
            city.tell(Moment.SHIPPED, number, f"ord_{number}")
            (bundle,) = city.bundles.records.values()
            versions.append(bundle.version)
        (lead,) = (one for one in city.told(Moment.SHIPPED) if one.state is MessageState.PLANNED)
        assert city.sender.gatherer.has_more(lead)
        assert versions[-3:] == [MOST_MEMBERS + 1] * 3

    def test_nobody_joins_one_whose_time_is_over(self) -> None:
        """Given its lead failed before it was closed, what comes days later is told by itself."""
        city = City()
        for number in (2, 3):
            city.add_parcel(number)
        city.tell(number=1)
        (lead,) = city.told()
        city.sender.fail("larkspur", "ord_1", lead.message_id, "KeyError", NOW + 6 * MINUTE)
        city.tell(number=2, now=NOW + DAY)
        city.sweep(NOW + DAY + HOUR)
        assert city.channels == [Channel.SMS]

    def test_one_that_meets_quiet_hours_when_it_is_due_still_says_all(self) -> None:
        """Given the shopper's quiet hours begin while it waits, and its bundle is closed by then."""
        city = City()
        quiet = MomentSpec(gather_minutes=5)
        city.catalogues.catalogue[Moment.OUT_FOR_DELIVERY] = quiet
        city.add_parcel(2)
        evening = NOW + 14 * HOUR - 3 * MINUTE  # 20:57 in New York
        for number in (1, 2):
            city.tell(number=number, now=evening)
        (lead,) = (one for one in city.told() if one.state is MessageState.PLANNED)
        late = lead.model_copy(update={"not_before": evening + 2 * MINUTE, "version": lead.version + 1})
        city.messages.update(late, due_at=late.not_before)
        city.sweep(evening + 5 * MINUTE)
        assert city.channels == []
        (waits,) = (one for one in city.told() if one.state is MessageState.PLANNED)
        assert (waits.held_for, waits.not_before) == (Hold.QUIET_HOURS, NOW + DAY + HOUR)
        city.sweep(NOW + DAY + HOUR)
        (sent,) = (one for one in city.told() if one.state is MessageState.SENT)
        assert len(sent.includes) == 2

    def test_an_order_that_is_gone_keeps_no_other_from_being_told(self) -> None:
        city = City(channels=(Channel.EMAIL,))
        city.prefer(digest=Digest.DAILY)
        for number in (2, 3, 4):
            city.add_parcel(number, f"ord_{number}", Milestone.ACCEPTED)
            city.tell(Moment.SHIPPED, number, f"ord_{number}")
        del city.orders.records["larkspur", "ord_3"]
        city.sweep(NOW + DAY)
        (sent,) = (one for one in city.told(Moment.SHIPPED) if one.state is MessageState.SENT)
        assert {one.order_id for one in sent.includes} == {"ord_2", "ord_4"}

    def test_what_has_become_another_person_s_is_told_to_that_one_alone(self) -> None:
        """Given an order that was put under another name while its news waited in the digest of the first."""
        city = City(channels=(Channel.EMAIL,))
        city.prefer(digest=Digest.DAILY)
        for number in (2, 3):
            city.add_parcel(number, f"ord_{number}", Milestone.ACCEPTED)
            city.tell(Moment.SHIPPED, number, f"ord_{number}")
        other = Shopper(brand="larkspur", shopper_id="cus_2", email="bea@x.example")
        city.orders.save(order(order_id="ord_3", shopper_id="cus_2", version=2), other)
        for later in (11, 12, 13):
            city.sweep(NOW + later * HOUR)
        assert [(one.to, one.order_id) for one in city.email.sent] == [
            ("ada@x.example", "ord_2"),
            ("bea@x.example", "ord_3"),
        ]
        assert all(not one.includes for one in city.told(Moment.SHIPPED))

    def test_the_records_of_one_order_are_read_once_for_all_its_parcels(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An order of thousands of messages takes seconds to read."""
        city = City()
        for number in range(2, 10):
            city.add_parcel(number)
        for number in range(1, 10):
            city.tell(number=number)
        real, reads = city.orders.contents, []

        def contents(*which: str) -> Any:
            reads.append(which)
            return real(*which)

        monkeypatch.setattr(city.orders, "contents", contents)
        city.sweep(NOW + 6 * MINUTE)
        assert len(city.email.sent) == 1
        # The members that were due, too, find out that they are merged without it.
        assert len(reads) == 1
