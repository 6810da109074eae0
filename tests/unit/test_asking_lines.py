"""The lines to a source: tokens, paces, breakers, and runs that meet or are killed."""

import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from porchlight.connectors import Answer, InboundMessage
from porchlight.domain.exchange import LEASE
from porchlight.domain.milestones import Milestone
from porchlight.errors import PermanentProviderError, TransientError
from porchlight.services.asking.desk import PAGE
from porchlight.services.asking.poll import BUDGET, Poll
from tests.unit.asking import HOUR, MINUTE, NOW, Acme, AcmeClient, Town, account, said

SECOND = timedelta(seconds=1)
DOWN = Answer(503, {}, b"")
GRANTED = Answer(200, {}, b'{"access_token": "t-1", "expires_in": 3600}')


def many(count: int = 20, **client: Any) -> Town:
    """That many parcels, asked about one by one."""
    town = Town(Acme(AcmeClient(**client)))
    town.ship(*(f"A{number}" for number in range(count)))
    return town


def line(town: Town, name: str = "main") -> Any:
    return town.exchanges.get("larkspur", "carriers", "acme").lines[name]


class TestTokens:
    def town(self, *accounts: Any) -> Town:
        town = Town(Acme(AcmeClient(oauth=True)), *accounts)
        town.ship("A1", "A2")
        return town

    def urls(self, town: Town) -> list[str]:
        return ["token" if "token" in call.url else call.headers["authorization"] for call in town.api.calls]

    def test_one_token_serves_until_shortly_before_its_end(self) -> None:
        town = self.town()
        town.api.plan = [GRANTED]
        town.run()
        assert self.urls(town) == ["token", "Bearer t-1", "Bearer t-1"]
        town.ship("A3")
        town.run(58 * MINUTE)
        assert self.urls(town)[3:] == ["Bearer t-1"]
        town.ship("A4")
        town.api.plan = [Answer(200, {}, b'{"access_token": "t-2", "expires_in": "3600"}')]
        town.run(MINUTE)
        assert self.urls(town)[4:] == ["token", "Bearer t-2"]

    def test_accounts_have_tokens_of_their_own(self) -> None:
        town = self.town(account("one"), account("two", "fjordhus"))
        town.ship("A3", brand="fjordhus")
        town.api.plan = [GRANTED, said(), said(), Answer(200, {}, b'{"access_token": "t-2", "expires_in": 60}')]
        town.run()
        assert self.urls(town) == ["token", "Bearer t-1", "Bearer t-1", "token", "Bearer t-2"]

    def test_a_changed_secret_is_another_account_to_the_tokens(self) -> None:
        town = self.town()
        town.api.plan = [GRANTED]
        town.run()
        town.accounts.accounts = (("carriers", "acme", account(key="new")),)
        town.ship("A3")
        town.api.plan = [Answer(200, {}, b'{"access_token": "t-2"}')]
        town.run(MINUTE)
        assert self.urls(town)[3:] == ["token", "Bearer t-2"]

    def test_a_token_that_is_refused_is_replaced_once(self) -> None:
        town = self.town()
        town.api.plan = [GRANTED, Answer(401, {}, b""), Answer(200, {}, b'{"access_token": "t-2", "expires_in": 60}')]
        town.run()
        assert self.urls(town) == ["token", "Bearer t-1", "token", "Bearer t-2", "Bearer t-2"]
        assert not town.metrics.total("AskRefused")

    def test_credentials_that_are_refused_rest_for_an_hour_and_say_so(self) -> None:
        town = self.town()
        town.api.rule = lambda call: GRANTED if "token" in call.url else Answer(401, {}, b"")
        town.run()
        assert self.urls(town) == ["token", "Bearer t-1"] * 2
        assert town.metrics.total("AskRefused", carrier="acme", why="credentials") == 1
        assert town.minutes(59) == []
        assert town.watch("A1").due_at == NOW, "nothing is lost: it waits"
        town.api.rule = lambda call: GRANTED if "token" in call.url else said()
        town.minutes(1)
        assert town.api.asked()[-2:] == [("A1",), ("A2",)]

    def test_a_secret_that_was_put_right_is_tried_at_once(self) -> None:
        town = self.town()
        town.api.rule = Answer(401, {}, b"")
        town.run()
        assert town.minutes(5) == []
        town.accounts.accounts = (("carriers", "acme", account(key="right")),)
        town.api.rule = lambda call: GRANTED if "token" in call.url else said()
        town.minutes(1)
        assert town.api.asked()[-2:] == [("A1",), ("A2",)]

    @pytest.mark.parametrize("status", [400, 401, 403])
    def test_so_do_those_that_get_no_token(self, status: int) -> None:
        town = self.town()
        town.api.rule = Answer(status, {}, b"")
        town.run()
        assert len(town.api.calls) == 1
        assert town.metrics.total("AskRefused", why="credentials") == 1

    def test_another_account_of_the_brand_takes_over(self) -> None:
        town = self.town(account("old"), account("new"))
        town.api.rule = lambda call: (
            Answer(401, {}, b"") if call.url.endswith("?old") else GRANTED if "token" in call.url else said()
        )
        town.run()
        assert [call.headers["account"] for call in town.api.calls if call.numbers] == ["new", "new"]

    def test_forbidden_twice_in_a_row_is_about_the_account(self) -> None:
        town = self.town()
        town.api.rule = lambda call: GRANTED if "token" in call.url else Answer(403, {}, b"")
        town.run()
        assert self.urls(town) == ["token", "Bearer t-1"] * 4
        assert town.metrics.total("AskRefused", carrier="acme", why="credentials") == 1
        assert town.watch("A2").due_at == NOW
        assert town.minutes(59) == []

    def test_forbidden_twice_counts_from_run_to_run(self) -> None:
        town = Town()
        town.ship("A1")
        town.api.rule = Answer(403, {}, b"")
        town.run()
        assert not town.metrics.total("AskRefused")
        town.run(5 * MINUTE)
        assert town.metrics.total("AskRefused", why="credentials") == 1

    def test_one_number_that_is_forbidden_does_not_keep_the_others_from_being_asked_about(self) -> None:
        town = Town()
        town.ship("A1")
        town.clock.now += MINUTE
        town.ship("A2", "A3")
        town.api.rule = lambda call: Answer(403, {}, b"") if call.numbers == ("A1",) else said()
        town.run()
        assert town.api.asked() == [("A1",), ("A2",), ("A3",)]
        assert not town.metrics.total("AskRefused")

    def test_forbidden_after_good_answers_is_about_the_one_number(self) -> None:
        town = Town()
        town.ship("A1", "A2", "A3")
        town.api.plan = [said(), Answer(403, {}, b""), said()]
        town.run()
        assert len(town.api.calls) == 3
        assert not town.metrics.total("AskRefused")
        assert town.metrics.total("AskFailed", outcome="rejected") == 1

    @pytest.mark.parametrize(
        "body",
        [
            *(b"", b"[]", b'"t"', b'{"access_token": 5}', b'{"access_token": ""}'),
            *(b'{"access_token":"t","expires_in":-1}', b"[" * 100_000, b'{"a":' * 100_000),
        ],
    )
    def test_an_answer_without_a_token_is_a_failure_of_the_source(self, body: bytes) -> None:
        town = self.town()
        town.api.rule = Answer(200, {}, body)
        town.run()
        assert town.metrics.total("AskFailed", outcome="no_token") == 2
        assert not town.metrics.total("AskRefused")

    def test_a_source_may_grant_in_a_form_of_its_own(self) -> None:
        town = self.town()
        town.connector.client.granted = lambda answer: (answer.body.decode(), 60)
        town.api.plan = [Answer(200, {}, b"plain")]
        town.run()
        assert self.urls(town) == ["token", "Bearer plain", "Bearer plain"]


class TestPace:
    def test_calls_of_an_account_begin_evenly_apart_in_this_run_and_the_next(self) -> None:
        town = many(50, calls_per_minute=30)
        town.run()
        gaps = [(after - before) / SECOND for before, after in pairwise(town.api.at)]
        assert set(gaps) == {2.0}
        assert len(town.api.calls) == 20, "in forty seconds"
        town.clock.now = NOW + MINUTE
        town.run()
        assert len(town.api.calls) == 40
        assert all(after - before >= 2 * SECOND for before, after in pairwise(town.api.at))

    def test_an_account_may_have_its_own(self) -> None:
        town = Town(None, account(calls_per_minute="6"))
        town.ship("A1", "A2")
        town.run()
        assert town.api.at[1] - town.api.at[0] == 10 * SECOND

    def test_which_may_be_one_in_many_minutes(self) -> None:
        town = Town(None, account(calls_per_minute="0.2"))
        town.ship("A1", "A2", "A3")
        town.minutes(12)
        assert [at - NOW for at in town.api.at] == [MINUTE, 6 * MINUTE, 11 * MINUTE]

    def test_tokens_do_not_count(self) -> None:
        town = Town(Acme(AcmeClient(oauth=True, calls_per_minute=1)))
        town.ship("A1")
        town.api.plan = [GRANTED]
        town.run()
        assert len(town.api.calls) == 2

    @pytest.mark.parametrize("text", ["", "0", "many", "-3", "²", "nan", "inf"])
    def test_what_is_no_number_is_passed_over(self, text: str) -> None:
        town = Town(None, account(calls_per_minute=text))
        town.ship("A1", "A2")
        town.run()
        assert town.api.at[1] - town.api.at[0] == MINUTE / 600

    def test_two_accounts_are_twice_as_fast(self) -> None:
        town = Town(Acme(AcmeClient(calls_per_minute=30)), account("one"), account("two"))
        town.ship(*(f"A{number}" for number in range(60)))
        town.run()
        assert len(town.api.calls) == 40
        assert len({call.headers["account"] for call in town.api.calls}) == 2

    def test_no_call_begins_after_the_budget_and_what_is_left_stays_due(self) -> None:
        town = many(50, calls_per_minute=30)
        town.run()
        assert max(town.api.at) < NOW + BUDGET
        left = [watch for watch in town.shipments.watches.values() if watch.due_at == NOW]
        assert len(left) == 30

    def test_nor_does_a_look_at_what_needs_no_call(self) -> None:
        """Given thousands that have come to their end at once, when a run is over, the next one goes on."""
        town = many(4 * PAGE)
        for key, parcel in town.shipments.records.items():
            town.shipments.records[key] = parcel.model_copy(update={"moved_to": "shp_other"})
        honest = town.watches.get

        def slow(brand: str, shipment_id: str) -> Any:
            town.clock.wait(0.1)
            return honest(brand, shipment_id)

        town.watches.get = slow  # type: ignore[method-assign]
        town.run()
        assert town.clock.now < NOW + MINUTE + 15 * SECOND
        ended = [watch for watch in town.shipments.watches.values() if watch.state == "ended"]
        assert PAGE <= len(ended) < 4 * PAGE


class TestBreakers:
    @pytest.mark.parametrize(
        ("reply", "outcome"),
        [(TransientError("TimeoutError"), "no_answer"), (DOWN, "server_error"), (Answer(500, {}, b""), "server_error")],
    )
    def test_a_source_that_is_down_is_left_alone_and_comes_back_by_itself(self, reply: Any, outcome: str) -> None:
        town = many()
        town.api.rule = reply
        town.run()
        assert len(town.api.calls) == 5
        assert town.metrics.total("AskFailed", outcome=outcome) == 5
        assert town.metrics.total("BreakerOpen", carrier="acme") == 1
        assert line(town).why == "failing"
        town.clock.now = NOW + 30 * SECOND
        assert town.run() == {"shut": 1, "idle": 1}
        town.clock.now = NOW + MINUTE
        town.run()
        assert len(town.api.calls) == 6, "half open: one call"
        town.api.rule = said()
        town.clock.now = NOW + 3 * MINUTE
        town.run()
        assert len(town.api.calls) == 6 + 14, "answered: all that was left"
        assert line(town).shut_until is None

    def test_a_dead_source_costs_few_calls(self) -> None:
        town = many(200)
        town.api.rule = TransientError("ConnectionRefusedError")
        assert len(town.minutes(24 * 60)) < 5 + 40

    def test_single_failures_shut_nothing(self) -> None:
        town = many()
        answers = iter(range(1000))
        town.api.rule = lambda call: DOWN if next(answers) % 4 else said()
        town.run()
        assert not town.metrics.total("BreakerOpen")
        assert len(town.api.calls) == 20

    @pytest.mark.parametrize("status", [429, 503])
    def test_too_many_requests_stop_the_line_until_the_source_says(self, status: int) -> None:
        town = many()
        town.api.plan = [said(), Answer(status, {"retry-after": "600"}, b"")]
        town.run()
        assert len(town.api.calls) == 2
        assert (line(town).why, line(town).shut_until) == ("throttled", town.clock.now + 600 * SECOND)
        assert town.metrics.total("AskFailed", outcome="throttled") == 1
        assert town.minutes(9) == []
        assert len(town.minutes(1)) == 19

    def test_it_may_say_so_by_a_date(self) -> None:
        town = many(1)
        town.api.plan = [Answer(429, {"retry-after": "Mon, 02 Mar 2026 13:00:00 GMT"}, b"")]
        town.run()
        assert line(town).shut_until == NOW + HOUR

    @pytest.mark.parametrize(
        "text",
        [
            "soon",
            "",
            "-1",
            "9" * 20,
            "Mon, 01 Jan 2024 00:00:00 +99999999999999",
            "1 Jan 99999999999999999999 00:00:00 GMT",
        ],
    )
    def test_or_not_at_all(self, text: str) -> None:
        town = many(1)
        town.api.plan = [Answer(429, {"retry-after": text}, b"")]
        town.run()
        assert line(town).shut_until == NOW + 45 * SECOND

    def test_one_brands_dead_account_holds_up_nobody_else(self) -> None:
        town = Town(None, account("one"), account("two", "fjordhus"))
        town.ship(*(f"A{number}" for number in range(PAGE + 50)))
        town.ship("B1", brand="fjordhus")
        town.api.rule = lambda call: DOWN if call.headers["account"] == "one" else said()
        town.run()
        assert ("B1",) in town.api.asked()

    def test_an_address_that_may_not_be_called_is_an_operators_mistake(self) -> None:
        town = many()
        town.api.rule = PermanentProviderError("no", code="bad-address")
        town.run()
        assert len(town.api.calls) == 1
        assert town.metrics.total("AskRefused", why="address") == 1

    def test_an_answer_that_is_too_large_is_a_failure(self) -> None:
        town = many(1)
        town.api.rule = PermanentProviderError("no", code="answer-too-large")
        town.run()
        assert town.metrics.total("AskFailed", outcome="unusable") == 1


class TestRunsThatMeet:
    def test_two_runs_at_once_ask_once(self) -> None:
        town = many(3)
        second: list[dict[str, int]] = []

        def meanwhile(call: Any) -> Answer:
            if not second:
                second.append(Poll(town.office(), workers=1).run())
            return said(**{call.numbers[0]: [("accepted", 1)]})

        town.api.rule = meanwhile
        town.run()
        assert second == [{"busy": 1, "idle": 1}]
        assert sorted(town.api.asked()) == [("A0",), ("A1",), ("A2",)]

    def test_two_that_begin_at_the_same_instant_too(self) -> None:
        town = many(3)
        honest, raced = town.exchanges.save, []

        def save(exchange: Any) -> None:
            if not raced:
                raced.append(1)
                raced.append(Poll(town.office(), workers=1).run())
            honest(exchange)

        town.exchanges.save = save  # type: ignore[method-assign]
        assert town.run() == {"busy": 1, "idle": 1}
        assert raced[1] == {"done": 1, "idle": 1}
        assert len(town.api.asked()) == 3

    def test_a_run_that_was_killed_holds_its_lines_for_a_minute_at_most(self) -> None:
        town = many(1)
        exchange = town.exchanges.get("larkspur", "carriers", "acme")
        town.exchanges.save(exchange.model_copy(update={"leased_until": NOW + LEASE, "version": 1}))
        assert town.run() == {"busy": 1, "idle": 1}
        assert town.run(MINUTE) == {"done": 1, "idle": 1}

    def test_a_failure_of_one_source_is_raised_after_the_others_had_their_turn(self) -> None:
        town = Town(None, account("one"), account("two", "fjordhus"))
        town.ship("A1")
        town.ship("B1", brand="fjordhus")
        town.api.plan = [ZeroDivisionError()]
        with pytest.raises(ZeroDivisionError):
            town.run()
        assert town.api.asked() == [("A1",), ("B1",)]
        town.run(5 * MINUTE)
        assert town.api.asked()[2:] == [("A1",)]

    def test_a_number_over_which_we_stumble_rests_and_the_others_are_asked_about(self) -> None:
        town = many(3)
        honest = town.connector.client.ask

        def stumbles(numbers: Any, *more: Any) -> Any:
            return honest(numbers, *more) if "A0" not in numbers else 1 / 0

        town.connector.client.ask = stumbles
        with pytest.raises(ZeroDivisionError):
            town.run()
        town.run(MINUTE)
        assert town.api.asked() == [("A1",), ("A2",)]

    def test_so_does_an_errand(self) -> None:
        town = many(1)
        message = InboundMessage(kind="carriers", source="acme", account="main", brand="larkspur", received_at=NOW)
        body = b'{"what": "thin", "go": "https://acme.example/parcels/7"}'
        town.recorder.carrier_body(message, body, town.connector, NOW)
        town.connector.client.errand = lambda *_: 1 / 0
        with pytest.raises(ZeroDivisionError):
            town.run()
        town.run(MINUTE / 2)
        assert town.api.asked() == [("A0",)]

    def test_sources_are_asked_side_by_side(self) -> None:
        town = Town(None, account("one"), account("two", "fjordhus"))
        town.ship("A1")
        town.ship("B1", brand="fjordhus")
        both = threading.Barrier(2, timeout=10)

        def api(call: Any) -> Answer:
            both.wait()
            return said()

        town.api.rule = api
        assert Poll(town.office(), workers=2).run() == {"done": 2}

    def test_a_queue_that_refuses_loses_nothing(self) -> None:
        town = many(1)
        town.api.rule = said(A0=[("accepted", 1)])
        town.inbound.fails = TransientError("ServiceUnavailable")
        with pytest.raises(TransientError):
            town.run()
        assert town.watch("A0").due_at == NOW
        town.inbound.fails = None
        town.minutes(1)
        assert town.parcel("A0").milestone is Milestone.ACCEPTED


class Killed(BaseException):
    """The process is no more."""


class Mortal:
    """A port whose process dies at the n-th call of all mortal ports, before it or after it; nothing is done then."""

    def __init__(self, port: Any, fate: dict[str, int], after: bool) -> None:
        self._port, self._fate, self._after = port, fate, after

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._port, name)
        if not callable(method) or name == "count":
            return method

        def call(*arguments: Any, **options: Any) -> Any:
            self._fate["left"] -= 1
            if self._fate["left"] < 0 or (self._fate["left"] == 0 and not self._after):
                raise Killed
            result = method(*arguments, **options)
            if self._fate["left"] == 0:
                raise Killed
            return result

        return call


PORTS = ("watches", "errands", "exchanges", "accounts", "inbound", "quarantine")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("calls", range(1, 24))
def test_killed_between_any_two_steps_it_asks_again_and_records_everything_once(calls: int, after: bool) -> None:
    town = Town(Acme(AcmeClient(batch=2)))
    town.ship("A1", "A2", "A3")
    story = [("accepted", 1), ("in_transit", 2), ("delivered", 3)]
    town.api.rule = said(A1=story, A2=story, A3=story)
    fate = {"left": calls}
    mortal = {name: Mortal(getattr(town, name), fate, after) for name in PORTS}
    try:
        Poll(town.office(**mortal, caller=Mortal(town.api, fate, after)), workers=1).run()
    except Killed:
        assert fate["left"] <= 0
    town.record()
    town.minutes(2)
    assert {town.parcel(number).milestone for number in ("A1", "A2", "A3")} == {Milestone.DELIVERED}
    assert town.metrics.total("EventsRecorded") == 9
    town.minutes(2, 13 * HOUR)
    assert {town.watch(number).state for number in ("A1", "A2", "A3")} == {"ended"}
    assert len(town.api.calls) <= 2 * 3 + 2
