"""A rush: many senders at once behind one token bucket, by clocks of their own: this machine's speed plays no part.

Everything but the clock, the provider and the looks is the product's own code, over the model of the table.
"""

import heapq
import random
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.quotas import DynamoQuotas
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.channels import Channel
from porchlight.domain.pacing import GOOD_FOR, LEASES_PER_SECOND, SECOND
from porchlight.errors import TransientError
from porchlight.reaching import Outgoing
from tests.bench.table_model import TableModel, served
from tests.bench.town import NOW, SES_ID, Town, news, policy, settle

BUSY_SECONDS = 0.15
"""How long a sender has a message, its wait for the bucket aside (assumed)."""
RETRY_SECONDS, MOST_SECONDS = 2.0, 30.0
"""The machine's first pause and its longest, drawn from nothing up to that."""


@dataclass
class Rush:
    """What became of it. Times in seconds since its beginning."""

    rate: float
    sent: list[float] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    """Ids of what was sent, where it was messages."""
    bucket_writes: Counter[int] = field(default_factory=Counter)
    """By second."""
    refused: int = 0
    """Told to come again later."""
    cpu_seconds: float = 0

    @property
    def peak(self) -> int:
        """The most that went out within any second."""
        times, window, most = sorted(self.sent), deque[float](), 0
        for at in times:
            window.append(at)
            while window[0] <= at - 1:
                window.popleft()
            most = max(most, len(window))
        return most

    @property
    def allowed(self) -> float:
        """The most that may go out within any second (domain/pacing.py)."""
        return self.rate * (1 + GOOD_FOR / SECOND) + max(1, self.rate / LEASES_PER_SECOND)

    @property
    def busiest(self) -> tuple[int, int]:
        """Writes to the bucket in the first second, in which nobody knows how many tokens to take, and the most in one
        after it.
        """
        return self.bucket_writes[0], max(count for second, count in self.bucket_writes.items() if second)


class Sender:
    """One process with a clock of its own; it is the provider, too."""

    def __init__(self, number: int, rush: Rush, *, whole: bool) -> None:
        self.number, self.rush, self.now = number, rush, 0.0
        self.quotas = DynamoQuotas(Table("porchlight"), self.clock)
        self.town: Town | None = None
        if whole:
            quotas = {"clock": self.clock, "pause": self.pause, "quotas": self.quotas, "providers": self}
            self.town = Town(policy(Channel.EMAIL, per_second=rush.rate), **quotas)

    def clock(self) -> float:
        return NOW.timestamp() + self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def __call__(self, name: str) -> "Sender":
        return self

    def send(self, message: Outgoing) -> str:
        self.rush.sent.append(self.now)
        self.rush.told.add(message.message_id)
        return SES_ID

    def deal_with(self, message: int) -> None:
        """Plan it and send it; or wait for its token alone. TransientError: not now."""
        if self.town is None:
            self.pause(self.quotas.take("larkspur", Channel.EMAIL, "ses", self.rush.rate))
            self.rush.sent.append(self.now)
            return
        now = datetime.fromtimestamp(self.clock(), UTC)
        for reference in self.town.plan(news(message, now=now), now):
            self.town.send(reference, now)


def rush(messages: int, rate: float, senders: int, offered: float, *, whole: bool) -> Rush:
    """So many messages come evenly, ``offered`` in a second, to so many senders whose bucket lets ``rate`` through.
    ``whole``: they are planned and sent; else the bucket alone is asked.
    """
    found, model, chance = Rush(rate), TableModel(), random.Random(5)
    with served(model):
        for number in range(messages if whole else 0):
            settle(number)
        crew = [Sender(number, found, whole=whole) for number in range(senders)]
        free = [(0.0, one.number) for one in crew]
        waiting = [(number / offered, number, 0) for number in range(messages)]
        heapq.heapify(waiting)
        _watch(model, found, crew)
        begun = time.process_time()
        while waiting:
            comes, message, tries = heapq.heappop(waiting)
            at, number = heapq.heappop(free)
            one = crew[number]
            one.now = max(at, comes)
            try:
                one.deal_with(message)
            except TransientError:
                found.refused += 1
                pause = chance.uniform(0, min(MOST_SECONDS, RETRY_SECONDS * 2**tries))
                heapq.heappush(waiting, (one.now + pause, message, tries + 1))
            heapq.heappush(free, (one.now + BUSY_SECONDS, number))
        found.cpu_seconds = time.process_time() - begun
    return found


def _watch(model: TableModel, found: Rush, crew: list[Sender]) -> None:
    """Count writes to the bucket by the second of whoever makes them."""

    def before(operation: str, asked: dict[str, object]) -> None:
        if operation == "UpdateItem" and asked["Key"]["sk"]["S"] == keys.QUOTA:  # type: ignore[index]
            moved = int(asked["ExpressionAttributeValues"][":now"]["N"]) / SECOND - NOW.timestamp()  # type: ignore[index]
            found.bucket_writes[int(moved)] += 1

    model.before = before
