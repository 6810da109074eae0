"""Cases: looking at the questions that delays put to people, and answering them. One answer counts, the first."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from porchlight.deciding import Cases
from porchlight.domain.cases import Case, CaseState
from porchlight.domain.delays import Delay
from porchlight.domain.remedies import Remedy
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError
from porchlight.ports import Orders, Shipments
from porchlight.services.read_json import read_body
from porchlight.services.retrying import until_settled

BY_DEADLINE = "deadline"
"""Who decided where nobody did in time."""

PAGE = 50
"""Cases in one answer of the API."""

_ID = 100
"""No id of ours is longer."""


class DecisionBody(BaseModel):
    """The body of ``POST /v1/cases/{case_id}/decision``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Remedy
    note: str = Field(default="", max_length=500)


@dataclass(frozen=True)
class AnswerDesk:
    """Where cases are answered."""

    cases: Cases
    shipments: Shipments
    orders: Orders

    def answer(self, brand: str, case_id: str, remedy: Remedy, by: str, now: datetime, note: str = "") -> Case:
        """Record an answer; the table's stream resumes the workflow. The same answer again is the same case.

        InvalidInputError for what is not offered; ConflictError where it was answered otherwise, the deadline is over,
        or the delay has ended.
        """

        def attempt() -> Case | ConflictError:
            case = get_case(self.cases, brand, case_id)
            if remedy not in case.options:
                raise InvalidInputError("this is not one of the options", code="not-offered")
            if case.state is CaseState.DECIDED:
                same = case.decision is remedy
                return case if same else ConflictError("this case was decided otherwise", code="case-decided")
            if case.state is CaseState.MOOT or self._is_moot(case):
                return ConflictError("the delay has ended, or become another one", code="case-moot")
            if now >= case.deadline:
                return ConflictError("the deadline is over: the default counts", code="case-overdue")
            return decide(self.cases, case, remedy, by, now, note)

        found = until_settled(attempt)
        if isinstance(found, ConflictError):
            raise found
        return found

    def from_person(self, brand: str, case_id: str, body: bytes, key_id: str, now: datetime) -> dict[str, Any]:
        """The answer of whoever has the API key ``key_id``, as the API takes and repeats it."""
        said = read_body(DecisionBody, body)
        return show(self.answer(brand, case_id, said.decision, f"person:{key_id}", now, said.note))

    def _is_moot(self, case: Case) -> bool:
        """True where its delay no longer asks; the case is closed then."""
        if case.shipment_id is None and case.order_id is None:
            return False  # about a lane, not about a delay
        delay = self._delay(case)
        if delay and delay.delay_id == case.delay_id and delay.is_open and delay.case_id == case.case_id:
            return False
        close(self.cases, case)
        return True

    def _delay(self, case: Case) -> Delay | None:
        if case.shipment_id:
            shipment = self.shipments.get(case.brand, case.shipment_id)
            return shipment.delay if shipment else None
        order = self.orders.get(case.brand, case.order_id or "")
        return order.delay if order else None


def decide(cases: Cases, case: Case, remedy: Remedy, by: str, now: datetime, note: str = "") -> Case:
    """Write the answer to an open case; ConflictError where somebody was quicker."""
    update = {"state": CaseState.DECIDED, "decision": remedy, "decided_at": now, "decided_by": by, "note": note}
    decided = case.model_copy(update={**update, "version": case.version + 1})
    cases.update(decided)
    return decided


def close(cases: Cases, case: Case) -> None:
    """The question is asked no more, unless it was answered at this very moment."""
    if case.state is CaseState.OPEN:
        cases.update(case.model_copy(update={"state": CaseState.MOOT, "version": case.version + 1}))


def get_case(cases: Cases, brand: str, case_id: str) -> Case:
    """The case; NotFoundError where the brand has none such."""
    found = cases.get(brand, case_id)
    if found is None:
        raise NotFoundError("no such case")
    return found


def open_cases(cases: Cases, brand: str, now: datetime, limit: int) -> list[Case]:
    """What waits for a person of the brand, the nearest deadline first."""
    return _still_open(cases, cases.waiting(brand, limit), now)


def page(cases: Cases, brand: str, after: str, now: datetime) -> dict[str, Any]:
    """A page of open cases as the API answers it; ``next`` is the ``after`` of the one that follows, if any does."""
    listed = cases.waiting(brand, PAGE, read_cursor(after))
    last = listed[-1] if len(listed) == PAGE else None
    more = f"{last.deadline.isoformat()}~{last.case_id}" if last else None
    return {"cases": [show(case) for case in _still_open(cases, listed, now)], "next": more}


def _still_open(cases: Cases, listed: Sequence[Case], now: datetime) -> list[Case]:
    """A question about a lane has no workflow that would close it: that is done here, once its deadline is over."""
    found = []
    for case in listed:
        if now < case.deadline or case.shipment_id or case.order_id:
            found.append(case)
            continue
        with suppress(ConflictError):
            decide(cases, case, case.default, BY_DEADLINE, now)
    return found


def read_cursor(text: str) -> tuple[datetime, str] | None:
    """Where a page goes on, as ``page`` wrote it; None for no text. InvalidInputError for anything else."""
    if not text:
        return None
    at, _, case_id = text.partition("~")
    try:
        instant = datetime.fromisoformat(at)
        if instant.tzinfo and 0 < len(case_id) <= _ID:
            return instant.astimezone(UTC), case_id
    except (ValueError, OverflowError):
        pass
    raise InvalidInputError("after is not a cursor")


def show(case: Case) -> dict[str, Any]:
    """The case as the API answers it."""
    return {
        "case_id": case.case_id,
        "delay_id": case.delay_id,
        "kind": case.kind.value,
        "audience": case.audience.value,
        "shipment_id": case.shipment_id,
        "order_id": case.order_id,
        "state": case.state.value,
        "options": [option.value for option in case.options],
        "default": case.default.value,
        "opened_at": case.opened_at.isoformat(),
        "deadline": case.deadline.isoformat(),
        "facts": case.facts,
        "decision": case.decision.value if case.decision else None,
        "decided_at": case.decided_at.isoformat() if case.decided_at else None,
        "decided_by": case.decided_by,
        "note": case.note,
    }
