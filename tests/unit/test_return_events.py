"""What the world is told of a return: each step once, by what changed, whatever the state says."""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.changes import DomainEvent
from porchlight.domain.ids import stable_id
from porchlight.domain.moments import Moment
from porchlight.domain.return_events import return_changes
from porchlight.domain.returns import Decision, Label, Outcome, Return, ReturnState, Review
from porchlight.domain.rma.answers import answer, reopen
from porchlight.domain.rma.goods import Inspection, ItemFound, Receipt
from porchlight.domain.rma.names import Resolution, ReturnMethod, SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.domain.rma.terms import Terms
from tests.unit.stories import DAY, NOW, usd, wanted

LABEL = Label(carrier="ups", tracking_number="PLR1", shipment_id="shp_back", reference="r", made_at=NOW)


def decision(outcome: Outcome = Outcome.APPROVE, rule: str = "within_window", at: datetime = NOW) -> Decision:
    return Decision(outcome=outcome, rule=rule, policy_version="1", decided_at=at)


def settlement(
    kind: SettlementKind = SettlementKind.REFUND, state: SettlementState = SettlementState.INTENDED, key: str = "k1"
) -> Settlement:
    done = NOW + DAY if state is SettlementState.DONE else None
    return Settlement(
        key=key, kind=kind, order_id="ord_1", amount=usd(9_500), state=state, intended_at=NOW, done_at=done
    )


def review(stage: str = "request", at: datetime = NOW, **more: Any) -> Review:
    return Review(stage=stage, why="above_review_amount", asked_at=at, due_at=at + 3 * DAY, **more)


APPROVED = wanted(state=ReturnState.APPROVED, decisions=(decision(),), label=LABEL)


def told(old: Return | None, new: Return) -> dict[str, Moment | None]:
    found = return_changes(old, new)
    assert len({one.id for one in found}) == len(found)
    return {one.type: one.moment for one in found}


def change(old: Return, **update: Any) -> Return:
    return old.model_copy(update={"version": old.version + 1, **update})


def waits(found: Iterable[DomainEvent]) -> bool:
    return any(one.waiting for one in found)


# ------------------------------------------------------------------------------------------------------ the way of it
def test_a_return_from_request_to_its_end() -> None:
    steps: list[tuple[dict[str, Any], dict[str, Moment | None]]] = [
        (
            {"state": ReturnState.IN_REVIEW, "review": review(), "decisions": (decision(Outcome.REVIEW, "much"),)},
            {"ReturnInReview": Moment.RETURN_REQUESTED},
        ),
        (
            {"review": None, "decisions": (decision(Outcome.REVIEW, "much"), decision(rule="human"))},
            {"ReturnNews": None},
        ),
        (
            {"state": ReturnState.APPROVED, "label": LABEL},
            {"ReturnApproved": Moment.RETURN_APPROVED, "ReturnLabelMade": None},
        ),
        (
            {"state": ReturnState.IN_TRANSIT, "scanned_at": NOW + DAY},
            {"ReturnScanned": Moment.RETURN_SCANNED, "ReturnExpected": None},
        ),
        (
            {"state": ReturnState.RECEIVED, "receipts": (Receipt(receipt_id="a", received_at=NOW + 2 * DAY),)},
            {"ReturnReceived": Moment.RETURN_RECEIVED},
        ),
        (
            {
                "state": ReturnState.INSPECTED,
                "inspections": (Inspection(inspection_id="i", inspected_at=NOW + 2 * DAY, items=()),),
            },
            {"ReturnInspected": Moment.RETURN_INSPECTED},
        ),
        ({"settlements": (settlement(),)}, {"RefundRequested": None}),
        ({"settlements": (settlement(state=SettlementState.ACCEPTED),)}, {"ReturnNews": None}),
        (
            {"settlements": (settlement(state=SettlementState.DONE),), "state": ReturnState.REFUNDED},
            {"RefundIssued": Moment.REFUNDED},
        ),
        ({"closed_at": NOW + 3 * DAY}, {"ReturnClosed": None}),
    ]
    request = wanted()
    assert told(None, request) == {"ReturnRequested": None}
    for update, events in steps:
        new = change(request, **update)
        assert told(request, new) == events, update
        request = new


def test_what_releases_before_told_keeps_its_id() -> None:
    """A repeat after the deploy tells nobody twice."""
    request = wanted()
    decided = (decision(),)
    done = (settlement(state=SettlementState.DONE),)
    for name, new in {
        "ReturnInReview": change(request, state=ReturnState.IN_REVIEW),
        "ReturnApproved": change(request, state=ReturnState.APPROVED, decisions=decided),
        "ReturnRefused": change(request, state=ReturnState.REFUSED),
        "ReturnScanned": change(APPROVED, state=ReturnState.IN_TRANSIT, scanned_at=NOW),
        "RefundIssued": change(APPROVED, state=ReturnState.REFUNDED, settlements=done),
        "ReturnExpired": change(APPROVED, state=ReturnState.EXPIRED),
        "ReturnFailed": change(APPROVED, state=ReturnState.FAILED, failure="CreateLabel: PermanentProviderError"),
    }.items():
        old = APPROVED if new.label else request
        assert stable_id("chg", "rma_1", name) in {one.id for one in return_changes(old, new)}, name
    assert return_changes(None, request)[0].id == stable_id("chg", "rma_1", "ReturnRequested")


def test_with_an_instant_refund_the_scan_comes_after() -> None:
    paid = change(APPROVED, state=ReturnState.REFUNDED, settlements=(settlement(state=SettlementState.DONE),))
    assert told(APPROVED, paid)["RefundIssued"] is Moment.REFUNDED
    scanned = change(paid, scanned_at=NOW + DAY)
    assert told(paid, scanned) == {"ReturnScanned": None, "ReturnExpected": None}
    here = change(scanned, receipts=(Receipt(receipt_id="a", received_at=NOW),))
    assert told(scanned, here) == {"ReturnReceived": Moment.RETURN_RECEIVED}


def test_what_was_scanned_before_the_approval_is_told_with_it() -> None:
    asked = wanted(state=ReturnState.IN_REVIEW, decisions=(decision(Outcome.REVIEW),))
    scanned = change(asked, scanned_at=NOW)
    assert "ReturnScanned" not in told(asked, scanned)
    approved = change(scanned, state=ReturnState.IN_TRANSIT, decisions=(*asked.decisions, decision()))
    assert told(scanned, approved).keys() == {"ReturnApproved", "ReturnScanned", "ReturnExpected"}


# ---------------------------------------------------------------------------------------------------------------- money
def test_each_of_several_payments_is_told_and_the_shopper_once() -> None:
    one = settlement(state=SettlementState.DONE)
    half = change(APPROVED, settlements=(one, settlement(key="k2")))
    whole = change(
        half, settlements=(one, settlement(key="k2", state=SettlementState.DONE)), state=ReturnState.REFUNDED
    )
    found = [*return_changes(APPROVED, half), *return_changes(half, whole)]
    issued = [event for event in found if event.type == "RefundIssued"]
    assert [event.moment for event in issued] == [None, Moment.REFUNDED]
    assert [event.amount for event in issued] == [usd(9_500), usd(9_500)]
    assert len({event.id for event in found}) == len(found)


@pytest.mark.parametrize(
    ("kind", "state", "resolution", "name", "moment"),
    [
        (SettlementKind.CREDIT, ReturnState.CREDITED, Resolution.STORE_CREDIT, "CreditIssued", Moment.CREDIT_ISSUED),
        (
            SettlementKind.EXCHANGE,
            ReturnState.EXCHANGED,
            Resolution.EXCHANGE,
            "ReturnExchanged",
            Moment.RETURN_EXCHANGED,
        ),
        (SettlementKind.REPLACE, ReturnState.EXCHANGED, Resolution.REPLACE, "ReplacementSent", Moment.RETURN_EXCHANGED),
    ],
)
def test_other_resolutions_are_told_as_what_they_are(
    kind: SettlementKind, state: ReturnState, resolution: Resolution, name: str, moment: Moment
) -> None:
    old = change(APPROVED, resolution=resolution, settlements=(settlement(kind),))
    new = change(old, state=state, settlements=(settlement(kind, SettlementState.DONE),))
    assert told(old, new) == {name: moment}


def test_the_difference_of_an_exchange_is_told_as_a_refund() -> None:
    old = change(APPROVED, state=ReturnState.EXCHANGED, resolution=Resolution.EXCHANGE, settlements=(settlement(),))
    new = change(old, settlements=(settlement(state=SettlementState.DONE),))
    assert told(old, new) == {"RefundIssued": Moment.REFUNDED}


def test_a_refund_that_fails_is_told_to_the_brand_alone() -> None:
    old = change(APPROVED, settlements=(settlement(state=SettlementState.ACCEPTED),))
    failed = settlement(state=SettlementState.FAILED).model_copy(update={"why": "card_closed"})
    (event,) = return_changes(old, change(old, settlements=(failed,)))
    assert (event.type, event.moment, event.why, event.amount) == ("RefundFailed", None, "card_closed", usd(9_500))


# --------------------------------------------------------------------------------------------------------------- people
REFUSED = wanted(state=ReturnState.REFUSED, decisions=(decision(Outcome.REFUSE, "window_closed"),))


def test_a_refusal_that_is_looked_at_again_and_stays_one_is_told_anew() -> None:
    first = return_changes(wanted(), REFUSED)
    again = reopen(REFUSED, "sam", NOW + DAY)
    assert told(REFUSED, again).keys() == {"ReturnReopened", "ReturnInReview"}
    still = answer(again, approve=False, rule="human_review", by="sam", now=NOW + 2 * DAY)
    second = return_changes(again, still)
    assert [event.type for event in second] == ["ReturnRefused"]
    assert (first[0].why, second[0].why) == ("window_closed", "human_review")
    assert first[0].id != second[0].id
    assert second[0].waiting
    # And the shopper, who was told the first time, is told again: of one subject they hear once
    assert first[0].subject_id == "rma_1"
    assert second[0].subject_id != first[0].subject_id
    assert second[0].moment is Moment.RETURN_REFUSED


def test_who_sends_it_as_they_like_is_told_of_no_label() -> None:
    own = change(APPROVED, method=ReturnMethod.OWN, label=None)
    assert told(own, change(own, label=LABEL))["ReturnLabelMade"] is None
    # A label that people bring is one
    brought = LABEL.model_copy(update={"document": "labels/larkspur/rma_1.pdf"})
    assert told(own, change(own, label=brought))["ReturnLabelMade"] is Moment.RETURN_LABEL


def test_each_label_that_takes_the_place_of_another_is_told() -> None:
    labels = [LABEL.model_copy(update={"shipment_id": f"shp_{n}"}) for n in range(3)]
    made = [change(APPROVED, label=label) for label in labels]
    found = [event for old, new in pairwise(made) for event in return_changes(old, new)]
    assert [event.moment for event in found] == [Moment.RETURN_LABEL, Moment.RETURN_LABEL]
    assert len({event.subject_id for event in found}) == 2


def test_a_refusal_that_becomes_an_approval_is_told_with_its_label() -> None:
    again = reopen(REFUSED, "sam", NOW + DAY)
    approved = answer(again, approve=True, rule="human_review", by="sam", now=NOW + 2 * DAY)
    assert told(again, approved) == {"ReturnNews": None}, "there is nothing to send it with yet"
    labelled = change(approved, label=LABEL, state=ReturnState.APPROVED)
    assert told(approved, labelled) == {"ReturnApproved": Moment.RETURN_APPROVED, "ReturnLabelMade": None}
    assert return_changes(approved, labelled)[0].id != stable_id("chg", "rma_1", "ReturnApproved"), "another approval"


def test_questions_about_goods_and_money_are_for_people_alone() -> None:
    asked = change(APPROVED, review=review("goods"))
    (event,) = return_changes(APPROVED, asked)
    assert (event.type, event.moment, event.stage, event.why) == (
        "ReturnInReview",
        None,
        "goods",
        "above_review_amount",
    )
    assigned = change(asked, review=review("goods", assignee="sam", notes=("called",)))
    assert return_changes(asked, assigned) == []
    later = change(assigned, review=review("money", at=NOW + DAY))
    assert return_changes(assigned, later)[0].id != event.id


@pytest.mark.parametrize(
    ("method", "events"),
    [
        (ReturnMethod.IN_STORE, {"ReturnApproved", "ReturnExpected"}),
        (ReturnMethod.OWN, {"ReturnApproved", "ReturnExpected"}),
        (ReturnMethod.KEEP, {"ReturnApproved"}),
        (ReturnMethod.LABEL, {"ReturnApproved"}),
    ],
)
def test_the_warehouse_hears_of_what_comes_without_a_label_at_the_approval(
    method: ReturnMethod, events: set[str]
) -> None:
    old = wanted(method=method)
    new = change(old, state=ReturnState.APPROVED, decisions=(decision(),))
    assert told(old, new).keys() == events


def test_the_notice_to_the_warehouse_says_what_comes_and_where() -> None:
    lines = (("shirt", 1), ("shirt", 1), ("hat", 1))
    terms = Terms(policy_version="1", facility="east")
    old = wanted(lines, state=ReturnState.APPROVED, decisions=(decision(),), label=LABEL, terms=terms)
    new = change(old, state=ReturnState.IN_TRANSIT, scanned_at=NOW)
    (event,) = (one for one in return_changes(old, new) if one.type == "ReturnExpected")
    assert (event.facility, event.lines) == ("east", {"ord_1/shirt": 2, "ord_1/hat": 1})
    assert event.shipment_id == "shp_back"


def test_a_label_made_anew_is_told() -> None:
    other = LABEL.model_copy(update={"shipment_id": "shp_other"})
    assert told(APPROVED, change(APPROVED, label=other, old_labels=(LABEL,))) == {
        "ReturnLabelMade": Moment.RETURN_LABEL
    }


# -------------------------------------------------------------------------------------------------------------- waiting
@pytest.mark.parametrize(
    "update",
    [
        {"state": ReturnState.CANCELLED},
        {"cancel_asked_at": NOW},
        {"receipts": (Receipt(receipt_id="a", received_at=NOW),)},
        {"inspections": (Inspection(inspection_id="i", inspected_at=NOW, items=(ItemFound(quantity=1),)),)},
        {"settlements": (settlement(SettlementKind.HOLD),)},
        {"label": LABEL.model_copy(update={"voided_at": NOW})},
        {"review": review("goods")},
    ],
    ids=lambda update: next(iter(update)),
)
def test_whoever_waits_for_news_of_a_return_hears_of_it(update: dict[str, Any]) -> None:
    found = return_changes(APPROVED, change(APPROVED, **update))
    assert [one.waiting for one in found].count(True) == 1


def test_who_looks_at_it_and_what_they_note_wakes_nobody() -> None:
    asked = change(APPROVED, review=review("goods"))
    assert not waits(return_changes(asked, change(asked, review=review("goods", assignee="sam"))))
    assert not waits(return_changes(None, wanted()))


VERSIONS = st.lists(
    st.sampled_from(
        [
            {"state": ReturnState.APPROVED, "decisions": (decision(),), "label": LABEL},
            {"state": ReturnState.REFUSED, "decisions": (decision(Outcome.REFUSE),)},
            {"scanned_at": NOW},
            {"receipts": (Receipt(receipt_id="a", received_at=NOW),)},
            {"settlements": (settlement(state=SettlementState.DONE),), "state": ReturnState.REFUNDED},
            {"closed_at": NOW},
            {"review": review()},
            {"review": None},
        ]
    ),
    max_size=8,
)


@given(VERSIONS)
def test_a_repeat_tells_the_same_and_nothing_personal_or_undated_is_told(updates: list[dict[str, Any]]) -> None:
    request = wanted()
    for update in updates:
        new = change(request, **update)
        first, second = return_changes(request, new), return_changes(request, new)
        assert first == second
        assert return_changes(new, new) == []
        assert all(one.occurred_at <= one.recorded_at for one in first)
        request = new
