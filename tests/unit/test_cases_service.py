"""The list of cases: pages, cursors, and questions about lanes, which no workflow closes."""

from datetime import timedelta
from typing import Any

import pytest

from porchlight.domain.case_events import case_changes
from porchlight.domain.cases import Audience, Case, CaseState
from porchlight.domain.delays import DelayKind
from porchlight.domain.remedies import Remedy
from porchlight.errors import InvalidInputError
from porchlight.services.cases import PAGE, AnswerDesk, open_cases, page, read_cursor
from tests.fakes import FakeCases, FakeOrders, FakeShipments
from tests.unit.stories import DAY, NOW


def case(number: int, **update: Any) -> Case:
    values: dict[str, Any] = {
        **{"brand": "larkspur", "case_id": f"cse_{number:03}", "delay_id": "dly_1", "kind": DelayKind.STALLED},
        **{"audience": Audience.CX, "shipment_id": "shp_1", "default": Remedy.KEEP_WAITING},
        "options": (Remedy.KEEP_WAITING, Remedy.REFUND),
        "opened_at": NOW,
        "deadline": NOW + DAY,
    }
    return Case(**{**values, **update})


def lane(number: int, **update: Any) -> Case:
    """A question about a lane: no parcel, no order."""
    return case(number, shipment_id=None, options=(Remedy.KEEP_WAITING,), **update)


def test_pages_follow_one_another_until_there_are_no_more() -> None:
    cases = FakeCases()
    for number in range(PAGE * 2):
        cases.open(case(number))
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        answer = page(cases, "larkspur", after, NOW)
        found += [one["case_id"] for one in answer["cases"]]
        after = answer["next"]
    assert found == [f"cse_{number:03}" for number in range(PAGE * 2)]


@pytest.mark.parametrize(
    "text",
    [
        *("soon", "2026-03-02T12:00:00~cse_1", "2026-03-02T12:00:00+00:00", "~"),
        *("0001-01-01T00:00:00+14:00~cse_1", "9999-12-31T23:59:59-14:00~cse_1"),
        "2026-03-02T12:00:00+00:00~" + "c" * 5_000,
    ],
)
def test_a_cursor_of_nobody_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        read_cursor(text)


def test_a_question_about_a_lane_is_closed_by_its_default_when_it_is_over() -> None:
    cases = FakeCases()
    cases.open(lane(1))
    cases.open(case(2))
    assert len(open_cases(cases, "larkspur", NOW, 100)) == 2
    assert [one.case_id for one in open_cases(cases, "larkspur", NOW + DAY, 100)] == ["cse_002"]
    assert cases.records["larkspur", "cse_001"].decided_by == "deadline"


def test_a_question_about_a_lane_can_be_answered() -> None:
    cases = FakeCases()
    cases.open(lane(1))
    desk = AnswerDesk(cases, FakeShipments(), FakeOrders())
    answered = desk.answer("larkspur", "cse_001", Remedy.KEEP_WAITING, "person:cx", NOW)
    assert answered.state is CaseState.DECIDED


@pytest.mark.parametrize(
    ("audience", "notice", "moment"),
    [
        (Audience.CX, False, None),
        (Audience.SHOPPER, False, "delay_question"),
        (Audience.SHOPPER, True, "delay_option"),
    ],
)
def test_the_shopper_is_asked_by_a_message_of_its_own(audience: Audience, notice: bool, moment: str | None) -> None:
    asked = case(1, audience=audience, notice=notice)
    (opened,) = case_changes(None, asked)
    assert (opened.type, opened.moment, opened.subject_id, opened.waiting) == (
        "DelayCaseOpened",
        moment,
        "cse_001",
        False,
    )


def test_an_answer_wakes_the_workflow_and_a_moot_question_nobody() -> None:
    asked = case(1)
    done = {"decision": Remedy.REFUND, "decided_at": NOW + timedelta(hours=1), "state": CaseState.DECIDED}
    (decided,) = case_changes(asked, asked.model_copy(update=done))
    assert (decided.type, decided.waiting, decided.moment) == ("DelayCaseDecided", True, None)
    assert case_changes(asked, asked.model_copy(update={"state": CaseState.MOOT})) == []
