"""Playbooks step by step: waits, questions, remedies; whoever answers, and whatever is asked twice."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from porchlight.domain.cases import Audience, Case, CaseState
from porchlight.domain.delays import DelayChange, DelayKind
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import Destination
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.domain.promises import ShipDaySaid, said_with
from porchlight.domain.remedies import Remedy
from porchlight.domain.returns import Decision, Outcome, ReturnState
from porchlight.domain.rma.names import Resolution, SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError, PermanentProviderError, TransientError
from porchlight.services.cases import open_cases
from tests.fakes import FakeBrands
from tests.unit.late import DAY, LATE, NOW, ORDER, SECOND, World, with_playbooks
from tests.unit.stories import parcel, usd, wanted

WAIT = {"step": "wait", "days": 3}
ASK = {"step": "ask_shopper", "days": 4}
CASE = {"step": "open_case", "days": 2, "options": ["keep_waiting", "resend", "refund"], "default": "refund"}
CREDIT = {"step": "credit", "currency": "USD", "amount_minor": 500, "tiers": {"elite": 2000, "none": 0}}


def world(*steps: dict[str, Any], **more: Any) -> World:
    """A stalled parcel under this playbook, declared."""
    made = World(with_playbooks(stalled=list(steps)), **more)
    made.declare()
    return made


# ------------------------------------------------------------------------------------------------------------- waiting
def test_a_wait_lasts_its_days_and_is_the_same_however_often_it_is_asked_for() -> None:
    # Given a playbook that waits three days, asked for again and again
    made = world(WAIT, ASK)
    first = made.next(LATE)
    assert (first["do"], first["seconds"], first["seen"]) == ("wait", 3 * 86_400, 1)
    again = made.next(LATE + DAY)
    # Then the deadline stays where it was, and the step was recorded once
    assert (again["do"], again["seconds"]) == ("wait", 2 * 86_400)
    assert made.steps() == ["wait"]
    # When it is over, the next step begins
    assert made.next(LATE + 3 * DAY - SECOND)["seconds"] == 1
    assert made.next(LATE + 3 * DAY)["do"] == "case"
    assert made.steps() == ["wait", "wait_passed_over", "ask_shopper"]


def test_news_that_mends_the_delay_ends_the_playbook() -> None:
    made = world(WAIT)
    made.next(LATE)
    made.news(Milestone.OUT_FOR_DELIVERY, LATE + DAY)
    assert made.next(LATE + DAY)["outcome"] == "recovered"
    assert made.told().count("delay_recovered") == 1
    assert made.metrics.total("DelaysClosed", outcome="recovered") == 1


def test_a_delivery_ends_it_without_a_word_about_the_delay() -> None:
    made = world(WAIT)
    made.next(LATE)
    made.news(Milestone.DELIVERED, LATE + DAY)
    assert made.next(LATE + DAY)["outcome"] == "resolved"
    assert "delay_recovered" not in made.told()
    assert ("larkspur", "shp_1") not in made.shipments.due_at


def test_a_playbook_that_is_over_leaves_the_delay_open() -> None:
    made = world(WAIT)
    made.next(LATE)
    for _ in range(2):
        end = made.next(LATE + 3 * DAY)
        assert (end["do"], end["outcome"]) == ("end", "unresolved")
    assert made.delay.is_open
    assert made.steps().count("playbook_over") == 1
    # When the parcel is silent beyond the loss horizon, it is presumed lost, and that has a playbook of its own
    made.sweep(NOW + 14 * DAY)
    assert made.delay.kind is DelayKind.PRESUMED_LOST
    assert made.delay.is_unattended(NOW + 14 * DAY)
    # Then whoever goes on with it begins that one, and is told that it was taken up
    assert made.next(NOW + 14 * DAY)["remedy"] == "claim"
    assert not made.delay.is_unattended(NOW + 15 * DAY)


def test_a_playbook_without_steps_does_nothing_and_is_not_ours() -> None:
    made = world()
    for now in (LATE, LATE + 30 * DAY):
        end = made.next(now)
        assert (end["do"], end["outcome"]) == ("end", "unresolved")
    assert made.delay.is_open
    assert not made.cases.records
    assert made.remedies.calls == 0


def test_another_delay_than_the_workflows_own_is_left_alone() -> None:
    made = world(WAIT)
    made.delay_id = "dly_other"
    assert made.next(LATE)["outcome"] == "superseded"
    assert made.carry_out(LATE) == "superseded"
    assert made.steps() == []


def test_nobody_is_asked_about_an_order_that_was_cancelled() -> None:
    made = world(ASK)
    made.next(LATE)
    made.orders.save(made.order.model_copy(update={"cancelled_at": LATE, "version": 2}))
    assert made.next(LATE + DAY, made.open_case.case_id)["outcome"] == "resolved"
    assert [case.state for case in made.cases.records.values()] == [CaseState.MOOT]


def test_kinds_without_a_playbook_wait_as_long_as_the_brand_says() -> None:
    made = World()
    made.declare()
    made.shipments.records["larkspur", "shp_1"] = made.shipment.model_copy(
        update={"delay": made.delay.model_copy(update={"kind": DelayKind.PROMISE_MISSED})}
    )
    assert made.next(LATE)["seconds"] == made.brand.delays.wait_for_news_days * 86_400


# ----------------------------------------------------------------------------------------------------------- questions
def test_a_question_is_put_once_and_its_answer_decides() -> None:
    made = world(ASK)
    for _ in range(2):
        todo = made.next(LATE)
    case = made.open_case
    assert (todo["do"], todo["case_id"]) == ("case", case.case_id)
    assert (case.audience, case.deadline) == (Audience.SHOPPER, LATE + 4 * DAY)
    assert made.told().count("delay_question") == 1
    # When the shopper answers twice
    for _ in range(2):
        answered = made.answers.answer("larkspur", case.case_id, Remedy.REFUND, "shopper", LATE + DAY)
    assert (answered.decision, answered.decided_by) == (Remedy.REFUND, "shopper")
    # Then the refund is what is to be done, and it is recorded who said so
    for _ in range(2):
        assert made.next(LATE + DAY, case.case_id)["remedy"] == "refund"
    (chosen,) = (one for one in made.shipments.decisions["larkspur", "shp_1"].values() if one.step == "refund_chosen")
    assert (chosen.by, chosen.facts["case_id"]) == ("shopper", case.case_id)
    assert [event.waiting for event in made.published() if event.type == "DelayCaseDecided"] == [True]


@pytest.mark.parametrize("changed", [[], [WAIT], [CREDIT, WAIT]])
def test_a_question_that_was_put_counts_though_the_brand_changes_its_playbook(changed: list[dict[str, Any]]) -> None:
    # Given a shopper who is asked, and a brand that writes another playbook meanwhile
    made = world(ASK)
    case_id = made.next(LATE)["case_id"]
    assert isinstance(made.playbooks.brands, FakeBrands)
    made.playbooks.brands.brands["larkspur"] = with_playbooks(stalled=changed)
    assert made.next(LATE + DAY, case_id)["case_id"] == case_id
    # Then the answer counts
    made.answer(Remedy.REFUND, LATE + DAY)
    assert made.next(LATE + DAY, case_id)["remedy"] == "refund"


def test_whoever_waits_on_goes_to_the_next_step() -> None:
    made = world(ASK, WAIT)
    made.next(LATE)
    made.answer(Remedy.KEEP_WAITING, LATE + DAY)
    assert made.next(LATE + DAY)["do"] == "wait"


@pytest.mark.parametrize(("default", "expected"), [("refund", "remedy"), ("keep_waiting", "end")])
def test_without_an_answer_the_default_counts(default: str, expected: str) -> None:
    made = world({**CASE, "default": default})
    made.next(LATE)
    case = made.open_case
    assert made.next(LATE + 2 * DAY, case.case_id)["do"] == expected
    decided = made.cases.records["larkspur", case.case_id]
    assert (decided.decision, decided.decided_by) == (Remedy(default), "deadline")


def test_an_answer_must_be_offered_in_time_and_for_a_delay_that_lasts() -> None:
    made = world(CASE)
    made.next(LATE)
    case = made.open_case

    def problem(remedy: Remedy, days: int) -> str:
        with pytest.raises((ConflictError, InvalidInputError, NotFoundError)) as refused:
            made.answers.answer("larkspur", case.case_id, remedy, "person:cx", LATE + days * DAY)
        return refused.value.problem

    assert problem(Remedy.CANCEL, 0) == "not-offered"
    assert problem(Remedy.REFUND, 2) == "case-overdue"
    made.answers.answer("larkspur", case.case_id, Remedy.RESEND, "person:cx", LATE)
    assert problem(Remedy.REFUND, 0) == "case-decided"
    with pytest.raises(NotFoundError):
        made.answers.answer("larkspur", "cse_none", Remedy.REFUND, "person:cx", LATE)


def test_an_answer_after_the_parcel_has_arrived_comes_too_late() -> None:
    made = world(ASK)
    made.next(LATE)
    case = made.open_case
    made.news(Milestone.DELIVERED, LATE + DAY)
    with pytest.raises(ConflictError) as refused:
        made.answer(Remedy.REFUND, LATE + DAY)
    assert refused.value.problem == "case-moot"
    assert made.cases.records["larkspur", case.case_id].state is CaseState.MOOT
    assert made.next(LATE + DAY, case.case_id)["outcome"] == "resolved"
    assert made.remedies.done == {}


def test_a_closed_delay_closes_its_question() -> None:
    made = world(ASK)
    made.next(LATE)
    case = made.open_case
    made.news(Milestone.DELIVERED, LATE + DAY)
    for _ in range(2):
        made.next(LATE + DAY, case.case_id)
    assert made.cases.records["larkspur", case.case_id].state is CaseState.MOOT


def test_a_graver_kind_asks_a_question_of_its_own() -> None:
    made = World(with_playbooks(stalled=[CASE], presumed_lost=[CASE]))
    made.declare()
    made.next(LATE)
    first = made.open_case
    made.sweep(NOW + 14 * DAY)
    todo = made.next(NOW + 14 * DAY, first.case_id)
    assert todo["do"] == "case"
    assert todo["case_id"] != first.case_id
    assert made.cases.records["larkspur", first.case_id].state is CaseState.MOOT
    # Then the workflow was woken by the update, which it had not seen
    updated = [event for event in made.published() if event.type == "DeliveryDelayUpdated"]
    assert [event.waiting for event in updated] == [True]


def test_an_answer_at_the_moment_of_a_graver_kind_is_not_lost() -> None:
    made = World(with_playbooks(stalled=[{**CASE, "days": 30}], presumed_lost=[CASE]))
    made.declare()
    made.next(LATE)
    first = made.open_case
    # Given an answer that was recorded, and an update before the workflow had heard it
    made.answer(Remedy.RESEND, NOW + 14 * DAY, by="person:cx")
    made.sweep(NOW + 14 * DAY)
    assert (made.delay.kind, made.delay.case_id) == (DelayKind.PRESUMED_LOST, None)
    # Then it is done, once
    assert made.next(NOW + 14 * DAY, first.case_id)["remedy"] == "resend"
    assert made.carry_out(NOW + 14 * DAY) == "done"
    assert made.next(NOW + 14 * DAY, first.case_id)["outcome"] == "resolved"
    assert len(made.remedies.of(Remedy.RESEND)) == 1


def test_people_see_their_cases_by_deadline() -> None:
    made = world(CASE)
    made.next(LATE)
    assert [case.case_id for case in open_cases(made.cases, "larkspur", LATE, 100)] == [made.open_case.case_id]


# ------------------------------------------------------------------------------------------------------------ remedies
def test_a_refund_happens_once_ends_the_delay_and_is_remembered() -> None:
    made = world(ASK)
    made.next(LATE)
    made.answer(Remedy.REFUND, LATE)
    made.next(LATE)
    for _ in range(3):
        made.carry_out(LATE)
        assert made.next(LATE)["outcome"] == "resolved"
    # Then the whole order is paid back, later returns see that, and the shopper is told once
    (task,) = made.remedies.done.values()
    assert (task.remedy, task.amount, task.lines) == (Remedy.REFUND, usd(24_000), {})
    assert made.order.refunds == {f"{task.key}:ref-{task.key}": usd(24_000)}
    assert made.told().count("refunded") == 1
    # And nothing more is said or expected of the parcel
    made.sweep(LATE + 30 * DAY)
    assert made.watch.look(made.shipment, made.brand, LATE + 30 * DAY)[1] is None
    assert made.shipment.expected is None
    assert ("larkspur", "shp_1") not in made.shipments.due_at


def test_of_several_parcels_only_the_lost_ones_lines_are_paid_back() -> None:
    made = world(ASK)
    one = {"f1": Packing(lines=(ParcelLine(line_id="shirt", quantity=1),), as_of=NOW)}
    made.shipments.save(
        made.shipment.model_copy(update={"packed": one, "version": made.shipment.version + 1}), due_at=None
    )
    made.shipments.save(parcel(shipment_id="shp_2", tracking_number="1Z2", order_id=ORDER), due_at=None, link=True)
    made.next(LATE)
    made.answer(Remedy.REFUND, LATE)
    made.next(LATE)
    assert made.carry_out(LATE) == "done"
    (task,) = made.remedies.done.values()
    assert (task.amount, task.lines) == (usd(10_000), {"shirt": 1})


def test_a_parcel_of_several_whose_contents_nobody_knows_goes_before_a_person() -> None:
    made = world(ASK)
    made.shipments.save(parcel(shipment_id="shp_2", tracking_number="1Z2", order_id=ORDER), due_at=None, link=True)
    made.next(LATE)
    made.answer(Remedy.REFUND, LATE)
    made.next(LATE)
    assert made.carry_out(LATE) == "refused"
    assert made.next(LATE)["do"] == "case"
    assert made.open_case.facts["why"] == "contents_unknown"
    assert made.remedies.done == {}


def test_a_refund_is_never_more_than_is_left() -> None:
    made = world(ASK)
    made.orders.save(made.order.model_copy(update={"refunds": {"re_1": usd(20_000)}, "version": 2}))
    made.next(LATE)
    made.answer(Remedy.REFUND, LATE)
    made.next(LATE)
    made.carry_out(LATE)
    assert [task.amount for task in made.remedies.done.values()] == [usd(4_000)]


def test_where_nothing_is_left_to_refund_the_delay_ends_without_a_word() -> None:
    made = world(ASK)
    made.orders.save(made.order.model_copy(update={"refunds": {"re_1": usd(24_000)}, "version": 2}))
    made.next(LATE)
    made.answer(Remedy.REFUND, LATE)
    made.next(LATE)
    assert made.carry_out(LATE) == "done"
    assert made.next(LATE)["outcome"] == "resolved"
    assert made.remedies.calls == 0
    assert "refunded" not in made.told()


def test_a_parcel_that_arrives_before_the_intent_is_not_refunded() -> None:
    made = world(ASK)
    made.next(LATE)
    made.answer(Remedy.REFUND, LATE)
    assert made.next(LATE)["remedy"] == "refund"
    made.news(Milestone.DELIVERED, LATE + DAY)
    assert made.carry_out(LATE + DAY) == "dropped"
    assert made.next(LATE + DAY)["outcome"] == "resolved"
    assert made.remedies.calls == 0
    assert made.steps()[-1] == "refund_dropped"


def test_a_parcel_that_arrives_at_the_very_moment_of_the_intent_is_not_refunded(monkeypatch: Any) -> None:
    made = world(ASK)
    made.next(LATE)
    made.answer(Remedy.REFUND, LATE)
    made.next(LATE)
    save, arrives = made.shipments.save, [True]

    def overtaken(*arguments: Any, **named: Any) -> None:
        if arrives.pop() if arrives else False:
            made.news(Milestone.DELIVERED, LATE)
        save(*arguments, **named)

    monkeypatch.setattr(made.shipments, "save", overtaken)
    assert made.carry_out(LATE) == "dropped"
    assert made.remedies.calls == 0


def test_a_parcel_that_arrives_after_its_refund_is_a_conflict_for_people() -> None:
    made = world(ASK)
    made.next(LATE)
    made.answer(Remedy.REFUND, LATE)
    made.next(LATE)
    made.carry_out(LATE)
    made.news(Milestone.DELIVERED, LATE + DAY)
    made.news(Milestone.DELIVERED, LATE + 2 * DAY)
    changes = [one.change for one in made.shipments.decisions["larkspur", "shp_1"].values()]
    assert changes.count(DelayChange.CONFLICT) == 1
    assert [event.type for event in made.published()].count("DelayRemedyConflict") == 1
    assert "delay_recovered" not in made.told()


@pytest.mark.parametrize("milestone", [Milestone.DELIVERED, Milestone.OUT_FOR_DELIVERY])
def test_a_refund_that_was_asked_for_goes_on_whatever_news_comes(milestone: Milestone) -> None:
    # Given a provider that did not answer: the money may be on its way
    made = world(ASK)
    made.next(LATE)
    made.answer(Remedy.REFUND, LATE)
    made.next(LATE)
    made.remedies.fails = [TransientError("no answer")]
    with pytest.raises(TransientError):
        made.carry_out(LATE)
    # When the parcel moves or arrives, and the provider is asked again under the same key
    made.news(milestone, LATE + DAY)
    assert made.next(LATE + DAY)["remedy"] == "refund"
    assert made.carry_out(LATE + DAY) == "done"
    # Then nobody is told that it comes, and an arrival is noted
    assert made.delay.remedied
    assert "delay_recovered" not in made.told()
    assert bool(made.delay.conflict_at) == (milestone is Milestone.DELIVERED)


def test_a_provider_that_refuses_for_good_brings_a_person_in() -> None:
    made = world(ASK, WAIT)
    made.next(LATE)
    made.answer(Remedy.RESEND, LATE)
    made.next(LATE)
    made.remedies.fails = [PermanentProviderError("no"), PermanentProviderError("no")]
    assert made.carry_out(LATE) == "refused"
    todo = made.next(LATE)
    first = made.open_case
    assert (todo["do"], first.audience, first.options) == (
        "case",
        Audience.CX,
        (Remedy.KEEP_WAITING, Remedy.RESEND),
    )
    # When the person tries again, it is refused again, and asked about again
    made.answer(Remedy.RESEND, LATE + DAY, by="person:cx")
    assert made.next(LATE + DAY, first.case_id)["remedy"] == "resend"
    assert made.carry_out(LATE + DAY) == "refused"
    assert made.next(LATE + DAY)["do"] == "case"
    assert made.open_case.case_id != first.case_id
    # When it then works, the delay is over
    made.answer(Remedy.RESEND, LATE + DAY, by="person:cx")
    made.next(LATE + DAY)
    assert made.carry_out(LATE + DAY) == "done"
    assert made.next(LATE + DAY)["outcome"] == "resolved"
    assert len(made.remedies.of(Remedy.RESEND)) == 1
    assert made.told().count("resent") == 1


def test_a_person_may_leave_a_refused_remedy_and_the_playbook_goes_on() -> None:
    made = world(CREDIT, WAIT)
    made.remedies.fails = [PermanentProviderError("no")]
    made.next(LATE)
    made.carry_out(LATE)
    made.next(LATE)
    assert made.open_case.options == (Remedy.KEEP_WAITING, Remedy.CREDIT)
    assert made.next(LATE + timedelta(days=3))["do"] == "wait"
    assert "apology_credit" not in made.told()


@pytest.mark.parametrize(("tier", "minor"), [(None, 500), ("elite", 2000), ("none", 0)])
def test_a_credit_goes_by_tier_and_the_playbook_goes_on(tier: str | None, minor: int) -> None:
    made = world(CREDIT, WAIT, CREDIT, of={"tier": tier})
    if minor:
        assert made.next(LATE)["remedy"] == "credit"
        assert made.carry_out(LATE) == "done"
    assert made.next(LATE)["do"] == "wait"
    assert made.next(LATE + 3 * DAY)["outcome"] == "unresolved"
    assert [task.amount for task in made.remedies.done.values()] == ([usd(minor)] if minor else [])
    assert made.told().count("apology_credit") == bool(minor)
    assert made.delay.is_open


def test_an_order_in_another_currency_gets_no_credit() -> None:
    made = world({**CREDIT, "currency": "EUR"}, WAIT)
    assert made.next(LATE)["do"] == "wait"
    assert made.steps()[0] == "credit_passed_over"


def test_a_credit_that_was_decided_is_given_though_the_parcel_moves() -> None:
    made = world(CREDIT)
    made.next(LATE)
    made.news(Milestone.OUT_FOR_DELIVERY, LATE + DAY)
    assert made.next(LATE + DAY)["remedy"] == "credit"
    assert made.carry_out(LATE + DAY) == "done"
    assert made.next(LATE + DAY)["outcome"] == "recovered"


@pytest.mark.parametrize("then", ["refund", "resend"])
def test_what_is_presumed_lost_is_told_as_that_and_mended(then: str) -> None:
    made = world({"step": "presume_lost", "then": then})
    assert made.next(LATE)["remedy"] == then
    assert (made.delay.kind, made.delay.revision, made.delay.expected) == (DelayKind.PRESUMED_LOST, 1, None)
    assert made.told().count("delay_updated") == 1
    made.carry_out(LATE)
    assert made.next(LATE)["outcome"] == "resolved"
    assert len(made.remedies.of(Remedy(then))) == 1


def test_a_claim_names_what_the_parcel_is_worth_and_tells_nobody() -> None:
    made = world({"step": "claim"}, WAIT)
    assert made.next(LATE)["remedy"] == "claim"
    made.carry_out(LATE)
    assert made.next(LATE)["do"] == "wait"
    assert [task.amount for task in made.remedies.of(Remedy.CLAIM)] == [usd(24_000)]
    assert not {"apology_credit", "resent", "refunded"} & set(made.told())


# ----------------------------------------------------------------------------------------------------- Mail Order Rule
IN_TIME = LATE - timedelta(hours=2)
"""The evening of the day by which it was to ship: the notice is due, and in time."""


def not_dispatched(**of: Any) -> World:
    """An order to the United States that was to ship on the 6th of March, and has no parcel."""
    made = World(of={"ship_by": (NOW + 4 * DAY).date(), "destination": Destination(country="US"), **of})
    made.orders.parcels.clear()
    made.shipment_id, made.order_id = "", ORDER
    status = made.order_watch.assess_and_declare("larkspur", ORDER, IN_TIME)
    assert status["outcome"] == "late"
    made.delay_id = status["delay_id"]
    return made


def test_an_order_that_cannot_ship_in_time_brings_the_notice_and_silence_cancels_it() -> None:
    made = not_dispatched()
    todo = made.next(IN_TIME)
    case = made.open_case
    assert (todo["do"], case.notice, case.default) == ("case", True, Remedy.CANCEL)
    assert case.options == (Remedy.KEEP_WAITING, Remedy.CANCEL)
    assert made.told().count("delay_option") == 1
    # When nobody answers until the rule's own deadline
    assert made.next(case.deadline - SECOND)["do"] == "case"
    assert made.next(case.deadline, case.case_id)["remedy"] == "cancel"
    assert made.carry_out(case.deadline) == "done"
    # Then the order is cancelled and paid back, and the record says by when that had to be
    (task,) = made.remedies.done.values()
    assert (task.remedy, task.amount, task.shipment_id) == (Remedy.CANCEL, usd(24_000), None)
    (chosen,) = (one for one in made.orders.decisions["larkspur", ORDER].values() if one.step == "cancel_chosen")
    assert chosen.facts["refund_by"]
    assert made.next(case.deadline)["outcome"] == "resolved"
    assert made.told().count("refunded") == 1


def test_whoever_agrees_to_wait_is_asked_again_and_can_still_cancel() -> None:
    made = not_dispatched()
    made.next(IN_TIME)
    first = made.open_case
    made.answer(Remedy.KEEP_WAITING, IN_TIME + DAY)
    todo = made.next(IN_TIME + DAY, first.case_id)
    assert made.delay.agreed
    assert (made.delay.agreed.until, made.delay.agreed.expressly) == (None, True)
    assert (todo["do"], made.open_case.default) == ("case", Remedy.KEEP_WAITING)
    second = made.open_case
    assert made.next(second.deadline, second.case_id)["do"] == "case"
    assert made.delay.agreed.expressly
    made.answer(Remedy.CANCEL, second.deadline + DAY)
    assert made.next(second.deadline + DAY)["remedy"] == "cancel"


def names_another_day(made: World, now: datetime, days: int) -> None:
    """The shop says when it will ship."""
    day = (now + days * DAY).date()
    said = said_with(made.order.ship_days, ShipDaySaid(day=day, said_at=now))
    update = {"ship_by": day, "ship_days": said, "version": made.order.version + 1}
    made.orders.save(made.order.model_copy(update=update))


def test_a_day_that_the_shop_names_later_is_asked_about_in_the_place_of_the_first() -> None:
    made = not_dispatched()
    made.next(IN_TIME)
    first = made.open_case
    names_another_day(made, IN_TIME + DAY, 10)
    todo = made.next(IN_TIME + DAY, first.case_id)
    second = made.open_case
    assert (todo["do"], todo["case_id"]) == ("case", second.case_id)
    assert second.facts["revised_ship_by"] == (IN_TIME + 11 * DAY).date().isoformat()
    assert made.cases.records["larkspur", first.case_id].state is CaseState.MOOT
    assert made.told().count("delay_option") == 2


def test_an_answer_at_the_moment_of_another_day_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    made = not_dispatched()
    made.next(IN_TIME)
    first = made.open_case
    names_another_day(made, IN_TIME + DAY, 10)
    get, answers = made.cases.get, [True]

    def quicker(brand: str, case_id: str) -> Case | None:
        found = get(brand, case_id)
        if answers.pop() if answers else False:
            made.answers.answer("larkspur", case_id, Remedy.CANCEL, "shopper", IN_TIME + DAY)
        return found

    monkeypatch.setattr(made.cases, "get", quicker)
    assert made.next(IN_TIME + DAY, first.case_id)["remedy"] == "cancel"


def test_killed_between_closing_a_notice_and_the_next_one_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    made = not_dispatched()
    made.next(IN_TIME)
    first = made.open_case
    names_another_day(made, IN_TIME + DAY, 10)
    with monkeypatch.context() as patch:
        patch.setattr(made.orders, "save", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            made.next(IN_TIME + DAY, first.case_id)
    assert made.next(IN_TIME + DAY, first.case_id)["do"] == "case"
    assert made.open_case.case_id != first.case_id


def test_an_order_that_leaves_meanwhile_is_not_cancelled() -> None:
    made = not_dispatched()
    made.next(IN_TIME)
    case = made.open_case
    made.answer(Remedy.CANCEL, IN_TIME + DAY)
    made.orders.parcels["larkspur", ORDER].append("shp_1")
    assert made.next(IN_TIME + DAY, case.case_id)["outcome"] == "recovered"
    assert made.carry_out(IN_TIME + DAY) == "dropped"
    assert made.remedies.calls == 0


def test_elsewhere_the_brands_own_playbook_counts() -> None:
    made = World(
        with_playbooks(not_dispatched=[CASE]),
        of={"ship_by": (NOW + 4 * DAY).date(), "destination": Destination(country="DE")},
    )
    made.orders.parcels.clear()
    made.shipment_id, made.order_id = "", ORDER
    made.delay_id = made.order_watch.assess_and_declare("larkspur", ORDER, LATE)["delay_id"]
    assert made.next(LATE)["do"] == "case"
    assert (made.open_case.notice, made.open_case.order_id, made.open_case.shipment_id) == (False, ORDER, None)


# ------------------------------------------------------------------------------------------------------------- waiting
def test_the_workflow_is_woken_by_an_answer_and_by_news() -> None:
    made = world(ASK)
    todo = made.next(LATE)
    assert not made.wait(todo, "t1")
    made.answer(Remedy.REFUND, LATE)
    assert made.wait(todo, "t2"), "an answer that was faster than the wait is found by it"
    assert made.desk.resume("larkspur", "shp_1") == 0
    again = world(WAIT)
    todo = again.next(LATE)
    assert not again.wait(todo, "t3")
    assert again.desk.resume("larkspur", "shp_1") == 1
    again.sweep(NOW + 14 * DAY)
    assert again.wait(todo, "t4"), "a graver kind is news"


# ------------------------------------------------------------------------------------------------------------- returns
def return_stalled(**request: Any) -> World:
    """A return's parcel, silent for a week, about which a person has chosen to pay back."""
    made = World(with_playbooks(return_stalled=[{**CASE, "options": ["keep_waiting", "resend", "refund"]}]))
    found = made.shipment.model_copy(update={"return_id": "rma_1", "version": made.shipment.version + 1})
    made.shipments.save(found, due_at=None)
    approved = Decision(outcome=Outcome.APPROVE, rule="within_window", policy_version="1", decided_at=NOW)
    made.returns.create(wanted(order_id=ORDER, refund_amount=usd(9_500), decisions=(approved,), **request))
    made.declare(NOW + 7 * DAY)
    assert made.delay.kind is DelayKind.RETURN_STALLED
    made.next(NOW + 7 * DAY)
    return made


def test_a_return_that_was_paid_back_at_its_first_scan_is_not_paid_back_again() -> None:
    refund = Settlement(
        key="rfd_1", kind=SettlementKind.REFUND, order_id=ORDER, amount=usd(9_500), state=SettlementState.DONE,
        intended_at=NOW, done_at=NOW,
    )  # fmt: skip
    made = return_stalled(state=ReturnState.REFUNDED, scanned_at=NOW, settlements=(refund,))
    made.answer(Remedy.REFUND, NOW + 7 * DAY)
    made.next(NOW + 7 * DAY)
    assert made.carry_out(NOW + 7 * DAY) == "done"
    assert made.next(NOW + 7 * DAY)["outcome"] == "resolved"
    assert (made.remedies.calls, made.refunds.calls) == (0, [])
    assert "refunded" not in made.told()


def test_a_return_that_was_not_is_paid_back_its_own_way_once() -> None:
    made = return_stalled(state=ReturnState.FAILED, scanned_at=NOW)
    made.answer(Remedy.REFUND, NOW + 7 * DAY)
    made.next(NOW + 7 * DAY)
    for _ in range(2):
        made.carry_out(NOW + 7 * DAY)
    assert [one.amount for one in made.refunds.done.values()] == [usd(9_500)]
    assert made.remedies.calls == 0
    assert made.returns.records["larkspur", "rma_1"].state is ReturnState.REFUNDED
    assert made.delay.remedied


@pytest.mark.parametrize("gone", [True, False])
def test_a_return_whose_money_is_gone_goes_before_a_person_and_nothing_is_stuck(*, gone: bool) -> None:
    # Given a return that failed, of an order that the store has paid back meanwhile; or one that has expired
    state = ReturnState.FAILED if gone else ReturnState.EXPIRED
    made = return_stalled(state=state, scanned_at=NOW)
    if gone:
        refunds = {"re_1": usd(24_000)}
        made.orders.save(made.order.model_copy(update={"refunds": refunds, "version": made.order.version + 1}))
    made.answer(Remedy.REFUND, NOW + 7 * DAY)
    made.next(NOW + 7 * DAY)
    assert made.carry_out(NOW + 7 * DAY) == "refused"
    assert made.next(NOW + 7 * DAY)["do"] == "case"
    assert made.refunds.calls == []


@pytest.mark.parametrize(
    "wish",
    [{"resolution": Resolution.EXCHANGE, "difference_minor": 3_000}, {"resolution": Resolution.REPAIR}],
    ids=["to be paid first", "to be here first"],
)
def test_other_goods_do_not_go_out_for_a_late_return_before_what_comes_first(wish: dict[str, Any]) -> None:
    made = return_stalled(state=ReturnState.IN_TRANSIT, scanned_at=NOW, **wish)
    made.answer(Remedy.REFUND, NOW + 7 * DAY)
    made.next(NOW + 7 * DAY)
    assert made.carry_out(NOW + 7 * DAY) == "refused"
    assert made.next(NOW + 7 * DAY)["do"] == "case"
    assert made.refunds.calls == []


@pytest.mark.parametrize(("remedy", "why"), [(Remedy.RESEND, "not_for_returns"), (Remedy.REFUND, "provider_refused")])
def test_what_cannot_be_done_about_a_return_goes_before_a_person(remedy: Remedy, why: str) -> None:
    made = return_stalled(state=ReturnState.APPROVED)
    made.answer(remedy, NOW + 7 * DAY)
    made.next(NOW + 7 * DAY)
    assert made.carry_out(NOW + 7 * DAY) == "refused"
    made.next(NOW + 7 * DAY)
    assert made.open_case.facts["why"] == why
