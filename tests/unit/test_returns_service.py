"""Returns from request to refund, with their machine and all desks, over the ports: decisions, triggers, people."""

from typing import Any

import pytest

from porchlight.domain.milestones import Milestone
from porchlight.domain.returns import Outcome, ReturnState
from porchlight.domain.rma.names import Grade, ReturnKind
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError
from porchlight.services.asked import Asked
from porchlight.services.review_return import DecisionBody
from tests.unit.returning import BRAND, ONE, SHIRT, World, world
from tests.unit.stories import DAY, NOW, usd

# ------------------------------------------------------------------------------------------------------- the usual life


def test_a_return_goes_from_request_to_refund() -> None:
    # Given a shopper who asks for a return under a policy with a fee
    here = World()
    rma = here.ask()
    # Then it is approved with a label, whose parcel is the return's and none of the order's
    request = here.get(rma)
    assert (request.state, request.refund_amount) == (ReturnState.APPROVED, usd(9_500))
    assert request.label
    assert request.label.tracking_number.startswith("PLR")
    back = here.shipments.records[BRAND, request.label.shipment_id]
    assert (back.return_id, back.order_id) == (rma, "ord_1")
    assert here.orders.contents(BRAND, "ord_1").shipment_ids == ("shp_1",)
    # When the label is printed, nothing moves; when the parcel is scanned, the money does
    here.carrier(rma, Milestone.PRE_TRANSIT)
    assert here.moved() == {}
    here.later(days=2)
    here.carrier(rma)
    done = here.get(rma)
    assert (done.state, here.moved(), done.closed_at) == (ReturnState.REFUNDED, {"refund": 9_500}, here.now)
    assert here.rules(rma) == ["within_window", "first_scan", "refund_executed"]
    assert here.told == [
        *("ReturnRequested", "ReturnApproved", "ReturnLabelMade", "ReturnScanned", "ReturnExpected"),
        *("RefundRequested", "RefundIssued", "ReturnClosed"),
    ]
    assert here.metrics.total("ReturnsDecided", outcome="approve", rule="within_window") == 1


def test_the_first_decision_has_the_facts_that_it_rests_on() -> None:
    here = World()
    first = here.get(here.ask()).decisions[0]
    assert (first.outcome, first.decided_by, first.policy_version) == (Outcome.APPROVE, "policy", "returns-1")
    assert first.facts == {
        **{"tier": None, "window_days": 30, "days_since_delivery": 0, "refund_minor": 9_500, "fee_minor": 500},
        **{"currency": "USD", "quantity": 1, "already_returning": 0, "resolution": "refund", "method": "label"},
        **{"refund_on": "first_scan", "execution": first.facts["execution"]},
    }


def test_a_second_execution_stops_and_leaves_everything_alone() -> None:
    here = World()
    rma = here.ask()
    (mine,) = here.executions
    before = here.get(rma)
    for other in (here.steps.start(BRAND, rma, "exe-2", NOW), here.steps.next(BRAND, rma, "exe-2", NOW)):
        assert (other["do"], other["outcome"]) == ("close", "already_decided")
    assert here.steps.fail(BRAND, rma, "exe-2", "CreateLabel", "KeyError", NOW) == {"outcome": "left_alone"}
    assert here.get(rma) == before
    assert here.steps.start(BRAND, rma, mine, NOW)["do"] == "wait"
    assert here.get(rma) == before


def test_of_two_requests_for_the_same_thing_at_once_exactly_one_wins() -> None:
    # Given two requests for both shirts, written before either is decided
    here = World()
    two = {"lines": [SHIRT | {"quantity": 2}]}
    first, second = (
        here.requests.request(BRAND, asked, key, NOW)[0].return_id
        for asked, key in [(_asked(**two), "first-key"), (_asked(**two), "second-key")]
    )
    here.run()
    states = {here.get(rma).state for rma in (first, second)}
    assert states == {ReturnState.APPROVED, ReturnState.REFUSED}
    (lost,) = [rma for rma in (first, second) if here.get(rma).state is ReturnState.REFUSED]
    assert here.rules(lost) == ["quantity_exceeded"]
    assert here.get(lost).refund_amount is None
    assert here.told.count("ReturnRefused") == 1


def _asked(**more: Any) -> Any:

    return Asked.model_validate({"order_id": "ord_1", "lines": [SHIRT], **more})


def test_what_changes_between_request_and_decision_is_seen() -> None:
    # Given a request, and an order that is cancelled before it is decided
    here = World()
    here.requests.request(BRAND, _asked(), "request-key-1", NOW)
    order = here.orders.records[BRAND, "ord_1"]
    here.orders.records[BRAND, "ord_1"] = order.model_copy(update={"cancelled_at": NOW})
    here.run()
    (request,) = here.returns.records.values()
    assert (request.state, request.decisions[0].rule) == (ReturnState.REFUSED, "order_cancelled")


def test_a_policy_that_changes_after_the_request_changes_nothing_about_it() -> None:
    here = world(pays="shopper", fee={"USD": 500})
    here.requests.request(BRAND, _asked(), "request-key-1", NOW)
    later = world(pays="shopper", fee={"USD": 900}, refund_on="inspected", window={"days": 0})
    here.brands.brands[BRAND] = later.brands.get(BRAND)
    here.run()
    (request,) = here.returns.records.values()
    here.carrier(request.return_id)
    assert here.moved() == {"refund": 9_500}


def test_less_left_than_promised_is_looked_at_by_a_person() -> None:
    here = world()
    order = here.orders.records[BRAND, "ord_1"]
    here.orders.records[BRAND, "ord_1"] = order.model_copy(update={"refunds": {"r": usd(18_000)}})
    rma = here.ask()
    assert here.rules(rma) == ["refunded_elsewhere"]
    assert here.get(rma).state is ReturnState.IN_REVIEW
    here.decide(rma, True)
    here.carrier(rma)
    assert here.moved() == {"refund": 6_000}


def test_nothing_left_is_no_return() -> None:
    here = world()
    order = here.orders.records[BRAND, "ord_1"]
    here.orders.records[BRAND, "ord_1"] = order.model_copy(update={"refunds": {"r": usd(24_000)}})
    rma = here.ask()
    assert (here.get(rma).state, here.rules(rma)) == (ReturnState.REFUSED, ["nothing_to_refund"])


# ------------------------------------------------------------------------------------------------------------ triggers


@pytest.mark.parametrize(
    ("trigger", "moves_at"),
    [("instant", 0), ("first_scan", 1), ("delivered", 2), ("received", 3), ("inspected", 4)],
)
def test_money_moves_when_the_terms_say(trigger: str, moves_at: int) -> None:
    here = world(refund_on=trigger)
    rma = here.ask()
    steps = [
        lambda: here.carrier(rma),
        lambda: here.carrier(rma, Milestone.DELIVERED),
        lambda: here.receive(rma, ONE),
        lambda: here.inspect(rma, ONE),
    ]
    seen = [here.moved()]
    for step in steps:
        here.later(days=1)
        step()
        seen.append(here.moved())
    assert seen == [{}] * moves_at + [{"refund": 10_000}] * (5 - moves_at)
    assert here.get(rma).state is ReturnState.REFUNDED


@pytest.mark.parametrize("trigger", ["first_scan", "delivered", "received"])
def test_what_the_warehouse_books_counts_though_nobody_scanned_it(trigger: str) -> None:
    here = world(refund_on=trigger)
    rma = here.ask()
    here.receive(rma)
    assert (here.get(rma).state, here.moved()) == (ReturnState.REFUNDED, {"refund": 10_000})


def test_a_scan_that_came_before_the_approval_is_found() -> None:
    # Given a return that a person looks at, sent by the shopper's own means and booked already
    here = world(review="look", methods=["own"])
    rma = here.ask()
    here.receive(rma)
    assert here.moved() == {}
    here.decide(rma, True)
    assert here.get(rma).state is ReturnState.REFUNDED


def test_what_is_booked_in_part_waits_for_the_rest_then_for_a_person() -> None:
    here = world(refund_on="received")
    rma = here.ask(lines=[SHIRT | {"quantity": 2}])
    here.receive(rma, ONE)
    assert here.moved() == {}
    here.later(days=5)
    assert here.get(rma).review
    assert here.get(rma).review.why == "missing_item"  # type: ignore[union-attr]
    here.decide(rma, True, amount_minor=10_000)
    assert (here.get(rma).state, here.moved()) == (ReturnState.REFUNDED, {"refund": 10_000})


def test_two_boxes_together_are_all_of_it() -> None:
    here = world(refund_on="received")
    rma = here.ask(lines=[SHIRT | {"quantity": 2}])
    here.receive(rma, ONE)
    here.receive(rma, ONE, receipt_id="r-2")
    assert here.moved() == {"refund": 20_000}


def test_what_nobody_inspects_in_time_counts_as_asked_for() -> None:
    here = world(refund_on="inspected")
    rma = here.ask()
    here.receive(rma, ONE)
    here.later(days=4)
    assert here.moved() == {}
    here.later(days=1)
    assert here.moved() == {"refund": 10_000}
    assert here.rules(rma)[-2:] == ["inspect_deadline", "refund_executed"]


def test_what_the_inspection_takes_off_is_not_paid() -> None:
    here = world(refund_on="inspected")
    rma = here.ask()
    here.receive(rma, ONE)
    here.inspect(rma, ONE.model_copy(update={"grade": Grade.WORN, "deduct_minor": 2_500}))
    assert here.moved() == {"refund": 7_500}


@pytest.mark.parametrize(("approve", "moved"), [(True, {"refund": 10_000}), (False, {})])
def test_an_empty_box_is_a_persons_to_decide(approve: bool, moved: dict[str, int]) -> None:
    here = world(refund_on="inspected")
    rma = here.ask()
    here.receive(rma)
    here.inspect(rma)
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("goods", "empty_box")
    here.decide(rma, approve)
    assert here.moved() == moved
    assert here.get(rma).state is (ReturnState.REFUNDED if approve else ReturnState.REFUSED)
    assert here.get(rma).closed_at


def test_a_parcel_that_was_scanned_and_never_came_is_looked_into() -> None:
    here = world(refund_on="received")
    rma = here.ask()
    here.carrier(rma)
    here.later(days=21)
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("goods", "never_received")
    here.later(days=3)
    assert here.moved() == {"refund": 10_000}


@pytest.mark.parametrize("milestone", [Milestone.LOST, Milestone.RETURNED_TO_SENDER])
def test_a_parcel_that_will_not_come_is_looked_into_at_once(milestone: Milestone) -> None:
    here = world(refund_on="received")
    rma = here.ask()
    here.carrier(rma)
    here.later(days=2)
    here.carrier(rma, milestone)
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("goods", milestone.value)
    here.decide(rma, False)
    assert (here.get(rma).state, here.moved()) == (ReturnState.REFUSED, {})


def test_by_law_money_goes_back_on_the_last_day_once_there_is_a_proof_of_posting() -> None:
    # Given a statutory right under a policy that waits for the inspection
    here = world(refund_on="inspected")
    rma = here.ask()
    request = here.get(rma)
    terms = request.terms.model_copy(update={"refund_by": (NOW + 14 * DAY).date()})  # type: ignore[union-attr]
    here.returns.update(request.model_copy(update={"terms": terms, "version": request.version + 1}))
    here.later(days=1)
    here.carrier(rma)
    here.later(days=12)
    assert here.moved() == {}
    here.later(days=1)
    assert here.moved() == {"refund": 10_000}


# -------------------------------------------------------------------------------------------------------------- people


def in_review(**says: Any) -> tuple[World, str]:
    here = world(**({"review": "serial_returner"} | says))
    rma = here.ask()
    request = here.get(rma)
    assert request.state is ReturnState.IN_REVIEW
    assert request.review
    assert (request.review.stage, request.review.why) == ("request", "serial_returner")
    assert request.review.due_at == NOW + 3 * DAY
    return here, rma


def test_a_persons_approval_goes_on_with_the_label() -> None:
    here, rma = in_review()
    decided = here.decide(rma, True, note="good customer")
    assert (decided.decisions[-1].decided_by, decided.decisions[-1].note) == ("key-cx", "good customer")
    assert here.get(rma).state is ReturnState.APPROVED
    assert here.told == ["ReturnRequested", "ReturnInReview", "ReturnNews", "ReturnApproved", "ReturnLabelMade"]


def test_a_persons_refusal_ends_it_and_the_same_answer_again_is_that_answer() -> None:
    here, rma = in_review()
    for _ in range(2):
        here.decide(rma, False)
    assert (here.get(rma).state, here.told.count("ReturnRefused")) == (ReturnState.REFUSED, 1)
    assert here.rules(rma) == ["serial_returner", "human_review"]
    with pytest.raises(ConflictError) as caught:
        here.decide(rma, True)
    assert caught.value.problem == "not-in-review"


def test_nobody_is_asked_about_what_the_policy_approved_and_no_other_brand_may_answer() -> None:
    here = world()
    rma = here.ask()
    with pytest.raises(ConflictError):
        here.decide(rma, True)
    here, rma = in_review()
    with pytest.raises(NotFoundError):
        here.reviews.decide("fjordhus", rma, DecisionBody(approve=True), "key-cx", NOW)
    with pytest.raises(InvalidInputError) as caught:
        here.decide(rma, True, amount_minor=1)
    assert caught.value.problem == "no-amount-here"


@pytest.mark.parametrize(("default", "state"), [("approve", ReturnState.APPROVED), ("refuse", ReturnState.REFUSED)])
def test_when_nobody_answers_in_time_the_policy_does_after_one_reminder(default: str, state: ReturnState) -> None:
    here, rma = in_review(deadlines={"review_default": default})
    here.later(days=2)
    assert here.rules(rma) == ["serial_returner", "review_reminder"]
    assert here.told[-1] == "ReturnReviewDue"
    here.later(hours=12)
    assert here.get(rma).state is ReturnState.IN_REVIEW
    here.later(hours=12)
    assert here.get(rma).state is state
    assert here.rules(rma)[2] == "review_deadline"
    rule = {"outcome": "approve" if state is ReturnState.APPROVED else "refuse", "rule": "review_deadline"}
    assert here.metrics.total("ReturnsDecided", **rule) == 1


def test_a_deadline_never_refuses_a_withdrawal() -> None:
    here, rma = in_review(deadlines={"review_default": "refuse"})
    request = here.get(rma)
    here.returns.update(request.model_copy(update={"kind": ReturnKind.WITHDRAWAL, "version": request.version + 1}))
    here.later(days=3)
    assert here.get(rma).state is ReturnState.APPROVED


def test_a_question_has_an_owner_and_notes_and_its_workflow_sleeps_on() -> None:
    here, rma = in_review()
    (one,) = here.executions.values()
    token = one.token
    for _ in range(2):
        here.reviews.assign(BRAND, rma, "mia", "key-cx", NOW)
        here.reviews.note(BRAND, rma, "asked the shopper", "key-cx", NOW)
    here.run()
    review = here.get(rma).review
    assert review
    assert (review.assignee, review.notes) == ("mia", ("2026-03-02T12:00Z key-cx: asked the shopper",))
    assert one.token == token
    here.decide(rma, True)
    with pytest.raises(ConflictError):
        here.reviews.assign(BRAND, rma, "mia", "key-cx", NOW)


def test_a_refusal_is_looked_at_once_more_by_another_execution() -> None:
    here, rma = in_review()
    here.decide(rma, False)
    here.later(days=1)
    # When the shopper answers, and a person takes it up
    for _ in range(2):
        here.reviews.reopen(BRAND, rma, "key-cx", here.now, "they sent a picture")
    here.run()
    assert len(here.executions) == 2
    assert here.get(rma).review
    here.decide(rma, True)
    assert here.get(rma).state is ReturnState.APPROVED
    here.carrier(rma)
    assert here.moved() == {"refund": 10_000}
    with pytest.raises(ConflictError) as caught:
        here.reviews.reopen(BRAND, rma, "key-cx", here.now)
    assert caught.value.problem == "not-closed"


def test_what_others_have_taken_meanwhile_cannot_be_approved_after_all() -> None:
    here, rma = in_review()
    here.decide(rma, False)
    here.decide(here.ask("another-key", lines=[SHIRT | {"quantity": 2}]), True)
    here.later(hours=1)
    here.reviews.reopen(BRAND, rma, "key-cx", here.now)
    here.run()
    with pytest.raises(ConflictError) as caught:
        here.decide(rma, True)
    assert caught.value.problem == "quantity-exceeded"
