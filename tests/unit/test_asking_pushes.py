"""Telling sources to push, and doing what webhooks ask for: handshakes, thin bodies."""

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from porchlight.asking import MAX_ERRAND
from porchlight.connectors import Account, Answer, BodyKind, Call
from porchlight.domain.milestones import Milestone
from porchlight.errors import ForbiddenError, TransientError, UnreadableBodyError
from porchlight.ports import InboundMessage
from porchlight.services.asking.errands import MOST_ATTEMPTS
from porchlight.services.asking.poll import ERRANDS
from porchlight.services.record_events import record_store_body
from tests.unit.asking import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    PUBLIC,
    Acme,
    AcmeClient,
    AcmeSubscriptions,
    Town,
    account,
    said,
)

OK = Answer(200, {}, b"{}")
NO = Answer(422, {}, b"{}")


def pushing(*accounts: Account, batch: int = 10, client: Any = None, **subscriptions: Any) -> Town:
    connector = Acme(client or AcmeClient(batch), AcmeSubscriptions(**subscriptions))
    town = Town(connector, *(accounts or (account(push="p"),)), words="push poll subscribe")
    town.api.rule = api
    return town


def api(call: Call) -> Answer:
    return said() if call.url.endswith("/track") else OK


def paths(town: Town) -> list[str]:
    return [call.url.removeprefix("https://acme.example/") for call in town.api.calls]


def push(town: Town, number: str, milestone: str, minutes: int) -> None:
    message = InboundMessage(
        kind="carriers", source="acme", account="main", brand="larkspur", received_at=town.clock.now
    )
    body = said(**{number: [(milestone, minutes)]}).body
    town.recorder.carrier_body(message, body, town.connector, town.clock.now)


class TestSubscribing:
    def test_a_new_parcel_is_told_of_and_its_history_asked_for_once(self) -> None:
        town = pushing()
        town.ship("A1", "A2")
        town.run()
        assert paths(town) == ["subscribe", "track"]
        assert [call.numbers for call in town.api.calls] == [("A1", "A2")] * 2
        watch = town.watch("A1")
        assert (watch.state, watch.account, watch.subscription_id) == ("subscribed", "main", "sub-1")
        assert watch.subscribed_until == NOW + 14 * DAY
        assert town.metrics.total("Subscribed", carrier="acme") == 2
        assert town.minutes(11, HOUR) == []

    def test_a_source_that_keeps_history_is_not_asked(self) -> None:
        town = pushing(keeps_history=True)
        town.ship("A1")
        town.run()
        assert paths(town) == ["subscribe"]

    def test_our_address_is_public_and_carries_the_accounts_token(self) -> None:
        town = pushing(account(push="p", path_token="t" * 32), keeps_history=True)
        town.ship("A1")
        town.run()
        assert town.api.calls[0].headers["callback"] == f"{PUBLIC}/webhooks/acme/{'t' * 32}"

    def test_without_a_token_it_is_the_sources_own(self) -> None:
        town = pushing(keeps_history=True)
        town.ship("A1")
        town.run()
        assert town.api.calls[0].headers["callback"] == f"{PUBLIC}/webhooks/acme"

    def test_as_many_at_once_as_it_takes(self) -> None:
        town = pushing(batch=100)
        town.ship(*(f"A{number}" for number in range(25)))
        town.run()
        assert [len(call.numbers) for call in town.api.calls] == [10, 10, 5, 25]

    def test_new_parcels_do_not_keep_those_on_their_way_from_being_asked_about(self) -> None:
        town = pushing(account("slow", push="p"), client=AcmeClient(30, calls_per_minute=3), batch=1)
        town.connector.subscriptions.batch = 1
        town.ship("OLD")
        town.minutes(1)
        town.clock.now += 13 * HOUR
        del town.api.calls[:]
        town.ship(*(f"A{number}" for number in range(50)))
        town.run()
        assert paths(town) == ["track", "subscribe"], "two calls in forty seconds: one of each"
        town.minutes(60)
        assert town.watch("A20").state == "subscribed"

    def test_an_account_without_what_it_takes_asks(self) -> None:
        town = pushing(account("asks"))
        town.ship("A1")
        town.run()
        assert paths(town) == ["track"]
        assert town.watch("A1").state == "asking"

    def test_of_two_accounts_the_one_that_can_subscribes(self) -> None:
        town = pushing(account("asks"), account("pushes", push="p"), keeps_history=True)
        town.ship("A1")
        town.run()
        assert town.api.calls[0].headers["account"] == "pushes"
        assert town.watch("A1").account == "pushes"

    def test_where_that_one_is_refused_the_other_asks_all_the_same(self) -> None:
        town = pushing(account("asks"), account("pushes", push="p"), client=AcmeClient(1), batch=1)
        town.api.rule = lambda call: said() if call.headers["account"] == "asks" else Answer(401, {}, b"")
        town.ship("A1", "A2", "A3")
        town.run()
        assert [call.numbers for call in town.api.calls if call.headers["account"] == "asks"] == [
            ("A1",),
            ("A2",),
            ("A3",),
        ]
        assert town.watch("A2").asked_at

    def test_it_is_renewed_before_its_end(self) -> None:
        town = pushing(keeps_history=True)
        town.ship("A1")
        for hours in range(0, 40 * 24, 6):
            town.clock.now = NOW + timedelta(hours=hours)
            push(town, "A1", "in_transit", hours * 60)
            town.run()
        subscribed = [
            (at - NOW) / DAY for call, at in zip(town.api.calls, town.api.at, strict=True) if "subscribe" in call.url
        ]
        assert subscribed == [0, 13, 26, 39]

    def test_pushed_news_is_not_asked_for(self) -> None:
        town = pushing(keeps_history=True)
        town.ship("A1")
        town.run()
        for hours in range(1, 72, 3):
            town.clock.now = NOW + timedelta(hours=hours)
            push(town, "A1", "in_transit", hours * 60)
            town.run()
        assert paths(town) == ["subscribe"]

    def test_a_source_that_refuses_is_asked_instead_and_told_again_each_day_a_few_times(self) -> None:
        town = pushing()
        town.api.rule = lambda call: NO if "subscribe" in call.url else api(call)
        town.ship("A1")
        town.run()
        assert paths(town) == ["subscribe", "track"]
        assert town.metrics.total("SubscriptionRefused", carrier="acme") == 1
        town.minutes(24 * 8, HOUR)
        assert paths(town).count("subscribe") == 3

    def test_an_account_that_may_ask_and_not_subscribe_asks(self) -> None:
        town = pushing()
        town.ship("A1")
        town.api.rule = lambda call: said() if call.url.endswith("/track") else Answer(403, {}, b"")
        town.run()
        assert paths(town) == ["subscribe", "track"]
        assert town.metrics.total("SubscriptionRefused") == 1
        assert not town.metrics.total("AskRefused")

    def test_it_takes_it_later(self) -> None:
        town = pushing()
        town.ship("A1")
        town.api.plan = [NO]
        town.run()
        town.minutes(30, HOUR)
        assert town.watch("A1").state == "subscribed"
        assert town.watch("A1").refusals == 0

    def test_a_source_that_is_down_is_told_later(self) -> None:
        town = pushing()
        town.ship("A1")
        town.api.plan = [TransientError("TimeoutError")]
        town.run()
        assert (town.watch("A1").state, town.watch("A1").failures) == ("new", 1)
        town.minutes(1, 5 * MINUTE)
        assert town.watch("A1").state == "subscribed"

    def test_killed_after_subscribing_it_subscribes_again_and_asks_once(self) -> None:
        town = pushing()
        town.ship("A1")
        honest, died = town.watches.save, []

        def save(watch: Any) -> None:
            if not died:
                died.append(1)
                raise KeyboardInterrupt
            honest(watch)

        town.watches.save = save  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            town.run()
        town.run(MINUTE)
        assert paths(town) == ["subscribe", "subscribe", "track"]

    def test_after_the_end_it_is_looked_at_once_and_never_renewed(self) -> None:
        town = pushing(keeps_history=True)
        town.ship("A1")
        town.run()
        push(town, "A1", "delivered", 60)
        town.minutes(24 * 20, HOUR)
        assert paths(town) == ["subscribe", "track"]
        assert town.watch("A1").why == "delivered"


class TestReviving:
    def quiet(self, days: int = 2, **subscriptions: Any) -> Town:
        town = pushing(keeps_history=True, lifetime=None, **subscriptions)
        town.ship("A1")
        town.run()
        del town.api.calls[:]
        town.minutes(days * 24, HOUR)
        return town

    def test_a_subscription_that_is_silent_for_days_is_resumed(self) -> None:
        town = self.quiet(5, revives=True)
        assert paths(town).count("revive/sub-1") == 2
        assert town.metrics.total("Revived", carrier="acme", outcome="done") == 2

    def test_where_it_cannot_be_resumed_the_parcel_is_asked_about(self) -> None:
        assert set(paths(self.quiet(5))) == {"track"}

    def test_one_that_is_gone_is_made_anew(self) -> None:
        town = pushing(keeps_history=True, lifetime=None, revives=True)
        town.ship("A1")
        town.run()
        del town.api.calls[:]
        town.api.rule = lambda call: Answer(404, {}, b"") if "revive" in call.url else api(call)
        town.minutes(4 * 24, HOUR)
        assert paths(town).count("subscribe") == 1
        assert town.metrics.total("Revived", outcome="gone") == 1

    def test_the_account_that_subscribed_speaks(self) -> None:
        town = pushing(
            account("one", push="p"), account("two", push="p"), keeps_history=True, lifetime=None, revives=True
        )
        town.ship("A1")
        town.run()
        held = town.watch("A1").model_copy(update={"account": "two", "version": 3})
        town.watches.save(held)
        spoken: list[str] = []
        honest = town.connector.subscriptions.revive
        town.connector.subscriptions.revive = lambda sub, account, token: (
            spoken.append(account.account),
            honest(sub, account, token),
        )[1]
        town.minutes(49, HOUR)
        assert set(spoken) == {"two"}


def lifecycle(town: Town, what: str = "subscription_lifecycle", **said: Any) -> None:
    """A webhook without parcels comes from the queue."""
    message = InboundMessage(
        kind="carriers", source="acme", account="main", brand="larkspur", received_at=town.clock.now
    )
    body = json.dumps({"what": what, **said}).encode()
    town.recorder.carrier_body(message, body, town.connector, town.clock.now)


class TestErrands:
    def test_a_handshake_is_answered_within_a_minute_though_the_brand_asks_nobody(self, town: Town) -> None:
        lifecycle(town, go="https://acme.example/yes")
        assert town.minutes(1)
        assert paths(town) == ["yes"]
        assert not town.errands.records
        assert not town.inbound.queue
        assert town.metrics.total("Errands", carrier="acme", outcome="done") == 1

    def test_a_thin_webhook_is_followed_and_what_is_there_recorded(self, town: Town) -> None:
        town.api.rule = said(A1=[("accepted", 1)])
        lifecycle(town, "thin", go="https://acme.example/parcels/7")
        town.run()
        ((message, _),) = town.inbound.queue
        assert (message.kind, message.source, message.account, message.number) == ("carriers", "acme", "main", "")
        town.record()
        assert town.parcel("A1").milestone is Milestone.ACCEPTED

    @pytest.mark.parametrize("status", [404, 410])
    def test_what_is_gone_is_nothing(self, town: Town, status: int) -> None:
        town.api.rule = Answer(status, {}, b"gone")
        lifecycle(town, "thin", go="https://acme.example/parcels/7")
        town.run()
        assert not town.inbound.queue
        assert not town.errands.records

    def test_the_same_webhook_again_is_the_same_errand(self, town: Town) -> None:
        for _ in range(3):
            lifecycle(town, go="https://acme.example/yes")
        town.run()
        assert paths(town) == ["yes"]

    @pytest.mark.parametrize("what", ["not_tracking", "no_result"])
    def test_other_bodies_without_parcels_ask_for_nothing(self, town: Town, what: str) -> None:
        lifecycle(town, what, go="https://acme.example/yes")
        assert not town.errands.records
        assert not town.quarantine.entries

    def test_a_source_that_runs_no_errands_has_none(self, town: Town) -> None:
        town.connector.client = None
        lifecycle(town, go="https://acme.example/yes")
        assert not town.errands.records

    def test_one_that_calls_for_nothing_is_forgotten(self, town: Town) -> None:
        lifecycle(town)
        town.run()
        assert paths(town) == []
        assert not town.errands.records
        assert town.metrics.total("Errands", outcome="nothing_to_do") == 1

    def test_an_address_of_somebody_else_is_not_called_and_the_body_is_kept_with_the_reason(self, town: Town) -> None:
        lifecycle(town, "thin", go="https://169.254.169.254/latest/meta-data")
        town.run()
        assert paths(town) == []
        ((entry, body),) = town.quarantine.entries.values()
        assert (entry.reason, entry.source, b"169.254" in body) == ("an address of somebody else", "acme", True)
        assert town.metrics.total("Errands", outcome="forbidden") == 1
        assert not town.errands.records

    def test_one_far_too_long_is_no_errand(self, town: Town) -> None:
        lifecycle(town, go="https://acme.example/" + "x" * MAX_ERRAND)
        assert not town.errands.records
        assert len(town.quarantine.entries) == 1

    @pytest.mark.parametrize("reply", [Answer(400, {}, b""), Answer(302, {}, b"")])
    def test_a_source_that_will_not_is_tried_again_and_then_given_up(self, town: Town, reply: Any) -> None:
        town.api.rule = reply
        lifecycle(town, go="https://acme.example/yes")
        tried = town.minutes(600)
        assert len(tried) == MOST_ATTEMPTS
        waits = [round((after - before) / MINUTE) for before, after in pairwise(tried)]
        assert waits == [1, 2, 4, 8, 16, 32, 60]
        assert town.metrics.total("Errands", outcome="given_up") == 1
        assert len(town.quarantine.entries) == 1

    def test_a_source_that_is_down_gets_its_errands_when_it_is_up(self, town: Town) -> None:
        town.api.rule = TransientError("TimeoutError")
        lifecycle(town, go="https://acme.example/yes")
        town.minutes(20)
        town.api.rule = OK
        town.minutes(60)
        assert not town.errands.records
        assert town.metrics.total("Errands", outcome="done") == 1

    def test_many_that_wait_for_a_source_that_is_shut_hold_up_no_other(self, town: Town) -> None:
        for number in range(ERRANDS + 50):
            lifecycle(town, go=f"https://acme.example/{number}")
        town.api.rule = Answer(401, {}, b"")
        town.run()
        assert len(town.api.calls) == 1
        town.run(MINUTE)
        other = InboundMessage(
            kind="carriers", source="broker", account="main", brand="larkspur", received_at=town.clock.now
        )
        body = json.dumps({"what": "subscription_lifecycle", "go": "https://acme.example/yes"}).encode()
        town.recorder.carrier_body(other, body, town.connector, town.clock.now)
        town.api.rule = OK
        town.run(MINUTE)
        assert paths(town)[1:] == ["yes"]
        town.run(HOUR)
        town.run(MINUTE)
        assert not town.errands.records, "and they are done when it is open"
        assert not town.quarantine.entries

    def test_those_of_one_brand_hold_up_no_other_brand(self) -> None:
        town = Town(None, account("one"), account("main", "fjordhus"))
        for number in range(ERRANDS + 50):
            lifecycle(town, go=f"https://acme.example/{number}")
        message = InboundMessage(
            kind="carriers", source="acme", account="main", brand="fjordhus", received_at=NOW + MINUTE
        )
        body = json.dumps({"what": "subscription_lifecycle", "go": "https://acme.example/yes"}).encode()
        town.recorder.carrier_body(message, body, town.connector, NOW)
        town.api.rule = OK
        town.run(MINUTE)
        assert "yes" in paths(town)

    def test_the_account_that_was_called_answers(self) -> None:
        town = Town(Acme(AcmeClient(oauth=True)), account("other"), account("main"))
        town.api.plan = [Answer(200, {}, b'{"access_token": "t", "expires_in": 60}')]
        lifecycle(town, go="https://acme.example/yes")
        town.run()
        assert paths(town) == ["token?main", "yes"]

    def test_another_of_the_brand_where_that_one_is_gone(self) -> None:
        town = Town(Acme(AcmeClient(oauth=True)), account("new"))
        town.api.plan = [Answer(200, {}, b'{"access_token": "t", "expires_in": 60}')]
        lifecycle(town, go="https://acme.example/yes")
        town.run()
        assert paths(town) == ["token?new", "yes"]

    def test_without_any_account_it_is_given_up_after_a_while(self) -> None:
        town = Town(None, account(brand="fjordhus"))
        lifecycle(town, go="https://acme.example/yes")
        town.minutes(600)
        ((entry, _),) = town.quarantine.entries.values()
        assert "no account" in entry.reason

    def test_an_errand_of_a_brand_that_is_gone_holds_up_nobody(self, town: Town) -> None:
        lifecycle(town, go="https://acme.example/yes")
        del town.brands.brands["larkspur"]
        assert town.run() == {}

    def test_killed_in_between_it_is_done_again(self, town: Town) -> None:
        town.api.rule = said(A1=[("accepted", 1)])
        lifecycle(town, "thin", go="https://acme.example/parcels/7")
        remove, town.errands.remove = town.errands.remove, lambda errand: 1 / 0  # type: ignore[assignment,method-assign]
        with pytest.raises(ZeroDivisionError):
            town.run()
        town.errands.remove = remove  # type: ignore[method-assign]
        town.run(MINUTE)
        assert town.record() == 2
        assert town.metrics.total("EventsRecorded") == 1


@pytest.fixture
def town() -> Town:
    """Nobody is to be asked about parcels here."""
    found = Town()
    for brand_id in list(found.brands.ids()):
        config = found.brands.get(brand_id)
        found.brands.brands[brand_id] = config.model_copy(update={"tracking": type(config.tracking)()})
    return found


class Shop:
    """A store whose webhooks only say which order changed."""

    class client:
        credentials = ("key",)
        calls_per_minute = 60

        @staticmethod
        def token(account: Account) -> Call | None:
            return None

        @staticmethod
        def errands(body: bytes, account: Account, token: str) -> list[tuple[str, Call]]:
            if b"stranger" in body:
                raise ForbiddenError("another shop")
            if b"odd" in body:
                raise UnreadableBodyError("no order id")
            return [(f"orders/{part}", Call(f"https://shop.example/{part}")) for part in ("order", "parcels")]

    def parse(self, topic: str, body: bytes) -> list[Any]:
        return []

    def classify(self, topic: str, body: bytes) -> BodyKind:
        return BodyKind.THIN


class TestStores:
    @pytest.fixture
    def shop_town(self, town: Town) -> Town:
        town.sources.lines["shop"] = ("", Shop())
        town.accounts.accounts = (("stores", "shop", account()),)
        return town

    def hear(self, town: Town, body: bytes = b"{}") -> None:
        message = InboundMessage(
            kind="stores", source="shop", account="main", brand="larkspur", topic="orders/changed", received_at=NOW
        )
        record_store_body(
            message,
            body,
            town.sources.connector("stores", "shop"),
            town.keeper,
            town.quarantine,
            town.metrics,
            town.errands,
            NOW,
        )

    def test_each_part_goes_on_the_queue_under_its_topic(self, shop_town: Town) -> None:
        shop_town.api.rule = lambda call: Answer(200, {}, call.url.encode())
        self.hear(shop_town)
        shop_town.run()
        assert [(m.kind, m.source, m.topic, body) for m, body in shop_town.inbound.queue] == [
            ("stores", "shop", "orders/order", b"https://shop.example/order"),
            ("stores", "shop", "orders/parcels", b"https://shop.example/parcels"),
        ]
        assert not shop_town.errands.records

    def test_an_answer_without_a_body_says_nothing(self, shop_town: Town) -> None:
        shop_town.api.rule = Answer(204, {}, b"")
        self.hear(shop_town)
        shop_town.run()
        assert not shop_town.inbound.queue
        assert not shop_town.errands.records

    def test_nothing_is_queued_before_all_of_it_is_there(self, shop_town: Town) -> None:
        shop_town.api.plan = [OK, Answer(500, {}, b"")]
        self.hear(shop_town)
        shop_town.run()
        assert not shop_town.inbound.queue
        assert len(shop_town.errands.records) == 1
        shop_town.api.rule = OK
        shop_town.run(MINUTE)
        assert len(shop_town.inbound.queue) == 2

    @pytest.mark.parametrize(("body", "outcome"), [(b"stranger", "forbidden"), (b"odd", "unreadable")])
    def test_one_about_another_shop_goes_nowhere(self, shop_town: Town, body: bytes, outcome: str) -> None:
        self.hear(shop_town, body)
        shop_town.run()
        assert shop_town.api.calls == []
        assert shop_town.metrics.total("Errands", outcome=outcome) == 1
        assert len(shop_town.quarantine.entries) == 1
