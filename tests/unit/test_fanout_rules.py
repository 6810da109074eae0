"""Rules at their edges: a message is not kept back by itself, each trouble of its own counts, caps forget nothing."""

from datetime import timedelta
from typing import Any

import pytest

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction
from porchlight.domain.countries import CountryProfile, QuietRule, SenderRule
from porchlight.domain.delays import Delay, DelayKind
from porchlight.domain.experiments import Arm, Effect, arm_of
from porchlight.domain.fanout.decide import decide
from porchlight.domain.fanout.timing import held
from porchlight.domain.messages import Hold, MessageState, Suppression
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment, MomentSpec
from porchlight.domain.orders import Destination
from porchlight.domain.outreach import Cap, Experiment, SmsSender
from porchlight.domain.preferences import Frequency
from porchlight.errors import NO_ANSWER, TransientError
from porchlight.reaching import Touch, TouchLog
from porchlight.services.deliberate import MOST_PARCELS
from porchlight.services.send_message import IN_DOUBT
from tests.unit.situations import NOON, outreach, profile, said, situation
from tests.unit.stories import NOW, order, parcel, usd
from tests.unit.test_fanout_edges import DAY, HOUR, MINUTE, WAITS, with_device
from tests.unit.test_fanout_life import City


class TestTiming:
    @staticmethod
    def delayed(city: City) -> None:
        expected = {"earliest": "2026-03-09", "latest": "2026-03-10"}
        values = {"delay_id": "dly_1", "kind": DelayKind.STALLED, "declared_at": NOW - HOUR, "expected": expected}
        city.change(milestone=Milestone.IN_TRANSIT, delay=Delay.model_validate({**values, "revision": 1}))

    MORNING = NOW + 2 * HOUR
    """09:00 in New York."""

    def tell(self, city: City) -> list[str]:
        update = {"subject_id": "dly_1#1", "kind": DelayKind.STALLED}
        event = city.news(Moment.DELAY_UPDATED).model_copy(update=update)
        return [city.send(one, self.MORNING) for one in city.plan(event, self.MORNING)]

    def test_a_message_of_a_delay_is_not_kept_back_by_itself_on_another_channel(self) -> None:
        city = City(also={Moment.DELAY_UPDATED: (Channel.PUSH,)})
        with_device(city)
        self.delayed(city)
        assert self.tell(city) == ["sent", "sent"]

    def test_nor_by_its_own_attempt_that_is_in_doubt(self) -> None:
        city = City()
        self.delayed(city)
        city.email.fails = [TransientError("timeout", code=NO_ANSWER)]
        assert self.tell(city) == ["sending"]
        city.sweep(self.MORNING + IN_DOUBT)
        assert city.channels == [Channel.SMS]

    def test_nor_when_the_next_channel_takes_over(self) -> None:
        city = City(providers=WAITS)
        self.delayed(city)
        self.tell(city)
        city.sweep(self.MORNING + 30 * MINUTE)
        assert city.channels == [Channel.SMS, Channel.EMAIL]

    def test_where_a_country_has_many_zones_and_the_shopper_s_is_not_known_it_is_quiet_in_all(self) -> None:
        """09:00 where the brand is, is night in Hawaii."""
        rule = QuietRule()
        zones = ("America/New_York", "Pacific/Honolulu")
        country = CountryProfile(country="US", service=rule, marketing=rule, zones=zones)
        the = situation(
            country=country,
            now=NOON.replace(hour=14),
            shipment=parcel(milestone=Milestone.OUT_FOR_DELIVERY, zone=None),
            order=order(destination=Destination(country="US")),
        )
        waits = held(the, Channel.SMS)
        assert waits
        assert waits == (NOON.replace(hour=18), Hold.QUIET_HOURS)

    def test_where_nothing_is_known_of_the_place_the_brand_s_clock_is_read(self) -> None:
        the = situation(
            now=NOON.replace(hour=14),
            shipment=parcel(milestone=Milestone.OUT_FOR_DELIVERY, zone=None),
            order=order(destination=Destination()),
        )
        tokyo = the.brand.model_copy(update={"zone": "Asia/Tokyo"})
        assert held(the, Channel.SMS) is None
        asleep = situation(now=the.now, shipment=the.shipment, order=the.order)
        object.__setattr__(asleep, "brand", tokyo)
        assert held(asleep, Channel.SMS) is not None

    def test_a_decision_names_the_clock_that_it_read(self) -> None:
        assert [one.detail for one in decide(situation()).checks if one.rule == "timing"] == [{"zone": "UTC"}]

    def test_a_zone_that_there_is_not_is_passed_over(self) -> None:
        the = situation(profile=profile(zone="Mars/Phobos"), shipment=parcel(zone="Asia/Tokyo"))
        assert the.zone == "Asia/Tokyo"


LATE = Delay.model_validate(
    {
        **{"delay_id": "dly_1", "kind": DelayKind.STALLED, "declared_at": NOON},
        "expected": {"earliest": "2026-03-09", "latest": "2026-03-10"},
    }
)
OVER = LATE.model_copy(update={"recovered_at": NOON})
DONE = parcel(milestone=Milestone.DELIVERED)


class TestAsking:
    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"order": order(delay=OVER)}, None),
            ({"order": order(delay=LATE)}, Suppression.TROUBLE),
            ({"order": order(refunds={"ref_1": usd(500)})}, Suppression.TROUBLE),
            ({"parcels": (DONE.model_copy(update={"delay": OVER}),)}, None),
            ({"parcels": (DONE.model_copy(update={"delay": LATE}),)}, Suppression.TROUBLE),
            ({"parcels": (DONE, DONE.model_copy(update={"return_id": "rma_1"}))}, Suppression.TROUBLE),
            ({"parcels": (parcel(milestone=Milestone.RETURNED_TO_SENDER),)}, Suppression.TROUBLE),
            ({"parcels": (DONE,), "parcel_count": 2}, Suppression.CONTINUED),
            ({"parcels": (DONE, DONE), "parcel_count": 2}, None),
        ],
    )
    def test_each_trouble_of_its_own_keeps_questions_back(
        self, changed: dict[str, Any], expected: Suppression | None
    ) -> None:
        spec = MomentSpec(purpose=Purpose.CHECK_IN)
        the = situation(Moment.WELCOME, spec, shipment=DONE, **{"parcels": (DONE,), **changed})
        assert decide(the).reason is expected

    @pytest.mark.parametrize("purpose", [Purpose.CHECK_IN, Purpose.MARKETING])
    def test_how_much_is_told_of_parcels_says_nothing_about_questions_and_offers(self, purpose: Purpose) -> None:
        granted = ((purpose, channel, said(ConsentAction.GRANTED, channel)) for channel in Channel)
        known = profile(*granted, frequency=Frequency.ONLY_PROBLEMS)
        done = parcel(milestone=Milestone.DELIVERED)
        the = situation(Moment.WELCOME, MomentSpec(purpose=purpose), profile=known, shipment=done, parcels=(done,))
        assert decide(the).reason is None

    def test_an_order_in_more_parcels_than_anybody_looks_at_is_asked_nothing(self) -> None:
        """Given all that are looked at have arrived, and one more is lost."""
        city = City(channels=(Channel.EMAIL,))
        for number in range(2, MOST_PARCELS + 1):
            city.add_parcel(number, milestone=Milestone.DELIVERED)
        city.add_parcel(99, milestone=Milestone.LOST)
        city.move(Milestone.DELIVERED, NOW)
        city.tell(Moment.DELIVERED)
        city.sweep(NOW + 4 * DAY)
        (asked,) = city.told(Moment.WELCOME)
        assert asked.state is MessageState.SUPPRESSED

    def test_two_parcels_that_are_due_at_one_moment_ask_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Given two senders, the second of which reads before the first has written anything."""
        city = City(channels=(Channel.EMAIL,))
        city.add_parcel(2, milestone=Milestone.DELIVERED)
        city.move(Milestone.DELIVERED, NOW)
        for number in (1, 2):
            city.tell(Moment.DELIVERED, number)
        city.sweep(NOW + 6 * MINUTE)
        first, second = city.told(Moment.WELCOME)
        assert first.not_before
        now, real = first.not_before, city.orders.contents

        def between(*which: str) -> Any:
            found = real(*which)
            monkeypatch.undo()
            city.sender.send("larkspur", "ord_1", second.message_id, now)
            return found

        monkeypatch.setattr(city.orders, "contents", between)
        with pytest.raises(TransientError):
            city.sender.send("larkspur", "ord_1", first.message_id, now)
        city.sweep(now + 10 * MINUTE)
        assert [one.moment for one in city.email.sent].count(Moment.WELCOME) == 1
        assert {one.reason for one in city.told(Moment.WELCOME)} == {None, Suppression.CONTINUED}

    @pytest.mark.parametrize("hold_out", [0.0001, 0.9999])
    def test_who_is_in_an_experiment_about_what_follows_by_itself_is_counted(self, hold_out: float) -> None:
        trial = Experiment(moment=Moment.WELCOME, hold_out=hold_out)
        city = City(channels=(Channel.EMAIL,), experiments={"care": trial})
        city.move(Milestone.DELIVERED, NOW)
        city.tell(Moment.DELIVERED)
        assert not city.experiments.counts
        for _ in range(2):
            city.sweep(NOW + 4 * DAY)
        arm = arm_of("care", trial, "cus_1")
        assert city.experiments.counts == {("larkspur", "care/first", arm, Effect.ASSIGNED): 1}
        assert (arm is Arm.HELD_OUT) == (city.told(Moment.WELCOME)[0].reason is Suppression.HELD_OUT)


@pytest.mark.parametrize(
    ("sender", "named", "expected"),
    [
        ("+15035550100", False, None),
        ("pool-1", False, None),
        ("", False, None),
        ("Larkspur", False, Suppression.NOT_ALLOWED_THERE),
        ("Larkspur", True, None),
    ],
)
def test_a_name_as_the_sender_is_no_number(sender: str, named: bool, expected: Suppression | None) -> None:
    """Where a number is needed, one (or none, which is the provider's own choice) will do."""
    rule = CountryProfile(country="default", sms=SenderRule(alphanumeric=named))
    senders = SmsSender(origination={"default": sender} if sender else {})
    assert decide(situation(country=rule, outreach=outreach(sms=senders), only=Channel.SMS)).reason is expected


class TestCaps:
    def test_however_much_a_shopper_gets_what_caps_count_is_not_forgotten(self) -> None:
        """Given one offer, then hundreds of messages about parcels within the cap's window."""
        log = TouchLog(brand="b", shopper_id="c")
        log = log.with_one(Touch(message_id="offer", channel=Channel.EMAIL, purpose=Purpose.MARKETING, at=NOW))
        for number in range(1_000):
            at = NOW + timedelta(seconds=number)
            news = Touch(message_id=f"m{number}", channel=Channel.SMS, purpose=Purpose.SERVICE, at=at)
            log = log.with_one(news)
        assert [one.message_id for one in log.touches if one.purpose is Purpose.MARKETING] == ["offer"]

    def test_no_cap_counts_further_than_what_is_remembered(self) -> None:
        largest = max(limit for limit in range(1, 2_000) if _is_cap(limit))
        log = TouchLog(brand="b", shopper_id="c")
        for number in range(2 * largest):
            at = NOW + timedelta(seconds=number)
            log = log.with_one(Touch(message_id=f"m{number}", channel=Channel.SMS, purpose=Purpose.SERVICE, at=at))
        assert len(log.touches) >= largest
        assert len(log.model_dump_json()) * 15 < 400_000  # every channel and purpose full


def _is_cap(limit: int) -> bool:
    try:
        Cap(at_most=limit, hours=1)
    except ValueError:
        return False
    return True


def test_an_offer_is_suppressed_where_its_channel_is_the_one_beside_it() -> None:
    """A channel that is named for going out beside the first one asks for the same consent."""
    no = said(ConsentAction.WITHDRAWN, Channel.SMS)
    known = profile((Purpose.SERVICE, Channel.SMS, no))
    found = decide(situation(profile=known, outreach=outreach(), only=Channel.SMS))
    assert found.reason is Suppression.NO_CONSENT
