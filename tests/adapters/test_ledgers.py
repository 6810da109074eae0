"""Ledgers: over the fakes, and over the table."""

from datetime import UTC, datetime, timedelta

import pytest

from porchlight.domain.returns import Return, ReturnLine, ReturnState
from porchlight.domain.rma.ledger import Ledger, LedgerEntry
from porchlight.errors import ConflictError
from tests.adapters.conftest import Stores

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def ledger(brand: str, version: int, **minor: int) -> Ledger:
    entries = {key: LedgerEntry(minor=one, at=NOW) for key, one in minor.items()}
    return Ledger(brand=brand, order_id="ord_1", currency="EUR", entries=entries, version=version)


def asked_for(stores: Stores) -> Return:
    request = Return(
        brand=stores.brand,
        return_id="rma_1",
        order_id="ord_1",
        shopper_id="cus_1",
        lines=(ReturnLine(line_id="a", quantity=1, reason="too_big"),),
        requested_at=NOW,
    )
    stores.returns.create(request)
    return request


def test_a_ledger_is_read_as_it_was_written(stores: Stores) -> None:
    assert stores.ledgers.get(stores.brand, "ord_1") is None
    stores.ledgers.save(ledger(stores.brand, 1, a=100))
    stores.ledgers.save(ledger(stores.brand, 2, a=100, b=50))
    assert stores.ledgers.get(stores.brand, "ord_1") == ledger(stores.brand, 2, a=100, b=50)
    assert stores.ledgers.get("another", "ord_1") is None


def test_of_two_that_want_money_at_one_moment_one_is_refused(stores: Stores) -> None:
    stores.ledgers.save(ledger(stores.brand, 1, a=100))
    with pytest.raises(ConflictError):
        stores.ledgers.save(ledger(stores.brand, 1, b=100))
    stores.ledgers.save(ledger(stores.brand, 2, a=100, b=1))
    with pytest.raises(ConflictError):
        stores.ledgers.save(ledger(stores.brand, 2, a=100, c=1))
    assert stores.ledgers.get(stores.brand, "ord_1") == ledger(stores.brand, 2, a=100, b=1)


def test_ledger_and_return_are_written_together_or_not_at_all(stores: Stores) -> None:
    request = asked_for(stores)
    after = request.model_copy(update={"state": ReturnState.APPROVED, "version": 1})
    stores.ledgers.save(ledger(stores.brand, 1, a=100), after)
    assert stores.returns.get(stores.brand, "rma_1") == after
    # When the return has moved on, the ledger stays as it is
    with pytest.raises(ConflictError):
        stores.ledgers.save(ledger(stores.brand, 2, a=100, b=1), after)
    assert stores.ledgers.get(stores.brand, "ord_1") == ledger(stores.brand, 1, a=100)
    # and when the ledger has moved on, so does the return
    later = after.model_copy(update={"state": ReturnState.REFUNDED, "version": 2})
    with pytest.raises(ConflictError):
        stores.ledgers.save(ledger(stores.brand, 1, a=100), later)
    assert stores.returns.get(stores.brand, "rma_1") == after


def test_ledgers_that_are_to_be_compared_are_found_until_they_were(stores: Stores) -> None:
    for number, hours in ((1, 2), (2, 1), (3, 5)):
        found = ledger(stores.brand, 1, a=100).model_copy(
            update={"order_id": f"ord_{number}", "check_at": NOW + timedelta(hours=hours)}
        )
        stores.ledgers.save(found)
    due, more = stores.ledgers.due(stores.brand, NOW + timedelta(hours=2))
    assert ([one.order_id for one in due], more) == (["ord_2", "ord_1"], "")
    first, more = stores.ledgers.due(stores.brand, NOW + timedelta(hours=9), limit=2)
    rest, _ = stores.ledgers.due(stores.brand, NOW + timedelta(hours=9), limit=2, after=more)
    assert [one.order_id for one in (*first, *rest)] == ["ord_2", "ord_1", "ord_3"]
    stores.ledgers.save(first[0].model_copy(update={"check_at": None, "version": 2}))
    due, _ = stores.ledgers.due(stores.brand, NOW + timedelta(hours=2))
    assert [one.order_id for one in due] == ["ord_1"]
