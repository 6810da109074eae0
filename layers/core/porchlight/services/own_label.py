"""Labels that the brand's people bring themselves, and parcels that shoppers send as they like."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, model_validator

from porchlight.domain import ids
from porchlight.domain.carriers import carrier_by_number, carrier_id
from porchlight.domain.returns import GIVEN_UP, Label, Return, ReturnState
from porchlight.domain.rma.labels import label_key
from porchlight.domain.rma.names import ReturnMethod
from porchlight.domain.rma.standing import came, comes_back
from porchlight.errors import ConflictError, InvalidInputError
from porchlight.returning import Addresses, Documents, SenderAddress
from porchlight.services.label_book import LabelBook
from porchlight.services.label_return import OWN
from porchlight.services.request_return import get_return
from porchlight.services.retrying import until_settled

_STRICT = ConfigDict(frozen=True, extra="forbid")
MOST_BYTES = 4_000_000
"""A Lambda function answers with 6 MB at most, in Base64."""
FORM_SECONDS = 900
PDF = "application/pdf"


class LabelSender(SenderAddress):
    """Where the shopper sends from, where it has to be put right."""

    model_config = _STRICT


class LabelBody(BaseModel):
    """The body of ``POST /v1/returns/{return_id}/label``. {}: the provider makes another label in place of the one that
    is there. With ``tracking_number``: the label is one's own; ``document``: its PDF was uploaded by the form of
    ``POST /v1/returns/{return_id}/label/upload``.
    """

    model_config = _STRICT

    carrier: str = Field(default="", max_length=60)
    tracking_number: str = Field(default="", max_length=64, pattern=r"^[A-Za-z0-9 -]*$")
    document: bool = False
    sender: LabelSender | None = None

    @model_validator(mode="after")
    def _whole(self) -> "LabelBody":
        if not self.tracking_number and (self.carrier or self.document):
            raise ValueError("carrier and document go with a tracking_number")
        return self


@dataclass(frozen=True)
class OwnLabels:
    """Takes labels from people, and the numbers of parcels from shoppers. No provider is asked by it: the workflow asks
    for another label, and gives the one before back.
    """

    label_book: LabelBook
    addresses: Addresses
    documents: Documents

    def upload_form(self, brand: str, return_id: str) -> dict[str, object]:
        """Address and fields of a form for one PDF of at most 4 MB, good for a quarter of an hour."""
        request = _waiting(self._get(brand, return_id))
        url, fields = self.documents.upload_form(uploaded(request), PDF, MOST_BYTES, FORM_SECONDS)
        return {"url": url, "fields": dict(fields), "seconds": FORM_SECONDS}

    def label(self, brand: str, return_id: str, body: LabelBody, now: datetime) -> Return:
        """Another label by the provider, or one that is brought. A scan of the one before counts as well."""
        request = _waiting(self._get(brand, return_id))
        if body.sender:
            who = request.recipient_id or request.shopper_id
            self.addresses.put(brand, who, return_id, body.sender, now)
        if body.tracking_number:
            return self.bring(brand, return_id, body.carrier, body.tracking_number, now, document=body.document)
        return until_settled(lambda: self._another(brand, return_id))

    def bring(
        self, brand: str, return_id: str, carrier: str, number: str, now: datetime, *, document: bool = False
    ) -> Return:
        """The parcel that somebody else made a label for: the brand, or the shopper who sends it as they like. Without
        ``carrier`` the number has to say whose it is. The same number twice is one.
        """
        number = ids.number_key(number)
        whose = carrier_id(carrier) or carrier_by_number(number)
        if not whose:
            raise InvalidInputError("which carrier is it?", code="unknown-carrier")
        shipment_id = ids.shipment_id(brand, whose, number)

        def attempt() -> Return:
            request = self._get(brand, return_id)
            if request.label and request.label.shipment_id == shipment_id:
                return request
            self._free(_waiting(request), shipment_id)
            name = self._kept(request) if document else ""
            label = Label(
                carrier=whose,
                tracking_number=number,
                shipment_id=shipment_id,
                reference=number,
                provider=OWN,
                document=name,
                made_at=now,
            )
            return self.label_book.record(brand, return_id, label, now, instead=True)

        return until_settled(attempt)

    def _another(self, brand: str, return_id: str) -> Return:
        """Without its label, which the workflow takes for news."""
        request = _waiting(self._get(brand, return_id))
        if request.closed_at or request.state not in (
            ReturnState.APPROVED,
            ReturnState.IN_REVIEW,
            ReturnState.REQUESTED,
        ):
            raise ConflictError("it has ended: bring a label of your own", code="return-not-waiting")
        return self.label_book.set_aside(request) if request.label else request

    def _get(self, brand: str, return_id: str) -> Return:
        return get_return(self.label_book.returns, brand, return_id)

    def _free(self, request: Return, shipment_id: str) -> None:
        """A number is that of one parcel: not of the one that brought the order, nor of another return."""
        known = self.label_book.shipments.get(request.brand, shipment_id)
        if known and (known.order_id or known.return_id) and known.return_id != request.return_id:
            raise ConflictError("the number is that of another parcel", code="number-in-use")

    def _kept(self, request: Return) -> str:
        """The name of what was uploaded, from where nobody can replace it; checked to be a PDF."""
        body = self.documents.get(uploaded(request))
        if len(body) > MOST_BYTES or not body.startswith(b"%PDF-") or b"%%EOF" not in body[-2048:]:
            raise InvalidInputError("what was uploaded is no PDF", code="not-a-pdf")
        name = f"labels/{request.brand}/{label_key(request)}.pdf"
        self.documents.put(name, body, PDF)
        return name


def uploaded(request: Return) -> str:
    """The name under which a label for it may be sent to us."""
    return f"labels/{request.brand}/{request.return_id}-upload.pdf"


def _waiting(request: Return) -> Return:
    """A return of which nothing was seen yet."""
    by_parcel = comes_back(request) and request.method is not ReturnMethod.IN_STORE
    if not request.is_approved or request.state in GIVEN_UP or came(request) or not by_parcel:
        raise ConflictError("only an approved return that was not sent yet gets a label", code="return-not-waiting")
    return request
