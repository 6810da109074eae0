"""One message: whether, by which channel, when; and why not."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from porchlight.domain.channels import Channel, Level, Purpose
from porchlight.domain.consent import ConsentAction, OptIn
from porchlight.domain.countries import Consents, CountryProfile, QuietRule, SenderRule
from porchlight.domain.experiments import share_of
from porchlight.domain.fanout.decide import decide
from porchlight.domain.fanout.gates import segments_of
from porchlight.domain.fanout.situation import Contact, Outcome, Sent, Situation
from porchlight.domain.messages import Hold, MessageRecord, MessageState, Suppression
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment, MomentSpec
from porchlight.domain.orders import Destination
from porchlight.domain.outreach import Cap, ChannelPolicy, Experiment, SmsSender
from porchlight.domain.preferences import Digest, Frequency, QuietHours, Unreachable
from porchlight.domain.segments import Segment, Traits
from porchlight.domain.views import email_view
from tests.unit.situations import ADDRESS, NOON, outreach, profile, said, situation
from tests.unit.stories import order, parcel

HOUR = timedelta(hours=1)
NIGHT = NOON.replace(hour=23)
MARKETING = MomentSpec(purpose=Purpose.MARKETING)
CHECK_IN = MomentSpec(purpose=Purpose.CHECK_IN)
DONE = parcel(milestone=Milestone.DELIVERED)


def reason(the: Situation) -> Suppression | None:
    return decide(the).reason


def of_channel(the: Situation, channel: Channel) -> str:
    """What the last rule that was asked about a channel said."""
    return [check.outcome for check in decide(the).checks if check.channel is channel][-1]


class TestGates:
    def test_a_calm_day(self) -> None:
        found = decide(situation())
        assert (found.outcome, found.channel, found.reason) == (Outcome.SEND, Channel.SMS, None)

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"profile": profile().model_copy(update={"erased_at": NOON})}, Suppression.ERASED),
            ({"spec": MomentSpec(enabled=False)}, Suppression.MOMENT_OFF),
            ({"shipment": DONE}, Suppression.OVERTAKEN),
            ({"now": NOON + 73 * HOUR}, Suppression.STALE),
            ({"profile": profile(off=frozenset({Purpose.SERVICE}))}, Suppression.UNSUBSCRIBED),
            ({"profile": profile(frequency=Frequency.ONLY_PROBLEMS)}, Suppression.FREQUENCY),
            (
                {"profile": profile(frequency=Frequency.KEY_MOMENTS), "spec": MomentSpec(level=Level.STEP)},
                Suppression.FREQUENCY,
            ),
        ],
    )
    def test_one_reason_is_enough(self, changed: dict[str, Any], expected: Suppression) -> None:
        assert reason(situation(**changed)) is expected

    def test_what_is_owed_is_told_whatever_was_chosen(self) -> None:
        """By email where nothing that the shopper chose may carry it, and even to one who has withdrawn consent."""
        no = said(ConsentAction.WITHDRAWN, Channel.EMAIL)
        chosen = profile(
            (Purpose.SERVICE, Channel.EMAIL, no),
            *((Purpose.SERVICE, Channel.SMS, no),),
            off=frozenset({Purpose.SERVICE}),
            frequency=Frequency.ONLY_PROBLEMS,
            channels=(Channel.SMS,),
        )
        found = decide(situation(spec=MomentSpec(owed=True), profile=chosen))
        assert (found.outcome, found.channel) == (Outcome.SEND, Channel.EMAIL)

    def test_problems_are_told_to_who_wants_only_those(self) -> None:
        chosen = profile(frequency=Frequency.ONLY_PROBLEMS)
        assert reason(situation(profile=chosen, spec=MomentSpec(level=Level.PROBLEM))) is None

    def test_segments(self) -> None:
        policy = outreach(segments={"vip": Segment(min_orders=3), "returner": Segment(return_share=0.5)})
        spec = MomentSpec(only=("vip",), never=("returner",))

        def of(**traits: Any) -> Suppression | None:
            known = profile().model_copy(update={"traits": Traits(**traits)})
            return reason(situation(spec=spec, outreach=policy, profile=known))

        assert of(orders=3) is None
        assert of(orders=2) is Suppression.SEGMENT
        assert of(orders=4, returns=2) is Suppression.SEGMENT

    def test_the_tier_of_the_order_counts(self) -> None:
        policy = outreach(segments={"elite": Segment(tiers=("elite",))})
        spec = MomentSpec(only=("elite",))
        assert reason(situation(spec=spec, outreach=policy)) is Suppression.SEGMENT
        assert reason(situation(spec=spec, outreach=policy, order=order(tier="elite"))) is None

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({}, None),
            ({"parcels": (DONE, parcel(milestone=Milestone.LOST))}, Suppression.TROUBLE),
            ({"parcels": (DONE, parcel(milestone=Milestone.IN_TRANSIT))}, Suppression.CONTINUED),
            ({"return_count": 1}, Suppression.TROUBLE),
            ({"order": order(cancelled_at=NOON)}, Suppression.TROUBLE),
        ],
    )
    @pytest.mark.parametrize("spec", [MARKETING, CHECK_IN])
    def test_nobody_in_trouble_is_asked_or_sold_anything(
        self, spec: MomentSpec, changed: dict[str, Any], expected: Suppression | None
    ) -> None:
        known = profile(
            *((spec.purpose, channel, said(ConsentAction.GRANTED, channel)) for channel in (Channel.SMS, Channel.EMAIL))
        )
        the = situation(Moment.WELCOME, spec, profile=known, shipment=DONE, **{"parcels": (DONE,), **changed})
        assert reason(the) is expected

    def test_an_order_in_several_parcels_is_asked_once(self) -> None:
        told = MessageRecord(
            **{"brand": "larkspur", "message_id": "msg_2", "order_id": "ord_1", "shopper_id": "cus_1"},
            **{"moment": Moment.WELCOME, "subject_id": "shp_2", "state": MessageState.SENT},
            planned_at=NOON,
            event_at=NOON,
        )
        the = situation(Moment.WELCOME, CHECK_IN, shipment=DONE, parcels=(DONE,), messages=(told,))
        assert reason(the) is Suppression.CONTINUED

    def test_a_hold_out_is_stable_and_of_the_size_that_was_asked_for(self) -> None:
        policy = outreach(experiments={"eta": Experiment(moment=Moment.OUT_FOR_DELIVERY, hold_out=0.2)})

        def held(number: int, **changed: Any) -> bool:
            the = situation(outreach=policy, order=order(shopper_id=f"cus_{number}"), **changed)
            return reason(the) is Suppression.HELD_OUT

        first = [held(number) for number in range(2000)]
        assert 0.17 < sum(first) / 2000 < 0.23
        assert first[:50] == [held(number) for number in range(50)]
        assert not any(held(number, spec=MomentSpec(owed=True)) for number in range(50))
        shares = [share_of("eta", "second", f"cus_{number}") < 0.2 for number in range(2000)]
        both = sum(one and other for one, other in zip(first, shares, strict=True)) / 2000
        assert both < 0.08  # a new version assigns anew


class TestChannels:
    def test_the_shoppers_order_stands_before_the_brands(self) -> None:
        chosen = profile(channels=(Channel.PUSH, Channel.EMAIL))
        assert decide(situation(profile=chosen)).channel is Channel.PUSH

    def test_a_channel_that_the_brand_has_not_is_passed_over(self) -> None:
        policy = outreach(providers={Channel.EMAIL: ChannelPolicy(providers=("ses",))}, channels=(Channel.EMAIL,))
        chosen = profile(channels=(Channel.SMS, Channel.EMAIL))
        assert decide(situation(profile=chosen, outreach=policy)).channel is Channel.EMAIL

    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"spec": MomentSpec(channels=(Channel.EMAIL,))}, Suppression.NOT_CHOSEN),
            ({"contacts": {Channel.EMAIL: Contact("a@x.example", "adr")}}, Suppression.NO_ADDRESS),
            (
                {
                    "contacts": {
                        Channel.EMAIL: Contact("a@x.example", "adr"),
                        Channel.SMS: Contact("", "adr"),
                    }
                },
                Suppression.INVALID_ADDRESS,
            ),
            ({"country": CountryProfile(country="CN", sms=SenderRule(allowed=False))}, Suppression.NOT_ALLOWED_THERE),
            (
                {
                    "country": CountryProfile(country="US", sms=SenderRule(alphanumeric=False)),
                    "outreach": outreach(sms=SmsSender(origination={"default": "LARKSPUR"})),
                },
                Suppression.NOT_ALLOWED_THERE,
            ),
            (
                {"country": CountryProfile(country="US", opt_in={Channel.SMS: Consents(service=OptIn.SINGLE)})},
                Suppression.NO_CONSENT,
            ),
            (
                {"profile": profile((Purpose.SERVICE, Channel.SMS, said(ConsentAction.WITHDRAWN, Channel.SMS)))},
                Suppression.NO_CONSENT,
            ),
            (
                {
                    "outreach": outreach(caps=(Cap(channel=Channel.SMS, at_most=1, hours=24),)),
                    "sent": (Sent("msg_0", Channel.SMS, Purpose.SERVICE, NOON - HOUR),),
                },
                Suppression.CAPPED,
            ),
        ],
    )
    def test_the_next_one_takes_over_where_one_may_not(self, changed: dict[str, Any], expected: Suppression) -> None:
        the = situation(**changed)
        assert of_channel(the, Channel.SMS) == expected
        assert decide(the).channel is Channel.EMAIL

    def test_an_address_that_bounced_is_not_used_but_a_new_one_is(self) -> None:
        bounced = Unreachable(reason="bounced", address_digest=ADDRESS[Channel.SMS], at=NOON)
        known = profile().model_copy(update={"unreachable": {Channel.SMS: bounced}})
        assert of_channel(situation(profile=known), Channel.SMS) == Suppression.UNREACHABLE
        moved = {**situation().contacts, Channel.SMS: Contact("to another", "adr_other", "GB")}
        assert decide(situation(profile=known, contacts=moved)).channel is Channel.SMS

    def test_who_stopped_news_of_parcels_is_not_asked_how_it_was_unless_they_want_that(self) -> None:
        no, yes = said(ConsentAction.WITHDRAWN, Channel.EMAIL), said(ConsentAction.GRANTED, Channel.EMAIL)
        only_email = outreach(channels=(Channel.EMAIL,))

        def asked(*standings: Any) -> Suppression | None:
            known = {"profile": profile(*standings), "outreach": only_email, "shipment": DONE, "parcels": (DONE,)}
            return reason(situation(Moment.WELCOME, CHECK_IN, **known))

        assert asked() is None
        assert asked((Purpose.SERVICE, Channel.EMAIL, no)) is Suppression.NO_CONSENT
        assert asked((Purpose.SERVICE, Channel.SMS, no)) is None
        both = ((Purpose.SERVICE, Channel.EMAIL, no), (Purpose.CHECK_IN, Channel.EMAIL, yes))
        assert asked(*both) is None

    def test_consent_is_named_by_its_record(self) -> None:
        known = profile((Purpose.SERVICE, Channel.SMS, said(ConsentAction.GRANTED, Channel.SMS)))
        rule = CountryProfile(country="US", opt_in={Channel.SMS: Consents(service=OptIn.SINGLE)})
        (check,) = (one for one in decide(situation(profile=known, country=rule)).checks if one.rule == "consent")
        assert (check.outcome, check.detail["consent_id"]) == ("passed", "con_1")

    def test_where_only_one_channel_is_asked_its_reason_is_the_story(self) -> None:
        the = situation(contacts={}, outreach=outreach(channels=(Channel.EMAIL,)))
        assert reason(the) is Suppression.NO_ADDRESS
        assert reason(situation(contacts={Channel.SMS: Contact("", "adr")})) is Suppression.NO_CHANNEL

    def test_a_paused_provider_sends_service_alone(self) -> None:
        yes = profile(*((Purpose.MARKETING, one, said(ConsentAction.GRANTED, one)) for one in Channel))
        paused = frozenset({Channel.SMS, Channel.EMAIL})
        assert decide(situation(paused=paused)).channel is Channel.SMS
        the = situation(Moment.RELATED_OFFER, MARKETING, paused=paused, profile=yes, shipment=DONE, parcels=(DONE,))
        assert reason(the) is Suppression.PAUSED

    def test_whatsapp_carries_approved_templates_and_no_promotion(self) -> None:
        policy = outreach(channels=(Channel.WHATSAPP,))
        assert decide(situation(outreach=policy)).channel is Channel.WHATSAPP
        bare = outreach(channels=(Channel.WHATSAPP,), whatsapp=None)
        assert reason(situation(outreach=bare)) is Suppression.NOT_CHOSEN
        the = situation(Moment.RELATED_OFFER, MARKETING, outreach=policy, shipment=DONE, parcels=(DONE,))
        assert reason(the) is Suppression.NOT_CHOSEN

    def test_problems_are_counted_and_never_kept_back(self) -> None:
        policy = outreach(caps=(Cap(at_most=1, hours=24),))
        sent = (Sent("msg_0", Channel.EMAIL, Purpose.SERVICE, NOON - HOUR),)
        found = decide(situation(outreach=policy, sent=sent, spec=MomentSpec(level=Level.PROBLEM)))
        assert (found.outcome, found.counted) == (Outcome.SEND, True)
        assert reason(situation(outreach=policy, sent=sent)) is Suppression.CAPPED

    def test_a_window_rolls(self) -> None:
        policy = outreach(caps=(Cap(at_most=2, hours=24),))
        sent = tuple(Sent(f"m{n}", Channel.EMAIL, Purpose.SERVICE, NOON - n * HOUR) for n in (1, 23))
        assert reason(situation(outreach=policy, sent=sent)) is Suppression.CAPPED
        later = NOON + HOUR
        assert reason(situation(outreach=policy, sent=sent, now=later)) is None


class TestTiming:
    def test_loud_channels_wait_for_the_morning(self) -> None:
        found = decide(situation(now=NIGHT))
        assert (found.outcome, found.held_for) == (Outcome.HOLD, Hold.QUIET_HOURS)
        assert found.not_before == datetime(2026, 3, 3, 8, 0, tzinfo=NOON.tzinfo)
        assert decide(situation(now=NIGHT, outreach=outreach(channels=(Channel.EMAIL,)))).outcome is Outcome.SEND

    def test_urgent_news_passes_if_the_brand_says_so_but_not_the_shoppers_own_hours(self) -> None:
        urgent = MomentSpec(urgent=True)
        assert decide(situation(now=NIGHT, spec=urgent)).outcome is Outcome.SEND
        strict = outreach(urgent_passes_quiet_hours=False)
        assert decide(situation(now=NIGHT, spec=urgent, outreach=strict)).outcome is Outcome.HOLD
        own = profile(quiet=QuietHours(start=time(22), end=time(6)))
        found = decide(situation(now=NIGHT, spec=urgent, profile=own))
        assert found.not_before == datetime(2026, 3, 3, 6, 0, tzinfo=NOON.tzinfo)

    def test_a_days_digest(self) -> None:
        chosen = profile(digest=Digest.DAILY)
        found = decide(situation(profile=chosen))
        assert (found.held_for, found.not_before) == (Hold.DIGEST, NOON.replace(hour=18))
        late = decide(situation(profile=chosen, now=NOON.replace(hour=19)))
        assert late.not_before == NOON.replace(hour=18) + timedelta(days=1)
        for spec in (MomentSpec(level=Level.PROBLEM), MomentSpec(urgent=True), MomentSpec(owed=True)):
            assert decide(situation(profile=chosen, spec=spec)).outcome is Outcome.SEND
        assert decide(situation(profile=chosen, released=True)).outcome is Outcome.SEND

    def test_parcels_of_one_order_wait_for_each_other(self) -> None:
        spec = MomentSpec(gather_minutes=5)
        assert decide(situation(spec=spec, parcel_count=1)).outcome is Outcome.SEND
        found = decide(situation(spec=spec, parcel_count=2))
        assert (found.held_for, found.not_before) == (Hold.GATHER, NOON + timedelta(minutes=5))

    def test_nobody_is_woken_by_the_brands_clock_where_the_country_has_several(self) -> None:
        """Noon in UTC is before eight in New York and Honolulu."""
        states = CountryProfile(country="US", zones=("America/New_York", "Pacific/Honolulu"))
        unknown = order(destination=Destination(country="US"))
        found = decide(situation(country=states, order=unknown))
        assert found.not_before == datetime(2026, 3, 2, 18, 0, tzinfo=NOON.tzinfo)
        known = order(destination=Destination(country="US", zone="Europe/London"))
        assert decide(situation(country=states, order=known)).outcome is Outcome.SEND

    def test_a_states_hours_are_for_orders_that_go_there(self) -> None:
        """A state of Brazil is called AL, too."""
        quiet = QuietRule(hours=QuietHours(start=time(10), end=time(14)))
        states = CountryProfile(country="US", regions={"AL": quiet})
        said_yes = profile((Purpose.MARKETING, Channel.SMS, said(ConsentAction.GRANTED, Channel.SMS)))
        for country, outcome in (("US", Outcome.HOLD), ("BR", Outcome.SEND)):
            there = order(destination=Destination(country=country, region="AL", zone="UTC"))
            the = situation(country=states, order=there, spec=MARKETING, profile=said_yes, parcels=(DONE,))
            assert decide(replace(the, only=Channel.SMS)).outcome is outcome

    def test_a_country_that_is_never_quiet(self) -> None:
        calm = QuietRule(hours=QuietHours(start=time(0), end=time(0)))
        the = situation(now=NIGHT, country=CountryProfile(country="XX", service=calm))
        assert decide(the).outcome is Outcome.SEND

    def test_the_same_situation_gives_the_same_decision(self) -> None:
        the = situation(now=NIGHT)
        assert decide(the) == decide(replace(the))


class TestWords:
    def test_words_may_differ_by_segment(self) -> None:
        """Given the brand's groups, when a message is put into words, then they can name those of the shopper."""
        policy = outreach(segments={"elite": Segment(tiers=("elite",)), "away": Segment(idle_days=180)})
        the = situation(outreach=policy, order=order(tier="elite"))
        view = email_view(
            *(the.news.moment, the.brand, the.order, None, the.shipment, None, NOON, {"tracking": "https://t.example"}),
            segments=segments_of(the),
        )
        assert view["facts"]["segments"] == ["elite"]
