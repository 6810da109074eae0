"""EasyPost: return labels of many carriers, QR codes for USPS.

A shipment is made under our key as its ``reference``, then its label is bought; what was begun before is found by the
key. The secret ``labels/{brand}``: ``{"easypost": {"api_key": "…"}}``; what else may be in it: ``client.EasyPostApi``.
"""

from typing import Any

from porchlight.domain.brands import BrandConfig
from porchlight.domain.carriers import carrier_id
from porchlight.domain.rma.names import ReturnMethod
from porchlight.errors import NO_ANSWER, TransientError
from porchlight.labels.easypost import client
from porchlight.labels.easypost.client import EasyPostApi
from porchlight.labels.kit import Kit, Said, no_facility, no_rate, not_offered, refused, text_of, unclear
from porchlight.returning import LabelMade, LabelRequest


class EasyPostLabels:
    """``returning.LabelProvider``."""

    methods = frozenset({ReturnMethod.LABEL, ReturnMethod.QR})
    needs_address = True

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def make(self, brand: BrandConfig, wanted: LabelRequest) -> LabelMade:
        """Find what was begun under the key, or begin; buy; fetch what is to be printed or shown."""
        api = self._api(brand)
        if wanted.to is None:
            raise no_facility()
        shipment = self._bought(api, self._begun(api, wanted) or self._begin(api, wanted), wanted)
        qr = wanted.method is ReturnMethod.QR
        if qr and not client.code_address(shipment):
            shipment = self._with_code(api, brand, text_of(shipment, "id"))
        document, kind = self._kit.paper(client.code_address(shipment) if qr else client.label_address(shipment))
        return LabelMade(
            carrier=carrier_id(text_of(shipment, "selected_rate", "carrier")) or wanted.carrier,
            tracking_number=text_of(shipment, "tracking_code"),
            reference=text_of(shipment, "id"),
            document=document,
            kind=kind,
            cost=client.price(shipment),
        )

    def void(self, brand: BrandConfig, reference: str) -> bool:
        """Ask for the postage back. Where that is refused, it may have been asked for before."""
        api = self._api(brand)
        said = self._kit.ask(api.refund(reference))
        if not said.good:
            said = self._kit.ask(api.find(reference))
        return said.good and client.is_given_back(said.data)

    def _begun(self, api: EasyPostApi, wanted: LabelRequest) -> dict[str, Any] | None:
        if wanted.since is None:
            return None
        said = self._kit.ask(api.find(wanted.key))
        return said.data if said.good else None

    def _begin(self, api: EasyPostApi, wanted: LabelRequest) -> dict[str, Any]:
        return self._done(self._kit.ask(api.create(wanted)))

    def _bought(self, api: EasyPostApi, shipment: dict[str, Any], wanted: LabelRequest) -> dict[str, Any]:
        if client.is_bought(shipment):
            return shipment
        mine, rate = text_of(shipment, "id"), api.rate(shipment, wanted.carrier)
        if not mine:
            raise unclear()
        if not rate:
            raise no_rate()
        said = self._kit.ask(api.buy(mine, rate))
        if client.error_of(said) == client.BOUGHT_BEFORE:
            said = self._kit.ask(api.find(mine))
        bought = self._done(said)
        if not client.is_bought(bought):
            raise unclear()
        return bought

    def _with_code(self, api: EasyPostApi, brand: BrandConfig, shipment: str) -> dict[str, Any]:
        """A label without the code that was wanted is of no use: it is given back."""
        said = self._kit.ask(api.code(shipment))
        if said.good or client.error_of(said) in client.IN_DOUBT:
            return self._done(said)
        self.void(brand, shipment)
        raise not_offered()

    def _done(self, said: Said) -> dict[str, Any]:
        if said.good:
            return said.data
        if client.error_of(said) in client.IN_DOUBT:
            raise TransientError("the provider of labels does not know yet", code=NO_ANSWER)
        raise refused(address=client.blames_address(said))

    def _api(self, brand: BrandConfig) -> EasyPostApi:
        return EasyPostApi(self._kit.account(brand.brand_id, "easypost", ("api_key",)))


PROVIDER = EasyPostLabels
