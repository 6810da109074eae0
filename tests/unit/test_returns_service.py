"""Returns from request to end, with their machine and all desks, over the ports."""

from collections.abc import Callable
from typing import Any

import pytest

from porchlight.domain.milestones import Milestone
from porchlight.domain.returns import Outcome, ReturnState
from porchlight.domain.rma.goods import ItemFound
from porchlight.domain.rma.names import Grade, ReturnKind, SettlementState
from porchlight.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermanentProviderError,
    TransientError,
)
from porchlight.services.review_return import DecisionBody
from porchlight.services.warehouse import RepairBody
from tests.unit.returning import BRAND, SHIRT, Killer, World
from tests.unit.stories import DAY, NOW, usd

OTHERWISE: dict[str, Any] = {
    "window": {"days": 30},
    "resolutions": ["refund", "store_credit", "exchange", "instant_exchange", "replace", "repair"],
    "methods": ["label", "qr", "own", "in_store", "keep", "donate"],
    "refund_on": "first_scan",
    "pays": "brand",
}
ONE = ItemFound(line_id="shirt", quantity=1)
WARRANTY = {"kind": "warranty", "resolution": "repair"}


def world(*, provider: str = "own", deadlines: dict[str, Any] | None = None, **says: Any) -> World:
    """Under a policy with no rules: what it says beside the usual."""
    return World(
        provider=provider, rules=[], otherwise=OTHERWISE | says, deadlines=deadlines or {"review_default": "approve"}
    )


def wanted(minor: int | None = None) -> dict[str, Any]:
    """An exchange for another shirt, at a price of its own."""
    price = {"unit_price": {"amount": minor, "currency": "USD"}} if minor is not None else {}
    return {"resolution": "exchange", "lines": [SHIRT | {"wanted": {"sku": "SHIRT-L", **price}}]}


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
    from porchlight.services.asked import Asked

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


# -------------------------------------------------------------------------------------------- called off, expired, late


def test_what_is_called_off_ends_with_its_label_taken_back() -> None:
    here = world(provider="shop")
    rma = here.ask()
    for _ in range(2):
        here.cancellation.cancel(BRAND, rma, "shopper", NOW)
    here.run()
    request = here.get(rma)
    assert (request.state, request.label, len(set(here.labels.voided))) == (ReturnState.CANCELLED, None, 1)
    assert request.closed_at
    assert here.told.count("ReturnCancelled") == 1


def test_it_is_too_late_to_call_off_what_was_scanned_or_settled() -> None:
    # Given a scan of which the workflow has not heard yet
    here = world()
    rma = here.ask()
    here.carrier(rma, hear=False)
    with pytest.raises(ConflictError) as caught:
        here.cancellation.cancel(BRAND, rma, "shopper", here.now)
    assert caught.value.problem == "cannot-cancel"
    instant = world(refund_on="instant")
    with pytest.raises(ConflictError):
        instant.cancellation.cancel(BRAND, instant.ask(), "shopper", NOW)


def test_a_parcel_that_is_never_scanned_expires() -> None:
    here = world()
    rma = here.ask()
    here.later(days=29)
    here.carrier(rma, Milestone.PRE_TRANSIT)
    here.later(days=1)
    assert (here.get(rma).state, here.rules(rma)[-1]) == (ReturnState.EXPIRED, "scan_deadline")
    assert here.moved() == {}


@pytest.mark.parametrize("approve", [True, False])
def test_a_box_that_comes_after_the_end_is_put_before_people(approve: bool) -> None:
    here = world()
    rma = here.ask()
    here.later(days=30)
    here.receive(rma, ONE)
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("goods", "arrived_late")
    here.decide(rma, approve)
    assert here.get(rma).state is (ReturnState.REFUNDED if approve else ReturnState.EXPIRED)
    assert here.moved() == ({"refund": 10_000} if approve else {})
    assert not any(one.token for one in here.executions.values())


def test_a_voided_label_that_is_used_all_the_same_brings_the_return_back() -> None:
    here = world(provider="shop")
    rma = here.ask()
    here.cancellation.cancel(BRAND, rma, "shopper", NOW)
    here.run()
    (old,) = here.get(rma).old_labels
    here.carrier(rma, Milestone.ACCEPTED, old.shipment_id)
    assert here.get(rma).review is None  # on its way is not here
    here.carrier(rma, Milestone.DELIVERED, old.shipment_id)
    assert here.get(rma).review
    here.decide(rma, True)
    assert here.moved() == {"refund": 10_000}


def test_a_scan_after_an_instant_refund_is_noted_and_moves_nothing() -> None:
    here = world(refund_on="instant")
    rma = here.ask()
    here.later(days=3)
    here.carrier(rma)
    assert here.get(rma).scanned_at == here.now
    assert here.get(rma).state is ReturnState.REFUNDED
    assert here.moved() == {"refund": 10_000}
    assert len(here.executions) == 1


# --------------------------------------------------------------------------------------------------------- resolutions


@pytest.mark.parametrize("method", ["keep", "donate"])
def test_what_does_not_come_back_is_settled_at_once(method: str) -> None:
    here = world(refund_on="inspected")
    rma = here.ask(method=method)
    assert (here.get(rma).state, here.get(rma).label) == (ReturnState.REFUNDED, None)
    assert here.moved() == {"refund": 10_000}


@pytest.mark.parametrize("method", ["own", "in_store"])
def test_what_needs_no_label_is_approved_at_once_and_waits_for_the_goods(method: str) -> None:
    here = world()
    rma = here.ask(method=method)
    assert (here.get(rma).state, here.get(rma).label, here.moved()) == (ReturnState.APPROVED, None, {})
    here.receive(rma)
    assert here.moved() == {"refund": 10_000}


def test_store_credit_comes_with_its_bonus() -> None:
    here = world(credit_bonus_percent=10)
    rma = here.ask(resolution="store_credit")
    here.carrier(rma)
    assert (here.get(rma).state, here.moved()) == (ReturnState.CREDITED, {"credit": 11_000})


@pytest.mark.parametrize(
    ("price", "moved"),
    [
        (None, {"exchange": 10_000}),
        (8_000, {"exchange": 8_000, "refund": 2_000}),
        (13_000, {"charge": 3_000, "exchange": 10_000}),
    ],
)
def test_an_exchange_settles_its_difference(price: int | None, moved: dict[str, int]) -> None:
    here = world()
    rma = here.ask(**wanted(price))
    assert here.moved() == {}
    here.carrier(rma)
    assert (here.get(rma).state, here.moved()) == (ReturnState.EXCHANGED, moved)
    assert here.get(rma).replacement_order_id


def test_an_instant_exchange_goes_out_at_once_and_is_let_go_when_theirs_is_seen() -> None:
    here = world()
    rma = here.ask(**(wanted() | {"resolution": "instant_exchange"}))
    assert here.get(rma).state is ReturnState.EXCHANGED
    assert list(here.moved()) == ["hold", "exchange"]
    assert here.get(rma).closed_at is None
    here.later(days=5)
    here.carrier(rma)
    assert list(here.moved()) == ["hold", "exchange", "release"]
    assert here.get(rma).closed_at


def test_what_is_held_is_taken_when_nothing_comes() -> None:
    here = world()
    rma = here.ask(**(wanted() | {"resolution": "instant_exchange"}))
    here.later(days=30)
    assert list(here.moved()) == ["hold", "exchange", "capture"]
    assert (here.get(rma).state, here.rules(rma)[-1]) == (ReturnState.EXCHANGED, "scan_deadline")


def test_a_hold_that_cannot_be_had_makes_an_ordinary_exchange_of_it() -> None:
    here = world()
    here.provider.fails.append(PermanentProviderError("declined", code="card-declined"))
    rma = here.ask(**(wanted() | {"resolution": "instant_exchange"}))
    assert (here.get(rma).state, here.moved()) == (ReturnState.APPROVED, {})
    assert here.rules(rma)[-1] == "hold_failed"
    here.carrier(rma)
    assert here.moved() == {"exchange": 10_000}


def test_a_replacement_for_what_never_came_goes_out_without_goods() -> None:
    here = world()
    rma = here.ask(kind="claim", resolution="replace", method="keep")
    assert (here.get(rma).state, list(here.moved())) == (ReturnState.EXCHANGED, ["replace"])


def test_a_repair_goes_in_and_out() -> None:
    here = world()
    rma = here.ask(**WARRANTY)
    here.carrier(rma)
    assert here.moved() == {}
    here.receive(rma)
    assert (here.get(rma).state, here.moved()) == (ReturnState.IN_REPAIR, {"repair": 0})
    here.later(days=10)
    _repaired(here, rma, "repaired", carrier="ups", tracking_number="1Z123")
    request = here.get(rma)
    assert (request.state, bool(request.replacement_shipment_id)) == (ReturnState.REPAIRED, True)
    assert request.closed_at


def test_a_repair_that_is_rejected_ends_and_is_no_late_box() -> None:
    here = world()
    rma = here.ask(**WARRANTY)
    here.receive(rma)
    _repaired(here, rma, "rejected", note="water damage")
    assert (here.get(rma).state, here.get(rma).review) == (ReturnState.REFUSED, None)
    assert here.moved() == {"repair": 0}


def test_what_is_not_repaired_in_time_is_paid_back_or_given_more_time() -> None:
    here = world()
    rma = here.ask(**WARRANTY)
    here.receive(rma)
    here.later(days=21)
    assert here.get(rma).review
    here.decide(rma, False)  # a part is still to come
    assert here.get(rma).state is ReturnState.IN_REPAIR
    here.later(days=21)
    here.later(days=3)
    assert here.get(rma).state is ReturnState.REFUNDED
    assert here.moved() == {"repair": 0, "refund": 10_000}


def _repaired(here: World, rma: str, state: str, **more: Any) -> None:
    here.warehouse.repair(BRAND, rma, RepairBody.model_validate({"state": state, **more}), "wh", here.now)
    here.run()


# --------------------------------------------------------------------------------------------------------------- money


def test_money_that_fails_is_tried_again_under_another_key_when_a_person_says_so() -> None:
    here = world()
    rma = here.ask()
    here.provider.fails.append(PermanentProviderError("closed", code="account-closed"))
    here.carrier(rma)
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("money", "account-closed")
    here.decide(rma, True)
    first, second = here.get(rma).settlements
    assert (first.state, second.state, here.moved()) == (
        *(SettlementState.FAILED, SettlementState.DONE),
        {"refund": 10_000},
    )
    assert second.key == f"{first.key}-2"
    assert here.get(rma).state is ReturnState.REFUNDED


def test_a_person_may_pay_less_or_leave_it() -> None:
    less, left = world(), world()
    for here, approve, amount in ((less, True, 4_000), (left, False, None)):
        rma = here.ask()
        here.provider.fails.append(PermanentProviderError("no"))
        here.carrier(rma)
        here.decide(rma, approve, **({"amount_minor": amount} if amount else {}))
        assert here.get(rma).closed_at
    assert less.moved() == {"refund": 4_000}
    assert left.moved() == {}
    assert [one.state for one in left.returns.records.values()] == [ReturnState.REFUSED]


def test_credit_that_cannot_be_given_is_paid_back_instead() -> None:
    here = world(credit_bonus_percent=10)
    rma = here.ask(resolution="store_credit")
    here.provider.fails.append(PermanentProviderError("no"))
    here.carrier(rma)
    here.decide(rma, False)
    assert (here.get(rma).state, here.moved()) == (ReturnState.REFUNDED, {"refund": 10_000})


def test_money_that_keeps_failing_ends_with_people_and_can_be_taken_up() -> None:
    here = world()
    rma = here.ask()
    here.provider.fails += [PermanentProviderError("no") for _ in range(4)]
    here.carrier(rma)
    for _ in range(4):
        here.later(days=3)
    assert (here.get(rma).state, here.get(rma).failure) == (ReturnState.FAILED, "money: provider-refused")
    assert here.metrics.total("ReturnsFailed", step="money") == 1
    here.reviews.reopen(BRAND, rma, "key-cx", here.now)
    here.run()
    here.decide(rma, True)
    assert (here.get(rma).state, here.moved()) == (ReturnState.REFUNDED, {"refund": 10_000})


def test_what_was_taken_is_asked_about_each_day_until_it_is_done() -> None:
    here = world()
    here.provider.state = SettlementState.ACCEPTED
    rma = here.ask()
    here.carrier(rma)
    assert here.get(rma).state is ReturnState.IN_TRANSIT
    here.later(days=1)
    here.provider.state = SettlementState.DONE
    here.later(hours=23)
    assert here.get(rma).state is ReturnState.IN_TRANSIT
    here.later(hours=1)
    assert (here.get(rma).state, len(here.provider.done)) == (ReturnState.REFUNDED, 1)


def test_what_was_taken_and_never_comes_to_an_end_is_put_before_people() -> None:
    here = world()
    here.provider.state = SettlementState.ACCEPTED
    rma = here.ask()
    here.carrier(rma)
    for _ in range(14):
        here.later(days=1)
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("money", "no_answer")
    here.provider.state = SettlementState.DONE
    here.decide(rma, True)
    assert here.get(rma).state is ReturnState.REFUNDED


def test_money_that_went_elsewhere_meanwhile_is_not_paid_twice() -> None:
    here = world()
    rma = here.ask()
    order = here.orders.records[BRAND, "ord_1"]
    here.orders.records[BRAND, "ord_1"] = order.model_copy(update={"refunds": {"r": usd(20_000)}})
    here.carrier(rma)
    assert here.get(rma).review
    assert here.moved() == {}
    here.decide(rma, True)
    assert here.moved() == {"refund": 4_000}


def test_a_provider_that_is_down_is_asked_again_under_the_same_key() -> None:
    here = world()
    rma = here.ask()
    here.provider.fails += [TransientError("down")]
    here.carrier(rma)
    assert here.moved() == {}
    here.later(hours=1)
    assert len(here.provider.calls) == 2
    assert len({one.key for one in here.provider.calls}) == 1
    assert here.get(rma).state is ReturnState.REFUNDED


# -------------------------------------------------------------------------------------------------------------- labels


def test_a_label_that_cannot_be_had_is_a_question_for_people_and_in_the_end_the_shopper_sends_it() -> None:
    here = world(provider="shop")
    here.labels.fails += [PermanentProviderError("no such street")] * 2
    rma = here.ask()
    review = here.get(rma).review
    assert review
    assert (review.stage, review.why) == ("request", "label_refused")
    here.decide(rma, True)  # try again: it is refused again
    assert here.get(rma).review
    here.later(days=3)
    request = here.get(rma)
    assert (request.state, request.method, request.label) == (ReturnState.APPROVED, "own", None)
    here.receive(rma)
    assert here.moved() == {"refund": 10_000}


def test_a_failed_step_is_recorded_once_and_leaves_alone_what_has_ended() -> None:
    here = world()
    rma = here.ask()
    (mine,) = here.executions
    for outcome in ("failed", "left_alone"):
        step = here.steps.fail(BRAND, rma, mine, "SettleReturn", "PermanentProviderError", NOW)
        assert step["outcome"] == outcome
    assert here.get(rma).failure == "SettleReturn: PermanentProviderError"
    assert here.get(rma).state is ReturnState.FAILED
    assert here.metrics.total("ReturnsFailed", step="SettleReturn") == 1
    # And a person who takes it up brings it to its end
    here.reviews.reopen(BRAND, rma, "key-cx", NOW)
    here.run()
    here.decide(rma, True)
    here.carrier(rma)
    assert here.moved() == {"refund": 10_000}
    assert here.steps.fail(BRAND, rma, list(here.executions)[1], "X", "Y", NOW) == {"outcome": "left_alone"}
    assert here.get(rma).state is ReturnState.REFUNDED


def test_a_workflow_is_not_woken_by_what_it_wrote_itself() -> None:
    here = world()
    rma = here.ask()
    (one,) = here.executions.values()
    token, waits = one.token, here.returns.waits(BRAND, rma)
    assert [wait.token for wait in waits] == [token]
    assert here.news.resume(BRAND, rma, NOW) == 0
    assert here.returns.waits(BRAND, rma) == waits
    assert here.get(rma).version == here.returns.waits(BRAND, rma)[0].seen


def test_news_that_was_faster_than_the_wait_is_answered_at_once() -> None:
    here = world()
    rma = here.ask()
    (wait,) = here.returns.waits(BRAND, rma)
    here.returns.remove_wait(wait)
    here.carrier(rma)
    assert here.news.await_news(wait.model_copy(update={"token": "late"})) is True
    assert "late" in here.workflows.answered


# -------------------------------------------------------------------------------------------------------------- killed


def _refund(here: World) -> None:
    rma = here.ask()
    here.carrier(rma, Milestone.PRE_TRANSIT)
    here.carrier(rma)


def _reviewed(here: World) -> None:
    rma = here.ask()
    here.later(days=2)
    here.decide(rma, True)
    here.carrier(rma)


def _inspected(here: World) -> None:
    rma = here.ask()
    here.carrier(rma)
    here.receive(rma, ONE)
    here.inspect(rma, ONE.model_copy(update={"grade": Grade.WORN, "deduct_minor": 1_000}))


def _exchanged(here: World) -> None:
    here.carrier(here.ask(**wanted(13_000)))


def _captured(here: World) -> None:
    here.ask(**(wanted(8_000) | {"resolution": "instant_exchange"}))
    here.later(days=30)


def _called_off(here: World) -> None:
    here.cancel(here.ask())


def _accepted(here: World) -> None:
    here.provider.state = SettlementState.ACCEPTED
    here.carrier(here.ask())
    here.provider.state = SettlementState.DONE
    here.later(days=1)


def _late(here: World) -> None:
    rma = here.ask()
    here.later(days=30)
    here.receive(rma, ONE)
    here.decide(rma, True)


LIVES: dict[str, tuple[dict[str, Any], Callable[[World], None]]] = {
    "refund": ({}, _refund),
    "reviewed": ({"review": "look"}, _reviewed),
    "inspected": ({"refund_on": "inspected"}, _inspected),
    "exchanged": ({}, _exchanged),
    "captured": ({}, _captured),
    "called off": ({}, _called_off),
    "accepted": ({}, _accepted),
    "late": ({}, _late),
}


def _end(here: World) -> tuple[Any, ...]:
    """What became of it: the same, whenever something was killed on the way."""
    (request,) = here.returns.records.values()
    settled = [(one.kind, one.state, one.amount) for one in request.settlements]
    decisions = [(one.rule, one.outcome) for one in request.decisions]
    told = sorted(one for one in here.told if one != "ReturnNews")
    ended = (
        request.state,
        bool(request.closed_at),
        request.review,
        len(here.labels.made),
        len(set(here.labels.voided)),
    )
    return (*ended, settled, decisions, here.moved(), told)


@pytest.mark.parametrize("after_call", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("life", LIVES)
def test_killed_between_any_two_steps_it_comes_to_the_same_end(life: str, after_call: bool) -> None:
    says, lived = LIVES[life]
    usual = world(provider="shop", **says)
    counted = Killer(usual, 0, after_call=False)
    lived(usual)
    end, calls = _end(usual), -counted.left
    assert calls > 8
    for at in range(1, calls + 1):
        here = world(provider="shop", **says)
        killer = Killer(here, at, after_call=after_call)
        lived(here)
        assert killer.fired
        assert _end(here) == end, f"killed at call {at}"
        assert not any(one.token for one in here.executions.values())
