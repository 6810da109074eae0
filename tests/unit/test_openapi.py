"""The published description of the API is valid, up to date, and true of what is answered."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from functions.manage_returns.app import handler
from porchlight.domain.returns import Label, Return, ReturnState, Review
from porchlight.domain.rma.goods import Inspection, ItemFound, Receipt
from porchlight.domain.rma.names import SettlementKind, SettlementState
from porchlight.domain.rma.settlements import Settlement
from porchlight.services.openapi import OPERATIONS, document
from porchlight.services.return_answers import OffersAnswer, ReturnAnswer
from porchlight.services.show_return import show, show_offers
from tests.unit.stories import NOW, usd
from tests.unit.test_request_return import SHIRT, World, asked

ROOT = Path(__file__).parents[2]


def test_the_description_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(document()).iter_errors()) == []


def test_the_committed_description_is_what_is_generated() -> None:
    """Anew: .venv/bin/python -m local.openapi"""
    committed = (ROOT / "docs/openapi.json").read_text()
    assert json.loads(committed) == document()


def test_it_is_published_without_a_key() -> None:
    event = {"routeKey": "GET /v1/openapi.json", "requestContext": {"http": {"method": "GET"}}}
    answer = handler(event, None)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == document()


def test_each_operation_is_named_once_and_is_a_route_of_the_template() -> None:
    names = [one.name for one in OPERATIONS]
    assert len(set(names)) == len(names)
    template = (ROOT / "template.yaml").read_text()
    for one in OPERATIONS:
        assert f'Method: {one.method}, Path: "{one.path}"' in template, one


def test_every_route_of_returns_is_described() -> None:
    described = {f"{one.method} {one.path}" for one in OPERATIONS}
    template = (ROOT / "template.yaml").read_text().splitlines()
    routes = [
        line.partition("Method: ")[2].rstrip("}") for line in template if "/v1/returns" in line and "Path:" in line
    ]
    assert routes
    for route in routes:
        method, _, path = route.partition(', Path: "')
        assert f"{method} {path.strip(chr(34))}" in described


# ---------------------------------------------------------------------------------------------------- what is answered
def full() -> Return:
    """A return with all that one can have."""
    world = World()
    request = world.ask()
    paid = Settlement(
        key="k",
        kind=SettlementKind.REFUND,
        order_id="ord_1",
        amount=usd(9_500),
        state=SettlementState.DONE,
        intended_at=NOW,
        done_at=NOW,
        reference="re_1",
    )
    label = Label(carrier="ups", tracking_number="PLR1", shipment_id="shp_2", reference="r", document="labels/x.pdf")
    return request.model_copy(
        update={
            "state": ReturnState.REFUNDED,
            "label": label,
            "settlements": (paid,),
            "refund_amount": usd(9_500),
            "review": Review(stage="goods", why="x", asked_at=NOW, due_at=NOW + timedelta(days=3)),
            "receipts": (Receipt(receipt_id="a", received_at=NOW, items=(ItemFound(line_id="shirt", quantity=1),)),),
            "inspections": (Inspection(inspection_id="i", inspected_at=NOW, items=()),),
            "closed_at": NOW,
        }
    )


@pytest.mark.parametrize("gift", [True, False])
@pytest.mark.parametrize("request_", [full(), World().ask()], ids=["full", "new"])
def test_what_is_answered_is_what_is_described(request_: Return, gift: bool) -> None:
    ReturnAnswer.model_validate_json(json.dumps(show(request_, gift=gift)))


def test_offers_are_what_is_described() -> None:
    world = World()
    found = world.assessor.offered("larkspur", asked(lines=[SHIRT]), NOW)
    for gift in (True, False):
        OffersAnswer.model_validate_json(json.dumps(show_offers(*found, gift=gift)))


def test_who_got_a_gift_is_told_no_amount_anywhere() -> None:
    def numbers(value: Any) -> list[Any]:
        if isinstance(value, dict):
            return [key for key in value if key in ("amount", "currency", "parts", "items", "settlements", "terms")] + [
                one for inner in value.values() for one in numbers(inner)
            ]
        return [one for inner in value for one in numbers(inner)] if isinstance(value, list) else []

    world = World()
    assert numbers(show(full(), gift=True)) == []
    assert numbers(show_offers(*world.assessor.offered("larkspur", asked(), NOW), gift=True)) == []


def test_the_name_of_a_document_in_our_bucket_is_told_to_nobody() -> None:
    assert "labels/x.pdf" not in json.dumps(show(full()))
