"""Cases and the records of decisions: fakes and table alike."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from porchlight.domain.cases import Audience, Case, CaseState
from porchlight.domain.delays import DelayChange, DelayDecision, DelayKind
from porchlight.domain.remedies import Remedy
from porchlight.errors import ConflictError
from tests.adapters.conftest import Stores
from tests.unit.stories import parcel

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def case(brand: str, name: str = "cse_1", days: float = 3, **update: Any) -> Case:
    values: dict[str, Any] = {
        "brand": brand,
        "case_id": name,
        "delay_id": "dly_1",
        "kind": DelayKind.STALLED,
        "audience": Audience.CX,
        "shipment_id": "shp_1",
        "options": (Remedy.KEEP_WAITING, Remedy.REFUND),
        "default": Remedy.KEEP_WAITING,
        "opened_at": NOW,
        "deadline": NOW + timedelta(days=days),
    }
    return Case(**{**values, **update})


def decided(found: Case) -> Case:
    update = {"state": CaseState.DECIDED, "decision": Remedy.REFUND, "version": found.version + 1}
    return found.model_copy(update=update)


def test_a_case_is_opened_once(stores: Stores) -> None:
    first = case(stores.brand)
    assert stores.cases.open(first)
    assert not stores.cases.open(case(stores.brand, days=9))
    assert stores.cases.get(stores.brand, "cse_1") == first
    assert stores.cases.get(stores.brand, "cse_2") is None


def test_of_two_answers_one_counts(stores: Stores) -> None:
    first = case(stores.brand)
    stores.cases.open(first)
    stores.cases.update(decided(first))
    with pytest.raises(ConflictError):
        stores.cases.update(decided(first))
    with pytest.raises(ConflictError):
        stores.cases.update(decided(case(stores.brand, "cse_none")))
    assert stores.cases.get(stores.brand, "cse_1") == decided(first)


def test_what_waits_for_people_is_listed_by_its_deadline_page_by_page(stores: Stores) -> None:
    # Given: open cases, two of them with one deadline; one that is answered, one for the shopper, one of another brand
    for name, days in (("cse_c", 3), ("cse_a", 2), ("cse_b", 2), ("cse_d", 5), ("cse_done", 1)):
        stores.cases.open(case(stores.brand, name, days))
    stores.cases.update(decided(case(stores.brand, "cse_done", 1)))
    stores.cases.open(case(stores.brand, "cse_shopper", 1, audience=Audience.SHOPPER))
    stores.cases.open(case(f"{stores.brand}-other", "cse_other", 1))
    # When they are read in pages of two
    pages, after = [], None
    while page := stores.cases.waiting(stores.brand, 2, after):
        pages.append([found.case_id for found in page])
        after = (page[-1].deadline, page[-1].case_id)
    # Then each is there once, in order
    assert pages == [["cse_a", "cse_b"], ["cse_c", "cse_d"]]


def test_decisions_are_written_with_their_parcel_and_read_in_order(stores: Stores) -> None:
    def decision(name: str, at: datetime) -> DelayDecision:
        return DelayDecision(
            brand=stores.brand,
            decision_id=name,
            delay_id="dly_1",
            kind=DelayKind.STALLED,
            change=DelayChange.STEP,
            at=at,
            step="wait",
            facts={"days": 3},
        )

    # Given two decisions of one instant, and one of another day whose id sorts before
    first, second, third = decision("dec_c", NOW), decision("dec_b", NOW), decision("dec_a", NOW + timedelta(days=1))
    stores.shipments.save(parcel(brand=stores.brand, version=1), due_at=None, decisions=[first, second])
    stores.shipments.save(parcel(brand=stores.brand, version=2), due_at=None, decisions=[third])
    lost = decision("dec_d", NOW)
    with pytest.raises(ConflictError):
        stores.shipments.save(parcel(brand=stores.brand, version=2), due_at=None, decisions=[lost])
    assert stores.decisions.of_shipment(stores.brand, "shp_1") == [first, second, third]
    assert stores.decisions.of_shipment(stores.brand, "shp_2") == []
