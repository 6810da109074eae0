"""When a carrier is asked: rules over a parcel and its watch, whatever happens to both."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from porchlight.domain.brands import Pace, TrackingPolicy
from porchlight.domain.milestones import TERMINAL, Milestone
from porchlight.domain.shipments import Shipment
from porchlight.domain.watching import (
    LAST_LOOK,
    MOST_REFUSALS,
    RENEW_BEFORE,
    REVIVE_AFTER,
    Means,
    State,
    Step,
    Watch,
    asked,
    ended,
    failed,
    first_watch,
    interval,
    not_subscribed,
    revived,
    step,
    subscribed,
    with_news,
)
from tests.unit.stories import DAY, NOW, parcel

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
POLICY = TrackingPolicy(ask=("acme",))
ASKS, PUSHES = Means(ask=True, subscribe=False), Means(ask=True, subscribe=True)
MOVING = Milestone.IN_TRANSIT


def watch(**update: Any) -> Watch:
    values: dict[str, Any] = {"brand": "larkspur", "shipment_id": "shp_1", "source": "acme", "created_at": NOW}
    return Watch(**{**values, "due_at": NOW, "version": 1, **update})


def at(milestone: Milestone, when: datetime = NOW, **update: Any) -> Shipment:
    """A parcel that stands there since an instant."""
    facts = {"milestone": milestone, "last_event_at": when, "updated_at": when, "event_count": 1}
    return parcel(**{**facts, **update})


def answered(before: Watch, shipment: Shipment, now: datetime, *, news: bool, says: Milestone | None = None) -> Watch:
    return asked(before, shipment, POLICY, now, answer="ans_1", news=news, milestone=says)


class TestPace:
    @pytest.mark.parametrize(
        ("milestone", "minutes"),
        [
            (Milestone.UNKNOWN, 240),
            (Milestone.PRE_TRANSIT, 240),
            (Milestone.ACCEPTED, 120),
            (Milestone.IN_TRANSIT, 120),
            (Milestone.DELAYED, 120),
            (Milestone.EXCEPTION, 120),
            (Milestone.DELIVERY_ATTEMPTED, 120),
            (Milestone.AVAILABLE_FOR_PICKUP, 120),
            (Milestone.OUT_FOR_DELIVERY, 30),
            (Milestone.RETURN_IN_TRANSIT, 240),
        ],
    )
    def test_by_phase(self, milestone: Milestone, minutes: int) -> None:
        assert interval(milestone, watch(), POLICY) == minutes * MINUTE

    def test_silence_doubles_it_up_to_the_most(self) -> None:
        found = [interval(MOVING, watch(quiet=quiet), POLICY) / HOUR for quiet in range(8)]
        assert found == [2, 2, 2, 4, 8, 12, 12, 12]

    def test_a_van_is_looked_for_all_day(self) -> None:
        assert interval(Milestone.OUT_FOR_DELIVERY, watch(quiet=20), POLICY) == 30 * MINUTE
        assert interval(Milestone.OUT_FOR_DELIVERY, watch(quiet=21), POLICY) == HOUR

    def test_where_the_source_pushes_asking_is_only_the_net(self) -> None:
        pushed = watch(state=State.SUBSCRIBED)
        assert interval(MOVING, pushed, POLICY) == 12 * HOUR
        assert interval(Milestone.OUT_FOR_DELIVERY, pushed, POLICY) == 3 * HOUR

    def test_a_brand_has_its_own(self) -> None:
        policy = TrackingPolicy(ask=("acme",), minutes=Pace(in_transit=60, at_most=90))
        assert interval(MOVING, watch(), policy) == HOUR
        assert interval(MOVING, watch(quiet=9), policy) == 90 * MINUTE

    @given(st.sampled_from(Milestone), st.integers(0, 10_000), st.sampled_from(State))
    def test_never_below_the_phase_never_above_the_most_never_shorter_for_silence(
        self, milestone: Milestone, quiet: int, state: State
    ) -> None:
        found = interval(milestone, watch(quiet=quiet, state=state), POLICY)
        assert interval(milestone, watch(), POLICY) <= found <= POLICY.minutes.at_most * MINUTE
        assert found <= interval(milestone, watch(quiet=quiet + 1, state=state), POLICY)

    @pytest.mark.parametrize(
        "policy",
        [{"ask": ["acme", "acme"]}, {"minutes": {"in_transit": 1}}, {"minutes": {"often": 9}}, {"give_up_days": 0}],
    )
    def test_what_cannot_be_is_refused(self, policy: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            TrackingPolicy.model_validate(policy)


class TestFirst:
    def test_a_new_parcel_is_looked_at_at_once(self) -> None:
        found = first_watch(parcel(), "acme", POLICY, NOW)
        assert (found.due_at, found.state, found.source, found.version) == (NOW, State.NEW, "acme", 1)

    def test_one_that_came_with_news_after_one_interval(self) -> None:
        assert first_watch(at(MOVING), "acme", POLICY, NOW).due_at == NOW + 2 * HOUR


class TestSteps:
    def test_it_is_asked(self) -> None:
        assert step(at(MOVING), watch(), ASKS, POLICY, NOW)[0] is Step.ASK

    def test_it_is_told_first_where_it_can_be(self) -> None:
        assert step(at(MOVING), watch(), PUSHES, POLICY, NOW)[0] is Step.SUBSCRIBE

    def test_news_that_was_not_asked_for_puts_an_ask_off(self) -> None:
        before = watch(state=State.ASKING, asked_at=NOW, seen=1, quiet=4)
        pushed = at(MOVING, NOW + HOUR, event_count=2)
        what, after = step(pushed, before, ASKS, POLICY, NOW + 2 * HOUR)
        assert (what, after.due_at, after.quiet, after.seen) == (Step.WAIT, NOW + 3 * HOUR, 0, 2)
        assert step(pushed, after, ASKS, POLICY, NOW + 3 * HOUR)[0] is Step.ASK

    def test_the_answer_to_an_ask_does_not(self) -> None:
        before = watch(state=State.ASKING, asked_at=NOW, seen=1)
        assert step(at(MOVING, NOW, event_count=2), before, ASKS, POLICY, NOW + 2 * HOUR)[0] is Step.ASK

    @pytest.mark.parametrize("milestone", sorted(TERMINAL))
    def test_after_the_end_there_is_one_last_look(self, milestone: Milestone) -> None:
        what, after = step(at(milestone), watch(state=State.ASKING, asked_at=NOW), ASKS, POLICY, NOW)
        assert (what, after.state, after.due_at) == (Step.WAIT, State.CLOSING, NOW + LAST_LOOK)
        later = NOW + LAST_LOOK
        assert step(at(milestone), after, ASKS, POLICY, later)[0] is Step.ASK
        done = answered(after, at(milestone), later, news=False)
        assert (done.state, done.why, done.due_at) == (State.ENDED, milestone.value, None)

    def test_where_nobody_can_be_asked_the_end_is_the_end(self) -> None:
        only = Means(ask=False, subscribe=True)
        what, after = step(at(Milestone.DELIVERED), watch(state=State.CLOSING), only, POLICY, NOW)
        assert (what, after.state) == (Step.END, State.ENDED)

    def test_a_delivery_that_was_taken_back_is_asked_about_again(self) -> None:
        what, after = step(at(MOVING), watch(state=State.CLOSING), ASKS, POLICY, NOW)
        assert (what, after.state) == (Step.ASK, State.ASKING)

    def test_forty_five_days_without_news_are_enough(self) -> None:
        silent = at(MOVING, NOW + DAY)
        assert step(silent, watch(), ASKS, POLICY, NOW + 46 * DAY - MINUTE)[0] is Step.ASK
        what, after = step(silent, watch(), ASKS, POLICY, NOW + 46 * DAY)
        assert (what, after.why, after.due_at) == (Step.END, "expired", None)

    @pytest.mark.parametrize(
        ("update", "why"), [({"moved_to": "shp_2"}, "carrier_corrected"), ({"next_id": "shp_2"}, "number_used_again")]
    )
    def test_a_number_that_is_another_parcels_now_is_not_asked_about(self, update: dict[str, str], why: str) -> None:
        what, after = step(at(MOVING, **update), watch(), PUSHES, POLICY, NOW)
        assert (what, after.state, after.why) == (Step.END, State.ENDED, why)


class TestSubscriptions:
    def taken(self, *, backfill: bool = False, lifetime: timedelta | None = 14 * DAY) -> Watch:
        return subscribed(
            watch(),
            at(MOVING),
            POLICY,
            NOW,
            account="main",
            subscription_id="sub-1",
            lifetime=lifetime,
            backfill=backfill,
        )

    def test_it_is_kept_with_its_end(self) -> None:
        found = self.taken()
        assert (found.state, found.account, found.subscription_id) == (State.SUBSCRIBED, "main", "sub-1")
        assert (found.subscribed_until, found.due_at) == (NOW + 14 * DAY, NOW + 12 * HOUR)

    def test_what_happened_before_is_asked_for_at_once(self) -> None:
        assert self.taken(backfill=True).due_at == NOW

    def test_it_is_renewed_a_day_before_its_end(self) -> None:
        found, renewal = self.taken(), NOW + 14 * DAY - RENEW_BEFORE
        assert step(at(MOVING, renewal - HOUR), found, PUSHES, POLICY, renewal - MINUTE)[0] is not Step.SUBSCRIBE
        assert step(at(MOVING, renewal - HOUR), found, PUSHES, POLICY, renewal)[0] is Step.SUBSCRIBE
        late = answered(found, at(MOVING), renewal - HOUR, news=False)
        assert late.due_at == renewal

    def test_one_without_an_end_is_not_renewed(self) -> None:
        found = self.taken(lifetime=None)
        assert step(at(MOVING, NOW + 30 * DAY), found, PUSHES, POLICY, NOW + 31 * DAY)[0] is not Step.SUBSCRIBE

    def test_silence_of_two_days_revives_it(self) -> None:
        found = self.taken(lifetime=None)
        assert step(at(MOVING), found, PUSHES, POLICY, NOW + REVIVE_AFTER - MINUTE)[0] is Step.ASK
        assert step(at(MOVING), found, PUSHES, POLICY, NOW + REVIVE_AFTER)[0] is Step.REVIVE
        told = revived(found, NOW + REVIVE_AFTER)
        assert step(at(MOVING), told, PUSHES, POLICY, NOW + REVIVE_AFTER + HOUR)[0] is Step.ASK

    def test_one_that_is_gone_is_made_anew(self) -> None:
        assert step(at(MOVING), revived(self.taken(), None), PUSHES, POLICY, NOW)[0] is Step.SUBSCRIBE

    def test_a_refusal_is_asked_about_at_once_and_told_again_a_day_later_but_not_for_ever(self) -> None:
        found, now = watch(), NOW
        for refusals in range(1, MOST_REFUSALS + 1):
            assert step(parcel(), found, PUSHES, POLICY, now)[0] is Step.SUBSCRIBE
            found = not_subscribed(found, now)
            assert (found.state, found.due_at, found.refusals) == (State.ASKING, NOW, refusals)
            assert step(parcel(), found, PUSHES, POLICY, now)[0] is Step.ASK
            now += DAY
        assert step(parcel(), found, PUSHES, POLICY, now + 9 * DAY)[0] is Step.ASK

    def test_an_account_that_was_given_up_is_asked_about_instead(self) -> None:
        what, after = step(at(MOVING), self.taken(), ASKS, POLICY, NOW + 14 * DAY)
        assert (what, after.state, after.subscribed_until) == (Step.ASK, State.ASKING, None)


class TestAnswers:
    def test_news_begins_the_count_of_silence_anew(self) -> None:
        before = watch(quiet=5, failures=2)
        assert answered(before, at(MOVING), NOW, news=False).quiet == 6
        after = answered(before, at(MOVING, event_count=7), NOW, news=True)
        assert (after.quiet, after.failures, after.seen, after.asked_at) == (0, 0, 7, NOW)

    def test_what_the_answer_says_counts_before_it_is_recorded(self) -> None:
        van = answered(watch(), at(MOVING), NOW, news=True, says=Milestone.OUT_FOR_DELIVERY)
        assert van.due_at == NOW + 30 * MINUTE
        there = answered(watch(), at(MOVING), NOW, news=True, says=Milestone.DELIVERED)
        assert (there.state, there.due_at) == (State.CLOSING, NOW + LAST_LOOK)
        nothing = answered(watch(), at(MOVING), NOW, news=False, says=Milestone.UNKNOWN)
        assert nothing.due_at == NOW + 2 * HOUR

    def test_failures_rest_longer_and_longer(self) -> None:
        found, rests = watch(), []
        for _ in range(9):
            found = failed(found, NOW)
            assert found.due_at
            rests.append((found.due_at - NOW) / MINUTE)
        assert rests == [5, 10, 20, 40, 80, 160, 320, 360, 360]

    def test_the_last_look_is_not_tried_for_ever(self) -> None:
        found = watch(state=State.CLOSING)
        for _ in range(3):
            found = failed(found, NOW)
        assert (found.state, found.why) == (State.ENDED, "unanswered")


class TestNews:
    def test_the_van_is_out(self) -> None:
        found = with_news(at(Milestone.OUT_FOR_DELIVERY), watch(due_at=NOW + 2 * HOUR, quiet=3), POLICY, NOW)
        assert found
        assert (found.due_at, found.quiet, found.version) == (NOW + 30 * MINUTE, 0, 2)

    def test_it_moves_again_after_a_silence(self) -> None:
        found = with_news(at(MOVING), watch(due_at=NOW + 12 * HOUR, quiet=6), POLICY, NOW)
        assert found
        assert (found.due_at, found.quiet) == (NOW + 2 * HOUR, 0)

    def test_a_look_that_comes_soon_enough_stays(self) -> None:
        assert with_news(at(MOVING), watch(due_at=NOW + 2 * HOUR), POLICY, NOW) is None
        assert with_news(at(MOVING), watch(due_at=NOW - HOUR, quiet=6), POLICY, NOW) is None

    def test_a_parcel_that_lives_again_is_watched_again(self) -> None:
        over = ended(watch(failures=3), "delivered")
        assert with_news(at(Milestone.DELIVERED), over, POLICY, NOW) is None
        found = with_news(at(MOVING), over, POLICY, NOW + 90 * DAY)
        assert found
        assert (found.state, found.why, found.due_at) == (State.ASKING, "", NOW + 90 * DAY + 2 * HOUR)
        assert step(at(MOVING), found, ASKS, POLICY, NOW + 91 * DAY)[0] is Step.ASK, "it has not expired"

    @pytest.mark.parametrize("why", ["carrier_corrected", "number_used_again"])
    def test_but_not_one_whose_number_is_anothers(self, why: str) -> None:
        assert with_news(at(MOVING), ended(watch(), why), POLICY, NOW) is None


_MOMENTS = st.one_of(
    st.tuples(st.just("answer"), st.booleans(), st.sampled_from(Milestone)),
    st.tuples(st.just("failure"), st.none(), st.none()),
    st.tuples(st.just("push"), st.none(), st.sampled_from(Milestone)),
    st.tuples(st.just("subscribed"), st.none(), st.none()),
    st.tuples(st.just("refused"), st.none(), st.none()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_MOMENTS, max_size=40), st.booleans(), st.integers(0, 300))
def test_whatever_happens_the_next_look_is_ahead_and_not_too_far(
    moments: list[tuple[str, bool | None, Milestone | None]], pushes: bool, delay: int
) -> None:
    """A watch that is handled whenever it is due never stands still, never spins, and always comes to its end."""
    means = PUSHES if pushes else ASKS
    shipment, found, now = parcel(), first_watch(parcel(), "acme", POLICY, NOW), NOW
    asks = 0
    todo = iter(moments)
    for _ in range(3000):
        if found.due_at is None:
            break
        now = max(now, found.due_at) + delay * MINUTE
        what, found = step(shipment, found, means, POLICY, now)
        if what in (Step.ASK, Step.REVIVE, Step.SUBSCRIBE):
            kind, news, milestone = next(todo, ("answer", False, None))
            if what is Step.SUBSCRIBE:
                found = (
                    not_subscribed(found, now)
                    if kind == "refused"
                    else subscribed(
                        found,
                        shipment,
                        POLICY,
                        now,
                        account="main",
                        subscription_id="s",
                        lifetime=14 * DAY,
                        backfill=found.asked_at is None,
                    )
                )
            if kind == "failure":
                found = failed(found, now)
            else:
                asks += 1
                said = milestone if news else None
                found = asked(found, shipment, POLICY, now, answer="a", news=bool(news), milestone=said)
                if said:
                    shipment = at(said, now, event_count=shipment.event_count + 1)
            if kind == "push" and milestone:
                shipment = at(milestone, now + MINUTE, event_count=shipment.event_count + 1)
                earlier = with_news(shipment, found, POLICY, now + MINUTE)
                assert earlier is None or not found.due_at or (earlier.due_at or now) <= found.due_at
                found = earlier or found
        most = max(timedelta(minutes=POLICY.minutes.at_most), LAST_LOOK)
        assert found.due_at is None or now < found.due_at <= now + most
    assert found.state is State.ENDED
    assert asks <= len(moments) + 150, "even a label that is never used costs few asks"


def test_a_parcel_that_is_never_sent_costs_less_than_a_hundred_asks() -> None:
    found, now, asks = first_watch(parcel(), "acme", POLICY, NOW), NOW, 0
    while found.due_at:
        now = found.due_at
        what, found = step(parcel(), found, ASKS, POLICY, now)
        if what is Step.ASK:
            asks += 1
            found = asked(found, parcel(), POLICY, now, answer="", news=False, milestone=None)
    assert (found.why, asks < 100) == ("expired", True)
    assert now - NOW < 46 * DAY
