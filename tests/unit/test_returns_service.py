"""A return from request to refund, over the ports; and killed between any two steps."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from porchlight.domain.milestones import Milestone
from porchlight.domain.return_events import return_changes
from porchlight.domain.returns import Outcome, Return, ReturnState
from porchlight.domain.shipments import Shipment, fold
from porchlight.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermanentProviderError,
    TransientError,
)
from porchlight.services.advance_return import ReturnSteps
from porchlight.services.refund_return import Refunder
from porchlight.services.request_return import DecisionBody, RequestDesk, ReturnBody, ReviewDesk, read_body, show
from tests.fakes import FakeBrands, FakeMetrics, FakeOrders, FakeRefunds, FakeReturns, FakeShipments, FakeWorkflows
from tests.unit.stories import DAY, NOW, after, brand, order, parcel, scan, usd

KEY = "request-key-1"
BODY = {"order": "1001", "lines": [{"line_id": "shirt", "quantity": 1, "reason": "too small"}]}


class World:
    """A delivered order, and the services over fakes. ``steps`` are what the machine calls, in its order."""

    def __init__(self, **policy: Any) -> None:
        self.returns, self.orders, self.metrics = FakeReturns(), FakeOrders(), FakeMetrics()
        self.workflows, self.refunds = FakeWorkflows(), FakeRefunds()
        self.shipments = FakeShipments(self.orders)
        known = order()
        self.orders.records["larkspur", known.order_id] = known.model_copy(
            update={"order_id": "ord_1", "external_id": "1001"}
        )
        self.brands = FakeBrands(brand(**policy))
        self.desk = RequestDesk(self.returns, self.orders)
        self.reviews = ReviewDesk(self.returns, self.workflows)
        self.steps = ReturnSteps(self.returns, self.orders, self.shipments, self.brands, self.metrics)
        self.refunder = Refunder(self.returns, self.orders, self.brands, lambda _: self.refunds, self.metrics)
        delivered = after(parcel(), [scan(Milestone.DELIVERED, NOW)])
        self.shipments.save(delivered, due_at=None, link=True)

    def ask(self, key: str = KEY, quantity: int = 1) -> Return:
        body = ReturnBody.model_validate(BODY | {"lines": [BODY["lines"][0] | {"quantity": quantity}]})  # type: ignore[operator]
        return self.desk.request("larkspur", body, key, NOW)[0]

    def now(self, return_id: str) -> Return:
        found = self.returns.get("larkspur", return_id)
        assert found
        return found

    def scan(self, return_id: str, milestone: Milestone = Milestone.ACCEPTED, at: datetime = NOW + DAY) -> None:
        """A scan of the return parcel through the ingest."""
        label = self.now(return_id).label
        assert label
        key = ("larkspur", label.shipment_id)
        event = scan(milestone, at)
        stored = self.shipments.records[key]
        known = list(self.shipments.events[key].values())
        shipment = fold(stored, [*known, event]).model_copy(update={"version": stored.version + 1})
        self.shipments.save(shipment, [event], due_at=None)

    def to_scan(self, return_id: str) -> None:
        self.steps.evaluate("larkspur", return_id, "exe-1", NOW)
        self.steps.create_label("larkspur", return_id, NOW)
        self.scan(return_id)
        self.steps.record_scan("larkspur", return_id, NOW + DAY)

    def told(self) -> list[str]:
        return [event.type for old, new in self.returns.history for event in return_changes(old, new)]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("porchlight.domain.ids.order_id", lambda brand_id, external: f"ord_{external[-1]}")
    return World()


def test_a_return_goes_from_request_to_refund(world: World) -> None:
    rma = world.ask().return_id
    assert world.steps.evaluate("larkspur", rma, "exe-1", NOW)["outcome"] == "approve"
    made = world.steps.create_label("larkspur", rma, NOW)
    assert made["wait_seconds"] == 30 * 86_400
    label = world.now(rma).label
    assert label
    assert label.tracking_number.startswith("PLR")
    assert label.carrier == "ups"
    back = world.shipments.records["larkspur", label.shipment_id]
    assert (back.return_id, back.order_id, back.version) == (rma, "ord_1", 1)
    world.scan(rma)
    assert world.steps.record_scan("larkspur", rma, NOW + DAY)["outcome"] == "scanned"
    assert world.refunder.refund("larkspur", rma, NOW + DAY) == "refunded"
    done = world.now(rma)
    assert done.state is ReturnState.REFUNDED
    assert done.refund
    assert done.refund.amount == usd(9_500)
    assert done.refund.provider_reference == f"ref-{done.refund.key}"
    assert [one.rule for one in done.decisions] == ["within_window", "first_scan", "refund_executed"]
    assert world.told() == ["ReturnRequested", "ReturnApproved", "ReturnScanned", "RefundIssued"]


def test_the_return_parcel_is_none_of_the_orders_parcels(world: World) -> None:
    rma = world.ask().return_id
    world.to_scan(rma)
    assert world.orders.contents("larkspur", "ord_1").shipment_ids == ("shp_1",)


def test_the_same_key_is_the_same_return_and_other_lines_under_it_are_a_conflict(world: World) -> None:
    first = world.ask()
    assert world.desk.request("larkspur", ReturnBody.model_validate(BODY), KEY, NOW + DAY) == (first, False)
    with pytest.raises(ConflictError) as caught:
        world.ask(quantity=2)
    assert caught.value.problem == "idempotency-key-reused"


@pytest.mark.parametrize(
    ("body", "key", "error", "problem"),
    [
        (BODY, "short", InvalidInputError, "no-idempotency-key"),
        (BODY | {"order": "9"}, KEY, NotFoundError, "not-found"),
        (BODY | {"lines": [{"line_id": "x", "quantity": 1, "reason": "y"}]}, KEY, InvalidInputError, "unknown-line"),
    ],
)
def test_what_cannot_be_a_return_is_refused_at_the_door(
    world: World, body: dict[str, Any], key: str, error: type[Exception], problem: str
) -> None:
    with pytest.raises(error) as caught:
        world.desk.request("larkspur", ReturnBody.model_validate(body), key, NOW)
    assert caught.value.problem == problem  # type: ignore[attr-defined]
    with pytest.raises(NotFoundError):
        world.desk.request("fjordhus", ReturnBody.model_validate(BODY | {"order": "9"}), KEY, NOW)


def test_a_bad_body_names_its_fields_and_repeats_no_value() -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_body(ReturnBody, b'{"order": "1", "lines": [{"line_id": "secret", "quantity": 0, "reason": "r"}]}')
    assert "lines.0.quantity: greater_than_equal" in caught.value.detail
    assert "secret" not in caught.value.detail
    with pytest.raises(InvalidInputError):
        read_body(ReturnBody, b"\xff")


def test_a_second_execution_of_the_same_return_stops(world: World) -> None:
    rma = world.ask().return_id
    assert world.steps.evaluate("larkspur", rma, "exe-1", NOW)["outcome"] == "approve"
    assert world.steps.evaluate("larkspur", rma, "exe-2", NOW)["outcome"] == "already_decided"
    assert world.steps.evaluate("larkspur", rma, "exe-1", NOW)["outcome"] == "approve"
    assert (
        world.steps.fail("larkspur", rma, "exe-2", "EvaluateReturn", "TransientError", NOW)["outcome"] == "left_alone"
    )
    assert world.now(rma).state is ReturnState.REQUESTED
    assert len(world.now(rma).decisions) == 1


def test_a_refusal_is_recorded_with_its_code(world: World) -> None:
    rma = world.ask(quantity=2).return_id
    world.steps.evaluate("larkspur", rma, "exe-1", NOW)
    other = world.ask(key="another-key", quantity=1).return_id
    assert world.steps.evaluate("larkspur", other, "exe-2", NOW)["outcome"] == "refuse"
    refused = world.now(other)
    assert (refused.state, refused.decisions[0].rule) == (ReturnState.REFUSED, "quantity_exceeded")
    with pytest.raises(InvalidInputError):
        world.steps.create_label("larkspur", other, NOW)


def in_review(world: World) -> str:
    world.brands.brands["larkspur"] = brand(review_above_minor=1)
    rma = world.ask().return_id
    assert world.steps.evaluate("larkspur", rma, "exe-1", NOW) == {"outcome": "review", "review_seconds": 259_200}
    assert world.reviews.await_review("larkspur", rma, "token-1") is False
    return rma


def test_a_persons_approval_is_recorded_before_the_workflow_goes_on(world: World) -> None:
    rma = in_review(world)
    body = DecisionBody(approve=True, note="good customer")
    decided = world.reviews.decide("larkspur", rma, body, "key-cx", NOW)
    assert decided.decisions[-1].decided_by == "key-cx"
    assert "token-1" in world.workflows.answered
    assert world.reviews.decide("larkspur", rma, body, "key-cx", NOW) == decided
    with pytest.raises(ConflictError):
        world.reviews.decide("larkspur", rma, DecisionBody(approve=False), "key-cx", NOW)
    assert world.steps.settle_review("larkspur", rma, False, NOW)["outcome"] == "approve"
    world.steps.create_label("larkspur", rma, NOW)
    assert world.now(rma).state is ReturnState.APPROVED


def test_a_persons_refusal_ends_the_return(world: World) -> None:
    rma = in_review(world)
    for _ in range(2):
        world.reviews.decide("larkspur", rma, DecisionBody(approve=False), "key-cx", NOW)
    assert world.now(rma).state is ReturnState.REFUSED
    assert world.steps.settle_review("larkspur", rma, False, NOW)["outcome"] == "refuse"
    assert world.told()[-1] == "ReturnRefused"


def test_nobody_is_asked_before_the_review_waits(world: World) -> None:
    rma = world.ask().return_id
    with pytest.raises(ConflictError):
        world.reviews.decide("larkspur", rma, DecisionBody(approve=True), "key-cx", NOW)
    with pytest.raises(NotFoundError):
        world.reviews.decide("fjordhus", rma, DecisionBody(approve=True), "key-cx", NOW)


def test_a_decision_that_was_faster_than_the_wait_is_answered_at_once(world: World) -> None:
    rma = in_review(world)
    world.reviews.decide("larkspur", rma, DecisionBody(approve=True), "key-cx", NOW)
    assert world.reviews.await_review("larkspur", rma, "token-2") is True
    assert "token-2" in world.workflows.answered


def test_a_decision_whose_answer_got_lost_is_sent_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rma = in_review(world)
    monkeypatch.setattr(world.workflows, "succeed", killed)
    with pytest.raises(KilledError):
        world.reviews.decide("larkspur", rma, DecisionBody(approve=True), "key-cx", NOW)
    monkeypatch.undo()
    world.reviews.decide("larkspur", rma, DecisionBody(approve=True), "key-cx", NOW)
    assert "token-1" in world.workflows.answered


@pytest.mark.parametrize(
    ("default", "outcome", "state"),
    [
        (Outcome.APPROVE, "approve", ReturnState.IN_REVIEW),
        (Outcome.REFUSE, "refuse", ReturnState.REFUSED),
        (Outcome.REVIEW, "review", ReturnState.IN_REVIEW),
    ],
)
def test_after_the_deadline_the_policy_decides_once(
    world: World, default: Outcome, outcome: str, state: ReturnState
) -> None:
    rma = in_review(world)
    world.brands.brands["larkspur"] = brand(review_above_minor=1, review_default=default)
    assert world.steps.settle_review("larkspur", rma, False, NOW)["outcome"] == "review"
    for _ in range(2):
        assert world.steps.settle_review("larkspur", rma, True, NOW + 3 * DAY)["outcome"] == outcome
    assert world.now(rma).state is state
    assert len(world.now(rma).decisions) == (1 if default is Outcome.REVIEW else 2)


def test_a_label_is_no_scan_and_a_deadline_without_scan_expires_the_return(world: World) -> None:
    rma = world.ask().return_id
    world.steps.evaluate("larkspur", rma, "exe-1", NOW)
    world.steps.create_label("larkspur", rma, NOW)
    world.scan(rma, Milestone.PRE_TRANSIT)
    waiting = world.steps.record_scan("larkspur", rma, NOW + 10 * DAY)
    assert waiting == {"outcome": "waiting", "seen": 1, "wait_seconds": 20 * 86_400}
    for _ in range(2):
        assert world.steps.record_scan("larkspur", rma, NOW + 30 * DAY)["outcome"] == "expired"
    assert world.now(rma).decisions[-1].rule == "scan_deadline"
    with pytest.raises(InvalidInputError):
        world.refunder.refund("larkspur", rma, NOW + 31 * DAY)


def test_a_scan_that_came_before_its_label_is_found(world: World) -> None:
    rma = world.ask().return_id
    world.steps.evaluate("larkspur", rma, "exe-1", NOW)
    label = world.steps.create_label("larkspur", rma, NOW)["shipment_id"]
    parcel_ = world.shipments.records["larkspur", label]
    stray = Shipment(
        brand="larkspur",
        shipment_id=label,
        carrier="ups",
        tracking_number=parcel_.tracking_number,
        created_at=NOW,
        updated_at=NOW,
        version=1,
    )
    world.shipments.records["larkspur", label] = fold(stray, [scan(Milestone.ACCEPTED, NOW)])
    unlabelled = world.now(rma).model_copy(update={"label": None, "state": ReturnState.REQUESTED})
    world.returns.records["larkspur", rma] = unlabelled
    world.steps.create_label("larkspur", rma, NOW)
    assert world.shipments.records["larkspur", label].return_id == rma
    assert world.steps.record_scan("larkspur", rma, NOW)["outcome"] == "scanned"


def test_a_failure_is_recorded_once_and_leaves_what_has_ended_alone(world: World) -> None:
    rma = world.ask().return_id
    world.to_scan(rma)
    for outcome in ("failed", "left_alone"):
        step = world.steps.fail("larkspur", rma, "exe-1", "RefundReturn", "PermanentProviderError", NOW)
        assert step["outcome"] == outcome
    assert world.now(rma).failure == "RefundReturn: PermanentProviderError"
    assert world.refunder.refund("larkspur", rma, NOW) == "refunded"  # an operator tries again
    assert world.steps.fail("larkspur", rma, "exe-1", "RefundReturn", "X", NOW)["outcome"] == "left_alone"
    assert world.now(rma).state is ReturnState.REFUNDED


def test_money_that_is_gone_is_not_refunded(world: World) -> None:
    rma = world.ask().return_id
    world.to_scan(rma)
    drained = world.orders.records["larkspur", "ord_1"].model_copy(update={"refunds": {"r": usd(20_000)}})
    world.orders.records["larkspur", "ord_1"] = drained
    with pytest.raises(InvalidInputError) as caught:
        world.refunder.refund("larkspur", rma, NOW)
    assert caught.value.problem == "refund-exceeds-paid"
    assert world.refunds.executed == {}


@pytest.mark.parametrize("error", [TransientError, PermanentProviderError])
def test_a_provider_that_refuses_leaves_the_intent_and_no_refund(world: World, error: type[Exception]) -> None:
    rma = world.ask().return_id
    world.to_scan(rma)
    world.refunds.fails.append(error("no"))
    with pytest.raises(error):
        world.refunder.refund("larkspur", rma, NOW)
    left = world.now(rma)
    assert left.refund
    assert left.refund.executed_at is None
    assert world.refunder.refund("larkspur", rma, NOW) == "refunded"
    assert list(world.refunds.executed.values()) == [usd(9_500)]


class KilledError(BaseException):
    """The process is gone: nothing catches this."""


def killed(*_: object, **__: object) -> Any:
    raise KilledError


PORTS = ("returns", "orders", "shipments", "refunds")
SIDE_EFFECTS = {"create", "update", "save", "refund"}


class Killer:
    """Kills the process before or after the ``at``-th write or provider call."""

    def __init__(self, world: World, at: int, *, after_call: bool) -> None:
        self.left, self.after_call, self.fired = at, after_call, False
        for port in PORTS:
            self._guard(getattr(world, port))

    def _guard(self, port: Any) -> None:
        for name in SIDE_EFFECTS & set(dir(port)):
            setattr(port, name, self._guarded(getattr(port, name)))

    def _guarded(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            mine = self.left == 0 and not self.fired
            if mine and not self.after_call:
                self.fired = True
                raise KilledError
            result = call(*args, **kwargs)
            if mine:
                self.fired = True
                raise KilledError
            return result

        return guarded


def until_done(world: World, machine: Callable[[], None], killer: Killer) -> None:
    """Step Functions retries a task that died; a whole execution that starts over meets its own records too."""
    for _ in range(10):
        try:
            machine()
        except KilledError:
            continue
        return
    raise AssertionError("never done")


@pytest.mark.parametrize("after_call", [False, True])
@pytest.mark.parametrize("at", range(1, 11))
def test_killed_between_any_two_steps_there_is_exactly_one_refund(world: World, at: int, after_call: bool) -> None:
    killer = Killer(world, at, after_call=after_call)

    def machine() -> None:
        rma = world.ask().return_id
        world.steps.evaluate("larkspur", rma, "exe-1", NOW)
        world.steps.create_label("larkspur", rma, NOW)
        if not world.now(rma).scanned_at:
            world.scan(rma)
        world.steps.record_scan("larkspur", rma, NOW + DAY)
        world.refunder.refund("larkspur", rma, NOW + DAY)

    def scanned_once() -> None:
        """The ingest knows a scan that it has recorded."""
        original = world.scan

        def once(return_id: str, *args: Any, **kwargs: Any) -> None:
            label = world.now(return_id).label
            if label and not world.shipments.records["larkspur", label.shipment_id].event_count:
                original(return_id, *args, **kwargs)

        world.scan = once  # type: ignore[method-assign]

    scanned_once()
    until_done(world, machine, killer)
    assert killer.fired == (at <= 9), "there are nine writes and calls on the way"
    done = next(iter(world.returns.records.values()))
    assert done.state is ReturnState.REFUNDED
    assert list(world.refunds.executed.values()) == [usd(9_500)]
    assert [one.rule for one in done.decisions] == ["within_window", "first_scan", "refund_executed"]
    assert sorted(world.told()) == ["RefundIssued", "ReturnApproved", "ReturnRequested", "ReturnScanned"]


def test_what_the_api_shows_hides_the_execution(world: World) -> None:
    rma = world.ask().return_id
    world.to_scan(rma)
    world.refunder.refund("larkspur", rma, NOW)
    shown = show(world.now(rma))
    assert shown["state"] == "refunded"
    assert "exe-1" not in str(shown)
