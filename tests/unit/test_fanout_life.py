"""The life of a message: held, gathered, merged, handed from channel to channel, followed by others."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentSource
from porchlight.domain.ids import order_id
from porchlight.domain.messages import Hold, MessageRecord, MessageState, Suppression
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.outreach import Cap, ChannelPolicy, Outreach
from porchlight.domain.preferences import Digest, Preferences, Profile, PushTarget
from porchlight.domain.returns import Decision, Outcome, ReturnState
from porchlight.errors import NO_ANSWER, THROTTLED, AddressRefusedError, PermanentProviderError, TransientError
from porchlight.reaching import MOST_MEMBERS, PushContent, TextContent
from porchlight.services.consent import ConsentDesk, Said
from porchlight.services.send_message import IN_DOUBT
from tests.unit.stories import NOW, after, order, parcel, scan, wanted
from tests.unit.test_messages_services import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NIGHT = NOW + 15 * HOUR  # 22:00 in New York


class City(World):
    """A shopper with a phone and devices; a brand with SMS before email."""

    def __init__(self, **policy: Any) -> None:
        super().__init__(Milestone.OUT_FOR_DELIVERY)
        known: dict[str, Any] = {
            "channels": (Channel.SMS, Channel.EMAIL),
            "providers": {one: ChannelPolicy(providers=("one",)) for one in Channel},
            "caps": (),
        }
        brand = self.brands.get("larkspur").model_copy(update={"outreach": Outreach(**(known | policy))})
        self.brands.brands["larkspur"] = brand
        self.shopper = self.shopper.model_copy(update={"phone": "(503) 228-1234"})
        self.orders.save(order(version=2), self.shopper)
        known = self.catalogues.catalogue[Moment.WELCOME]
        self.catalogues.catalogue[Moment.WELCOME] = known.model_copy(update={"enabled": True})

    def add_parcel(
        self, number: int, order_id: str = "ord_1", milestone: Milestone = Milestone.OUT_FOR_DELIVERY
    ) -> None:
        if order_id != "ord_1":
            self.orders.save(order(order_id=order_id, version=1))
        first = scan(milestone, NOW)
        known = parcel(shipment_id=f"shp_{number}", order_id=order_id)
        self.shipments.save(after(known, [first]), [first], due_at=None, link=True)

    def tell(
        self, moment: Moment = Moment.OUT_FOR_DELIVERY, number: int = 1, order_id: str = "ord_1", now: datetime = NOW
    ) -> list[str]:
        """The states of what is planned at once, after it was sent."""
        subject = f"shp_{number}"
        event = self.news(moment).model_copy(
            update={"order_id": order_id, "shipment_id": subject, "subject_id": subject}
        )
        event = event.model_copy(update={"recorded_at": now, "occurred_at": now})
        return [self.send(reference, now) for reference in self.plan(event, now)]

    def sweep(self, now: datetime) -> None:
        for due in list(self.due.due(0, now, 1_000)):
            if due.kind == "message":
                self.send({"brand": due.brand, "order_id": due.parent_id or "", "message_id": due.record_id}, now)

    def told(self, moment: Moment = Moment.OUT_FOR_DELIVERY) -> list[MessageRecord]:
        return [one for one in self.messages.records.values() if one.moment is moment]

    @property
    def channels(self) -> list[Channel]:
        return [one.channel for one in self.email.sent]


@pytest.fixture
def city() -> City:
    return City()


class TestChannels:
    def test_an_sms_says_brand_fact_and_link_in_few_parts(self, city: City) -> None:
        assert city.tell() == ["sent"]
        (sms,) = city.email.sent
        assert isinstance(sms.content, TextContent)
        assert (sms.to, sms.country, sms.content.text.split(":")[0]) == ("+15032281234", "US", "Larkspur")
        assert "https://track.example/" in sms.content.text
        assert city.told()[0].parts == sms.content.parts

    def test_an_sms_about_a_return_has_the_short_link_of_the_order_which_leads_to_it(self, city: City) -> None:
        # Given an order whose id is one of ours, as short links need it
        known = order_id("larkspur", "1001")
        city.orders.save(order(order_id=known, version=1))
        yes = Decision(outcome=Outcome.APPROVE, rule="within_window", policy_version="1", decided_at=NOW)
        city.returns.create(wanted(order_id=known, state=ReturnState.APPROVED, decisions=(yes,)))
        update = {"order_id": known, "shipment_id": None, "return_id": "rma_1", "subject_id": "rma_1"}
        event = city.news(Moment.RETURN_APPROVED).model_copy(update=update)
        city.plan(event)
        city.sweep(NOW + 2 * HOUR)  # after the quiet hours
        (sms,) = city.email.sent
        assert isinstance(sms.content, TextContent)
        link = re.findall(r"https://\S+", sms.content.text)[0]
        assert link.startswith("https://track.example/t/")
        assert len(link) < 75

    def test_an_address_that_is_refused_hands_over_to_the_next_channel_and_is_not_tried_again(self, city: City) -> None:
        city.email.fails = [AddressRefusedError("no such number")]
        assert city.tell() == ["sent"]
        assert city.channels == [Channel.EMAIL]
        first, second = city.told()
        assert (first.state, first.channel) == (MessageState.FAILED, "sms")
        assert (second.state, second.channel, second.fallback_of) == (MessageState.SENT, "email", first.message_id)
        assert city.metrics.total("ChannelFallbacks", channel="sms") == 1
        city.add_parcel(2)
        city.tell(number=2, now=NOW + HOUR)
        city.sweep(NOW + 2 * HOUR)
        assert city.channels == [Channel.EMAIL, Channel.EMAIL]

    def test_a_provider_that_refuses_for_good_does_the_same_but_the_address_stays(self, city: City) -> None:
        city.email.fails = [PermanentProviderError("content")]
        city.tell()
        assert city.channels == [Channel.EMAIL]
        assert not city.profiles.get("larkspur", "cus_1").unreachable

    def test_when_every_channel_has_failed_nothing_is_left_to_do(self, city: City) -> None:
        city.email.fails = [PermanentProviderError("one"), PermanentProviderError("two")]
        assert city.tell() == ["failed"]
        assert [one.state for one in city.told()] == [MessageState.FAILED, MessageState.FAILED]
        city.sweep(NOW + DAY)
        assert not city.email.sent

    @pytest.mark.parametrize("code", [None, THROTTLED])
    def test_not_now_is_tried_again_by_the_same_channel(self, city: City, code: str | None) -> None:
        city.email.fails = [TransientError("busy", code=code)]
        with pytest.raises(TransientError):
            city.tell()
        city.sweep(NOW + HOUR)
        assert city.channels == [Channel.SMS]

    def test_no_answer_is_never_followed_by_another_channel(self, city: City) -> None:
        city.email.fails = [TransientError("timeout", code=NO_ANSWER)]
        assert city.tell() == ["sending"]
        city.sweep(NOW + IN_DOUBT - timedelta(seconds=1))
        assert city.channels == []
        city.sweep(NOW + IN_DOUBT)
        assert city.channels == [Channel.SMS]

    def test_what_is_not_confirmed_in_time_goes_by_the_next_channel(self) -> None:
        waits = {one: ChannelPolicy(providers=("one",), confirm_minutes=30) for one in Channel}
        city = City(providers=waits)
        city.tell()
        city.sweep(NOW + timedelta(minutes=29))
        assert city.channels == [Channel.SMS]
        city.sweep(NOW + timedelta(minutes=30))
        assert city.channels == [Channel.SMS, Channel.EMAIL]
        city.sweep(NOW + DAY)
        assert city.channels == [Channel.SMS, Channel.EMAIL]

    def test_what_is_confirmed_does_not(self) -> None:
        city = City(providers={one: ChannelPolicy(providers=("one",), confirm_minutes=30) for one in Channel})
        city.tell()
        (sent,) = city.told()
        confirmed = sent.model_copy(update={"delivered_at": NOW, "version": sent.version + 1})
        city.messages.update(confirmed, due_at=sent.confirm_by)
        city.sweep(NOW + HOUR)
        assert city.channels == [Channel.SMS]

    def test_channels_beside_the_first_one_get_it_too_once(self) -> None:
        city = City(also={Moment.OUT_FOR_DELIVERY: (Channel.PUSH,)})
        profile = city.profiles.get("larkspur", "cus_1")
        target = PushTarget(channel=Channel.PUSH, target="arn:aws:sns:x", added_at=NOW)
        city.profiles.save(profile.model_copy(update={"targets": (target,), "version": 1}))
        assert city.tell() == ["sent", "sent"]
        assert city.tell() == []
        assert city.channels == [Channel.SMS, Channel.PUSH]
        assert isinstance(city.email.sent[1].content, PushContent)

    def test_who_has_no_device_gets_no_push_and_it_says_so(self) -> None:
        city = City(also={Moment.OUT_FOR_DELIVERY: (Channel.PUSH,)})
        city.tell()
        assert [one.reason for one in city.told()] == [None, Suppression.NO_ADDRESS]

    def test_a_channel_beside_the_first_one_is_used_where_the_first_may_not_be(self) -> None:
        city = City(also={Moment.OUT_FOR_DELIVERY: (Channel.EMAIL,)}, channels=(Channel.PUSH,))
        assert city.tell() == ["sent"]
        assert [(one.channel, one.reason) for one in city.told()] == [
            ("none", Suppression.NO_ADDRESS),
            ("email", None),
        ]

    def test_a_text_of_too_many_parts_goes_by_email(self, city: City, monkeypatch: pytest.MonkeyPatch) -> None:
        brand = city.brands.get("larkspur").model_copy(update={"name": "ж" * 150})
        city.brands.brands["larkspur"] = brand
        monkeypatch.setattr(
            city.sender.composer.renderer, "texts", lambda *_: {"sms": "ж" * 200, "push_title": "", "push_body": ""}
        )
        city.tell()
        assert city.channels == [Channel.EMAIL]
        assert [one.failure for one in city.told()] == ["too-long", None]


class TestHolding:
    def test_quiet_hours_hold_and_release(self, city: City) -> None:
        city.add_parcel(2, milestone=Milestone.ACCEPTED)
        assert city.tell(Moment.SHIPPED, 2, now=NIGHT) == []
        (held,) = city.told(Moment.SHIPPED)
        assert (held.state, held.held_for) == (MessageState.PLANNED, Hold.GATHER)
        assert held.not_before
        city.sweep(held.not_before - timedelta(seconds=1))
        assert city.channels == []
        city.sweep(held.not_before)
        assert city.channels == [Channel.SMS]
        assert city.metrics.total("EventToMessage") == 0, "nobody is late who had to wait"

    def test_news_that_is_overtaken_while_it_is_held_is_suppressed_with_the_reason(self, city: City) -> None:
        city.catalogues.catalogue[Moment.OUT_FOR_DELIVERY] = city.catalogues.catalogue[
            Moment.OUT_FOR_DELIVERY
        ].model_copy(update={"urgent": False})
        assert city.tell(now=NIGHT) == []
        city.move(Milestone.DELIVERED, NIGHT + HOUR)
        city.sweep(NIGHT + DAY)
        assert [one.reason for one in city.told()] == [Suppression.OVERTAKEN]
        assert city.channels == []

    def test_a_preference_that_changes_while_it_is_held_counts(self, city: City) -> None:
        city.add_parcel(2, milestone=Milestone.ACCEPTED)
        city.tell(Moment.SHIPPED, 2, now=NIGHT)
        city.prefer(channels=(Channel.EMAIL,))
        city.sweep(NIGHT + DAY)
        assert city.channels == [Channel.EMAIL]
        city.add_parcel(3, milestone=Milestone.ACCEPTED)
        city.tell(Moment.SHIPPED, 3, now=NIGHT)
        city.prefer(off=frozenset({Purpose.SERVICE}))
        city.sweep(NIGHT + 2 * DAY)
        assert city.channels == [Channel.EMAIL]

    def test_who_is_erased_while_it_is_held_hears_nothing(self, city: City) -> None:
        city.add_parcel(2, milestone=Milestone.ACCEPTED)
        city.tell(Moment.SHIPPED, 2, now=NIGHT)
        city.profiles.erase("larkspur", "cus_1", NIGHT)
        city.sweep(NIGHT + DAY)
        assert [one.reason for one in city.told(Moment.SHIPPED)] == [Suppression.ERASED]


class TestTogether:
    def test_parcels_of_one_order_are_told_in_one_message(self, city: City) -> None:
        for number in (2, 3):
            city.add_parcel(number)
        for number in (1, 2, 3, 2, 1):
            assert city.tell(number=number, now=NOW + number * timedelta(minutes=1)) == []
        city.sweep(NOW + timedelta(minutes=10))
        assert city.channels == [Channel.SMS]
        states = {one.subject_id: one.state for one in city.told()}
        assert sorted(states.values()) == ["merged", "merged", "sent"]
        (lead,) = (one for one in city.told() if one.state is MessageState.SENT)
        assert len(lead.includes) == 3
        assert {one.merged_into.message_id for one in city.told() if one.merged_into} == {lead.message_id}

    def test_what_comes_later_is_told_by_itself(self, city: City) -> None:
        for number in (2, 3):
            city.add_parcel(number)
        city.tell(number=1)
        city.sweep(NOW + timedelta(minutes=6))
        city.tell(number=2, now=NOW + HOUR)
        city.sweep(NOW + 2 * HOUR)
        assert [one.state for one in city.told()] == [MessageState.SENT, MessageState.SENT]

    def test_one_that_is_overtaken_is_left_out_even_if_it_leads(self, city: City) -> None:
        for number in (2, 3):
            city.add_parcel(number)
        for number in (1, 2, 3):
            city.tell(number=number)
        city.move(Milestone.DELIVERED, NOW + timedelta(minutes=2))
        city.sweep(NOW + timedelta(minutes=6))
        (lead,) = (one for one in city.told() if one.state is MessageState.SENT)
        assert len(lead.includes) == 2
        assert lead.message_id not in {one.message_id for one in lead.includes}

    def test_a_digest_gathers_orders_and_problems_do_not_wait(self) -> None:
        city = City(channels=(Channel.EMAIL,))
        city.prefer(digest=Digest.DAILY)
        city.add_parcel(2, "ord_2", Milestone.ACCEPTED)
        city.add_parcel(3, "ord_3", Milestone.ACCEPTED)
        city.add_parcel(4, "ord_4", Milestone.DELIVERY_ATTEMPTED)
        for number in (2, 3, 2):
            assert city.tell(Moment.SHIPPED, number, f"ord_{number}") == []
        assert city.tell(Moment.DELIVERY_ATTEMPTED, 4, "ord_4") == ["sent"]
        evening = NOW + 11 * HOUR  # 18:00 in New York
        city.sweep(evening - timedelta(minutes=1))
        assert len(city.email.sent) == 1
        city.sweep(evening)
        city.sweep(evening + HOUR)
        assert len(city.email.sent) == 2
        assert sorted(one.state for one in city.told(Moment.SHIPPED)) == ["merged", "sent"]

    def test_a_digest_of_one_is_that_one_message(self) -> None:
        city = City(channels=(Channel.EMAIL,))
        city.prefer(digest=Digest.DAILY)
        city.add_parcel(2, "ord_2", Milestone.ACCEPTED)
        city.tell(Moment.SHIPPED, 2, "ord_2")
        city.sweep(NOW + DAY)
        (sent,) = city.told(Moment.SHIPPED)
        assert (sent.state, sent.includes) == (MessageState.SENT, ())

    def test_thousands_of_parcels_are_one_message_that_lists_some(self) -> None:
        city = City(channels=(Channel.EMAIL,))
        city.prefer(digest=Digest.DAILY)
        many = MOST_MEMBERS + 15
        for number in range(2, 2 + many):
            city.add_parcel(number, f"ord_{number}", Milestone.ACCEPTED)
            city.tell(Moment.SHIPPED, number, f"ord_{number}")
        city.sweep(NOW + DAY)
        assert len(city.email.sent) == 1
        states = [one.state for one in city.told(Moment.SHIPPED)]
        assert states.count(MessageState.MERGED) == many - 1
        (lead,) = (one for one in city.told(Moment.SHIPPED) if one.state is MessageState.SENT)
        assert len(lead.includes) == MOST_MEMBERS


class TestFollowing:
    def test_is_everything_all_right_is_asked_days_after_the_delivery(self) -> None:
        city = City(channels=(Channel.EMAIL,))
        city.move(Milestone.DELIVERED, NOW)
        assert city.tell(Moment.DELIVERED) == ["sent"]
        (waits,) = city.told(Moment.WELCOME)
        assert (waits.held_for, waits.purpose) == (Hold.FOLLOW_UP, Purpose.CHECK_IN)
        assert waits.not_before == datetime(2026, 3, 5, 15, 0, tzinfo=NOW.tzinfo)  # 10:00 in New York
        city.sweep(waits.not_before - HOUR)
        assert len(city.email.sent) == 1
        city.sweep(waits.not_before)
        assert [one.moment for one in city.email.sent] == [Moment.DELIVERED, Moment.WELCOME]
        city.tell(Moment.DELIVERED)
        assert len(city.told(Moment.WELCOME)) == 1

    def test_but_not_where_something_is_wrong(self) -> None:
        city = City(channels=(Channel.EMAIL,))
        city.add_parcel(2, milestone=Milestone.LOST)
        city.move(Milestone.DELIVERED, NOW)
        city.tell(Moment.DELIVERED)
        city.sweep(NOW + timedelta(minutes=6))
        city.sweep(NOW + 4 * DAY)
        assert [one.reason for one in city.told(Moment.WELCOME)] == [Suppression.TROUBLE]

    def test_a_reminder_is_moot_once_it_was_collected(self) -> None:
        city = City(channels=(Channel.EMAIL,))
        city.move(Milestone.AVAILABLE_FOR_PICKUP, NOW)
        city.tell(Moment.AVAILABLE_FOR_PICKUP)
        city.move(Milestone.DELIVERED, NOW + DAY)
        city.sweep(NOW + 4 * DAY)
        assert [one.reason for one in city.told(Moment.PICKUP_REMINDER)] == [Suppression.OVERTAKEN]

    def test_check_ins_are_capped_over_orders(self) -> None:
        city = City(channels=(Channel.EMAIL,), caps=(Cap(purpose=Purpose.CHECK_IN, at_most=1, hours=168),))
        for number in (2, 3):
            city.add_parcel(number, f"ord_{number}", Milestone.DELIVERED)
            city.tell(Moment.DELIVERED, number, f"ord_{number}")
        city.sweep(NOW + 3 * DAY + 3 * HOUR)
        assert {one.reason for one in city.told(Moment.WELCOME)} == {Suppression.CAPPED, None}


def test_who_has_signed_up_for_sms_gets_them_though_the_brand_would_write_emails() -> None:
    # Given a brand that writes emails, and a shopper who wanted to hear nothing of orders
    city = City(channels=(Channel.EMAIL,))
    desk, there = ConsentDesk(city.profiles, city.metrics), city.catalogues.country("larkspur", "US")
    off = Preferences(off=frozenset({Purpose.SERVICE}))
    city.profiles.save(Profile(brand="larkspur", shopper_id="cus_1", preferences=off, version=1))
    # When they ask for SMS on the tracking page
    usual = city.brands.get("larkspur").outreach.channels
    said = Said(ConsentSource.TRACKING_PAGE, NOW - HOUR, "Text me")
    desk.sign_up("larkspur", "cus_1", "+15032281234", [Purpose.SERVICE], there, said, NOW - HOUR, usual=usual)
    # Then that is how they hear of their parcel
    city.tell()
    assert city.channels == [Channel.SMS]
