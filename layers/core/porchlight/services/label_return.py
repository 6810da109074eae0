"""The label of a return, made once: the provider under a key, then the parcel, then the approval with its label.

Killed anywhere and repeated, the same key is the same label at the provider, the parcel is the one that is there, and
the approval is written once. That a provider was asked is written down before it is: the next try looks first. A return
becomes ``approved`` only when its label exists, so that the shopper is told once there is something to send it with.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from porchlight.domain import ids
from porchlight.domain.brands import BrandConfig
from porchlight.domain.policy.model import Facility
from porchlight.domain.returns import GIVEN_UP, Label, Return, ReturnState
from porchlight.domain.rma.labels import DEFAULT_CARRIER, label_key, weight_of
from porchlight.domain.rma.moves import ask
from porchlight.domain.rma.next_step import NO_LABEL
from porchlight.domain.rma.standing import BY_LABEL, REQUEST, comes_back
from porchlight.errors import InvalidInputError, PermanentProviderError
from porchlight.returning import Addresses, Documents, LabelMade, LabelProvider, LabelRequest
from porchlight.services.label_book import LabelBook
from porchlight.services.request_return import get_return
from porchlight.services.retrying import until_settled

OWN = "own"
"""The provider that is none: numbers of our own."""
_KINDS = {"application/pdf": "pdf", "image/png": "png"}


@dataclass(frozen=True)
class LabelDesk:
    """Makes labels, and takes them back."""

    label_book: LabelBook
    addresses: Addresses
    documents: Documents
    label_provider: Callable[[str], LabelProvider]

    def make(self, brand: str, return_id: str, now: datetime) -> str:
        """``made``; ``none`` for a return that needs no label (and is approved all the same, if it was decided so), or
        that was given up meanwhile; ``refused`` where a person has to help: the return waits for one.
        """
        request = self._get(brand, return_id)
        if request.label:
            return "made"
        if request.state in GIVEN_UP:
            return "none"
        if not request.is_approved or request.state is ReturnState.FAILED:
            raise InvalidInputError("only an approved return gets a label", code="return-not-approved")
        if not comes_back(request) or request.method not in BY_LABEL:
            return until_settled(lambda: self._approve(brand, return_id))
        self._give_back_old(request, now)
        provider_id = self.label_book.brands.get(brand).returns.label_provider
        try:
            request, since = until_settled(lambda: self._intend(brand, return_id, provider_id, now))
            label = self._bought(request, provider_id, since, now)
        except PermanentProviderError as error:
            why = error.problem
            self.label_book.metrics.count("LabelsRefused", provider=provider_id, why=why)
            return until_settled(lambda: self._ask_a_person(brand, return_id, why, now))
        written = until_settled(lambda: self.label_book.record(brand, return_id, label, now))
        if written.label is None or written.label.reference != label.reference:  # it came too late, or second
            self._taken_back(brand, label)
        return "made" if written.label else "none"

    def void(self, brand: str, return_id: str, now: datetime) -> str:
        """``voided``, also where it was before; ``used`` where it cannot be taken back any more; ``none`` where there
        is no label.
        """
        request = self._get(brand, return_id)
        self._give_back_old(request, now)
        label = request.label
        if label is None:
            return "voided" if request.old_labels else "none"
        if not self._taken_back(brand, label):
            return "used"

        def attempt() -> str:
            stored = self._get(brand, return_id)
            if stored.label and stored.label.reference == label.reference:
                voided = stored.label.model_copy(update={"voided_at": now})
                self.label_book.set_aside(stored.model_copy(update={"label": voided}))
                self.label_book.metrics.count("LabelsVoided", provider=label.provider or OWN)
            return "voided"

        return until_settled(attempt)

    def _intend(self, brand: str, return_id: str, provider_id: str, now: datetime) -> tuple[Return, datetime | None]:
        """The return, and since when a provider may have made its label."""
        request = self._get(brand, return_id)
        if request.label_asked_at or provider_id == OWN:
            return request, request.label_asked_at
        return self.label_book.write(request, {"label_asked_at": now}), None

    def _bought(self, request: Return, provider_id: str, since: datetime | None, now: datetime) -> Label:
        """Ask the provider; keep the document before anybody can be told of it."""
        brand, provider = self.label_book.brands.get(request.brand), self.label_provider(provider_id)
        if request.method not in provider.methods:
            raise PermanentProviderError("the provider has no such labels", code="method-not-offered")
        sender = None
        if provider.needs_address:
            sender = self.addresses.get(request.brand, request.recipient_id or request.shopper_id, request.return_id)
            if sender is None:
                raise PermanentProviderError("the sender's address is not known", code="no-sender")
        key = label_key(request)
        wanted = LabelRequest(
            key=key,
            brand=request.brand,
            return_id=request.return_id,
            carrier=self._carrier(request),
            method=request.method,
            sender=sender,
            to=facility_of(brand, request),
            weight_grams=weight_of(request, self.label_book.order(request)),
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

    def _approve(self, brand: str, return_id: str) -> str:
        """Nothing is sent, or by the shopper's own means."""
        request = self._get(brand, return_id)
        if request.state in (ReturnState.REQUESTED, ReturnState.IN_REVIEW):
            self.label_book.write(request, {"state": ReturnState.APPROVED})
        return "none"

    def _ask_a_person(self, brand: str, return_id: str, why: str, now: datetime) -> str:
        request = self._get(brand, return_id)
        if request.label or request.state in GIVEN_UP:
            return "made" if request.label else "none"
        asked = ask(request, REQUEST, NO_LABEL, now)
        review = asked.review.model_copy(update={"notes": (why,)}) if asked.review else None
        again = {"label_asked_at": None, "label_number": request.label_number + 1}
        self.label_book.write(asked, {"review": review, **again})
        return "refused"

    def _give_back_old(self, request: Return, now: datetime) -> None:
        """Labels that others have taken the place of: what is not used is not paid for."""
        gone = {
            one.reference for one in request.old_labels if not one.voided_at and self._taken_back(request.brand, one)
        }
        if not gone:
            return

        def attempt() -> None:
            stored = self._get(request.brand, request.return_id)
            old = tuple(
                one.model_copy(update={"voided_at": now}) if one.reference in gone and not one.voided_at else one
                for one in stored.old_labels
            )
            if old != stored.old_labels:
                self.label_book.write(stored, {"old_labels": old})

        until_settled(attempt)

    def _taken_back(self, brand: str, label: Label) -> bool:
        try:
            return self.label_provider(label.provider or OWN).void(self.label_book.brands.get(brand), label.reference)
        except PermanentProviderError:
            return False

    def _carrier(self, request: Return) -> str:
        """Who brought the order, as far as that is known."""
        for key in self.label_book.orders.contents(request.brand, request.order_id).shipment_ids:
            parcel = self.label_book.shipments.get(request.brand, key)
            if parcel and not parcel.is_return:
                return parcel.carrier
        return DEFAULT_CARRIER

    def _get(self, brand: str, return_id: str) -> Return:
        return get_return(self.label_book.returns, brand, return_id)


def facility_of(brand: BrandConfig, request: Return) -> Facility | None:
    """Where the goods go, as the policy says now: an address that was mended holds for labels of old requests too."""
    facilities = brand.returns.facilities
    named = facilities.get(request.terms.facility) if request.terms else None
    return named or next(iter(facilities.values()), None)
