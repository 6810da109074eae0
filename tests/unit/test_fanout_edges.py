"""Where messages could be lost, doubled or told wrongly: crashes between two writes, reports out of order,
channels that meet, providers that are away.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from porchlight.domain.channels import Channel
from porchlight.domain.messages import MessageState
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.outreach import ChannelPolicy
from porchlight.domain.preferences import PushTarget
from porchlight.domain.receipts import Receipt, ReceiptKind
from porchlight.errors import NO_ANSWER, AddressRefusedError, PermanentProviderError, TransientError
from porchlight.reaching import HandedOver, Outgoing
from porchlight.services.plan_messages import REDRIVE_AFTER
from porchlight.services.send_message import IN_DOUBT, MAX_ATTEMPTS
from tests.unit.stories import NOW
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
