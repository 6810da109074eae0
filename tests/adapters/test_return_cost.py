"""Calls, transitions and units of a return's whole life, counted over a model of the table: what docs/costs.md reckons
with.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.milestones import Milestone
from porchlight.domain.returns import ReturnState
from tests.bench.return_life import Life
from tests.bench.table_model import TableModel, served

COSTS = Path(__file__).parents[2] / "docs/costs.md"


@pytest.fixture
def model() -> Iterator[TableModel]:
    model = TableModel()
    with served(model):
        yield model


def test_refunded_at_the_first_scan(model: TableModel) -> None:
    life = Life(model)
    row("asked for by API, approved, labelled", life.spent(life.ask))
    row("the carrier's first scan: refunded and closed", life.spent(lambda: life.fact(Milestone.ACCEPTED)))
    assert life.request.state is ReturnState.REFUNDED
    assert life.request.closed_at
    row("… another scan", life.spent(lambda: life.fact(Milestone.IN_TRANSIT)))
    row("… delivered to the warehouse", life.spent(lambda: life.fact(Milestone.DELIVERED)))
    row("… booked there", life.spent(life.receive))
    row("… inspected", life.spent(life.inspect))
    assert life.transitions == 10


def test_asked_for_on_the_pages(model: TableModel) -> None:
    life = Life(model)
    row("asked for in the portal (six pages), approved, labelled", life.spent(life.ask_on_pages))
    assert life.request.state is ReturnState.APPROVED


def test_refunded_when_it_is_inspected(model: TableModel) -> None:
    life = Life(model, rules=[{"id": "careful", "then": {"refund_on": "inspected"}}])
    life.ask()
    life.run()
    row("waits for the inspection: first scan", life.spent(lambda: life.fact(Milestone.ACCEPTED)))
    row("… delivered", life.spent(lambda: life.fact(Milestone.DELIVERED)))
    row("… booked", life.spent(life.receive))
    row("… inspected, refunded and closed", life.spent(life.inspect))
    assert life.request.state is ReturnState.REFUNDED


def test_exchanged(model: TableModel) -> None:
    life = Life(model)
    life.ask(resolution="exchange", line={"wanted": {"sku": "SHIRT-LINEN-L", "title": "Linen shirt, sand, L"}})
    life.run()
    row("exchange for the same price: first scan, sent and closed", life.spent(lambda: life.fact(Milestone.ACCEPTED)))
    assert life.request.state is ReturnState.EXCHANGED


def test_exchanged_for_something_cheaper(model: TableModel) -> None:
    life = Life(model)
    cheaper = {"sku": "SCARF-LINEN", "title": "Linen scarf", "unit_price": {"amount": 6_000, "currency": "USD"}}
    life.ask(resolution="exchange", line={"wanted": cheaper})
    life.run()
    row(
        "exchange for something cheaper: first scan, sent, the rest paid back",
        life.spent(lambda: life.fact(Milestone.ACCEPTED)),
    )
    assert life.request.state is ReturnState.EXCHANGED


def test_a_person_decides(model: TableModel) -> None:
    life = Life(model, review_above_minor=5_000)
    row("asked for by API, put before a person", life.spent(life.ask))
    row("… who says yes: labelled", life.spent(life.decide))
    assert life.request.state is ReturnState.APPROVED


def test_withdrawn_from_on_the_page(model: TableModel) -> None:
    life = Life(model)
    row("declared on the withdrawal page (three pages)", life.spent(life.withdraw))


def test_the_model_stores_what_moto_stores(table: Table) -> None:
    """What is counted here happens there: botocore asks all who listen, so that moto hears the model's requests."""

    def lived() -> TableModel:
        model = TableModel()
        with served(model):
            life = Life(model, number=2)
            life.spent(life.ask_on_pages)
            for milestone in (Milestone.ACCEPTED, Milestone.DELIVERED):
                life.spent(lambda milestone=milestone: life.fact(milestone))
            life.spent(life.receive)
        return model

    for key in lived().items:  # other tests of the suite share the table
        table.delete(*key)
    model = lived()
    assert len(model.items) > 15
    for key, item in model.items.items():
        assert table.get(*key) == item
    pk = next(pk for pk, sk in model.items if sk == keys.RETURN)
    assert [one["sk"]["S"] for one in table.query(pk)] == model.partitions[pk], "whoever waited is forgotten"


def row(what: str, cost: str) -> None:
    """Stands so in docs/costs.md."""
    assert f"| {what} | {cost} |" in COSTS.read_text(encoding="utf-8")
