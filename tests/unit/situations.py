"""Situations for decisions about messages: a calm one, and any change of it."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction, Standing, standing_key
from porchlight.domain.countries import CountryProfile
from porchlight.domain.fanout.situation import Contact, News, Situation
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment, MomentSpec
from porchlight.domain.orders import Destination
from porchlight.domain.outreach import ChannelPolicy, Outreach, SmsSender, WhatsAppSender
from porchlight.domain.preferences import Preferences, Profile, QuietHours
from tests.unit.stories import brand, order, parcel

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ADDRESS = {channel: f"adr_{channel.value}" for channel in Channel}
PROVIDERS = {channel: ChannelPolicy(providers=("one",)) for channel in Channel}
WHATSAPP = WhatsAppSender(phone_number_id="p1", templates=dict.fromkeys(Moment, "news"))


def outreach(**changed: Any) -> Outreach:
    """A brand that has all channels, and prefers SMS."""
    known: dict[str, Any] = {
        "channels": (Channel.SMS, Channel.EMAIL),
        "providers": PROVIDERS,
        "whatsapp": WHATSAPP,
        "sms": SmsSender(origination={"default": "+15035550100"}),
        "caps": (),
    }
    return Outreach(**(known | changed))


def said(action: ConsentAction, channel: Channel, *, confirmed: bool = False, digest: str | None = None) -> Standing:
    """Where a purpose on a channel stands, for the shopper's present address."""
    address = ADDRESS[channel] if digest is None else digest
    return Standing(action=action, consent_id="con_1", at=NOON, address_digest=address, confirmed=confirmed)


def profile(*standings: tuple[Purpose, Channel, Standing], **preferences: Any) -> Profile:
    """A shopper's profile."""
    return Profile(
        brand="larkspur",
        shopper_id="cus_1",
        preferences=Preferences(**preferences),
        standings={standing_key(purpose, channel): standing for purpose, channel, standing in standings},
    )


def situation(moment: Moment = Moment.OUT_FOR_DELIVERY, spec: MomentSpec | None = None, **changed: Any) -> Situation:
    """Noon of a working day in UTC; a shopper with every address; nothing sent yet."""
    policy = changed.pop("outreach", None) or outreach()
    country = changed.pop("country", None) or CountryProfile(country="default")
    the = Situation(
        news=News(moment, "shp_1", NOON, "shp_1"),
        spec=spec or MomentSpec(),
        brand=brand().model_copy(update={"outreach": policy, "zone": "UTC"}),
        order=order(destination=Destination(zone="UTC")),
        shopper=None,
        profile=profile(),
        now=NOON,
        contacts={channel: Contact(f"to {channel.value}", ADDRESS[channel], "GB") for channel in Channel},
        countries=dict.fromkeys(Channel, country),
        shipment=parcel(milestone=Milestone.OUT_FOR_DELIVERY, zone="UTC"),
        message_id="msg_1",
    )
    return replace(the, **changed)


ALL_DAY = QuietHours(start=time(9), end=time(18))
