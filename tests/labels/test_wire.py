"""What each provider of labels is asked, to the letter."""

from base64 import b64encode
from typing import Any

import pytest

from porchlight.domain.rma.names import ReturnMethod
from tests.labels.peers import EasyPostPeer, Peer, ShipEnginePeer, ShippoPeer
from tests.labels.test_contract import AGAIN, BRAND, at, wanted

ADA = {"name": "Ada Byron", "zip": "97401", "city": "Guildford", "country": "US"}
ADA |= {"street1": "12 Ockham Lane", "street2": "Flat 3"}
BACK = {"name": "Larkspur Returns", "street1": "9 Dock Road", "city": "Newark", "state": "NJ"}
BACK |= {"zip": "07101", "country": "US"}
KEY = "plr_aaaaaaaaaaaaaaaaaaaa"


class Account:
    """A peer whose account has more in it."""

    def __init__(self, kind: type[Peer], **more: Any) -> None:
        class Rich(kind):  # type: ignore[misc, valid-type]
            @property
            def account(self) -> dict[str, Any]:
                return {**super().account, **more}

        self.kind = Rich

    def asked(self, **update: Any) -> list[tuple[str, str, dict[str, str], Any]]:
        with self.kind() as peer:
            at(peer).make(BRAND, wanted(**update))
            return list(peer.requests)


def test_easypost() -> None:
    create, buy, paper = Account(EasyPostPeer).asked()
    assert create[:2] == ("POST", "/v2/shipments")
    assert create[2]["authorization"] == "Basic " + b64encode(b"EZ-key:").decode()
    assert create[3] == {
        "shipment": {
            "reference": KEY,
            "is_return": True,
            "from_address": BACK,
            "to_address": ADA,
            "parcel": {"weight": 16.0},
            "options": {"label_format": "PDF", "invoice_number": "rma_1"},
        }
    }
    assert (buy[:2], buy[3]) == (("POST", "/v2/shipments/shp_0/buy"), {"rate": {"id": "rate_best"}})
    assert paper[:2] == ("GET", "/papers/label.pdf")


def test_easypost_again_and_with_a_code() -> None:
    paths = [call[:2] for call in Account(EasyPostPeer).asked(method=ReturnMethod.QR, **AGAIN)]
    assert paths == [
        ("GET", f"/v2/shipments/{KEY}"),
        ("POST", "/v2/shipments"),
        ("POST", "/v2/shipments/shp_0/buy"),
        ("POST", "/v2/shipments/shp_0/forms"),
        ("GET", "/papers/code.png"),
    ]


def test_shippo() -> None:
    create, buy, rate, paper = Account(ShippoPeer).asked()
    assert create[:2] == ("POST", "/shipments/")
    assert create[2]["authorization"] == "ShippoToken shippo-token"
    assert create[3] == {
        "address_from": BACK,
        "address_to": ADA,
        "parcels": [
            {"length": "30", "width": "25", "height": "10", "distance_unit": "cm", "weight": "454", "mass_unit": "g"}
        ],
        "extra": {"is_return": True},
        "metadata": KEY,
        "async": False,
    }
    assert (buy[:2], buy[3]) == (
        ("POST", "/transactions/"),
        {"rate": "rate_best", "metadata": KEY, "label_file_type": "PDF_4x6", "async": False},
    )
    assert (rate[:2], paper[:2]) == (("GET", "/rates/rate_best"), ("GET", "/papers/label.pdf"))


def test_shippo_again_and_with_a_code() -> None:
    look, create, *_ = Account(ShippoPeer).asked(method=ReturnMethod.QR, **AGAIN)
    assert look[:2] == ("GET", "/transactions?results=100&page=1&object_created_gt=2026-03-02T11%3A50%3A00Z")
    assert create[3]["extra"] == {"is_return": True, "qr_code_requested": True}


def test_shipengine() -> None:
    (buy,) = Account(ShipEnginePeer).asked()
    assert buy[:2] == ("POST", "/v1/labels")
    assert buy[2]["api-key"] == "se-key"
    assert buy[3] == {
        "shipment": {
            "carrier_id": "se-2",
            "service_code": "ups_ground",
            "external_shipment_id": KEY,
            "ship_from": {
                **{"name": "Ada Byron", "address_line1": "12 Ockham Lane", "address_line2": "Flat 3"},
                **{"city_locality": "Guildford", "postal_code": "97401", "country_code": "US"},
            },
            "ship_to": {
                **{"name": "Larkspur Returns", "address_line1": "9 Dock Road", "city_locality": "Newark"},
                **{"state_province": "NJ", "postal_code": "07101", "country_code": "US"},
            },
            "packages": [{"weight": {"value": 454, "unit": "gram"}}],
        },
        "is_return_label": True,
        "rma_number": "rma_1",
        "charge_event": "carrier_default",
        "label_format": "pdf",
        "label_download_type": "inline",
        "display_scheme": "label",
        "validate_address": "no_validation",
    }


def test_shipengine_again_with_a_code_and_a_carrier_that_the_account_lacks() -> None:
    look, buy, paper = Account(ShipEnginePeer).asked(method=ReturnMethod.BOX_FREE, carrier="gls", **AGAIN)
    assert look[:2] == ("GET", f"/v1/labels/external_shipment_id/{KEY}?label_download_type=inline")
    assert buy[3]["display_scheme"] == "paperless"
    assert buy[3]["shipment"]["service_code"] == "usps_ground_advantage"
    assert paper[:2] == ("GET", "/papers/code.png")


@pytest.mark.parametrize("grams", [300, "300"])
def test_what_an_account_says_is_used_where_the_shop_says_nothing(grams: Any) -> None:
    create, buy, _ = Account(
        EasyPostPeer, carrier_accounts=["ca_1"], services=["NextDay"], weight_grams=grams, phone="+1 555 0100"
    ).asked(weight_grams=None)
    sent = create[3]["shipment"]
    assert (sent["carrier_accounts"], sent["parcel"]) == (["ca_1"], {"weight": 10.6})
    assert {sent[one]["phone"] for one in ("to_address", "from_address")} == {"+1 555 0100"}
    assert buy[3] == {"rate": {"id": "rate_dear"}}
    create, *_ = Account(ShippoPeer, parcel={"length": "5"}, carrier_accounts="ca_2").asked(weight_grams=None)
    assert create[3]["parcels"][0]["length"] == "5"
    assert create[3]["parcels"][0]["weight"] == "1000"
    assert create[3]["carrier_accounts"] == ["ca_2"]


def test_a_weight_that_is_none_is_passed_over() -> None:
    (buy,) = Account(ShipEnginePeer, weight_grams="heavy").asked(weight_grams=None)
    assert buy[3]["shipment"]["packages"][0]["weight"]["value"] == 1000
