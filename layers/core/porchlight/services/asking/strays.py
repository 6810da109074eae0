"""Parcels whose source a brand has taken from its list: they are given to another, or looked at no more."""

from datetime import datetime
from functools import partial

from porchlight.domain.brands import BrandConfig
from porchlight.domain.shipments import Shipment
from porchlight.domain.watching import Watch, given_to
from porchlight.services.asking.office import Office, Parcel
from porchlight.services.lookout import Lookout

PAGE = 300


def move_strays(office: Office, brand: BrandConfig, now: datetime, until: datetime) -> int:
    """Look through the shards of all sources that the brand does not list, for as long as there is time; how many
    parcels were due there.
    """
    moved = 0
    for source in office.sources.askable():
        while source not in brand.tracking.ask and office.pulse.now() < until:
            found = _move_page(office, brand, source, now)
            moved += found
            if found < PAGE:
                break
    return moved


def _move_page(office: Office, brand: BrandConfig, source: str, now: datetime) -> int:
    moved = 0
    lookout = Lookout(office.sources)
    for shipment_id, _ in office.watches.due(brand.brand_id, source, now, PAGE):
        shipment, watch = office.watches.get(brand.brand_id, shipment_id)
        if shipment and watch and watch.source == source:
            office.settle(Parcel(shipment, watch), partial(_moved, lookout, brand, now))
            moved += 1
    return moved


def _moved(lookout: Lookout, brand: BrandConfig, now: datetime, watch: Watch, shipment: Shipment) -> Watch:
    return given_to(watch, lookout.source_of(brand, shipment.carrier), now)
