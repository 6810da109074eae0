"""Where messages could be lost, doubled or told wrongly: crashes between two writes, reports out of order, bundles
whose lead failed, channels that meet.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction
from porchlight.domain.countries import CountryProfile, QuietRule
from porchlight.domain.delays import Delay, DelayKind
from porchlight.domain.experiments import Arm, Effect, arm_of
from porchlight.domain.fanout.decide import decide
from porchlight.domain.fanout.timing import held
from porchlight.domain.messages import Hold, MessageState, Suppression
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment, MomentSpec
from porchlight.domain.orders import Destination, Shopper
from porchlight.domain.outreach import Cap, ChannelPolicy, Experiment
from porchlight.domain.preferences import Digest, Frequency, PushTarget
from porchlight.domain.receipts import Receipt, ReceiptKind
from porchlight.errors import NO_ANSWER, AddressRefusedError, PermanentProviderError, TransientError
from porchlight.reaching import HandedOver, Outgoing, Touch, TouchLog
from porchlight.services.deliberate import MOST_PARCELS
from porchlight.services.plan_messages import REDRIVE_AFTER
from porchlight.services.send_message import IN_DOUBT, MAX_ATTEMPTS
from tests.unit.situations import NOON, outreach, profile, said, situation
from tests.unit.stories import NOW, order, parcel, usd
from tests.unit.test_fanout_life import City
from tests.unit.test_messages_services import Killed

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WAITS = {one: ChannelPolicy(providers=("one",), confirm_minutes=30) for one in Channel}


def due(city: City, now: datetime) -> list[str]:
    return [one.record_id for one in city.due.due(0, now, 1_000) if one.kind == "message"]


def report(city: City, kind: ReceiptKind, at: datetime = NOW, number: int = -1) -> str:
    sent = city.email.sent[number]
    known = {"brand": sent.brand, "order_id": sent.order_id, "message_id": sent.message_id, "address": sent.to}
    return city.feedback.apply(Receipt(channel=sent.channel, kind=kind, at=at, **known), at)


def dies(monkeypatch: pytest.MonkeyPatch, port: Any, name: str, call: int = 1) -> None:
    """The function is killed right before this call of a port has an effect; the next one works again."""
    real, calls = getattr(port, name), [0]

    def dying(*arguments: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] == call:
            raise Killed
        return real(*arguments, **options)

    monkeypatch.setattr(port, name, dying)


def with_device(city: City) -> None:
    known = city.profiles.get("larkspur", "cus_1")
    target = PushTarget(channel=Channel.PUSH, target="arn:aws:sns:x", added_at=NOW)
    city.profiles.save(known.model_copy(update={"targets": (target,), "version": known.version + 1}))


class TestNextChannel:
    @pytest.mark.parametrize("call", [1, 2, 3])
    @pytest.mark.parametrize("failure", [PermanentProviderError("content"), AddressRefusedError("none")])
    def test_a_sender_that_dies_before_the_next_channel_took_over_loses_nothing(
        self, failure: Exception, call: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Given SMS failed for good and the function dies before email is planned, then email goes out all the same."""
        city = City()
        (reference,) = city.plan(city.news(Moment.OUT_FOR_DELIVERY))
        city.email.fails = [failure]
        dies(monkeypatch, city.orders, "contents", call)
        for _ in range(2):
            try:
                city.send(reference)
            except Killed:
                continue
        for later in (6, 12, 18, 24):
            city.sweep(NOW + later * MINUTE)
        assert city.channels == [Channel.EMAIL]
        assert not due(city, NOW + DAY)

    @pytest.mark.parametrize("port", ["orders.contents", "messages.plan"])
    def test_nor_one_that_dies_after_nothing_was_confirmed(self, port: str, monkeypatch: pytest.MonkeyPatch) -> None:
        city = City(providers=WAITS)
        city.tell()
        owner, name = port.split(".")
        dies(monkeypatch, getattr(city, owner), name)
        with pytest.raises(Killed):
            city.sweep(NOW + 30 * MINUTE)
        city.sweep(NOW + 31 * MINUTE)
        city.sweep(NOW + HOUR)
        assert city.channels == [Channel.SMS, Channel.EMAIL]
        assert not due(city, NOW + 32 * MINUTE)

    def test_what_bounces_after_it_was_delivered_goes_by_the_next_channel_and_is_not_due_for_ever(self) -> None:
        """Mail servers take a message, and return it later."""
        city = City()
        city.tell()
        report(city, ReceiptKind.DELIVERED)
        report(city, ReceiptKind.BOUNCED, NOW + MINUTE)
        city.sweep(NOW + 2 * MINUTE)
        assert city.channels == [Channel.SMS, Channel.EMAIL]
        assert not due(city, NOW + DAY)

    def test_what_was_read_is_not_sent_again_whatever_is_reported_later(self) -> None:
        city = City()
        city.tell()
        report(city, ReceiptKind.OPENED)
        report(city, ReceiptKind.UNDELIVERED, NOW + MINUTE)
        city.sweep(NOW + 2 * MINUTE)
        assert city.channels == [Channel.SMS]
        assert not due(city, NOW + DAY)

    def test_a_report_about_what_was_suppressed_in_doubt_leaves_nothing_due(self) -> None:
        city = City()
        city.email.fails = [TransientError("timeout", code=NO_ANSWER)]
        city.email.takes_before_it_fails = True
        city.tell()
        city.move(Milestone.DELIVERED, NOW + MINUTE)
        city.sweep(NOW + IN_DOUBT)
        assert [one.state for one in city.told()] == [MessageState.SUPPRESSED]
        report(city, ReceiptKind.BOUNCED, NOW + IN_DOUBT)
        assert not due(city, NOW + DAY)

    def test_a_report_that_is_quicker_than_the_answer_still_is_waited_for(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Given the provider reports that it took it before we wrote that down: unconfirmed, email takes over."""
        city = City(providers=WAITS)
        real = city.email.hand_over

        def hand_over(message: Outgoing, now: datetime) -> HandedOver:
            taken = real(message, now)
            if message.channel is Channel.SMS:
                report(city, ReceiptKind.TAKEN, now)
            return taken

        monkeypatch.setattr(city.email, "hand_over", hand_over)
        city.tell()
        city.sweep(NOW + 30 * MINUTE)
        assert city.channels == [Channel.SMS, Channel.EMAIL]

    def test_a_call_that_is_repeated_before_that_time_changes_nothing(self) -> None:
        city = City(providers=WAITS)
        (reference,) = city.plan(city.news(Moment.OUT_FOR_DELIVERY))
        assert [city.send(reference, NOW + number * MINUTE) for number in range(3)] == ["sent"] * 3
        assert city.channels == [Channel.SMS]

    def test_what_is_in_doubt_is_not_taken_for_unconfirmed(self) -> None:
        """Given no answer, and no sweep until it should have been confirmed: the same channel first."""
        city = City(providers=WAITS)
        city.email.fails = [TransientError("timeout", code=NO_ANSWER)]
        city.tell()
        city.sweep(NOW + HOUR)
        assert city.channels == [Channel.SMS]

    def test_it_is_never_the_channel_that_goes_out_beside(self) -> None:
        """Given SMS, push beside it, and the shopper's own order SMS, push, email: push once."""
        city = City(also={Moment.OUT_FOR_DELIVERY: (Channel.PUSH,)})
        with_device(city)
        city.prefer(channels=(Channel.SMS, Channel.PUSH, Channel.EMAIL))
        city.email.fails = [AddressRefusedError("no such number")]
        city.tell()
        assert sorted(city.channels) == [Channel.EMAIL, Channel.PUSH]

    def test_nor_by_an_event_that_is_repeated_after_the_shopper_chose_anew(self) -> None:
        """Given push was the first channel, and the event comes again when email is: push has it already."""
        city = City(channels=(Channel.PUSH, Channel.EMAIL), also={Moment.OUT_FOR_DELIVERY: (Channel.PUSH,)})
        with_device(city)
        assert city.tell() == ["sent"]
        city.prefer(channels=(Channel.EMAIL,))
        assert city.tell(now=NOW + HOUR) == []
        assert city.channels == [Channel.PUSH]

    def test_a_question_goes_by_the_next_channel_too(self) -> None:
        city = City(providers=WAITS)
        city.move(Milestone.DELIVERED, NOW)
        city.tell(Moment.DELIVERED)
        report(city, ReceiptKind.DELIVERED)
        (waits,) = city.told(Moment.WELCOME)
        assert waits.not_before
        city.sweep(waits.not_before)
        city.sweep(waits.not_before + HOUR)
        assert [(one.moment, one.channel) for one in city.email.sent[1:]] == [
            (Moment.WELCOME, Channel.SMS),
            (Moment.WELCOME, Channel.EMAIL),
        ]

    def test_and_is_asked_once_for_an_order_whichever_channel_it_went_by(self) -> None:
        city = City()
        city.add_parcel(2, milestone=Milestone.DELIVERED)
        city.move(Milestone.DELIVERED, NOW)
        city.tell(Moment.DELIVERED)
        city.sweep(NOW + 6 * MINUTE)
        city.tell(Moment.DELIVERED, 2, now=NOW + HOUR)
        city.sweep(NOW + 2 * HOUR)
        before = len(city.email.sent)
        city.email.fails = [PermanentProviderError("content")]
        city.sweep(NOW + 4 * DAY + 3 * HOUR)
        assert [one.moment for one in city.email.sent[before:]] == [Moment.WELCOME]


class TestOutages:
    def test_a_provider_that_is_away_for_an_hour_loses_nothing(self) -> None:
        """Given it refuses for now again and again, the machine gives up, and the sweep comes: it is sent at last."""
        city = City()
        (reference,) = city.plan(city.news(Moment.OUT_FOR_DELIVERY))
        for minute in range(0, 60, 5):
            for _ in range(6):
                city.email.fails = [TransientError("busy")]
                with pytest.raises(TransientError):
                    city.send(reference, NOW + minute * MINUTE)
            city.sender.fail(**reference, error="TransientError", now=NOW + minute * MINUTE)
            assert due(city, NOW + minute * MINUTE + REDRIVE_AFTER)
        city.sweep(NOW + HOUR)
        assert city.channels == [Channel.SMS]

    @pytest.mark.parametrize("error", ["ConflictError", "Lambda.TooManyRequestsException", "States.Timeout"])
    def test_nor_do_we_when_we_are_busy_ourselves(self, error: str) -> None:
        city = City()
        (reference,) = city.plan(city.news(Moment.OUT_FOR_DELIVERY))
        assert city.sender.fail(**reference, error=error, now=NOW) == MessageState.PLANNED
        assert not due(city, NOW + MINUTE)
        city.sweep(NOW + REDRIVE_AFTER)
        assert city.channels == [Channel.SMS]

    def test_what_never_works_is_given_up_once_it_is_no_news(self) -> None:
        city = City()
        (reference,) = city.plan(city.news(Moment.OUT_FOR_DELIVERY))
        assert city.sender.fail(**reference, error="Lambda.Unknown", now=NOW + 4 * DAY) == MessageState.FAILED

    def test_a_broken_one_fails_at_once(self) -> None:
        city = City()
        (reference,) = city.plan(city.news(Moment.OUT_FOR_DELIVERY))
        assert city.sender.fail(**reference, error="KeyError", now=NOW) == MessageState.FAILED

    def test_what_was_refused_for_now_and_is_reported_all_the_same_is_not_sent_again(self) -> None:
        city = City()
        city.email.fails, city.email.takes_before_it_fails = [TransientError("busy")], True
        with pytest.raises(TransientError):
            city.tell()
        assert report(city, ReceiptKind.TAKEN) == MessageState.SENT
        city.sweep(NOW + HOUR)
        assert city.channels == [Channel.SMS]

    def test_a_report_about_what_nobody_has_handed_over_changes_nothing(self) -> None:
        city = City()
        city.plan(city.news(Moment.OUT_FOR_DELIVERY))
        (planned,) = city.told()
        known = {"brand": "larkspur", "order_id": "ord_1", "message_id": planned.message_id}
        city.feedback.apply(Receipt(channel=Channel.SMS, kind=ReceiptKind.DELIVERED, at=NOW, **known), NOW)
        assert city.told() == [planned]
        assert due(city, NOW + REDRIVE_AFTER)

    def test_attempts_that_surely_failed_do_not_use_up_those_in_doubt(self) -> None:
        city = City()
        (reference,) = city.plan(city.news(Moment.OUT_FOR_DELIVERY))
        for _ in range(MAX_ATTEMPTS + 1):
            city.email.fails = [TransientError("busy")]
            with pytest.raises(TransientError):
                city.send(reference)
        assert city.send(reference) == MessageState.SENT


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


class TestDevices:
    @staticmethod
    def city(channel: Channel = Channel.PUSH, devices: int = 3) -> City:
        city = City(channels=(channel, Channel.EMAIL))
        targets = tuple(
            PushTarget(
                channel=channel, target=f"target-{number}", p256dh=f"p{number}", auth="a", added_at=NOW + number * HOUR
            )
            for number in range(devices)
        )
        known = city.profiles.get("larkspur", "cus_1")
        city.profiles.save(known.model_copy(update={"targets": targets, "version": known.version + 1}))
        return city

    @staticmethod
    def left(city: City) -> list[str]:
        return [one.target for one in city.profiles.get("larkspur", "cus_1").targets]

    @pytest.mark.parametrize("channel", [Channel.PUSH, Channel.WEB_PUSH])
    def test_all_get_it_once_with_their_own_keys(self, channel: Channel) -> None:
        city = self.city(channel)
        assert city.tell() == ["sent"]
        assert city.tell() == []
        assert [one.to for one in city.email.sent] == ["target-2", "target-1", "target-0"]
        keys = ["p2", "p1", "p0"] if channel is Channel.WEB_PUSH else [None] * 3
        assert [one.keys.get("p256dh") for one in city.email.sent] == keys

    def test_one_that_is_gone_is_forgotten_and_the_others_get_it(self) -> None:
        city = self.city()
        city.email.fails = [AddressRefusedError("gone")]
        assert city.tell() == ["sent"]
        assert [one.to for one in city.email.sent] == ["target-1", "target-0"]
        assert self.left(city) == ["target-0", "target-1"]

    def test_when_all_are_gone_the_next_channel_takes_over(self) -> None:
        city = self.city(devices=2)
        city.email.fails = [AddressRefusedError("gone"), AddressRefusedError("gone")]
        assert city.tell() == ["sent"]
        assert city.channels == [Channel.EMAIL]
        assert self.left(city) == []

    def test_a_device_that_comes_again_is_used_again(self) -> None:
        city = self.city(devices=1)
        city.email.fails = [AddressRefusedError("gone")]
        city.tell()
        with_device(city)
        known = city.profiles.get("larkspur", "cus_1")
        again = PushTarget(channel=Channel.PUSH, target="target-0", added_at=NOW)
        city.profiles.save(known.model_copy(update={"targets": (again,), "version": known.version + 1}))
        city.add_parcel(2)
        city.tell(number=2)
        city.sweep(NOW + 6 * MINUTE)
        assert city.channels[-1] is Channel.PUSH

    def test_one_that_took_it_is_enough_whatever_the_others_say(self) -> None:
        city = self.city()
        city.email.fails = [TransientError("timeout", code=NO_ANSWER), TransientError("busy")]
        assert city.tell() == ["sent"]
        assert len(city.email.sent) == 1

    def test_without_one_that_took_it_no_answer_is_a_doubt(self) -> None:
        city = self.city()
        gone, silence, busy = AddressRefusedError("gone"), TransientError("x", code=NO_ANSWER), TransientError("busy")
        city.email.fails = [gone, silence, busy]
        assert city.tell() == ["sending"]
        assert not city.email.sent

    def test_and_one_that_may_take_it_later_is_asked_later(self) -> None:
        city = self.city(devices=2)
        city.email.fails = [TransientError("busy"), PermanentProviderError("content")]
        with pytest.raises(TransientError):
            city.tell()
        city.sweep(NOW + HOUR)
        assert city.channels == [Channel.PUSH, Channel.PUSH]
