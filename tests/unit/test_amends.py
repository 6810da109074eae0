"""What a remedy is about: which lines, and how much money; where it is asked for again, or by several at once."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from porchlight.domain.cases import Audience, CaseState
from porchlight.domain.milestones import Milestone
from porchlight.domain.money import Money
from porchlight.domain.orders import Destination, OrderLine
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.domain.remedies import Remedy
from porchlight.domain.returns import Decision, Outcome
from porchlight.domain.rma.names import SettlementKind
from porchlight.errors import PermanentProviderError, TransientError
from tests.unit.late import DAY, LATE, NOW, ORDER, World, with_playbooks
from tests.unit.stories import usd, wanted

EBOOK = OrderLine(line_id="ebook", title="E-book", quantity=1, unit_price=usd(3_000), ships=False)
BOOK = OrderLine(line_id="book", title="Book", quantity=2, unit_price=usd(3_500))
LOST = {"step": "presume_lost", "then": "refund"}


def test_a_refused_credit_that_a_person_asks_for_again_is_the_same_money() -> None:
    # Given an apology credit that the brand's system refuses
    made = World(with_playbooks(stalled=[{"step": "credit", "currency": "USD", "amount_minor": 500}]))
    made.declare()
    made.remedies.fails = [PermanentProviderError("no")]
    made.next(LATE)
    assert made.carry_out(LATE) == "refused"
    made.next(LATE)
    # When a person says to try again
    case = made.answer(Remedy.CREDIT, LATE + DAY, "person:key")
    assert made.next(LATE + DAY, case.case_id)["remedy"] == "credit"
    assert made.carry_out(LATE + DAY) == "done"
    # Then it is asked for with its money
    assert [task.amount for task in made.remedies.of(Remedy.CREDIT)] == [usd(500)]


def test_what_never_ships_is_not_paid_back_with_a_lost_parcel() -> None:
    # Given a parcel with all that ships of an order: books for 70, an e-book for 30, and 5 for shipping
    made = World(with_playbooks(stalled=[LOST]), of={"lines": (EBOOK, BOOK), "total": usd(10_500)})
    made.declare()
    made.next(LATE)
    made.carry_out(LATE)
    # Then its refund is for the books and their shipping
    (task,) = made.remedies.of(Remedy.REFUND)
    assert (task.amount, task.lines) == (usd(7_500), {"book": 2})


@pytest.mark.parametrize("fulfilled", [False, True])
def test_an_order_that_never_left_is_paid_back_without_its_downloads(*, fulfilled: bool) -> None:
    # Given the same order, not shipped; some stores call the download fulfilled at once
    of = {"lines": (EBOOK, BOOK), "total": usd(10_500), "destination": Destination(country="US")}
    made = World(of={"ship_by": (NOW + 4 * DAY).date(), **of})
    made.orders.parcels.clear()
    if fulfilled:
        packing = Packing(lines=(ParcelLine(line_id="ebook", quantity=1),), as_of=NOW)
        made.orders.put_untracked("larkspur", ORDER, "ful_1", packing)
    made.shipment_id, made.order_id = "", ORDER
    made.delay_id = made.order_watch.assess_and_declare("larkspur", ORDER, LATE)["delay_id"]
    # When the shopper cancels it
    made.next(LATE)
    case = made.answer(Remedy.CANCEL, LATE)
    assert made.next(LATE, case.case_id)["remedy"] == "cancel"
    made.carry_out(LATE)
    # Then the books and their shipping are paid back
    (task,) = made.remedies.of(Remedy.CANCEL)
    assert (task.amount, task.lines) == (usd(7_500), {"book": 2})


def test_two_parcels_paid_back_at_one_moment_never_get_more_than_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given two lost parcels of an order for 240, of which 140 were paid back before: a shirt for 100 in each
    made = World(with_playbooks(stalled=[LOST]), of={"refunds": {"re_1": usd(14_000)}})
    made.orders.put_refund("larkspur", ORDER, "re_1", usd(14_000))
    shirt = {"f1": Packing(lines=(ParcelLine(line_id="shirt", quantity=1),), as_of=NOW)}
    one = made.shipment.model_copy(update={"packed": shirt, "version": made.shipment.version + 1})
    made.shipments.save(one, due_at=None)
    two = one.model_copy(update={"shipment_id": "shp_2", "tracking_number": "1Z2", "version": 1})
    made.shipments.save(two, due_at=None, link=True)
    delays = [made.watch.assess_and_declare("larkspur", name, LATE)["delay_id"] for name in ("shp_1", "shp_2")]
    which = [("larkspur", name, "", delay) for name, delay in zip(("shp_1", "shp_2"), delays, strict=True)]
    for each in which:
        assert made.playbooks.next(*each, LATE)["remedy"] == "refund"
    # When the second is carried out between what the first has read and what it writes
    save = made.shipments.save

    def at_that_moment(*arguments: Any, **named: Any) -> None:
        monkeypatch.setattr(made.shipments, "save", save)
        assert made.amends.carry_out(*which[1], LATE) == "refused"
        save(*arguments, **named)

    monkeypatch.setattr(made.shipments, "save", at_that_moment)
    assert made.amends.carry_out(*which[0], LATE) == "done"
    # Then only the first was paid back, and a person is asked about the second
    assert [task.amount for task in made.remedies.of(Remedy.REFUND)] == [usd(10_000)]
    todo = made.playbooks.next(*which[1], LATE)
    assert made.cases.records["larkspur", todo["case_id"]].facts["why"] == "more_than_left"
    # And whoever tries again asks for what is left
    made.answers.answer("larkspur", todo["case_id"], Remedy.REFUND, "person:key", LATE)
    assert made.playbooks.next(*which[1], LATE, todo["case_id"])["remedy"] == "refund"
    assert made.amends.carry_out(*which[1], LATE) == "done"
    assert [task.amount for task in made.remedies.of(Remedy.REFUND)] == [usd(10_000)]


def test_a_return_and_a_lost_parcel_never_get_more_together_than_was_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given an order of which 100.00 are left, a lost parcel with a shirt for 100.00 and a return of the other one,
    when both are paid back at one moment, then one of them is, and people are asked about the other.
    """
    made = World(with_playbooks(stalled=[LOST]), of={"refunds": {"re_1": usd(14_000)}})
    made.orders.put_refund("larkspur", ORDER, "re_1", usd(14_000))
    shirt = {"f1": Packing(lines=(ParcelLine(line_id="shirt", quantity=1),), as_of=NOW)}
    made.shipments.save(
        made.shipment.model_copy(update={"packed": shirt, "version": made.shipment.version + 1}), due_at=None
    )
    approved = Decision(outcome=Outcome.APPROVE, rule="r", policy_version="1", decided_at=NOW)
    update = {"order_id": ORDER, "scanned_at": NOW, "refund_amount": usd(9_500)}
    made.returns.create(wanted().model_copy(update=update))  # not approved yet: the delay's refund does not see it
    made.declare()
    made.next(LATE)
    save = made.shipments.save

    def at_that_moment(*arguments: Any, **named: Any) -> None:
        monkeypatch.setattr(made.shipments, "save", save)
        request = made.returns.records["larkspur", "rma_1"]
        made.returns.update(request.model_copy(update={"decisions": (approved,), "version": 1}))
        assert made.amends.settler.settle("larkspur", "rma_1", SettlementKind.REFUND, LATE) == "review"
        save(*arguments, **named)

    monkeypatch.setattr(made.shipments, "save", at_that_moment)
    assert made.carry_out(LATE) == "done"
    assert [task.amount for task in made.remedies.of(Remedy.REFUND)] == [usd(10_000)]
    assert made.refunds.done == {}


def test_money_that_was_promised_to_a_parcel_that_arrives_at_that_moment_is_free_again() -> None:
    # Given a lost parcel that is scanned between what was read and the intent
    made = World(with_playbooks(stalled=[LOST]))
    made.declare()
    made.next(LATE)
    save = made.ledgers.save

    def at_that_moment(*arguments: Any) -> None:
        made.ledgers.save = save  # type: ignore[method-assign]
        save(*arguments)
        made.news(Milestone.DELIVERED, LATE)

    made.ledgers.save = at_that_moment  # type: ignore[method-assign]
    # When it is carried out, then nothing was asked for, and the promise does not count
    assert made.carry_out(LATE) in ("dropped", "superseded")
    assert made.remedies.calls == 0
    assert [one.counts for one in made.ledgers.records["larkspur", ORDER].entries.values()] == [False]


def test_an_order_that_the_store_cancels_before_the_intent_is_paid_back_by_the_store_alone() -> None:
    # Given a refund that was chosen, and an order that the store cancels before it is carried out
    made = World(with_playbooks(stalled=[LOST]))
    made.declare()
    assert made.next(LATE)["remedy"] == "refund"
    made.orders.save(made.order.model_copy(update={"cancelled_at": LATE, "version": made.order.version + 1}))
    # Then nothing is asked for, and the delay ends
    assert made.carry_out(LATE) == "dropped"
    assert made.next(LATE)["outcome"] == "resolved"
    assert made.remedies.calls == 0


def cancelled_and_refused() -> World:
    """An order that was not shipped, whose shopper cancels it: the brand's system cancels it, and refuses to pay."""
    made = World(of={"ship_by": (NOW + 4 * DAY).date(), "destination": Destination(country="US")})
    made.orders.parcels.clear()
    made.shipment_id, made.order_id = "", ORDER
    made.delay_id = made.order_watch.assess_and_declare("larkspur", ORDER, LATE)["delay_id"]
    made.next(LATE)
    case = made.answer(Remedy.CANCEL, LATE)
    assert made.next(LATE, case.case_id)["remedy"] == "cancel"
    made.remedies.fails = [PermanentProviderError("no")]
    assert made.carry_out(LATE) == "refused"
    return made


@pytest.mark.parametrize("again", [True, False])
def test_a_cancelled_order_whose_money_was_refused_goes_before_a_person(*, again: bool) -> None:
    made = cancelled_and_refused()
    # When the store says that the order is cancelled
    made.orders.save(made.order.model_copy(update={"cancelled_at": LATE, "version": made.order.version + 1}))
    # Then a person is still asked about the money
    for _ in range(2):
        todo = made.next(LATE + DAY)
        assert (todo["do"], made.open_case.audience) == ("case", Audience.CX)
    # When they try again it is paid back, and when they leave it, it is over
    made.answer(Remedy.CANCEL if again else Remedy.KEEP_WAITING, LATE + DAY, "person:key")
    for _ in range(2):
        todo = made.next(LATE + DAY, todo["case_id"])
        assert (todo["do"], todo["outcome"]) == (("remedy", "") if again else ("end", "resolved"))
    if again:
        assert made.carry_out(LATE + DAY) == "done"
        assert [task.amount for task in made.remedies.of(Remedy.CANCEL)] == [usd(24_000)]
        assert made.next(LATE + DAY)["outcome"] == "resolved"
    assert made.told().count("delay_option") == 1


def test_a_cancelled_order_that_has_left_all_the_same_is_asked_about_no_more() -> None:
    # Given money that was refused, and an order that the store has cancelled meanwhile
    made = cancelled_and_refused()
    made.orders.save(made.order.model_copy(update={"cancelled_at": LATE, "version": made.order.version + 1}))
    todo = made.next(LATE)
    assert todo["do"] == "case"
    # When all of it leaves nevertheless, and nobody answers
    made.orders.parcels["larkspur", ORDER] = ["shp_1"]
    ended = made.next(LATE + 3 * DAY, todo["case_id"])
    # Then there is nothing to be paid back for: nobody is asked again and again
    assert (ended["do"], ended["outcome"]) == ("end", "resolved")
    assert [case.state for case in made.cases.records.values() if case.state is CaseState.OPEN] == []
    assert made.carry_out(LATE + 3 * DAY) == "dropped"
    assert made.remedies.done == {}


@pytest.mark.parametrize("refused", [True, False])
def test_what_arrives_while_a_refund_is_asked_for_is_a_conflict_only_if_it_was_paid(*, refused: bool) -> None:
    # Given a refund that the brand's system was asked for, and did not answer
    made = World(with_playbooks(stalled=[LOST]))
    made.declare()
    made.next(LATE)
    made.remedies.fails = [TransientError("later")]
    with pytest.raises(TransientError):
        made.carry_out(LATE)
    # When the parcel is delivered meanwhile: the money may be gone
    made.news(Milestone.DELIVERED, LATE + DAY)
    assert made.delay.conflict_at == LATE + DAY
    # Then it is a conflict where it was paid; where it was refused for good the parcel has arrived, and that is all
    if refused:
        made.remedies.fails = [PermanentProviderError("no")]
    assert made.carry_out(LATE + 2 * DAY) == ("refused" if refused else "done")
    assert made.next(LATE + 2 * DAY)["outcome"] == "resolved"
    assert made.delay.conflict_at == (None if refused else LATE + DAY)
    assert bool(made.remedies.done) is not refused


def test_a_refused_cancellation_is_tried_again_and_its_shopper_is_not_asked_anew() -> None:
    made = cancelled_and_refused()
    todo = made.next(LATE)
    # When nobody says anything
    assert made.next(LATE + 3 * DAY, todo["case_id"])["remedy"] == "cancel"
    assert made.carry_out(LATE + 3 * DAY) == "done"
    # Then the shopper was asked once, and has the money
    assert made.told().count("delay_option") == 1
    assert [task.amount for task in made.remedies.of(Remedy.CANCEL)] == [usd(24_000)]


def test_money_that_was_refused_is_tried_again_where_nobody_says_otherwise_and_a_parcel_is_not() -> None:
    for then in ("refund", "resend"):
        # Given a remedy that the brand's system refuses for good
        made = World(with_playbooks(stalled=[{"step": "presume_lost", "then": then}]))
        made.declare()
        made.next(LATE)
        made.remedies.fails = [PermanentProviderError("not today")]
        assert made.carry_out(LATE) == "refused"
        todo = made.next(LATE)
        assert (todo["do"], made.open_case.default) == ("case", "refund" if then == "refund" else "keep_waiting")
        # When nobody answers within three days, then what can be known to be open is tried again
        tried = made.next(LATE + 3 * DAY, todo["case_id"])["do"] == "remedy"
        assert tried is (then == "refund")
        if then == "refund":
            assert made.carry_out(LATE + 3 * DAY) == "done"
            assert made.remedies.of(Remedy.REFUND)


def test_where_the_store_paid_back_in_another_currency_a_person_says_what_is_left() -> None:
    # Given an order in dollars of which something was paid back in Canadian ones
    made = World(with_playbooks(stalled=[LOST]), of={"refunds": {"re_1": Money(amount=30_000, currency="CAD")}})
    made.declare()
    assert made.next(LATE)["remedy"] == "refund"
    # Then nothing is asked of the brand's system, and a person is
    assert made.carry_out(LATE) == "refused"
    assert made.next(LATE)["do"] == "case"
    assert made.open_case.facts["why"] == "other_currency"
    assert made.metrics.total("RemediesRefused", remedy="refund") == 1
    assert made.remedies.calls == 0


def test_the_last_parcel_of_an_order_that_never_came_brings_its_shipping_back() -> None:
    # Given an order for 240 and 10 for shipping, in two parcels that are both lost
    made = World(with_playbooks(stalled=[LOST]), of={"total": usd(25_000)})
    held = {"shp_1": ("shirt", 2), "shp_2": ("hat", 1)}
    packed = {
        name: {name: Packing(lines=(ParcelLine(line_id=line, quantity=count),), as_of=NOW)}
        for name, (line, count) in held.items()
    }
    one = made.shipment.model_copy(update={"packed": packed["shp_1"], "version": made.shipment.version + 1})
    made.shipments.save(one, due_at=None)
    update = {"shipment_id": "shp_2", "tracking_number": "1Z2", "version": 1, "packed": packed["shp_2"]}
    made.shipments.save(one.model_copy(update=update), due_at=None, link=True)
    # When one after the other is paid back
    for name in held:
        delay = made.watch.assess_and_declare("larkspur", name, LATE)["delay_id"]
        made.playbooks.next("larkspur", name, "", delay, LATE)
        for _ in range(2):
            made.amends.carry_out("larkspur", name, "", delay, LATE)
    # Then all that was paid is back
    assert [task.amount for task in made.remedies.of(Remedy.REFUND)] == [usd(20_000), usd(5_000)]


AT_ONCE = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 2)), max_size=8)
"""Which parcel's refund is carried out, before which of its writes another one's is, and whose."""


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 24_000), AT_ONCE)
def test_whichever_parcels_are_paid_back_at_once_it_is_all_that_is_left_and_no_more(
    prior: int, story: list[tuple[int, int, int]]
) -> None:
    # Given three lost parcels of an order, of which something was paid back before
    made = World(with_playbooks(stalled=[LOST]), of={"refunds": {"re_1": usd(prior)}})
    made.orders.put_refund("larkspur", ORDER, "re_1", usd(prior))
    first, which = made.shipment, []
    for number, line in enumerate(("shirt", "shirt", "hat"), 1):
        name = f"shp_{number}"
        packed = {name: Packing(lines=(ParcelLine(line_id=line, quantity=1),), as_of=NOW)}
        version = first.version + 1 if number == 1 else 1
        update = {"shipment_id": name, "tracking_number": name, "packed": packed, "version": version}
        made.shipments.save(first.model_copy(update=update), due_at=None, link=True)
        which.append(("larkspur", name, "", made.watch.assess_and_declare("larkspur", name, LATE)["delay_id"]))
        made.playbooks.next(*which[-1], LATE)
    save = made.shipments.save
    # When they are carried out in any order, one in the middle of the other
    for one, writes, other in story:
        before = iter(range(writes))

        def saved(*given: Any, before: Iterator[int] = before, other: int = other, **named: Any) -> None:
            if next(before, None) is None:
                made.shipments.save = save  # type: ignore[method-assign]
                made.amends.carry_out(*which[other], LATE)
            save(*given, **named)

        made.shipments.save = saved  # type: ignore[method-assign]
        made.amends.carry_out(*which[one], LATE)
        made.shipments.save = save  # type: ignore[method-assign]
    # And a person tries again where it was refused
    for each in which * 2:
        todo = made.playbooks.next(*each, LATE)
        if todo["do"] == "case":
            made.answers.answer("larkspur", todo["case_id"], Remedy.REFUND, "person:key", LATE)
            made.playbooks.next(*each, LATE, todo["case_id"])
        made.amends.carry_out(*each, LATE)
    # Then the shopper has all of it back, and not a cent more
    asked = [task.amount.amount for task in made.remedies.done.values() if task.amount]
    assert prior + sum(asked) == 24_000
