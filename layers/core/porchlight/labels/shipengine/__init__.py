"""ShipEngine (ShipStation API): return labels, and codes for drop-off points that want no label or no box.

The secret ``labels/{brand}``: ``{"shipengine": {"api_key": "…", "services": {…}}}``: ``client.ShipEngineApi``.
"""

from typing import Any

from porchlight.domain.brands import BrandConfig
from porchlight.domain.carriers import carrier_id
from porchlight.domain.rma.names import ReturnMethod
from porchlight.errors import NO_ANSWER, PermanentProviderError, TransientError
from porchlight.labels.kit import Kit, no_facility, not_offered, refused, text_of, unclear
from porchlight.labels.shipengine import client
from porchlight.labels.shipengine.client import ShipEngineApi
from porchlight.returning import LabelMade, LabelRequest


class ShipEngineLabels:
    """``returning.LabelProvider``."""

    methods = frozenset({ReturnMethod.LABEL, ReturnMethod.QR, ReturnMethod.BOX_FREE})
    needs_address = True

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def make(self, brand: BrandConfig, wanted: LabelRequest) -> LabelMade:
        """Find what was bought under the key, or buy it."""
        api = self._api(brand)
        if wanted.to is None:
            raise no_facility()
        label = (self._before(api, wanted) if wanted.since else None) or self._buy(api, wanted)
        if text_of(label, "status") in ("error", "voided"):
            raise refused()
        if text_of(label, "status") == "processing":
            raise TransientError("the label is not ready yet", code=NO_ANSWER)
        if not client.is_ready(label):
            raise unclear()
        shown = wanted.method is not ReturnMethod.LABEL
        picture, told = client.code_address(label), text_of(label, "paperless_download", "handoff_code")
        if shown and not (picture or told):  # of no use: it is given back
            self.void(brand, text_of(label, "label_id"))
            raise not_offered()
        document, kind = b"", "application/pdf"
        if picture or not shown:
            document, kind = self._kit.paper(picture if shown else client.label_address(label))
        how = (told if picture else "", text_of(label, "paperless_download", "instructions")) if shown else ()
        return LabelMade(
            carrier=carrier_id(text_of(label, "carrier_code")) or wanted.carrier,
            tracking_number=text_of(label, "tracking_number"),
            reference=text_of(label, "label_id"),
            document=document,
            kind=kind,
            code=told if shown and not picture else "",
            instructions=". ".join(filter(None, how)),
            cost=client.price(label),
        )

    def void(self, brand: BrandConfig, reference: str) -> bool:
        """What carriers charge on their first scan needs no void; ShipEngine takes it all the same."""
        said = self._kit.ask(self._api(brand).void(reference))
        return client.is_voided(said.data)

    def _before(self, api: ShipEngineApi, wanted: LabelRequest) -> dict[str, Any] | None:
        said = self._kit.ask(api.find(wanted.key))
        return said.data if said.good else None

    def _buy(self, api: ShipEngineApi, wanted: LabelRequest) -> dict[str, Any]:
        service = api.service(wanted.carrier)
        if service is None:
            raise PermanentProviderError("the account names no service", code="not-set-up")
        said = self._kit.ask(api.buy(wanted, service, code=wanted.method is not ReturnMethod.LABEL))
        if said.good:
            return said.data
        found = self._before(api, wanted)  # the key may be known: another try has come so far
        if found is None:
            raise refused(address=client.blames_address(said.data))
        return found

    def _api(self, brand: BrandConfig) -> ShipEngineApi:
        return ShipEngineApi(self._kit.account(brand.brand_id, "shipengine", ("api_key",)))


PROVIDER = ShipEngineLabels
