"""Carriers that must be asked: when, how often, in which company, and what comes of the answers."""

from typing import Any

import pytest

from porchlight.connectors import Answer, Call
from porchlight.domain.brands import TrackingPolicy
from porchlight.domain.ids import shipment_id
from porchlight.domain.milestones import Milestone
from porchlight.domain.packing import Packing
from porchlight.domain.shipments import MAX_EVENTS, Shipment
from porchlight.ports import InboundMessage
from porchlight.services.asking.desk import PAGE
from tests.unit.asking import DAY, HOUR, MINUTE, NOW, Acme, AcmeClient, Town, account, said


@pytest.fixture
def town() -> Town:
    return Town()


def in_batches(size: int, **more: Any) -> Town:
    return Town(Acme(AcmeClient(size)), **more)


class TestTheLifeOfAParcel:
    def test_it_is_asked_about_recorded_and_left_alone_after_its_end(self, town: Town) -> None:
        town.ship("A1")
        assert town.run() == {"done": 1, "idle": 1}
        assert town.api.asked() == [("A1",)]
        town.api.rule = said(A1=[("accepted", 1), ("out_for_delivery", 2)])
        assert town.minutes(1, 4 * HOUR)
        assert town.parcel("A1").milestone is Milestone.OUT_FOR_DELIVERY
        assert town.due_in("A1") == 30 * MINUTE
        town.api.rule = said(A1=[("accepted", 1), ("out_for_delivery", 2), ("delivered", 3)])
        assert town.minutes(1, 30 * MINUTE)
        assert town.parcel("A1").milestone is Milestone.DELIVERED
        assert town.due_in("A1") == 12 * HOUR
        town.minutes(1, 12 * HOUR)
        assert (town.watch("A1").state, town.watch("A1").why, town.watch("A1").due_at) == ("ended", "delivered", None)
        assert town.minutes(10, DAY) == []

    def test_nothing_is_asked_before_it_is_due(self, town: Town) -> None:
        town.ship("A1")
        assert len(town.minutes(240)) == 1, "a label is asked about after four hours again"
        assert len(town.minutes(1)) == 1

    def test_news_that_is_pushed_puts_asks_off_and_urgency_brings_them_forward(self, town: Town) -> None:
        town.ship("A1")
        town.minutes(1)
        town.clock.now += HOUR
        self.push(town, "accepted", 60)
        assert town.due_in("A1") == 2 * HOUR
        town.clock.now += HOUR
        self.push(town, "in_transit", 120)
        town.minutes(1, HOUR)
        assert len(town.api.calls) == 1, "the push was an hour ago"
        self.push(town, "out_for_delivery", 180)
        assert town.due_in("A1") == 30 * MINUTE
        town.minutes(1, 29 * MINUTE)
        assert len(town.api.calls) == 1
        town.minutes(1, MINUTE)
        assert len(town.api.calls) == 2

    @staticmethod
    def push(town: Town, milestone: str, minutes: int) -> None:
        message = InboundMessage(
            kind="carriers", source="acme", account="main", brand="larkspur", received_at=town.clock.now
        )
        body = said(A1=[(milestone, minutes)]).body
        town.recorder.carrier_body(message, body, town.connector, town.clock.now)

    def test_an_answer_that_was_never_recorded_is_queued_again(self, town: Town) -> None:
        town.ship("A1")
        town.api.rule = said(A1=[("delivered", 1)])
        town.run()
        town.inbound.queue.clear()  # it ended in the dead letter queue
        town.minutes(1, 12 * HOUR)
        assert town.parcel("A1").milestone is Milestone.DELIVERED
        town.minutes(1, 12 * HOUR)
        assert town.watch("A1").state == "ended"

    def test_a_parcel_without_news_for_long_is_given_up(self, town: Town) -> None:
        town.ship("A1")
        assert len(town.minutes(46 * 24, HOUR)) < 100
        assert (town.watch("A1").state, town.watch("A1").why) == ("ended", "expired")


class TestWhoIsAsked:
    def test_the_carriers_own_source_comes_before_an_aggregator(self) -> None:
        town = Town(policy=TrackingPolicy(ask=("broker", "acme")))
        town.ship("A1")
        town.ship("B1", carrier="regional")
        assert (town.watch("A1").source, town.watch("B1", carrier="regional").source) == ("acme", "broker")

    def test_an_aggregator_is_told_whose_parcel_it_is_and_its_answer_is_about_that_parcel(self) -> None:
        town = Town(policy=TrackingPolicy(ask=("broker",)))
        town.ship("B1", carrier="regional")
        town.api.rule = said(B1=[("accepted", 1)])
        town.minutes(1)
        assert town.api.asked() == [("regional:B1",)]
        assert town.parcel("B1", carrier="regional").milestone is Milestone.ACCEPTED
        assert len(town.shipments.records) == 1, "the broker calls the carrier acme, and it is the same parcel"

    def test_two_carriers_with_one_number_are_not_in_one_call(self) -> None:
        """Its answer is told apart by numbers alone: one would be recorded as the other."""
        town = Town(Acme(AcmeClient(batch=10)), policy=TrackingPolicy(ask=("broker",)))
        town.ship("B1", carrier="regional")
        town.ship("B1", carrier="local")
        town.api.rule = lambda call: said(B1=[("delivered" if call.numbers[0].startswith("local") else "accepted", 1)])
        town.minutes(2)
        assert town.api.asked() == [("regional:B1",), ("local:B1",)]
        assert town.parcel("B1", carrier="regional").milestone is Milestone.ACCEPTED
        assert town.parcel("B1", carrier="local").milestone is Milestone.DELIVERED

    def test_what_a_carrier_of_the_family_pushes_and_what_the_other_answers_is_one_fact(self) -> None:
        town = Town()
        town.connector.carrier = "dhl"
        town.sources.covers = lambda source, carrier: carrier == "dhl_express"  # type: ignore[method-assign]
        town.ship("D1", carrier="dhl_express")
        town.api.rule = said(D1=[("accepted", 1)])
        town.minutes(1)
        town.recorder.carrier_body(
            InboundMessage(kind="carriers", source="acme", account="main", brand="larkspur", received_at=NOW),
            said(D1=[("accepted", 1)]).body,
            town.connector,
            town.clock.now,
        )
        assert town.parcel("D1", carrier="dhl_express").event_count == 1
        assert town.metrics.total("EventsRecorded") == 1

    def test_nobody_where_the_brand_lists_nobody(self) -> None:
        town = Town(policy=TrackingPolicy())
        town.ship("A1")
        assert not town.shipments.watches
        assert town.run() == {}

    def test_nobody_for_a_carrier_that_no_source_covers(self, town: Town) -> None:
        town.ship("B1", carrier="regional")
        assert not town.shipments.watches

    def test_a_parcel_that_came_before_the_list_is_watched_with_its_next_news(self, town: Town) -> None:
        town.brands.brands["larkspur"] = town.brand().model_copy(update={"tracking": TrackingPolicy()})
        town.ship("A1")
        assert not town.shipments.watches
        town.brands.brands["larkspur"] = town.brand()
        TestTheLifeOfAParcel.push(town, "accepted", 1)
        assert town.due_in("A1") == 2 * HOUR

    def test_one_that_is_pushed_is_asked_about_when_an_order_has_it(self, town: Town) -> None:
        """Given a source that pushes parcels of others, or invents them, nobody asks about these."""
        message = InboundMessage(kind="carriers", source="acme", account="main", brand="larkspur", received_at=NOW)
        town.recorder.carrier_body(message, said(A1=[("accepted", 1)]).body, town.connector, NOW)
        assert not town.shipments.watches
        town.ship("A1")
        assert town.watch("A1").state == "new"

    def test_one_that_is_over_when_we_first_hear_of_it_is_not(self, town: Town) -> None:
        TestTheLifeOfAParcel.push(town, "delivered", 1)
        assert not town.shipments.watches

    def test_brands_do_not_ask_on_each_others_accounts(self) -> None:
        town = Town(None, account("one"), account("two", "fjordhus"))
        town.ship("A1")
        town.ship("A2", brand="fjordhus")
        assert town.run() == {"done": 2}
        assert [call.headers["account"] for call in town.api.calls] == ["one", "two"]
        assert {(message.brand, message.account) for message, _ in town.inbound.queue} == set()

    def test_a_brand_without_an_account_says_so_and_holds_nobody_up(self) -> None:
        town = Town(None, account("two", "fjordhus"))
        town.ship("A1")
        town.ship("A2", brand="fjordhus")
        assert town.run() == {"no_account": 1, "done": 1}
        assert town.metrics.total("AskRefused", carrier="acme", why="no_account") == 1
        assert town.watch("A1").due_at == NOW, "it waits for the account"

    def test_an_account_that_lacks_a_credential_is_none(self) -> None:
        town = Town(None, account(key=""))
        town.ship("A1")
        assert town.run() == {"no_account": 1, "idle": 1}


class TestOldParcels:
    def store_tells(self, town: Town, number: str, **about: Any) -> None:
        fresh = Shipment(
            brand="larkspur",
            shipment_id=shipment_id("larkspur", "acme", number),
            carrier="acme",
            tracking_number=number,
            order_id="ord_1",
            created_at=NOW,
            updated_at=NOW,
            version=1,
            **about,
        )
        town.shipments.save(fresh, due_at=None, watch=town.lookout.linked(town.brand(), fresh, None, NOW))

    def test_parcels_of_old_orders_are_asked_about_over_half_a_day(self, town: Town) -> None:
        for number in range(200):
            self.store_tells(town, f"A{number}", backfilled=True)
        town.ship("NEW")
        assert town.watch("NEW").due_at == NOW
        due = sorted((watch.due_at - NOW) / HOUR for watch in town.shipments.watches.values() if watch.due_at)
        assert due[0] == 0
        assert 10 < due[-1] < 12
        assert 5 < due[100] < 7

    def test_those_that_nobody_can_be_waiting_for_are_not(self, town: Town) -> None:
        self.store_tells(town, "OLD", shipped_at=NOW - 45 * DAY)
        self.store_tells(town, "A1", shipped_at=NOW - 44 * DAY)
        assert list(town.shipments.watches) == [("larkspur", shipment_id("larkspur", "acme", "A1"))]

    def test_one_that_the_store_took_back_is_not_looked_at_until_it_is_sent_after_all(self, town: Town) -> None:
        town.ship("A1")
        town.run()
        stored = town.parcel("A1")
        void = stored.model_copy(
            update={"packed": {"f": Packing(cancelled=True, as_of=NOW)}, "version": stored.version + 1}
        )
        town.shipments.save(void, due_at=None)
        town.run(5 * HOUR)
        assert (town.watch("A1").state, town.watch("A1").why) == ("ended", "taken_back")
        sent = void.model_copy(update={"packed": {}, "version": void.version + 1})
        again = town.lookout.linked(town.brand(), sent, town.watch("A1"), town.clock.now)
        assert again
        assert (again.state, again.due_at) == ("asking", town.clock.now + 4 * HOUR)
        assert town.lookout.linked(town.brand(), sent, again, town.clock.now) is None


class TestCompany:
    def test_as_many_go_into_one_call_as_it_takes(self) -> None:
        town = in_batches(30)
        town.ship(*(f"A{number}" for number in range(65)))
        town.run()
        assert sorted(len(numbers) for numbers in town.api.asked()) == [5, 30, 30]
        assert len({number for numbers in town.api.asked() for number in numbers}) == 65

    def test_room_is_filled_with_what_is_due_within_minutes(self) -> None:
        town = in_batches(3)
        town.ship("A1", "A2")
        town.clock.now += 4 * MINUTE
        town.ship("A3")
        town.clock.now += 4 * HOUR - 4 * MINUTE
        del town.api.calls[:]
        town.run()
        assert [len(numbers) for numbers in town.api.asked()] == [3]

    def test_but_not_with_what_is_due_later(self) -> None:
        town = in_batches(3)
        town.ship("A1", "A2")
        town.run()
        town.clock.now += 10 * MINUTE
        town.ship("A3")
        town.run()
        town.run(4 * HOUR - 10 * MINUTE)
        assert [len(numbers) for numbers in town.api.asked()] == [2, 1, 2]

    def test_those_on_the_van_come_first(self) -> None:
        town = in_batches(1)
        town.api.rule = lambda call: (
            said(**{call.numbers[0]: [("out_for_delivery", 1)]}) if call.numbers[0] == "A3" else said()
        )
        town.ship("A1", "A2", "A3")
        town.minutes(1)
        town.clock.now += 5 * HOUR
        del town.api.calls[:]
        town.run()
        assert town.api.asked() == [("A3",), ("A1",), ("A2",)]

    def test_and_before_whatever_else_waits(self) -> None:
        town = Town(Acme(AcmeClient(1, calls_per_minute=6)))
        town.api.plan = [said(VAN=[("out_for_delivery", 1)])]
        town.ship("VAN")
        town.minutes(1)
        town.ship(*(f"A{number}" for number in range(PAGE + 50)))
        while town.clock.now < NOW + 32 * MINUTE:
            town.minutes(1)
        assert town.api.asked().count(("VAN",)) == 2
        assert len(town.api.asked()) < PAGE, "hundreds were due before it"

    def test_more_than_a_page_is_worked_off_in_one_run(self) -> None:
        town = in_batches(100)
        town.ship(*(f"A{number}" for number in range(700)))
        town.run()
        assert len({number for numbers in town.api.asked() for number in numbers}) == 700

    def test_a_number_that_spoils_the_answers_of_others_is_alone_in_the_end(self) -> None:
        def api(call: Call) -> Answer:
            spoilt = "BAD" in call.numbers
            return Answer(500, {}, b"") if spoilt else said(**{n: [("accepted", 1)] for n in call.numbers})

        town = in_batches(8)
        town.api.rule = api
        good = [f"A{number}" for number in range(7)]
        town.ship("BAD", *good)
        town.minutes(1)
        assert not town.inbound.queue
        assert town.due_in("A1") == 5 * MINUTE
        town.minutes(60)
        sizes = [len(numbers) for numbers in town.api.asked() if "BAD" in numbers]
        assert sizes == [8, 4, 2, 1]
        assert {town.parcel(number).milestone for number in good} == {Milestone.ACCEPTED}
        assert not town.parcel("BAD").event_count

    def test_two_parcels_under_one_number_are_asked_about_one_after_the_other(self) -> None:
        town = in_batches(10, policy=TrackingPolicy(ask=("acme",)))
        town.ship("A1")
        again = town.parcel("A1").model_copy(
            update={"shipment_id": shipment_id("larkspur", "acme", "A1", 2), "version": 1}
        )
        watch = town.watch("A1").model_copy(update={"shipment_id": again.shipment_id})
        town.shipments.save(again, due_at=None, watch=watch)
        town.run()
        assert town.api.asked() == [("A1",)]
        town.run(MINUTE)
        assert town.api.asked() == [("A1",), ("A1",)]


class TestAnswers:
    def test_an_answer_is_queued_under_its_brand_account_and_what_was_asked(self, town: Town) -> None:
        town.ship("a 1")
        town.api.rule = said(A1=[("accepted", 1)])
        town.run()
        ((message, body),) = town.inbound.queue
        assert body == said(A1=[("accepted", 1)]).body
        assert (message.kind, message.source, message.account, message.brand) == (
            "carriers",
            "acme",
            "main",
            "larkspur",
        )
        assert (message.number, dict(message.carriers), message.received_at) == ("A1", {"A1": "acme"}, NOW)

    def test_one_that_does_not_repeat_the_number_is_about_the_one_that_was_asked(self, town: Town) -> None:
        town.ship("A1")
        town.api.rule = said(**{"": [("accepted", 1)]})
        town.minutes(1)
        assert town.parcel("A1").milestone is Milestone.ACCEPTED

    def test_one_that_prints_another_number_is_about_the_one_that_was_asked(self, town: Town) -> None:
        """Given a carrier that prints a number in another form than the shop was given (Royal Mail's two barcodes)."""
        town.ship("A1")
        town.api.rule = said(B7=[("accepted", 1)])
        town.minutes(1)
        assert town.parcel("A1").milestone is Milestone.ACCEPTED
        assert len(town.shipments.records) == 1

    def test_one_without_news_costs_no_message(self, town: Town) -> None:
        town.ship("A1")
        town.api.rule = said(A1=[("accepted", 1)])
        town.minutes(1)
        queued = []
        for _ in range(5):
            town.run(12 * HOUR)
            queued.append(town.record())
        assert queued == [0] * 5
        assert (town.metrics.total("Asked", outcome="news"), town.metrics.total("Asked", outcome="nothing_new")) == (
            1,
            5,
        )

    def test_what_it_tells_of_last_years_parcel_under_the_number_is_nothing(self, town: Town) -> None:
        town.ship("A1")
        town.api.rule = said(A1=[("delivered", -366 * 24 * 60)])
        town.run()
        assert not town.inbound.queue
        assert (town.watch("A1").state, town.due_in("A1")) == ("asking", 4 * HOUR)
        town.api.rule = said(A1=[("delivered", -366 * 24 * 60), ("accepted", 1)])
        queued = 0
        for _ in range(3):
            town.run(4 * HOUR)
            queued += town.record()
        assert queued == 1, "and what is known costs no message"
        assert town.parcel("A1").milestone is Milestone.ACCEPTED

    def test_an_answer_with_more_events_than_a_parcel_can_have_is_kept_once(self, town: Town) -> None:
        town.ship("A1")
        town.api.rule = said(A1=[("in_transit", minute) for minute in range(MAX_EVENTS + 1)])
        for _ in range(5):
            town.run(4 * HOUR)
            town.record()
        assert len(town.quarantine.entries) == 1

    def test_a_new_estimate_is_news(self, town: Town) -> None:
        town.ship("A1")
        town.api.plan = [Answer(200, {}, b'{"parcels": {"A1": [["accepted", 1]]}, "day": "2026-03-06"}')]
        town.api.rule = Answer(200, {}, b'{"parcels": {"A1": [["accepted", 1]]}, "day": "2026-03-07"}')
        town.minutes(2, 12 * HOUR)
        assert town.parcel("A1").estimate
        assert str(town.parcel("A1").estimate.day) == "2026-03-07"  # type: ignore[union-attr]

    @pytest.mark.parametrize("answer", [said(), said(A1=[]), Answer(404, {}, b"<html>"), Answer(410, {}, b"")])
    def test_a_number_that_is_unknown_there_is_no_trouble(self, town: Town, answer: Answer) -> None:
        town.ship("A1")
        town.api.rule = answer
        for _ in range(8):
            town.minutes(1, 12 * HOUR)
        assert not town.inbound.queue
        assert town.metrics.total("Asked", outcome="unknown_there") == 8
        assert not town.metrics.total("AskFailed")

    def test_a_number_that_is_rejected_rests(self, town: Town) -> None:
        town.ship("A1")
        town.api.rule = Answer(400, {}, b"")
        town.run()
        assert town.due_in("A1") == 5 * MINUTE
        assert town.metrics.total("AskFailed", carrier="acme", outcome="rejected") == 1

    def test_a_redirect_is_followed_nowhere(self, town: Town) -> None:
        town.ship("A1")
        town.api.rule = Answer(302, {"location": "https://elsewhere.example/"}, b"")
        town.run()
        assert len(town.api.calls) == 1
        assert town.metrics.total("AskFailed", outcome="rejected") == 1

    def test_of_many_unreadable_answers_one_is_quarantined(self) -> None:
        town = in_batches(1)
        town.api.rule = Answer(200, {}, b"<h1>We are down for maintenance</h1>")
        town.ship(*(f"A{number}" for number in range(20)))
        town.run()
        assert town.record() == 1
        assert len(town.quarantine.entries) == 1
        assert len(town.api.calls) == 5, "then the line is shut"
        assert town.metrics.total("AskFailed", outcome="unreadable") == 5

    def test_of_two_reports_about_one_number_neither_is_lost(self, town: Town) -> None:
        class Twice(Acme):
            def parse(self, body: bytes) -> list[Any]:
                return [
                    one for report in super().parse(body) for one in (report.model_copy(update={"events": ()}), report)
                ]

        town.connector.parse = Twice().parse
        town.ship("A1")
        town.api.plan = [said(A1=[("accepted", 1)])]
        town.api.rule = said(A1=[("accepted", 1), ("delivered", 2)])
        town.minutes(2, 4 * HOUR)
        assert town.parcel("A1").milestone is Milestone.DELIVERED


class TestChangedLists:
    def test_a_source_that_is_not_listed_any_more_is_not_asked_and_another_takes_over_within_the_hour(self) -> None:
        town = Town(policy=TrackingPolicy(ask=("broker",)))
        town.ship("A1")
        town.run()
        town.ship("A2")
        town.brands.brands["larkspur"] = town.brand().model_copy(update={"tracking": TrackingPolicy(ask=("acme",))})
        town.minutes(5 * 60 + 17)
        assert town.api.asked()[0] == ("acme:A1",)
        assert sorted(town.api.asked()[1:3]) == [("A1",), ("A2",)]
        assert {town.watch(number).source for number in ("A1", "A2")} == {"acme"}

    def test_however_many_they_are(self) -> None:
        town = Town(policy=TrackingPolicy(ask=("broker",)))
        numbers = [f"A{number}" for number in range(2 * PAGE + 50)]
        town.ship(*numbers)
        town.brands.brands["larkspur"] = town.brand().model_copy(update={"tracking": TrackingPolicy(ask=("acme",))})
        town.run(17 * MINUTE)
        assert {town.watch(number).source for number in numbers} == {"acme"}

    def test_where_nobody_may_be_asked_any_more_nobody_looks(self, town: Town) -> None:
        town.ship("A1")
        town.brands.brands["larkspur"] = town.brand().model_copy(update={"tracking": TrackingPolicy()})
        assert town.minutes(60) == []
        assert (town.watch("A1").state, town.watch("A1").why) == ("ended", "not_asked")
