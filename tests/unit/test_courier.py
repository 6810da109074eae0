"""The courier: one provider after the other, never a second one after silence; breakers; quotas; reputation."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.breakers import IN_A_ROW, PROBE, SHUT_FIRST, SHUT_MOST, Breaker, Gate, failed, probed, worked
from porchlight.domain.channels import Channel
from porchlight.domain.outreach import ChannelPolicy, Outreach
from porchlight.domain.reputation import LEAST_BOUNCED, LEAST_COMPLAINED, Outcome, Reputation
from porchlight.errors import (
    NO_ANSWER,
    THROTTLED,
    AddressRefusedError,
    PermanentProviderError,
    PorchlightError,
    TransientError,
)
from porchlight.reaching import HandedOver, TextContent
from porchlight.services.courier import Courier
from tests.channels.benches import outgoing
from tests.fakes import FakeBrands, FakeMetrics
from tests.fakes_sending import FakeBreakers, FakeProvider, FakeQuotas, FakeReputations
from tests.unit.stories import brand

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SMS = Channel.SMS
FIRST, SECOND_ONE = "aws_sms", "sns_sms"
DOWN = TransientError("down")
SILENT = TransientError("silent", code=NO_ANSWER)
BUSY = TransientError("busy", code=THROTTLED)
REFUSED = PermanentProviderError("refused")
NO_ADDRESS = AddressRefusedError("gone")
HOPELESS = [DOWN, BUSY, REFUSED]
"""After these, the provider has surely not taken the message."""


@dataclass
class World:
    """A courier with two providers of SMS (or one), and all that it goes by."""

    names: tuple[str, ...] = (FIRST, SECOND_ONE)
    per_second: float = 100
    now: datetime = NOW
    breakers: FakeBreakers = field(default_factory=FakeBreakers)
    reputations: FakeReputations = field(default_factory=FakeReputations)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    waited: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        policy = ChannelPolicy(providers=self.names, per_second=self.per_second)
        config = brand().model_copy(update={"outreach": Outreach(channels=(SMS,), providers={SMS: policy})})
        self.brands = FakeBrands(config)
        self.providers = {name: FakeProvider(name) for name in self.names}
        self.quotas = FakeQuotas(lambda: self.now.timestamp())
        self.courier = self.process()

    def process(self) -> Courier:
        """Another process, with a memory of its own."""
        return Courier(
            *(self.brands, self.providers.__getitem__, self.breakers, self.quotas, self.reputations, self.metrics),
            *(self._wait, lambda: 0.5),
        )

    def _wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += timedelta(seconds=seconds)

    def send(self, number: int = 1, courier: Courier | None = None) -> HandedOver:
        self.now += timedelta(milliseconds=20)
        return (courier or self.courier).hand_over(outgoing(SMS, message_id=f"msg_{number}"), self.now)

    def outcome(self, number: int = 1, courier: Courier | None = None) -> PorchlightError:
        with pytest.raises(PorchlightError) as caught:
            self.send(number, courier)
        return caught.value

    def gate(self, name: str = FIRST) -> Gate:
        return self.breakers.get("larkspur", SMS, name, fresh=True).gate(self.now)

    def counted(self, name: str) -> list[dict[str, str]]:
        found = [
            (dict(dimensions), int(count))
            for (metric, dimensions), count in self.metrics.counts.items()
            if metric == name
        ]
        return [dimensions for dimensions, count in found for _ in range(count)]


# ------------------------------------------------------------------------------------------------------------- failover
def test_the_first_provider_carries_it() -> None:
    world = World()
    assert world.send() == HandedOver(provider=FIRST, provider_id="aws_sms-1")
    assert world.providers[SECOND_ONE].asked == []
    assert not world.metrics.counts


@pytest.mark.parametrize("error", HOPELESS)
def test_the_second_takes_over_where_the_first_surely_did_not_take_it(error: PorchlightError) -> None:
    world = World()
    world.providers[FIRST].plan = [error]
    assert world.send().provider == SECOND_ONE
    assert world.counted("ChannelFailovers") == [{"channel": "sms", "provider": FIRST}]


def test_silence_is_never_followed_by_another_provider() -> None:
    world = World()
    world.providers[FIRST].plan = [SILENT]
    assert world.outcome().problem == NO_ANSWER
    assert world.providers[SECOND_ONE].asked == []
    assert world.counted("ProviderFailures") == [{"channel": "sms", "provider": FIRST, "outcome": "no_answer"}]


def test_no_provider_helps_an_address_that_is_none() -> None:
    world = World()
    world.providers[FIRST].plan = [NO_ADDRESS]
    assert type(world.outcome()) is AddressRefusedError
    assert world.providers[SECOND_ONE].asked == []
    assert world.counted("ProviderFailures") == []


@pytest.mark.parametrize(
    ("first", "second", "raised"),
    [
        (DOWN, REFUSED, DOWN),
        (REFUSED, DOWN, DOWN),
        (REFUSED, REFUSED, REFUSED),
        (BUSY, BUSY, BUSY),
        (DOWN, SILENT, SILENT),
        (DOWN, NO_ADDRESS, NO_ADDRESS),
    ],
)
def test_of_two_that_fail_the_one_with_hope_is_told(
    first: PorchlightError, second: PorchlightError, raised: PorchlightError
) -> None:
    world = World()
    world.providers[FIRST].plan, world.providers[SECOND_ONE].plan = [first], [second]
    assert world.outcome() is raised
    assert world.counted("ChannelFailovers") == []


def test_a_channel_without_providers_is_not_set_up() -> None:
    world = World()
    with pytest.raises(PermanentProviderError) as caught:
        world.courier.hand_over(outgoing(Channel.WHATSAPP), NOW)
    assert caught.value.problem == "not-set-up"


plans = st.lists(st.sampled_from([None, DOWN, BUSY, SILENT, REFUSED, NO_ADDRESS]), min_size=2, max_size=2)


@given(st.lists(plans, max_size=40), st.integers(0, 2))
def test_no_message_is_ever_taken_twice_or_lost_in_silence(
    messages: list[list[PorchlightError | None]], seconds: int
) -> None:
    # Given providers that take, refuse or say nothing as they like
    world = World()
    for number, (first, second) in enumerate(messages):
        world.now += timedelta(seconds=seconds)
        one, other = world.providers[FIRST], world.providers[SECOND_ONE]
        one.plan, other.plan = [first] if first else [], [second] if second else []
        before = (len(one.asked), len(other.asked))
        try:
            taken = world.send(number)
        except PorchlightError:
            taken = None
        # Then it was taken by exactly the provider that is named, or by nobody
        message = f"msg_{number}"
        found = [name for name, provider in world.providers.items() if message in provider.taken]
        assert found == ([taken.provider] if taken else [])
        # And nobody was asked after one that said nothing, or that knows the address to be none
        if len(one.asked) > before[0] and first in (SILENT, NO_ADDRESS):
            assert len(other.asked) == before[1]


# ------------------------------------------------------------------------------------------------------------- breakers
def test_a_provider_that_fails_in_a_row_is_not_asked_any_more() -> None:
    # Given a first provider that is down
    world = World()
    world.providers[FIRST].always = DOWN
    # When more messages go out than it takes to see that
    for number in range(IN_A_ROW + 4):
        assert world.send(number).provider == SECOND_ONE
    # Then it was asked no more, all were carried by the second, and somebody is told
    assert len(world.providers[FIRST].asked) == IN_A_ROW
    assert len(world.providers[SECOND_ONE].taken) == IN_A_ROW + 4
    assert len(world.counted("ChannelFailovers")) == IN_A_ROW + 4
    assert world.counted("ProvidersShut") == [{"channel": "sms", "provider": FIRST}]


def test_other_processes_see_that_it_is_shut() -> None:
    world = World()
    world.providers[FIRST].always = DOWN
    for number in range(IN_A_ROW):
        world.send(number)
    world.send(99, world.process())
    assert "msg_99" not in world.providers[FIRST].asked


def test_processes_that_see_one_failure_each_see_together_that_it_is_down() -> None:
    world = World()
    world.providers[FIRST].always = DOWN
    for number in range(8):
        world.send(number, world.process())
    assert world.gate() is Gate.SHUT
    assert len(world.providers[FIRST].asked) == 5


def test_one_failure_among_many_messages_shuts_nothing() -> None:
    world = World()
    for number in range(100):
        world.providers[FIRST].plan = [DOWN] if number % 10 == 0 else []
        world.send(number)
    assert world.gate() is Gate.CLOSED
    assert world.counted("ProvidersShut") == []


@pytest.mark.parametrize("error", [BUSY, REFUSED, NO_ADDRESS])
def test_a_provider_that_answers_is_well(error: PorchlightError) -> None:
    world = World(names=(FIRST,))
    world.providers[FIRST].always = error
    for number in range(20):
        world.outcome(number)
    assert world.gate() is Gate.CLOSED
    assert len(world.providers[FIRST].asked) == 20


def test_silence_counts_as_a_failure() -> None:
    world = World(names=(FIRST,))
    world.providers[FIRST].always = SILENT
    for number in range(IN_A_ROW):
        assert world.outcome(number).problem == NO_ANSWER
    # Then what follows is not even asked: it is surely not taken
    assert world.outcome(99).problem == "try-again"
    assert len(world.providers[FIRST].asked) == IN_A_ROW


def test_a_browser_whose_server_is_silent_says_nothing_of_the_others() -> None:
    # Given a shopper whose subscriptions all lead to a server that never answers (anybody can have such ones)
    world = World()
    policy = ChannelPolicy(providers=("vapid",), per_second=100)
    outreach = Outreach(channels=(Channel.WEB_PUSH,), providers={Channel.WEB_PUSH: policy})
    config = brand().model_copy(update={"outreach": outreach})
    world.brands, world.providers = FakeBrands(config), {"vapid": FakeProvider("vapid")}
    courier = world.process()
    world.providers["vapid"].always = SILENT
    for number in range(IN_A_ROW + 3):
        with pytest.raises(TransientError):
            courier.hand_over(outgoing(Channel.WEB_PUSH, message_id=f"msg_{number}"), world.now)
    # Then everybody else's browser still gets its messages
    world.providers["vapid"].always = None
    assert courier.hand_over(outgoing(Channel.WEB_PUSH, message_id="msg_other"), world.now).provider == "vapid"


def test_after_a_while_one_message_tries_and_the_others_follow_if_it_is_taken() -> None:
    # Given a provider that was shut, and is well again
    world = World()
    world.providers[FIRST].always = DOWN
    for number in range(IN_A_ROW):
        world.send(number)
    world.providers[FIRST].always = None
    # When its time is over
    world.now += SHUT_FIRST
    assert world.gate() is Gate.HALF_OPEN
    # Then the next message goes by it, and those after it
    assert [world.send(number).provider for number in (10, 11)] == [FIRST, FIRST]
    assert world.gate() is Gate.CLOSED


def test_while_one_tries_the_others_do_not() -> None:
    # Given a provider that was shut long enough, and somebody who tries it and has no answer yet
    world = World()
    shut = Breaker(brand="larkspur", channel=SMS, provider=FIRST, shut_until=NOW, shut_times=1, version=1)
    world.breakers.stored["larkspur", SMS, FIRST] = shut
    world.breakers.save(probed(shut, NOW))
    # Then another message goes the other way
    assert world.send().provider == SECOND_ONE
    # And another one tries when the first one never came back
    world.now += PROBE
    assert world.send(2).provider == FIRST


def test_two_that_would_try_at_once_are_one() -> None:
    # Given two processes that both remember a provider whose time is over
    world = World()
    world.breakers.caches = True
    shut = Breaker(brand="larkspur", channel=SMS, provider=FIRST, shut_until=NOW, shut_times=1, version=1)
    world.breakers.stored["larkspur", SMS, FIRST] = shut
    world.breakers.get("larkspur", SMS, FIRST)
    # When the one has begun to try
    world.breakers.stored["larkspur", SMS, FIRST] = probed(shut, NOW)
    # Then the other does not
    assert world.send().provider == SECOND_ONE
    assert world.providers[FIRST].asked == []


def test_a_provider_that_fails_again_is_shut_for_longer_and_not_for_ever() -> None:
    world = World(names=(FIRST,))
    world.providers[FIRST].always = DOWN
    for number in range(IN_A_ROW):
        world.outcome(number)
    pauses = []
    for number in range(8):
        breaker = world.breakers.get("larkspur", SMS, FIRST)
        assert breaker.shut_until
        pauses.append(breaker.shut_until - world.now)
        world.now = breaker.shut_until
        world.outcome(number)
    assert pauses == sorted(pauses)
    assert pauses[0] < SHUT_FIRST * 1.01 < pauses[-1] <= SHUT_MOST
    assert len(world.providers[FIRST].asked) == IN_A_ROW + 8


def test_a_provider_that_is_well_costs_no_write() -> None:
    world = World()
    for number in range(200):
        world.send(number)
    assert world.breakers.writes == 0


def test_trouble_with_our_own_records_never_hides_that_a_message_was_taken() -> None:
    # Given a table that takes nothing while a message is carried
    world = World()
    world.reputations.broken = True
    assert world.send().provider == FIRST
    # Then what was not counted is counted later
    world.reputations.broken = False
    world.now += timedelta(seconds=5)
    world.send(2)
    assert world.reputations.get("larkspur", SMS, world.now).sent == 2


@given(
    st.lists(st.tuples(st.sampled_from(["failed", "late", "worked", "wait"]), st.integers(0, 90)), max_size=60),
    st.floats(0, 1),
)
def test_a_breaker_never_stays_shut_for_ever(events: list[tuple[str, int]], chance: float) -> None:
    breaker, now = Breaker(brand="b", channel=SMS, provider="p"), NOW
    for what, seconds in events:
        now += timedelta(seconds=seconds)
        if what == "worked":
            breaker = worked(breaker)
            assert breaker.gate(now) is Gate.CLOSED
        elif what != "wait":
            breaker = failed(breaker, now, in_a_row=9, taken=0, probe=what == "failed", chance=chance)
            assert what == "late" or breaker.gate(now) is Gate.SHUT
        assert breaker.shut_until is None or breaker.shut_until <= now + SHUT_MOST
    assert breaker.gate(now + SHUT_MOST) is not Gate.SHUT


# --------------------------------------------------------------------------------------------------- quotas, reputation
def test_a_clock_that_went_astray_shuts_nobody_out_for_longer_than_a_breaker_may() -> None:
    # Given a process whose clock is a day ahead, to which the provider is down
    breaker = Breaker(brand="b", channel=SMS, provider="p")
    shut = failed(breaker, NOW + timedelta(days=1), in_a_row=IN_A_ROW, taken=0, probe=False, chance=1)
    # Then one message of the others tries
    assert shut.gate(NOW) is Gate.HALF_OPEN
    assert shut.gate(NOW + timedelta(days=1)) is Gate.SHUT


def test_a_message_waits_for_its_turn() -> None:
    world = World(per_second=2)
    world.send()
    world.send(2)
    assert world.waited == pytest.approx([0.48])


def test_a_text_of_several_parts_takes_as_many_turns() -> None:
    world = World(per_second=4)
    long = outgoing(SMS, content=TextContent(text="x" * 400, parts=3))
    world.courier.hand_over(long, world.now)
    world.courier.hand_over(outgoing(SMS), world.now)
    assert world.waited == pytest.approx([0.75])


def test_what_the_quota_does_not_allow_goes_no_other_way() -> None:
    # Given a quota that others have used up
    world = World(per_second=2)
    for _ in range(3):
        FakeQuotas(lambda: world.now.timestamp(), world.quotas.bucket).take("larkspur", SMS, FIRST, 2)
    # Then the message is put off: a second provider is for trouble, not for haste
    assert world.outcome().problem == THROTTLED
    assert [provider.asked for provider in world.providers.values()] == [[], []]


def test_a_busy_process_counts_what_it_sent_every_other_second() -> None:
    world = World(per_second=1_000)
    for number in range(500):  # 20 ms each: ten seconds
        world.send(number)
    assert 5 <= world.reputations.calls <= 6
    assert 400 <= world.reputations.get("larkspur", SMS, world.now).sent <= 500


def reputation(sent: int, bounced: int = 0, complained: int = 0) -> Reputation:
    return Reputation(brand="larkspur", channel=Channel.EMAIL, sent=sent, bounced=bounced, complained=complained)


@pytest.mark.parametrize(
    ("found", "bad"),
    [
        (reputation(0), False),
        (reputation(1_000, bounced=39), False),
        (reputation(1_000, bounced=40), True),
        (reputation(20, bounced=LEAST_BOUNCED - 1), False),
        (reputation(20, bounced=LEAST_BOUNCED), True),
        (reputation(10_000, complained=7), False),
        (reputation(10_000, complained=8), True),
        (reputation(1_000, complained=LEAST_COMPLAINED - 1), False),
        (reputation(0, bounced=LEAST_BOUNCED), True),
    ],
)
def test_where_the_limits_are_near(found: Reputation, bad: bool) -> None:
    assert found.is_bad is bad


def test_a_bad_day_is_over_after_a_day() -> None:
    reputations = FakeReputations()
    reputations.count("larkspur", SMS, Outcome.BOUNCED, NOW, by=LEAST_BOUNCED)
    assert reputations.get("larkspur", SMS, NOW).is_bad
    assert not reputations.get("larkspur", Channel.EMAIL, NOW).is_bad
    assert not reputations.get("fjordhus", SMS, NOW).is_bad
    assert not reputations.get("larkspur", SMS, NOW + timedelta(days=1)).is_bad
