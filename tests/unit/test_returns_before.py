"""Executions of returns_authorization that were begun under the release before, and returns as it wrote them."""

from typing import Any

import pytest

from porchlight.domain.ids import stable_id
from porchlight.domain.milestones import Milestone
from porchlight.domain.returns import Decision, Label, Outcome, Return, ReturnLine, ReturnState
from porchlight.domain.rma import dues
from porchlight.domain.rma.names import SettlementState
from porchlight.domain.shipments import Shipment
from porchlight.errors import ConflictError, InvalidInputError, TransientError
from porchlight.ports import Wait
from porchlight.services.resume_workflows import NewsDesk
from porchlight.services.return_parcels import parcels_of
from porchlight.services.returns_before import StepsBefore
from tests.fakes import FakeCases
from tests.unit.returning import BRAND, World
from tests.unit.stories import DAY, NOW, scan, usd

RMA = "rma_1"


class Before:
    """A return as the release before left it, its old execution ``exe-old``, and this release."""

    def __init__(self, *outcomes: Outcome, **update: Any) -> None:
        self.here = World()
        said = [
            Decision(
                outcome=outcome,
                rule="within_window" if outcome is Outcome.APPROVE else "above_review_amount",
                policy_version="returns-1",
                decided_at=NOW,
                facts={"execution": "exe-old", "refund_minor": 9_500},
            )
            for outcome in outcomes
        ]
        values: dict[str, Any] = {
            **{"brand": BRAND, "return_id": RMA, "order_id": "ord_1", "shopper_id": "cus_1"},
            "lines": (ReturnLine(line_id="shirt", quantity=1, reason="too small"),),
            **{"requested_at": NOW, "policy_version": "returns-1", "decisions": tuple(said)},
            "refund_amount": usd(9_500) if said else None,
        }
        self.here.returns.records[BRAND, RMA] = Return(**{**values, **update})
        self.old = StepsBefore(self.here.steps)

    def take(self, action: str, **more: Any) -> dict[str, Any]:
        event = {"action": action, "brand": BRAND, "return_id": RMA, "execution": "exe-old", **more}
        return self.old.take(action, event, self.here.now)

    @property
    def request(self) -> Return:
        return self.here.get(RMA)


def labelled() -> Before:
    """Approved with a label, and waited for."""
    number = "PLRABC"
    label = Label(carrier="ups", tracking_number=number, shipment_id="shp_9", reference=number)
    before = Before(Outcome.APPROVE, state=ReturnState.APPROVED, label=label)
    which = {"brand": BRAND, "carrier": "ups", "tracking_number": number, "created_at": NOW, "updated_at": NOW}
    back = Shipment(**which, shipment_id="shp_9", order_id="ord_1", shopper_id="cus_1", return_id=RMA, version=1)
    before.here.shipments.save(back, due_at=None)
    return before


def test_what_waits_for_its_first_scan_is_handed_over_when_it_comes_and_refunded_as_promised() -> None:
    # Given an execution that waits with a token at the parcel
    before = labelled()
    here = before.here
    desk = NewsDesk(here.shipments, here.orders, FakeCases(), here.workflows)
    which = {"brand": BRAND, "shipment_id": "shp_9", "purpose": "return"}
    assert desk.await_news(Wait(**which, token="old", created_at=NOW), 0) is False
    assert before.take("record_scan") == {
        **{"outcome": "waiting", "seen": 0, "wait_seconds": 30 * 86_400, "review_seconds": 30 * 86_400}
    }
    # When the parcel is scanned
    here.later(days=2)
    here.carrier(RMA)
    assert desk.resume(BRAND, "shp_9") == 1
    assert "old" in here.workflows.answered
    # Then the old execution ends, and a new one refunds what was promised then
    assert before.take("record_scan")["outcome"] == "handed_over"
    here.run()
    assert (before.request.state, here.moved()) == (ReturnState.REFUNDED, {"refund": 9_500})
    assert here.told.count("ReturnReopened") == 1
    assert [one.outcome for one in here.executions.values()] == ["refunded"]


def test_what_is_never_scanned_expires_in_the_old_execution() -> None:
    before = labelled()
    before.here.now = NOW + 30 * DAY
    for _ in range(2):
        assert before.take("record_scan")["outcome"] == "expired"
    assert before.request.state is ReturnState.EXPIRED


def test_what_is_called_off_ends_the_old_execution_and_a_box_that_comes_is_looked_at() -> None:
    before = labelled()
    here = before.here
    here.cancel(RMA)
    assert before.take("record_scan")["outcome"] == "cancelled"
    here.receive(RMA)
    assert before.request.review
    here.decide(RMA, True)
    assert here.moved() == {"refund": 9_500}


def test_a_person_decides_and_the_token_beside_the_record_is_answered() -> None:
    # Given an execution that waits for a person, its token beside the record
    before = Before(Outcome.REVIEW, state=ReturnState.IN_REVIEW)
    here = before.here
    here.returns.tokens[BRAND, RMA] = "old"
    # When a person approves
    here.decide(RMA, True)
    # Then the token is answered, the old execution hands over, and a new one goes on
    assert "old" in here.workflows.answered
    assert before.take("settle_review", deadline_passed=False)["outcome"] == "handed_over"
    here.run()
    assert before.request.label
    here.carrier(RMA)
    assert here.moved() == {"refund": 9_500}


def test_an_old_execution_that_asks_again_waits_with_its_token_like_any_other() -> None:
    before = Before(Outcome.REVIEW, state=ReturnState.IN_REVIEW)
    here = before.here
    assert before.take("settle_review", deadline_passed=False)["outcome"] == "review"
    which = {"brand": BRAND, "shipment_id": "", "return_id": RMA, "purpose": "review", "created_at": NOW}
    assert here.news.await_answer(Wait(**which, token="old")) is False
    here.run()
    assert here.workflows.answered == {}
    here.decide(RMA, False)
    assert list(here.workflows.answered) == ["old"]
    # And one that asks only then is answered at once
    assert here.news.await_answer(Wait(**which, token="older")) is True


def test_a_person_decides_before_the_old_execution_looked_again() -> None:
    before = Before(Outcome.REVIEW, state=ReturnState.IN_REVIEW)
    before.here.returns.tokens[BRAND, RMA] = "old"
    before.here.decide(RMA, False)
    assert "old" in before.here.workflows.answered
    assert before.take("settle_review", deadline_passed=False)["outcome"] == "refuse"
    assert before.request.state is ReturnState.REFUSED
    with pytest.raises(ConflictError):
        before.here.decide(RMA, True)


def test_a_deadline_of_the_release_before_counts_from_its_question() -> None:
    before = Before(Outcome.REVIEW, state=ReturnState.IN_REVIEW)
    before.here.now = NOW + 3 * DAY
    assert before.take("settle_review", deadline_passed=True)["outcome"] == "handed_over"
    assert [one.rule for one in before.request.decisions] == [
        *("above_review_amount", "review_deadline", "handed_over")
    ]


def test_a_request_that_the_old_machine_starts_with_during_a_deployment_is_decided_and_handed_over() -> None:
    before = Before()
    here = before.here
    assert before.take("evaluate")["outcome"] == "handed_over"
    # Given that the bus still starts the old machine: it does not decide twice
    with pytest.raises(TransientError):
        before.take("evaluate")
    assert before.take("fail", step="EvaluateReturn", error="TransientError")["outcome"] == "handed_over"
    here.run()
    here.carrier(RMA)
    assert (before.request.state, here.moved()) == (ReturnState.REFUNDED, {"refund": 9_500})
    assert [one.rule for one in before.request.decisions].count("within_window") == 1


def test_an_old_execution_without_a_label_yet_is_handed_over_by_its_failure() -> None:
    before = Before(Outcome.APPROVE)
    with pytest.raises(TransientError):
        before.take("create_label")
    assert before.take("fail", step="CreateLabel", error="TransientError")["outcome"] == "handed_over"
    before.here.run()
    assert before.request.state is ReturnState.APPROVED
    assert before.request.label


def test_other_failures_of_old_executions_are_recorded_as_ever() -> None:
    before = labelled()
    assert before.take("fail", step="RefundReturn", error="PermanentProviderError")["outcome"] == "failed"
    assert before.request.state is ReturnState.FAILED
    with pytest.raises(InvalidInputError):
        before.take("dance")


def test_a_refund_that_fails_after_all_takes_an_old_return_up_again() -> None:
    """The release before wrote no end down."""
    old = {"key": stable_id("rfd", BRAND, RMA), "amount": usd(9_500), "requested_at": NOW, "executed_at": NOW}
    before = labelled()
    here = before.here
    stored = before.request.model_dump() | {"refund": old, "state": "refunded", "scanned_at": NOW}
    here.returns.records[BRAND, RMA] = Return.model_validate(stored)
    one = before.request.settlements[0]
    assert one.done_at == NOW
    here.returns.update(dues.told(before.request, one.key, SettlementState.FAILED, NOW + DAY, why="account-closed"))
    here.run()
    assert before.request.review
    assert len(here.executions) == 1
    here.decide(RMA, True)
    assert here.moved() == {"refund": 9_500}


def test_old_parcels_are_read_as_they_are() -> None:
    before = labelled()
    parcel = before.here.shipments.records[BRAND, "shp_9"]
    event = scan(Milestone.PRE_TRANSIT, NOW)
    before.here.shipments.save(
        parcel.model_copy(update={"event_count": 1, "version": parcel.version + 1}), [event], due_at=None
    )
    seen = parcels_of(before.here.shipments, before.request)
    assert (seen.scanned_at, seen.events) == (None, 1)
