"""Breakers, quotas and reputations: the fakes and the table keep to the same contract."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from porchlight import reaching
from porchlight.adapters.aws import client
from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.health import BREAKER_SECONDS, REPUTATION_SECONDS, DynamoBreakers, DynamoReputations
from porchlight.adapters.dynamodb.quotas import DynamoQuotas
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.breakers import Breaker, Gate, failed, probed, worked
from porchlight.domain.channels import Channel
from porchlight.domain.reputation import Outcome, Reputation
from porchlight.errors import ConflictError, TransientError
from tests.fakes_sending import Bucket, FakeBreakers, FakeQuotas, FakeReputations

NOW = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
EMAIL = Channel.EMAIL
_brands = count(1)


@pytest.fixture
def brand() -> str:
    return f"sending-{next(_brands)}"


class Clock:
    def __init__(self, now: float = NOW.timestamp()) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["fake", "real"])
def breakers(request: pytest.FixtureRequest) -> reaching.Breakers:
    if request.param == "fake":
        return FakeBreakers()
    request.getfixturevalue("cloud")
    return DynamoBreakers(Table("porchlight"), Clock())


@pytest.fixture(params=["fake", "real"])
def reputations(request: pytest.FixtureRequest) -> reaching.Reputations:
    if request.param == "fake":
        return FakeReputations()
    request.getfixturevalue("cloud")
    return DynamoReputations(Table("porchlight"), Clock())


# ------------------------------------------------------------------------------------------------------------- breakers
def test_a_provider_of_which_nothing_is_known_is_well(breakers: reaching.Breakers, brand: str) -> None:
    found = breakers.get(brand, EMAIL, "ses")
    assert (found, found.gate(NOW)) == (Breaker(brand=brand, channel=EMAIL, provider="ses"), Gate.CLOSED)


def test_what_is_written_is_read_again(breakers: reaching.Breakers, brand: str) -> None:
    first = failed(breakers.get(brand, EMAIL, "ses"), NOW, in_a_row=5, taken=3, probe=False, chance=0.5)
    breakers.save(first)
    assert breakers.get(brand, EMAIL, "ses", fresh=True) == first
    assert breakers.get(brand, EMAIL, "smtp").version == 0
    second = probed(first, NOW)
    breakers.save(second)
    breakers.save(worked(second))
    assert breakers.get(brand, EMAIL, "ses", fresh=True).gate(NOW) is Gate.CLOSED


def test_of_two_who_try_at_once_one_is_first(breakers: reaching.Breakers, brand: str) -> None:
    shut = failed(breakers.get(brand, EMAIL, "ses"), NOW, in_a_row=5, taken=0, probe=False, chance=0)
    breakers.save(shut)
    breakers.save(probed(shut, NOW))
    with pytest.raises(ConflictError):
        breakers.save(probed(shut, NOW))
    with pytest.raises(ConflictError):
        breakers.save(failed(shut, NOW, in_a_row=1, taken=0, probe=False, chance=0))


def test_a_process_goes_by_what_it_has_read_for_seconds(table: Table, brand: str) -> None:
    clock = Clock()
    mine, others = DynamoBreakers(table, clock), DynamoBreakers(table, clock)
    before = mine.get(brand, EMAIL, "ses")
    others.save(failed(before, NOW, in_a_row=5, taken=0, probe=False, chance=0))
    assert mine.get(brand, EMAIL, "ses") == before
    clock.now += BREAKER_SECONDS + 1
    assert mine.get(brand, EMAIL, "ses").gate(NOW) is Gate.SHUT


def test_what_was_not_written_is_not_remembered(table: Table, brand: str) -> None:
    mine, others = DynamoBreakers(table, Clock()), DynamoBreakers(table, Clock())
    before = mine.get(brand, EMAIL, "ses")
    written = failed(before, NOW, in_a_row=5, taken=0, probe=False, chance=0)
    others.save(written)
    with pytest.raises(ConflictError):
        mine.save(probed(before, NOW))
    assert mine.get(brand, EMAIL, "ses") == written


# ---------------------------------------------------------------------------------------------------------- reputations
def test_the_last_day_is_told_and_no_more(reputations: reaching.Reputations, brand: str) -> None:
    reputations.count(brand, EMAIL, Outcome.SENT, NOW - timedelta(hours=24), by=100)
    reputations.count(brand, EMAIL, Outcome.SENT, NOW - timedelta(hours=23), by=20)
    reputations.count(brand, EMAIL, Outcome.SENT, NOW, by=3)
    reputations.count(brand, EMAIL, Outcome.BOUNCED, NOW)
    reputations.count(brand, EMAIL, Outcome.COMPLAINED, NOW)
    reputations.count(brand, Channel.SMS, Outcome.BOUNCED, NOW)
    found = reputations.get(brand, EMAIL, NOW, fresh=True)
    assert found == Reputation(brand=brand, channel=EMAIL, sent=23, bounced=1, complained=1)


def test_a_day_of_nothing(reputations: reaching.Reputations, brand: str) -> None:
    assert reputations.get(brand, EMAIL, NOW) == Reputation(brand=brand, channel=EMAIL)


def test_the_counts_are_kept_for_a_minute_and_forgotten_after_days(table: Table, brand: str) -> None:
    clock = Clock()
    mine = DynamoReputations(table, clock)
    assert mine.get(brand, EMAIL, NOW).sent == 0
    mine.count(brand, EMAIL, Outcome.SENT, NOW)
    assert mine.get(brand, EMAIL, NOW).sent == 0
    assert mine.get(brand, EMAIL, NOW, fresh=True).sent == 1
    mine.count(brand, EMAIL, Outcome.SENT, NOW)
    clock.now += REPUTATION_SECONDS + 1
    assert mine.get(brand, EMAIL, NOW).sent == 2
    (item,) = table.query(keys.sending_pk(brand))
    assert timedelta(days=1) < datetime.fromtimestamp(int(item["ttl"]["N"]), UTC) - NOW < timedelta(days=5)


# --------------------------------------------------------------------------------------------------------------- quotas
pauses = st.sampled_from([0.0, 0.01, 0.1, 0.7, 3.0])
steps = st.lists(st.tuples(st.integers(0, 2), pauses, st.integers(1, 3)), min_size=1, max_size=25)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=steps, per_second=st.sampled_from([0.5, 3.0, 14.0, 200.0]))
def test_the_table_gives_what_the_rules_give(
    cloud: str, moves: list[tuple[int, float, int]], per_second: float
) -> None:
    # Given three processes over the table, and three over the pure rules
    brand, clock = f"sending-{next(_brands)}", Clock()
    bucket = Bucket()
    real: list[reaching.Quotas] = [DynamoQuotas(Table("porchlight"), clock) for _ in range(3)]
    pure: list[reaching.Quotas] = [FakeQuotas(clock, bucket) for _ in range(3)]
    # When they ask in the same order at the same instants
    for who, pause, parts in moves:
        clock.now += pause
        found, wanted = (_taken(quotas[who], brand, per_second, parts) for quotas in (real, pure))
        # Then they are told the same
        assert found == pytest.approx(wanted)


def _taken(quotas: reaching.Quotas, brand: str, per_second: float, tokens: int = 1) -> float:
    try:
        return quotas.take(brand, EMAIL, "ses", per_second, tokens)
    except TransientError as error:
        return {"throttled": -1.0}[error.problem]


def test_one_clock_that_went_astray_does_not_keep_everybody_waiting(brand: str) -> None:
    ahead = Clock()
    ahead.now += 86_400
    DynamoQuotas(Table("porchlight"), ahead).take(brand, EMAIL, "ses", 14)
    assert DynamoQuotas(Table("porchlight"), Clock()).take(brand, EMAIL, "ses", 14) == 0


@pytest.fixture
def updates(cloud: str) -> Iterator[list[int]]:
    """One entry for each update that the table was asked for."""
    calls: list[int] = []
    events = client("dynamodb").meta.events
    events.register("before-call.dynamodb.UpdateItem", lambda **_: calls.append(1), unique_id="updates")
    yield calls
    events.unregister("before-call.dynamodb.UpdateItem", unique_id="updates")


def test_a_message_costs_at_most_one_write_once_a_process_knows_how_busy_it_is(brand: str, updates: list[int]) -> None:
    clock = Clock()
    quotas = DynamoQuotas(Table("porchlight"), clock)
    # idle: a message a minute
    for _ in range(5):
        quotas.take(brand, EMAIL, "ses", 14)
        clock.now += 60
    assert len(updates) == 5
    # busy: 20 a second where 1,000 are allowed
    updates.clear()
    for _ in range(100):
        quotas.take(brand, EMAIL, "ses", 1_000)
        clock.now += 0.05
    assert len(updates) < 30
