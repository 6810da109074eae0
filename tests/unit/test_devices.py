"""A push goes to each device, within the time that one function has."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from porchlight.domain.channels import Channel
from porchlight.domain.preferences import Profile, PushTarget
from porchlight.errors import NO_ANSWER, PorchlightError, TransientError
from porchlight.reaching import HandedOver, Outgoing
from porchlight.services.devices import SECONDS, hand_over
from tests.channels.benches import NOW, outgoing


@dataclass
class Courier:
    """Each answer takes so long."""

    seconds: float
    silent: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    clock: float = 100.0

    def hand_over(self, message: Outgoing, now: object) -> HandedOver:
        self.asked.append(message.to)
        self.clock += self.seconds
        if message.to in self.silent:
            raise TransientError("silent", code=NO_ANSWER)
        return HandedOver(provider="p", provider_id=message.to)

    def monotonic(self) -> float:
        return self.clock


def shopper(channel: Channel, count: int) -> tuple[Profile, list[str]]:
    """With devices, the newest first."""
    found = [f"https://push.example/w/{number}" for number in range(count)]
    targets = [
        PushTarget(channel=channel, target=target, p256dh="p", auth="a", added_at=NOW - timedelta(days=age))
        for age, target in enumerate(found)
    ]
    return Profile(brand="larkspur", shopper_id="cus_1", targets=tuple(targets)), found


SLOWEST = {Channel.PUSH: 10.0, Channel.WEB_PUSH: 3.0}
FUNCTION = 20.0


@pytest.mark.parametrize("channel", list(SLOWEST))
@pytest.mark.parametrize("answers", [True, False])
def test_slow_devices_never_take_all_of_the_functions_time(channel: Channel, answers: bool) -> None:
    # Given ten devices for each of which the most is waited: with all of them the function would be killed half way
    profile, devices = shopper(channel, 10)
    courier = Courier(SLOWEST[channel], frozenset() if answers else frozenset(devices))
    handed = hand_over(courier, outgoing(channel), profile, NOW, courier.monotonic)
    assert courier.clock - 100.0 <= SECONDS + SLOWEST[channel] < FUNCTION
    # Then the newest were asked, and it counts as sent, or is in doubt as it is with one
    assert courier.asked == devices[: len(courier.asked)]
    if answers:
        assert handed.taken
        assert handed.taken.provider_id == devices[0]
    else:
        assert handed.taken is None
        assert isinstance(handed.failure, PorchlightError)
        assert handed.failure.problem == NO_ANSWER


def test_quick_ones_are_all_asked_whoever_is_silent() -> None:
    profile, devices = shopper(Channel.WEB_PUSH, 10)
    courier = Courier(0.5, frozenset(devices[:4]))
    handed = hand_over(courier, outgoing(Channel.WEB_PUSH), profile, NOW, courier.monotonic)
    assert courier.asked == devices
    assert handed.taken
    assert handed.taken.provider_id == devices[4]
