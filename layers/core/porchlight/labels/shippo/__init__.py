"""Shippo: scan-based return labels of USPS, UPS and FedEx, QR codes where the carrier has them.

The secret ``labels/{brand}``: ``{"shippo": {"api_token": "…"}}``; what else may be in it: ``client.ShippoApi``.
"""

from typing import Any

from porchlight.domain.brands import BrandConfig
from porchlight.domain.carriers import carrier_id
from porchlight.domain.rma.names import ReturnMethod
from porchlight.errors import NO_ANSWER, TransientError
from porchlight.labels.kit import Kit, Said, no_facility, no_rate, not_offered, objects_in, refused, text_of, unclear
from porchlight.labels.shippo import client
from porchlight.labels.shippo.client import ShippoApi
from porchlight.returning import LabelMade, LabelRequest

MOST_PAGES = 20
"""Of what was bought since the first try: two thousand labels."""


class ShippoLabels:
    """``returning.LabelProvider``."""

    methods = frozenset({ReturnMethod.LABEL, ReturnMethod.QR})
    needs_address = True

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def make(self, brand: BrandConfig, wanted: LabelRequest) -> LabelMade:
        """Find what was bought under the key, or buy it; fetch what is to be printed or shown."""
        api = self._api(brand)
        if wanted.to is None:
            raise no_facility()
        bought = self._before(api, wanted) or self._buy(api, wanted)
        if client.is_coming(bought):
            raise TransientError("the label is not ready yet", code=NO_ANSWER)
        if not client.is_bought(bought):
            raise unclear()
        rate = self._done(self._kit.ask(api.rate(client.rate_of(bought))))
        qr = wanted.method is ReturnMethod.QR
        address = text_of(bought, "qr_code_url" if qr else "label_url")
        if qr and not address:  # of no use: it is given back
            self.void(brand, text_of(bought, "object_id"))
            raise not_offered()
        document, kind = self._kit.paper(address)
        return LabelMade(
            carrier=carrier_id(text_of(rate, "provider")) or wanted.carrier,
            tracking_number=text_of(bought, "tracking_number"),
            reference=text_of(bought, "object_id"),
            document=document,
            kind=kind,
            cost=client.price(rate),
        )

    def void(self, brand: BrandConfig, reference: str) -> bool:
        """Ask for the postage back. Where that is refused, it may have been asked for before."""
        api = self._api(brand)
        said = self._kit.ask(api.refund(reference))
        if said.good:
            return text_of(said.data, "status") != "ERROR"
        said = self._kit.ask(api.transaction(reference))
        return said.good and client.is_given_back(said.data)

    def _before(self, api: ShippoApi, wanted: LabelRequest) -> dict[str, Any] | None:
        if wanted.since is None:
            return None
        for page in range(1, MOST_PAGES + 1):
            said = self._kit.ask(api.bought(wanted.since, page))
            found = objects_in(self._done(said), "results") if said.status != 404 else []
            for one in found:
                if text_of(one, "metadata") == wanted.key and (client.is_bought(one) or client.is_coming(one)):
                    return one
            if not found or not said.data.get("next") or not client.is_newer(found[-1], wanted.since):
                return None
        raise TransientError("too much was bought since to look through", code=NO_ANSWER)

    def _buy(self, api: ShippoApi, wanted: LabelRequest) -> dict[str, Any]:
        shipment = self._done(self._kit.ask(api.create(wanted, code=wanted.method is ReturnMethod.QR)))
        rate = api.chosen(shipment, wanted.carrier)
        if not rate:
            raise refused(address=True) if client.blames_address(shipment) else no_rate()
        bought = self._done(self._kit.ask(api.buy(rate, wanted.key)))
        if text_of(bought, "status") == "ERROR":
            raise refused(address=client.blames_address(bought))
        return bought

    @staticmethod
    def _done(said: Said) -> dict[str, Any]:
        if said.good:
            return said.data
        raise refused(address=client.blames_address(said.data))

    def _api(self, brand: BrandConfig) -> ShippoApi:
        return ShippoApi(self._kit.account(brand.brand_id, "shippo", ("api_token",)))


PROVIDER = ShippoLabels
