"""The label of a return, made once: the provider under a key, then the parcel, then the approval with its label.

Killed anywhere and repeated, the same key is the same label at the provider, the parcel is the one that is there, and
the approval is written once. That a provider was asked is written down before it is: the next try looks first. A return
becomes ``approved`` only when its label exists, so that the shopper is told once there is something to send it with.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from porchlight.domain import ids
from porchlight.domain.brands import BrandConfig
from porchlight.domain.orders import Order
from porchlight.domain.policy.model import Facility
from porchlight.domain.returns import GIVEN_UP, Label, Return, ReturnState
from porchlight.domain.rma.labels import DEFAULT_CARRIER, label_key, weight_of
from porchlight.domain.rma.moves import ask
from porchlight.domain.rma.next_step import BY_LABEL, NO_LABEL, REQUEST, comes_back
from porchlight.domain.shipments import Shipment
from porchlight.errors import InvalidInputError, NotFoundError, PermanentProviderError
from porchlight.ports import Brands, Metrics, Orders, Returns, Shipments
from porchlight.returning import Addresses, Documents, LabelMade, LabelProvider, LabelRequest
from porchlight.services.lookout import Lookout
from porchlight.services.qr import qr_svg
from porchlight.services.request_return import get_return
from porchlight.services.retrying import until_settled

OWN = "own"
"""The provider that is none: numbers of our own, of which no carrier could be asked."""
_KINDS = {"application/pdf": "pdf", "image/png": "png"}


@dataclass(frozen=True)
class LabelDesk:
    """Makes labels, takes them back, and shows them."""

    returns: Returns
    orders: Orders
    shipments: Shipments
    brands: Brands
    addresses: Addresses
    documents: Documents
    label_provider: Callable[[str], LabelProvider]
    lookout: Lookout
    metrics: Metrics

    def make(self, brand: str, return_id: str, now: datetime) -> str:
        """``made``; ``none`` for a return that needs no label (and is approved all the same, if it was decided so), or
        that was given up meanwhile; ``refused`` where a person has to help: the return waits for one.
        """
        request = get_return(self.returns, brand, return_id)
        if request.label:
            return "made"
        if request.state in GIVEN_UP:
            return "none"
        if not request.is_approved or request.state is ReturnState.FAILED:
            raise InvalidInputError("only an approved return gets a label", code="return-not-approved")
        if not comes_back(request) or request.method not in BY_LABEL:
            return until_settled(lambda: self._approve(brand, return_id))
        provider_id = self.brands.get(brand).returns.label_provider
        try:
            request, since = until_settled(lambda: self._intend(brand, return_id, provider_id, now))
            label = self._bought(request, provider_id, since, now)
        except PermanentProviderError as error:
            why = error.problem
            self.metrics.count("LabelsRefused", provider=provider_id, why=why)
            return until_settled(lambda: self._ask_a_person(brand, return_id, why, now))
        return until_settled(lambda: self._record(brand, return_id, label, now))

    def void(self, brand: str, return_id: str, now: datetime) -> str:
        """``voided``, also where it was before; ``used`` where it cannot be taken back any more; ``none`` where there
        is no label.
        """
        request = get_return(self.returns, brand, return_id)
        label = request.label
        if label is None:
            return "voided" if request.old_labels else "none"
        if not self._taken_back(brand, label):
            return "used"

        def attempt() -> str:
            stored = get_return(self.returns, brand, return_id)
            if stored.label is None or stored.label.reference != label.reference:
                return "voided"
            old = stored.label.model_copy(update={"voided_at": now})
            after = {"label": None, "label_asked_at": None, "label_number": stored.label_number + 1}
            self._write(stored, {**after, "old_labels": (*stored.old_labels, old)})
            self.metrics.count("LabelsVoided", provider=label.provider or OWN)
            return "voided"

        return until_settled(attempt)

    def renew(self, brand: str, return_id: str, now: datetime) -> Return:
        """Another label in place of the one that was lost or cannot be used; a scan of the old one counts as well."""
        request = get_return(self.returns, brand, return_id)
        if not request.is_approved or request.state not in (ReturnState.APPROVED, ReturnState.IN_REVIEW):
            raise InvalidInputError("only a return that was not sent yet gets another label", code="return-not-waiting")
        if self.void(brand, return_id, now) == "used":
            raise InvalidInputError("the label was used, or cannot be taken back", code="label-used")
        self.make(brand, return_id, now)
        return get_return(self.returns, brand, return_id)

    def document(self, brand: str, return_id: str) -> bytes:
        """The label to print (a PDF), or the picture of a code (a PNG); NotFoundError where there is none."""
        label = get_return(self.returns, brand, return_id).label
        if label is None or not label.document:
            raise NotFoundError("there is no label to print")
        return self.documents.get(label.document)

    def code_svg(self, brand: str, return_id: str) -> str:
        """The QR code to show at the drop-off point, as SVG; "" where the label has no code, or is a picture of one."""
        label = get_return(self.returns, brand, return_id).label
        return qr_svg(label.code, label.code) if label and label.code else ""

    def _intend(self, brand: str, return_id: str, provider_id: str, now: datetime) -> tuple[Return, datetime | None]:
        """The return, and since when a provider may have made its label."""
        request = get_return(self.returns, brand, return_id)
        if request.label_asked_at or provider_id == OWN:
            return request, request.label_asked_at
        return self._write(request, {"label_asked_at": now}), None

    def _bought(self, request: Return, provider_id: str, since: datetime | None, now: datetime) -> Label:
        """Ask the provider; keep the document before anybody can be told of it."""
        brand, order = self.brands.get(request.brand), self._order(request)
        provider = self.label_provider(provider_id)
        if request.method not in provider.methods:
            raise PermanentProviderError("the provider has no such labels", code="method-not-offered")
        sender = None
        if provider.needs_address:
            sender = self.addresses.get(request.brand, request.recipient_id or request.shopper_id, request.return_id)
            if sender is None:
                raise PermanentProviderError("the sender's address is not known", code="no-address")
        key = label_key(request)
        wanted = LabelRequest(
            key=key,
            brand=request.brand,
            return_id=request.return_id,
            carrier=self._carrier(request),
            method=request.method,
            sender=sender,
            to=facility_of(brand, request),
            weight_grams=weight_of(request, order),
            since=since,
        )
        made = provider.make(brand, wanted)
        return Label(
            carrier=made.carrier,
            tracking_number=made.tracking_number,
            shipment_id=ids.shipment_id(request.brand, made.carrier, made.tracking_number),
            reference=made.reference,
            provider=provider_id,
            document=self._kept(request, key, made),
            code=made.code,
            instructions=made.instructions,
            cost=made.cost,
            made_at=now,
        )

    def _kept(self, request: Return, key: str, made: LabelMade) -> str:
        """The name of the document; nothing personal is in it."""
        if not made.document:
            return ""
        name = f"labels/{request.brand}/{key}.{_KINDS[made.kind]}"
        self.documents.put(name, made.document, made.kind)
        return name

    def _record(self, brand: str, return_id: str, label: Label, now: datetime) -> str:
        """The parcel, then the approval. A label that came too late, or second, is taken back."""
        request = get_return(self.returns, brand, return_id)
        if request.label or request.state in GIVEN_UP:
            if request.label is None or request.label.reference != label.reference:
                self._taken_back(brand, label)
            return "made" if request.label else "none"
        self.put_parcel(request, label, now)
        waiting = request.state in (ReturnState.REQUESTED, ReturnState.IN_REVIEW)
        state = ReturnState.APPROVED if waiting else request.state
        review = None if request.review and request.review.why == NO_LABEL else request.review
        self._write(request, {"state": state, "label": label, "label_asked_at": None, "review": review})
        self.metrics.count("LabelsMade", provider=label.provider, carrier=label.carrier)
        return "made"

    def _approve(self, brand: str, return_id: str) -> str:
        """Nothing is sent, or by the shopper's own means."""
        request = get_return(self.returns, brand, return_id)
        if request.state in (ReturnState.REQUESTED, ReturnState.IN_REVIEW):
            self._write(request, {"state": ReturnState.APPROVED})
        return "none"

    def _ask_a_person(self, brand: str, return_id: str, why: str, now: datetime) -> str:
        request = get_return(self.returns, brand, return_id)
        if request.label or request.state in GIVEN_UP:
            return "made" if request.label else "none"
        asked = ask(request, REQUEST, NO_LABEL, now)
        review = asked.review.model_copy(update={"notes": (why,)}) if asked.review else None
        again = {"label_asked_at": None, "label_number": request.label_number + 1}
        self._write(asked, {"review": review, **again})
        return "refused"

    def _taken_back(self, brand: str, label: Label) -> bool:
        try:
            return self.label_provider(label.provider or OWN).void(self.brands.get(brand), label.reference)
        except PermanentProviderError:
            return False

    def put_parcel(self, request: Return, label: Label, now: datetime) -> None:
        """The return parcel under its label's number, watched where a carrier can be asked about it; a scan that came
        before made it already, without the return.
        """
        found = self.shipments.contents(request.brand, label.shipment_id)
        if found.shipment and found.shipment.return_id == request.return_id:
            return
        parcel = found.shipment or Shipment(
            brand=request.brand,
            shipment_id=label.shipment_id,
            carrier=label.carrier,
            tracking_number=label.tracking_number,
            created_at=now,
            updated_at=now,
        )
        update = {
            "order_id": request.order_id,
            "shopper_id": request.shopper_id,
            "return_id": request.return_id,
            "zone": self._order(request).destination.zone,
            "expected": None,
            "updated_at": now,
            "version": parcel.version + 1,
        }
        parcel = parcel.model_copy(update=update)
        brand = self.brands.get(request.brand)
        asked = label.provider not in ("", OWN)
        watch = self.lookout.linked(brand, parcel, found.watch, now) if asked else None
        self.shipments.save(parcel, due_at=None, watch=watch)

    def _carrier(self, request: Return) -> str:
        """Who brought the order, as far as that is known."""
        for key in self.orders.contents(request.brand, request.order_id).shipment_ids:
            parcel = self.shipments.get(request.brand, key)
            if parcel and not parcel.is_return:
                return parcel.carrier
        return DEFAULT_CARRIER

    def _order(self, request: Return) -> Order:
        order = self.orders.get(request.brand, request.order_id)
        if order is None:
            raise NotFoundError("no such order")
        return order

    def _write(self, request: Return, update: Mapping[str, object]) -> Return:
        changed = request.model_copy(update={**update, "version": request.version + 1})
        self.returns.update(changed)
        return changed


def facility_of(brand: BrandConfig, request: Return) -> Facility | None:
    """Where the goods go, as the policy says now: an address that was mended holds for labels of old requests too."""
    facilities = brand.returns.facilities
    named = facilities.get(request.terms.facility) if request.terms else None
    return named or next(iter(facilities.values()), None)
