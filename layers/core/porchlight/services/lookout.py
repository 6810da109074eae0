"""Who is asked about a parcel: its watch is written with the parcel, so that none is forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from porchlight.asking import Sources
from porchlight.domain.brands import BrandConfig
from porchlight.domain.shipments import Shipment
from porchlight.domain.watching import CORRECTED, VOID, Watch, first_watch, given_to, with_news


@dataclass(frozen=True)
class Lookout:
    """Decides about watches where parcels are written."""

    sources: Sources

    def source_of(self, brand: BrandConfig, carrier: str) -> str | None:
        """The source that the brand's parcels with a carrier are asked of; None where none may be.

        The carrier's own comes first, wherever it stands in the list; an aggregator is for those without.
        """
        ask = brand.tracking.ask
        own = next((source for source in ask if self.sources.covers(source, carrier)), None)
        return own or next((source for source in ask if "aggregator" in self.sources.abilities(source)), None)

    def linked(self, brand: BrandConfig, shipment: Shipment, watch: Watch | None, now: datetime) -> Watch | None:
        """The watch to write with a parcel that a store tells of; None where it stays as it is.

        A parcel that the store had taken back lives again; so does one that a person had called the wrong one.
        """
        if watch is None:
            return self._first(brand, shipment, now)
        if watch.why == CORRECTED and shipment.is_open and not shipment.moved_to:
            again = given_to(watch, self.source_of(brand, shipment.carrier), now)
            return again.model_copy(update={"version": watch.version + 1})
        return with_news(shipment, watch, brand.tracking, now) if watch.why == VOID else None

    def _first(self, brand: BrandConfig, shipment: Shipment, now: datetime) -> Watch | None:
        """The watch of a parcel that has none; None where nobody is to be asked, or the parcel is too old."""
        if not brand.tracking.ask or not shipment.is_open or shipment.moved_to or shipment.next_id:
            return None
        if not shipment.order_id and not shipment.return_id:
            return None  # nobody waits for it; and whoever pushes could invent parcels without end
        heard = shipment.last_event_at or shipment.shipped_at or now
        if heard + timedelta(days=brand.tracking.give_up_days) <= now:
            return None
        source = self.source_of(brand, shipment.carrier)
        return first_watch(shipment, source, brand.tracking, now) if source else None

    def after_news(self, brand: BrandConfig, shipment: Shipment, watch: Watch | None, now: datetime) -> Watch | None:
        """The watch to write with a parcel that has news; None where it stays as it is."""
        if watch is None:
            return self._first(brand, shipment, now)
        return with_news(shipment, watch, brand.tracking, now)
