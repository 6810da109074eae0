"""Gather what a decision about one message is made of."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from porchlight.deciding import Cases
from porchlight.domain.addresses import phone_number, valid_email
from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.countries import CountryProfile
from porchlight.domain.fanout.decide import also
from porchlight.domain.fanout.reach import candidates, counting
from porchlight.domain.fanout.situation import Contact, News, Sent, Situation
from porchlight.domain.gifts import as_read
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Order, Shopper
from porchlight.domain.preferences import Profile, address_digest
from porchlight.domain.returns import Return
from porchlight.domain.shipments import Shipment
from porchlight.domain.telling import QUESTIONS
from porchlight.ports import Brands, OrderContents, Orders, Returns, Shipments
from porchlight.reaching import Catalogues, Profiles, Reputations, Touches, TouchLog

_BY_NUMBER = frozenset({Channel.SMS, Channel.WHATSAPP})

MOST_PARCELS = 20
"""An order in more parcels is asked nothing: nobody looks at them all for a check-in."""


@dataclass(frozen=True)
class Gathered:
    """The situation, and what else was read on the way."""

    situation: Situation
    contents: OrderContents
    touches: TouchLog | None
    """What the shopper got lately; None where no cap counts."""


@dataclass(frozen=True)
class Deliberation:
    """Reads the records of one message."""

    orders: Orders
    shipments: Shipments
    returns: Returns
    cases: Cases
    brands: Brands
    catalogues: Catalogues
    profiles: Profiles
    touches: Touches
    reputations: Reputations

    def gather(
        self,
        brand_id: str,
        order_id: str,
        news: News,
        now: datetime,
        *,
        message_id: str,
        shopper_id: str = "",
        lead: Gathered | None = None,
    ) -> Gathered | None:
        """Everything that is known now; None where there is no such order (yet).

        ``shopper_id``: where it is known before. What is asked or sold is counted for its shopper, and the log is read
        before the order then: whoever is sending at the same moment has changed one or the other.
        ``lead``: what was just read for a message that says this one, too.
        """
        asks = shopper_id and self.catalogues.moments(brand_id)[news.moment].purpose is not Purpose.SERVICE
        log = self.touches.get(brand_id, shopper_id) if asks else None
        same = lead is not None and lead.situation.order.order_id == order_id
        contents = lead.contents if lead and same else self.orders.contents(brand_id, order_id)
        order = contents.order
        if order is None:
            return None
        shipment = self.shipments.get(brand_id, news.shipment_id) if news.shipment_id else None
        request = self.returns.get(brand_id, news.return_id) if news.return_id else None
        order = as_read(order, request or self._gift(shipment), news.moment)
        brand, spec = self.brands.get(brand_id), self.catalogues.moments(brand_id)[news.moment]
        service = spec.purpose is Purpose.SERVICE
        shopper, profile = self.profiles.with_contact(brand_id, order.shopper_id)
        the = Situation(
            news=news,
            spec=spec,
            brand=brand,
            order=order,
            shopper=shopper,
            profile=profile,
            now=now,
            contacts={},
            countries={},
            shipment=shipment,
            request=request,
            case=self.cases.get(brand_id, news.subject_id) if news.moment in QUESTIONS else None,
            messages=contents.messages,
            parcels=() if service and news.moment is not Moment.SPLIT_SHIPMENT else self._parcels(brand_id, contents),
            parcel_count=len(contents.shipment_ids),
            return_count=len(contents.return_ids),
            returns=self._returns(brand_id, contents) if news.moment is Moment.REFUND_ISSUED else (),
            message_id=message_id,
        )
        tried = candidates(the)
        mine = next((one.beside for one in contents.messages if one.message_id == message_id), None)
        # A number is read by tables of a tenth of a second: only where it may be written to.
        contacts = contacts_of(brand_id, shopper, profile, order.destination.country, {*tried, *also(the), mine})
        the = replace(the, contacts=contacts, countries=self._countries(brand, order, contacts))
        if log is None and any(counting(the, channel) for channel in tried):
            log = self.touches.get(brand_id, order.shopper_id)
        sent = [Sent(one.message_id, one.channel, one.purpose, one.at) for one in (log.touches if log else ())]
        paused = {one for one in tried if not service and self.reputations.get(brand_id, one, now).is_bad}
        return Gathered(replace(the, sent=sent, paused=frozenset(paused)), contents, log)

    def _gift(self, shipment: Shipment | None) -> Return | None:
        """The return that a parcel brings: news of the parcel is for whoever sends it."""
        back = shipment.return_id if shipment else None
        return self.returns.get(shipment.brand, back) if shipment and back else None

    def _countries(
        self, brand: BrandConfig, order: Order, contacts: Mapping[Channel, Contact]
    ) -> dict[Channel, CountryProfile]:
        there = order.destination.country
        return {
            channel: self.catalogues.country(
                brand.brand_id, (contacts[channel].country if channel in contacts else None) or there
            )
            for channel in Channel
        }

    def _returns(self, brand_id: str, contents: OrderContents) -> list[Return]:
        found = (self.returns.get(brand_id, one) for one in contents.return_ids)
        return [request for request in found if request]

    def _parcels(self, brand_id: str, contents: OrderContents) -> list[Shipment]:
        found = (self.shipments.get(brand_id, one) for one in contents.shipment_ids[:MOST_PARCELS])
        return [parcel for parcel in found if parcel]


def contacts_of(
    brand: str,
    shopper: Shopper | None,
    profile: Profile,
    country: str | None,
    wanted: Collection[Channel | None] = frozenset(Channel),
) -> dict[Channel, Contact]:
    """Where each of the channels ``wanted`` reaches a shopper. A number without its country's code is one of
    ``country``.
    """
    found: dict[Channel, Contact] = {}
    if shopper and shopper.email:
        address = valid_email(shopper.email) or ""
        found[Channel.EMAIL] = Contact(address, address_digest(brand, shopper.email))
    typed = profile.mobile or (shopper.phone if shopper else None)
    if typed and not _BY_NUMBER.isdisjoint(wanted):
        number = phone_number(typed, country)
        contact = Contact(
            number.e164 if number else "",
            address_digest(brand, number.e164 if number else typed),
            number.country if number else None,
        )
        found |= {Channel.SMS: contact, Channel.WHATSAPP: contact}
    for channel in (Channel.PUSH, Channel.WEB_PUSH):
        if targets := profile.targets_of(channel):
            newest = max(targets, key=lambda one: one.added_at)
            found[channel] = Contact(newest.target, address_digest(brand, newest.target))
    return found
