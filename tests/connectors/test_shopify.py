"""Shopify: what a fulfilment holds and whose it is, what is shown of bodies that change nothing."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from local.cli.parse import read_payload
from porchlight.domain.milestones import Milestone
from porchlight.errors import UnreadableBodyError
from porchlight.refunds.stripe.parse import RefundState
from porchlight.stores.shopify import CONNECTOR
from porchlight.stores.shopify.statuses import STATUSES
from tests.connectors.sources import FIXTURES

CODES = Path(__file__).parents[3] / "shared/carriers/codes"
ORDER = json.loads((FIXTURES / "shopify/order_create_eur.json").read_bytes())
PARCEL = json.loads((FIXTURES / "shopify/fulfillment_by_a_supplier.json").read_bytes())
REFUND = json.loads((FIXTURES / "shopify/refund_create_two_transactions.json").read_bytes())
EVENT = {
    "fulfillment_event": {
        "id": 1,
        "fulfillment_id": 9900003,
        "order_id": 8800001,
        "status": "out_for_delivery",
        "message": "On the van",
        "happened_at": "2026-04-03T07:30:00-04:00",
        "city": "Nowhere",
        "estimated_delivery_at": None,
    }
}


def fulfilled(**update: Any) -> Any:
    return CONNECTOR.parse("fulfillments/update", json.dumps({**PARCEL, **update}).encode())[0]


def shown(body: Any) -> dict[str, Any]:
    return read_payload("shopify", json.dumps(body).encode())


def listed(name: str) -> set[str]:
    file = CODES / f"{name}.json"
    if not file.exists():
        pytest.skip("no shared code lists beside the repository")
    return {entry["code"] for entry in json.loads(file.read_text(encoding="utf-8"))["codes"]}


def test_every_status_that_is_known_is_in_the_table() -> None:
    assert listed("shopify") <= set(STATUSES)
    assert listed("stripe_refund") <= set(RefundState)


class TestFulfilments:
    @pytest.mark.parametrize("service", ["manual", "", None, "gift_card", "Manual"])
    def test_the_shop_itself_is_no_supplier(self, service: Any) -> None:
        assert fulfilled(service=service).supplier is None
        order = {**ORDER, "line_items": [{**ORDER["line_items"][0], "fulfillment_service": service}]}
        (placed,) = CONNECTOR.parse("orders/create", json.dumps(order).encode())
        assert placed.lines[0].supplier is None

    def test_an_app_that_ships_for_it_is(self) -> None:
        order = {**ORDER, "line_items": [{**ORDER["line_items"][0], "fulfillment_service": "north-dropship"}]}
        (placed,) = CONNECTOR.parse("orders/create", json.dumps(order).encode())
        assert placed.lines[0].supplier == fulfilled().supplier == "north-dropship"

    @pytest.mark.parametrize(("said", "ships"), [(True, True), (False, False), (None, True)])
    def test_what_needs_no_shipping_never_ships(self, said: bool | None, ships: bool) -> None:
        order = {**ORDER, "line_items": [{**ORDER["line_items"][0], "requires_shipping": said}]}
        (placed,) = CONNECTOR.parse("orders/create", json.dumps(order).encode())
        assert placed.lines[0].ships is ships

    def test_only_cancelling_has_a_time_of_its_own(self) -> None:
        """Every scan updates a fulfilment: nothing may be written anew for that."""
        assert fulfilled().updated_at == datetime.fromisoformat("2026-04-02T11:30:00+02:00")
        for status in ("success", "pending", "open", "error", "failure"):
            assert fulfilled(status=status).updated_at is None
            assert fulfilled(status=status).cancelled == (status in ("error", "failure"))

    def test_a_line_that_stands_twice_is_one(self) -> None:
        lines = [{"id": 11, "quantity": 1}, {"id": 11, "quantity": 2}]
        assert [(line.line_id, line.quantity) for line in fulfilled(line_items=lines).lines] == [("11", 3)]
        assert fulfilled(line_items=None).lines == ()

    @pytest.mark.parametrize(
        ("numbers", "expected"),
        [
            ({"tracking_numbers": None, "tracking_number": "A1, B2"}, ("A1", "B2")),
            ({"tracking_numbers": ["A1", "A1", "", None], "tracking_number": "A1"}, ("A1",)),
            ({"tracking_numbers": ["9400 1000 0000"], "tracking_number": None}, ("9400 1000 0000",)),
            ({"tracking_numbers": "A1", "tracking_number": "C3;D4"}, ("C3", "D4")),
        ],
    )
    def test_numbers_as_people_write_them(self, numbers: dict[str, Any], expected: tuple[str, ...]) -> None:
        assert fulfilled(**numbers).tracking_numbers == expected

    def test_far_too_many_numbers_are_refused(self) -> None:
        with pytest.raises(UnreadableBodyError):
            fulfilled(tracking_number=",".join(f"N{number}" for number in range(201)))


class TestPreview:
    def test_an_event_of_a_fulfilment(self) -> None:
        read = shown(EVENT)
        assert read["kind"] == "fulfillment_event"
        assert read["events"] == [
            {
                "occurred_at": "2026-04-03T07:30:00-04:00",
                "raw_code": "out_for_delivery",
                "canonical": "out_for_delivery",
            }
        ]
        assert (
            shown({"fulfillment_event": {**EVENT["fulfillment_event"], "status": "beamed"}})["canonical_status"]
            == "unknown"
        )

    @pytest.mark.parametrize(("status", "milestone"), STATUSES.items())
    def test_shipment_statuses_in_either_case(self, status: str, milestone: Milestone) -> None:
        assert shown({**PARCEL, "shipment_status": status})["canonical_status"] == milestone
        assert shown({**PARCEL, "shipment_status": status.upper()})["canonical_status"] == milestone

    def test_a_refund_that_is_not_through_yet(self) -> None:
        pending = [{**entry, "status": "pending"} for entry in REFUND["transactions"]]
        read = shown({"refund": {**REFUND, "transactions": pending}})
        assert (read["kind"], read["transaction_status"]) == ("refund", "pending")
        assert float(read["amount"]) == sum(float(entry["amount"]) for entry in pending if entry["kind"] == "refund")
        assert read["note"] == "this changes nothing"

    def test_an_order_whose_lines_are_all_gone(self) -> None:
        read = shown({**ORDER, "line_items": []})
        assert (read["order_number"], read["line_items"], read["note"]) == ("#L-2001", 0, "this changes nothing")

    def test_counts_are_of_the_body(self) -> None:
        assert shown(ORDER)["line_items"] == 3

    def test_lists_and_strangers(self) -> None:
        assert [one["kind"] for one in shown([ORDER, PARCEL, REFUND])["objects"]] == ["order", "fulfillment", "refund"]
        assert shown({"orders": [ORDER, ORDER]})["objects"] == [shown(ORDER), shown(ORDER)]
        assert shown({"refunds": [REFUND]}) == shown([REFUND]) == shown(REFUND)
        assert shown({"orders": []}) == {"kind": "no_result"}
        bare = {key: value for key, value in ORDER.items() if key != "line_items"}
        assert (shown(bare)["kind"], shown(bare)["refused"]) == ("order", "the order comes without its lines")
        assert shown({"product": {"id": 3, "title": "Mug"}})["kind"] == "not_tracking"

    @pytest.mark.parametrize("body", [b"", b"{", b"3", b"[[1]]", b"\xff"])
    def test_what_cannot_be_read(self, body: bytes) -> None:
        assert set(read_payload("shopify", body)) == {"error"}
