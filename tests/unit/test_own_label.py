"""Labels that people bring, parcels that shoppers send themselves; codes."""

from typing import Any

import pytest

from porchlight.domain import ids
from porchlight.domain.returns import ReturnState
from porchlight.domain.rma.names import ReturnMethod
from porchlight.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermanentProviderError,
)
from porchlight.services.own_label import LabelBody, LabelSender
from porchlight.services.qr import qr_svg
from porchlight.services.read_json import read_json
from tests.unit import stories
from tests.unit.labelling import ADA, Office
from tests.unit.stories import NOW

PDF = b"%PDF-1.4\nfrom our own printer\n%%EOF\n"


# ------------------------------------------------------------------------------------------------------------- people


def test_another_label_takes_the_place_of_one_that_was_lost_and_that_one_is_given_back() -> None:
    office = Office()
    office.make()
    first = office.request.label
    assert first
    # When a person asks for another one
    asked = office.people.label("larkspur", "rma_1", LabelBody(), NOW)
    assert (asked.label, office.labels.voided) == (None, [])
    # Then the workflow makes it, and gives the first back
    assert office.make() == "made"
    second = office.request.label
    assert second
    assert second.tracking_number != first.tracking_number
    assert office.labels.voided == [first.reference]
    assert [one.voided_at for one in office.request.old_labels] == [NOW]
    assert len(office.documents.bodies) == 2


def test_an_address_that_was_put_right_is_the_one_of_the_next_label() -> None:
    office = Office()
    office.labels.fails = [PermanentProviderError(code="address-refused")]
    office.make()
    right = LabelSender(**{**ADA.model_dump(), "street": "13 Ockham Lane"})
    office.people.label("larkspur", "rma_1", LabelBody(sender=right), NOW)
    office.make()
    assert office.labels.calls[-1].sender
    assert office.labels.calls[-1].sender.street == "13 Ockham Lane"


def test_the_brand_brings_its_own_label() -> None:
    # Given a provider that does not work, and a form to upload to
    office = Office()
    office.labels.fails = [PermanentProviderError(code="no-rate")]
    office.make()
    form = office.people.upload_form("larkspur", "rma_1")
    (named,) = office.documents.forms
    assert named == (named[0], "application/pdf", 4_000_000, 900)
    assert form["seconds"] == 900
    # When a PDF was uploaded, and the number is told
    office.documents.put(named[0], PDF, "application/pdf")
    body = read_json(LabelBody, b'{"tracking_number": "1Z 999 AA1 01 2345 6784", "document": true}')
    given = office.people.label("larkspur", "rma_1", body, NOW)
    # Then that is the label, the carrier known by its number, and nobody has to answer any more
    assert given.label
    assert (given.label.carrier, given.label.tracking_number) == ("ups", "1Z999AA10123456784")
    assert (given.state, given.review) == (ReturnState.APPROVED, None)
    # And nobody who has the form can change what is printed
    office.documents.put(named[0], b"%PDF- something else %%EOF", "application/pdf")
    assert office.documents.get(given.label.document) == PDF
    # And telling it twice is once
    assert office.people.label("larkspur", "rma_1", body, NOW) == given


@pytest.mark.parametrize("upload", [b"", b"<html>", b"%PDF-1.4 cut off", b"%PDF-" + b"x" * 5_000_001 + b"%%EOF"])
def test_what_is_no_pdf_is_no_label(upload: bytes) -> None:
    office = Office()
    office.people.upload_form("larkspur", "rma_1")
    office.documents.put(office.documents.forms[0][0], upload, "application/pdf")
    with pytest.raises(InvalidInputError) as caught:
        office.people.bring("larkspur", "rma_1", "ups", "1Z1", NOW, document=True)
    assert (caught.value.problem, office.request.label) == ("not-a-pdf", None)


def test_what_was_not_uploaded_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        Office().people.bring("larkspur", "rma_1", "ups", "1Z1", NOW, document=True)


def test_a_shopper_tells_the_number_of_the_parcel_that_they_send_themselves() -> None:
    office = Office(method=ReturnMethod.OWN)
    office.make()
    office.people.bring("larkspur", "rma_1", "UPS", "1Z5", NOW)
    assert office.request.label
    watch = office.shipments.contents("larkspur", office.request.label.shipment_id).watch
    assert watch
    assert watch.source == "ups"


def test_a_number_of_another_parcel_is_refused() -> None:
    # Given the parcel that brought the order
    office = Office(method=ReturnMethod.OWN)
    outbound = ids.shipment_id("larkspur", "ups", "1Z999")
    office.shipments.save(stories.parcel(shipment_id=outbound), due_at=None, link=True)
    with pytest.raises(ConflictError) as caught:
        office.people.bring("larkspur", "rma_1", "ups", "1Z999", NOW)
    assert (caught.value.problem, office.request.label) == ("number-in-use", None)
    parcel = office.shipments.get("larkspur", outbound)
    assert parcel
    assert not parcel.is_return


def test_a_carrier_that_nobody_can_guess_has_to_be_named() -> None:
    with pytest.raises(InvalidInputError) as caught:
        Office().people.bring("larkspur", "rma_1", "", "12345", NOW)
    assert caught.value.problem == "unknown-carrier"


@pytest.mark.parametrize(
    "gone",
    [
        {"state": ReturnState.CANCELLED},
        {"scanned_at": NOW},
        {"decisions": ()},
        {"method": ReturnMethod.KEEP},
        {"method": ReturnMethod.IN_STORE},
    ],
)
def test_what_is_over_sent_or_not_sent_at_all_gets_no_label(gone: dict[str, Any]) -> None:
    office = Office(**gone)
    for ask in (
        lambda: office.people.label("larkspur", "rma_1", LabelBody(), NOW),
        lambda: office.people.upload_form("larkspur", "rma_1"),
        lambda: office.people.bring("larkspur", "rma_1", "ups", "1Z5", NOW),
    ):
        with pytest.raises(ConflictError) as caught:
            ask()
        assert caught.value.problem == "return-not-waiting"


@pytest.mark.parametrize("body", [b'{"carrier": "ups"}', b'{"document": true}', b'{"tracking_number": "<b>"}'])
def test_half_a_label_is_none(body: bytes) -> None:
    with pytest.raises(InvalidInputError):
        read_json(LabelBody, body)


# -------------------------------------------------------------------------------------------------------------- codes


def test_a_code_says_our_number() -> None:
    office = Office("own", method=ReturnMethod.BOX_FREE)
    office.make()
    assert office.request.label
    assert office.request.label.code == office.request.label.tracking_number
    assert office.request.label.document == ""


def test_a_picture_of_a_code_is_a_document() -> None:
    office = Office(method=ReturnMethod.QR)
    office.make()
    assert office.request.label
    assert office.request.label.code == ""
    assert office.request.label.document.endswith(".png")
    assert office.documents.get(office.request.label.document).startswith(b"\x89PNG")


def test_a_code_is_drawn_for_scanners_and_says_what_it_is() -> None:
    # Given the code of a drop-off point
    code = "PLRABCDEFGHIJKLMNOPQRST"
    shown = qr_svg(code, "Show this at the counter <1>")
    # Then it is a piece of a page: black on white whatever the page is, as wide as its place, with a name
    assert shown.startswith("<svg")
    assert 'class="qr"' in shown
    assert "viewBox" in shown
    assert " width=" not in shown
    assert "#fff" in shown
    assert "<title>Show this at the counter &lt;1&gt;</title>" in shown
    # And another text is another code
    assert qr_svg("PLR2", "Show this at the counter <1>") != shown
