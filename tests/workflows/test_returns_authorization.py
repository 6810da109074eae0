"""Every branch of returns_authorization."""

from pathlib import Path
from typing import Any

import pytest

from porchlight.domain.rma.goods import Receipt
from porchlight.domain.rma.names import SettlementKind
from porchlight.services.asked import Asked
from porchlight.services.return_parcels import news_of, parcels_of
from porchlight.services.review_return import DecisionBody
from tests.unit.returning import SHIRT, wanted, world
from tests.unit.stories import NOW
from tests.workflows.asl_runner import Result, TaskError, run

MACHINE = Path(__file__).parents[2] / "statemachines/returns_authorization.asl.json"
INPUT = {"id": "chg_1", "type": "ReturnRequested", "brand": "larkspur", "return_id": "rma_1", "order_id": "ord_1"}
ORDER = {"order_id": "ord_1", "lines": [SHIRT]}
BOX = Receipt(receipt_id="r-1", received_at=NOW)
WHICH = {"brand": "larkspur", "return_id": "rma_1", "execution": "test-1"}


def step(do: str, *, kind: str = "", seen: int = 3, outcome: str = "approved") -> dict[str, Any]:
    """What each task answers with: the next step."""
    return {"Payload": {"do": do, "kind": kind, "seconds": 60, "seen": seen, "outcome": outcome}}


LABEL, WAIT, REVIEW, VOID = step("label"), step("wait"), step("review"), step("void")
REFUND = step("settle", kind="refund")
CLOSE = step("close", outcome="refunded")
NEWS = {"purpose": "return"}


def authorize(**mocks: Any) -> Result:
    """By default: label, scan, refund."""
    usual = {
        "EvaluateReturn": LABEL,
        "CreateLabel": WAIT,
        "AwaitNews": NEWS,
        "RequestReview": NEWS,
        "DecideNextStep": REFUND,
        "SettleReturn": CLOSE,
        "VoidLabel": step("close", outcome="cancelled"),
        "MarkReturnFailed": {"Payload": {"outcome": "failed"}},
    }
    return run(MACHINE, INPUT, usual | mocks)


def test_an_approved_return_gets_its_label_its_scan_and_its_refund() -> None:
    result = authorize()
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "refunded"})
    assert [call.state for call in result.calls] == [
        "EvaluateReturn",
        "CreateLabel",
        "AwaitNews",
        "DecideNextStep",
        "SettleReturn",
    ]
    assert result.arguments("EvaluateReturn")[0]["Payload"] == {"action": "start", **WHICH}
    assert result.arguments("CreateLabel")[0]["Payload"] == {"action": "make", **WHICH}
    assert result.arguments("DecideNextStep")[0]["Payload"] == {"action": "next", **WHICH}
    assert result.arguments("SettleReturn")[0]["Payload"] == {"kind": "refund", **WHICH}


def test_a_return_that_nothing_happens_to_costs_ten_transitions() -> None:
    """Two for each step (the task and the choice); waiting is one task and one look."""
    assert len(authorize().path) == 10


def test_a_wait_leaves_its_token_with_the_return_and_says_what_it_knows() -> None:
    (awaited,) = authorize(CreateLabel=step("wait", seen=7)).arguments("AwaitNews")
    assert awaited["Payload"].pop("token")
    assert awaited["Payload"] == {"purpose": "return", "brand": "larkspur", "return_id": "rma_1", "seen": 7}


@pytest.mark.parametrize("outcome", ["refused", "already_decided"])
def test_a_refusal_and_a_second_execution_end_at_the_first_step(outcome: str) -> None:
    result = authorize(EvaluateReturn=step("close", outcome=outcome))
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": outcome})
    assert len(result.calls) == 1


@pytest.mark.parametrize(("after", "end"), [(LABEL, "refunded"), (step("close", outcome="refused"), "refused")])
def test_a_person_answers_and_the_record_says_what_follows(after: dict[str, Any], end: str) -> None:
    result = authorize(EvaluateReturn=REVIEW, DecideNextStep=[after, REFUND])
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": end})
    (asked,) = result.arguments("RequestReview")
    assert asked["Payload"].pop("token")
    assert asked["Payload"] == {"purpose": "return", "brand": "larkspur", "return_id": "rma_1", "seen": 3}


@pytest.mark.parametrize("waiting", ["RequestReview", "AwaitNews"])
def test_a_deadline_is_looked_at_like_news(waiting: str) -> None:
    begins = REVIEW if waiting == "RequestReview" else WAIT
    result = authorize(EvaluateReturn=begins, **{waiting: TaskError("States.Timeout")})
    assert result.output == {"outcome": "refunded"}
    assert len(result.arguments(waiting)) == 1
    assert result.path[:5] == ["EvaluateReturn", "WhatIsNext?", waiting, "DecideNextStep", "WhatIsNext?"]


def test_people_are_asked_again_and_news_that_changes_nothing_is_waited_out() -> None:
    result = authorize(
        EvaluateReturn=REVIEW, DecideNextStep=[step("review", seen=4), WAIT, step("wait", seen=6), CLOSE]
    )
    assert [call["Payload"]["seen"] for call in result.arguments("RequestReview")] == [3, 4]
    assert [call["Payload"]["seen"] for call in result.arguments("AwaitNews")] == [3, 6]
    assert result.output == {"outcome": "refunded"}


def test_what_is_called_off_has_its_label_taken_back() -> None:
    result = authorize(DecideNextStep=VOID)
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": "cancelled"})
    assert result.arguments("VoidLabel")[0]["Payload"] == {"action": "void", **WHICH}
    assert result.arguments("SettleReturn") == []


def test_an_instant_exchange_settles_one_kind_after_the_other() -> None:
    kinds = ["hold", "exchange", "release"]
    result = authorize(
        CreateLabel=step("settle", kind="hold"),
        SettleReturn=[step("settle", kind="exchange"), WAIT, CLOSE],
        DecideNextStep=step("settle", kind="release"),
    )
    assert [call["Payload"]["kind"] for call in result.arguments("SettleReturn")] == kinds
    assert result.path.count("AwaitNews") == 1


@pytest.mark.parametrize(
    ("task", "mocks"),
    [
        ("SettleReturn", {"DecideNextStep": REFUND}),
        ("CreateLabel", {"DecideNextStep": [LABEL, LABEL, REFUND], "CreateLabel": WAIT}),
        ("VoidLabel", {"EvaluateReturn": VOID, "DecideNextStep": VOID}),
    ],
)
def test_a_provider_that_is_down_for_hours_is_asked_again(task: str, mocks: dict[str, Any]) -> None:
    answers = {"SettleReturn": CLOSE, "CreateLabel": WAIT, "VoidLabel": CLOSE}
    down = [TaskError("TransientError")] * 12
    result = authorize(**(mocks | {task: [*down, answers[task]]}))
    assert result.output == {"outcome": "refunded"}
    assert result.path.count("WaitForProvider") == 2
    assert len(result.arguments(task)) == 13


def test_a_return_that_is_called_off_while_its_provider_is_down_is_not_asked_for_again() -> None:
    result = authorize(SettleReturn=TaskError("TransientError"), DecideNextStep=[REFUND, VOID])
    assert result.output == {"outcome": "cancelled"}
    assert result.path.count("WaitForProvider") == 1


def test_a_provider_that_stays_down_fails_the_return_after_two_days() -> None:
    result = authorize(SettleReturn=TaskError("TransientError"))
    assert (result.status, result.error) == ("FAILED", "ReturnsAuthorizationFailed")
    assert result.path.count("WaitForProvider") == 47
    (marked,) = result.arguments("MarkReturnFailed")
    assert (marked["Payload"]["step"], marked["Payload"]["error"]) == ("SettleReturn", "TransientError")


def test_rounds_are_counted_anew_after_a_success() -> None:
    """A provider that was down for a day for the hold has two days again for the exchange."""
    down = [TaskError("TransientError")] * 6
    result = authorize(
        EvaluateReturn=step("settle", kind="hold"),
        SettleReturn=[*down * 40, step("settle", kind="exchange"), *down * 40, CLOSE],
        DecideNextStep=[*[step("settle", kind="hold")] * 40, *[step("settle", kind="exchange")] * 40],
    )
    assert result.output == {"outcome": "refunded"}
    assert result.path.count("WaitForProvider") == 80


def test_a_provider_that_refuses_fails_the_return_at_once() -> None:
    result = authorize(SettleReturn=TaskError("PermanentProviderError", "shopper@example.com"))
    assert (result.status, result.error) == ("FAILED", "ReturnsAuthorizationFailed")
    assert len(result.arguments("SettleReturn")) == 1
    (marked,) = result.arguments("MarkReturnFailed")
    failed = {"step": "SettleReturn", "error": "PermanentProviderError"}
    assert marked["Payload"] == {"action": "mark_failed", **WHICH, **failed}


@pytest.mark.parametrize(
    ("name", "mocks"),
    [
        ("EvaluateReturn", {}),
        ("RequestReview", {"EvaluateReturn": REVIEW}),
        ("AwaitNews", {}),
        ("DecideNextStep", {}),
        ("CreateLabel", {}),
        ("VoidLabel", {"EvaluateReturn": VOID}),
        ("SettleReturn", {}),
    ],
)
def test_a_step_that_fails_for_good_marks_the_return(name: str, mocks: dict[str, Any]) -> None:
    result = authorize(**(mocks | {name: TaskError("NotFoundError")}))
    assert (result.status, result.error, result.cause) == (
        "FAILED",
        "ReturnsAuthorizationFailed",
        f"Step {name} failed with NotFoundError",
    )
    (marked,) = result.arguments("MarkReturnFailed")
    assert marked["Payload"]["step"] == name


def test_a_mark_that_cannot_be_made_still_ends_in_failure() -> None:
    result = authorize(CreateLabel=TaskError("KeyError"), MarkReturnFailed=TaskError("TransientError"))
    assert (result.status, result.error) == ("FAILED", "ReturnsAuthorizationFailed")


@pytest.mark.parametrize(
    ("says", "asked", "news", "end"),
    [
        ({}, {}, ["scan"], "refunded"),
        ({"review": "look"}, {}, ["yes", "scan"], "refunded"),
        ({"refund_on": "received"}, {}, ["scan", "receive"], "refunded"),
        ({}, {"method": "keep"}, [], "refunded"),
        ({}, wanted() | {"resolution": "instant_exchange"}, ["scan"], "exchanged"),
        ({}, {}, ["cancel"], "cancelled"),
    ],
)
def test_the_machine_and_the_services_understand_each_other(
    says: dict[str, Any], asked: dict[str, Any], news: list[str], end: str
) -> None:
    """The definition as it is deployed, its tasks done by the services over fakes, news while it waits."""
    here = world(**says)
    request, _ = here.requests.request("larkspur", Asked.model_validate(ORDER | asked), "request-key-1", NOW)
    rma, coming = request.return_id, list(news)
    which = {"brand": "larkspur", "return_id": rma}

    def decide(arguments: Any) -> Any:
        payload = arguments["Payload"]
        step_of = {"start": here.steps.start, "next": here.steps.next}[payload["action"]]
        return {"Payload": step_of("larkspur", rma, payload["execution"], here.now)}

    def labels(arguments: Any) -> Any:
        payload = arguments["Payload"]
        desk = {"make": here.label_desk.make, "void": here.label_desk.void}[payload["action"]]
        return {"Payload": here.steps.after(payload["action"], desk("larkspur", rma, here.now), payload, here.now)}

    def settle(arguments: Any) -> Any:
        payload = arguments["Payload"]
        outcome = here.settler.settle("larkspur", rma, SettlementKind(payload["kind"]), here.now)
        return {"Payload": here.steps.after("settle", outcome, payload, here.now)}

    def wait(arguments: Any) -> Any:
        seen, happens = arguments["Payload"]["seen"], coming.pop(0)
        assert seen == news_of(here.get(rma), parcels_of(here.shipments, here.get(rma)))
        happen = {
            "scan": lambda: here.carrier(rma, hear=False),
            "yes": lambda: here.reviews.decide("larkspur", rma, DecisionBody(approve=True), "cx", here.now),
            "receive": lambda: here.warehouse.receive("larkspur", rma, BOX, here.now),
            "cancel": lambda: here.cancellation.cancel("larkspur", rma, "shopper", here.now),
        }
        happen[happens]()
        return {"purpose": "return"}

    tasks = {"EvaluateReturn": decide, "DecideNextStep": decide, "CreateLabel": labels, "VoidLabel": labels}
    result = run(MACHINE, INPUT | which, {**tasks, "SettleReturn": settle, "AwaitNews": wait, "RequestReview": wait})
    assert (result.status, result.output) == ("SUCCEEDED", {"outcome": end})
    assert coming == []
    assert here.get(rma).closed_at
