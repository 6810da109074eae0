"""What a warehouse is told is still to come."""

import csv
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from local.cli import app
from local.stack import Stack
from porchlight.domain.orders import OrderLine
from porchlight.domain.returns import Decision, Label, Outcome, ReturnLine, ReturnState
from porchlight.domain.rma.goods import Receipt
from porchlight.domain.rma.names import ReturnMethod
from porchlight.domain.rma.terms import Terms
from porchlight.services.return_notices import NoticeDesk
from tests.fakes import FakeOrders, FakeReturns
from tests.unit import stories
from tests.unit.stories import DAY, NOW

YES = Decision(outcome=Outcome.APPROVE, rule="standard", policy_version="returns-1", decided_at=NOW)
LABEL = Label(carrier="ups", tracking_number="1Z5", shipment_id="shp_r", reference="1Z5", made_at=NOW)
TERMS = Terms(policy_version="returns-1", facility="reno", scan_days=30, receive_days=21)


@pytest.fixture
def returns() -> FakeReturns:
    return FakeReturns()


@pytest.fixture
def desk(returns: FakeReturns) -> NoticeDesk:
    orders = FakeOrders()
    lines = (OrderLine(line_id="shirt", title="Shirt", sku="SHIRT-M", quantity=2, unit_price=stories.usd(10_000)),)
    orders.save(stories.order(lines=lines))
    orders.save(stories.order(order_id="ord_2", external_id="1002"))
    return NoticeDesk(returns, orders)


def approved(**update: Any) -> Any:
    values = {"decisions": (YES,), "state": ReturnState.APPROVED, "label": LABEL, "terms": TERMS}
    return stories.wanted([("shirt", 2)], **{**values, **update})


def notices(desk: NoticeDesk, since: Any = NOW - DAY, until: Any = NOW + DAY) -> list[dict[str, Any]]:
    return [one.model_dump() for one in desk.notices("larkspur", since, until)]


def test_each_line_that_is_to_come_is_told_with_its_parcel_and_by_when(returns: FakeReturns, desk: NoticeDesk) -> None:
    # Given a return of two orders whose parcel was scanned
    lines = (
        ReturnLine(line_id="shirt", quantity=2, reason="too_small"),
        ReturnLine(line_id="hat", quantity=1, reason="changed_mind", order_id="ord_2"),
    )
    returns.create(approved(scanned_at=NOW + DAY).model_copy(update={"lines": lines}))
    # Then the warehouse knows both lines, and when they should be here
    first, second = notices(desk)
    assert first == {
        **{"return_id": "rma_1", "order": "1001", "line_id": "shirt", "sku": "SHIRT-M", "quantity": 2},
        **{"reason": "too_small", "facility": "reno", "method": "label", "carrier": "ups", "tracking_number": "1Z5"},
        **{"scanned_at": NOW + DAY, "due_by": NOW + DAY + timedelta(days=21)},
    }
    assert (second["order"], second["line_id"], second["sku"]) == ("1002", "hat", "")


def test_what_nobody_has_seen_is_expected_until_its_deadline(returns: FakeReturns, desk: NoticeDesk) -> None:
    returns.create(approved())
    assert [one["due_by"] for one in notices(desk)] == [NOW + timedelta(days=30)]


@pytest.mark.parametrize(
    "update",
    [
        {"decisions": (), "state": ReturnState.REQUESTED},
        {"state": ReturnState.CANCELLED},
        {"state": ReturnState.EXPIRED},
        {"method": ReturnMethod.KEEP},
        {"receipts": (Receipt(receipt_id="r1", received_at=NOW),)},
    ],
)
def test_what_does_not_come_or_is_here_is_not_told(
    returns: FakeReturns, desk: NoticeDesk, update: dict[str, Any]
) -> None:
    returns.create(approved(**update))
    assert notices(desk) == []


def test_what_was_refunded_at_once_still_comes(returns: FakeReturns, desk: NoticeDesk) -> None:
    returns.create(approved(state=ReturnState.REFUNDED))
    assert len(notices(desk)) == 1


def test_all_pages_of_the_days_that_are_asked_for_are_read(returns: FakeReturns, desk: NoticeDesk) -> None:
    # Given more returns than a page has, one of them a day earlier
    for number in range(230):
        returns.create(approved(return_id=f"rma_{number}", requested_at=NOW + timedelta(minutes=number)))
    returns.create(approved(return_id="rma_old", requested_at=NOW - 2 * DAY))
    found = notices(desk)
    assert [one["return_id"] for one in found] == [f"rma_{number}" for number in range(230)]


def test_the_command_writes_what_a_warehouse_reads(
    returns: FakeReturns, desk: NoticeDesk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given a return that is to come
    returns.create(approved())
    ports = SimpleNamespace(returns=returns, orders=desk.orders, clock=lambda: NOW + DAY)
    monkeypatch.setattr(Stack, "open", lambda stage, region: SimpleNamespace(app=lambda: ports))
    asked = ["warehouse", "notices", "--since", f"{NOW:%Y-%m-%d}", "--brand", "larkspur"]
    # When it is asked for: printed, into a file, as JSON, and for days without any
    said, target = CliRunner().invoke(app, asked), tmp_path / "notices.csv"
    assert said.exit_code == 0, said.output
    CliRunner().invoke(app, [*asked, "--file", str(target)])
    for text in (said.stdout, target.read_text()):
        (row,) = csv.DictReader(StringIO(text))
        assert (row["brand"], row["return_id"], row["quantity"]) == ("larkspur", "rma_1", "2")
        assert row["due_by"].startswith("2026-04-01")
    (told,) = json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)["notices"]
    assert told["tracking_number"] == "1Z5"
    none = CliRunner().invoke(app, [*asked[:-4], "--since", "2027-01-01"])
    assert (none.exit_code, len(none.stdout.splitlines())) == (0, 1)
