"""``/v1/shoppers``: what a brand's own systems may know and say about shoppers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from porchlight.domain import ids
from porchlight.domain.addresses import phone_number
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.dates import zone
from porchlight.domain.preferences import Digest, Frequency, Preferences, Profile, PushTarget, QuietHours
from porchlight.domain.segments import Traits
from porchlight.errors import InvalidInputError, NotFoundError
from porchlight.reaching import Profiles
from porchlight.returning import Histories
from porchlight.services.consent import ConsentDesk, Ledger
from porchlight.services.retrying import until_settled
from porchlight.services.return_papers import ReturnPapers

MOST_TARGETS = 10
"""Devices, and browsers, of one shopper: the newest are kept."""

_OF_RETURNS = {
    *("orders", "returns", "bought_minor", "returned_minor", "claims", "kept", "worn", "empty", "first_order_on"),
    *("last_orders", "returned_orders", "fingerprints"),
}
"""What is shown of a shopper's history of returns: all but what is counted how."""

_STRICT = ConfigDict(frozen=True, extra="forbid")
Attribute = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class PreferencesBody(BaseModel):
    """Preferences as they are to be: what is left out is the brand's own choice again."""

    model_config = _STRICT

    channels: tuple[Channel, ...] = ()
    off: frozenset[Purpose] = frozenset()
    frequency: Frequency = Frequency.EVERY_STEP
    digest: Digest = Digest.NONE
    language: str | None = Field(default=None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    quiet: QuietHours | None = None
    zone: str | None = None

    @field_validator("zone")
    @classmethod
    def _exists(cls, name: str | None) -> str | None:
        if name is not None and zone(name) is None:
            raise ValueError("not an IANA time zone")
        return name


class TargetBody(BaseModel):
    """A device (the ARN of its SNS endpoint) or a browser (what ``PushManager.subscribe`` gave)."""

    model_config = _STRICT

    channel: Literal[Channel.PUSH, Channel.WEB_PUSH]
    target: str = Field(min_length=10, max_length=1_000)
    p256dh: str = Field(default="", max_length=200, pattern=r"^[A-Za-z0-9_=-]*$")
    auth: str = Field(default="", max_length=100, pattern=r"^[A-Za-z0-9_=-]*$")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.channel is Channel.PUSH:
            fits = self.target.startswith("arn:") and ":endpoint/" in self.target
        else:
            fits = self.target.startswith("https://") and bool(self.p256dh and self.auth)
        if not fits:
            raise ValueError("a device has the ARN of an endpoint; a browser a URL, p256dh and auth")
        return self


class ShopperUpdate(BaseModel):
    """The body of ``PUT /v1/shoppers/{id}``. What is left out stays as it is."""

    model_config = _STRICT

    preferences: PreferencesBody | None = None
    tier: str | None = Field(default=None, max_length=40)
    attributes: dict[Attribute, str | int | bool] | None = Field(default=None, max_length=50)
    add_targets: tuple[TargetBody, ...] = Field(default=(), max_length=MOST_TARGETS)
    remove_targets: tuple[str, ...] = Field(default=(), max_length=MOST_TARGETS)

    @field_validator("attributes")
    @classmethod
    def _short(cls, found: dict[str, str | int | bool] | None) -> dict[str, str | int | bool] | None:
        if any(isinstance(value, str) and len(value) > 200 for value in (found or {}).values()):
            raise ValueError("an attribute has at most 200 characters")
        return found


class Sought(BaseModel):
    """The body of ``POST /v1/shoppers/find``: one of them. In a body, for addresses do not belong into URLs."""

    model_config = _STRICT

    id: str | None = Field(default=None, min_length=1, max_length=128)
    email: str | None = Field(default=None, min_length=3, max_length=320)
    phone: str | None = Field(default=None, min_length=4, max_length=40)


def shopper_key(brand: str, key: str) -> str:
    """Our id of a shopper: as it is, or from the shop's own customer id."""
    if not 0 < len(key) <= 128:
        raise InvalidInputError("the shopper id has 1 to 128 characters")
    return key if ids.is_shopper_id(key) else ids.shopper_id(brand, key)


@dataclass(frozen=True)
class ShopperDesk:
    """Reads and writes what is known about reaching a shopper."""

    profiles: Profiles
    desk: ConsentDesk
    histories: Histories
    return_papers: ReturnPapers

    def find(self, brand: str, sought: Sought) -> dict[str, Any]:
        """Ids of the shoppers: of the shop's customer id (whether or not it is known), or of an address."""
        found: list[str] = []
        if sought.id:
            found.append(shopper_key(brand, sought.id))
        if sought.email:
            found += self.profiles.find(brand, sought.email)
        if sought.phone and (number := phone_number(sought.phone, None)):
            found += self.profiles.find(brand, number.e164)
        return {"shoppers": list(dict.fromkeys(found))}

    def show(self, brand: str, key: str) -> dict[str, Any]:
        """Everything that is kept about one shopper: for a person who asks for it, too. NotFoundError where nothing is
        known.
        """
        shopper, profile = self.profiles.with_contact(brand, shopper_key(brand, key))
        if shopper is None and profile.version == 0:
            raise NotFoundError("nothing is known about such a shopper")
        contact = {name: getattr(shopper, name) for name in ("name", "email", "phone", "language")} if shopper else {}
        # What is counted how is nobody's business.
        known = profile.model_dump(
            mode="json", exclude={"brand": True, "version": True, "targets": True, "traits": {"counted"}}
        )
        targets = [
            {"channel": one.channel.value, "target": one.target, "added_at": one.added_at.isoformat()}
            for one in profile.targets
        ]
        history = self.histories.get(brand, profile.shopper_id)
        returns = history.model_dump(mode="json", include=_OF_RETURNS)
        senders = self.return_papers.senders(brand, profile.shopper_id)
        return {**known, "contact": contact, "targets": targets, "returns": returns, "sent_from": senders}

    def update(self, brand: str, key: str, body: ShopperUpdate, now: datetime) -> dict[str, Any]:
        """Keep what the brand says; returns what is kept then."""

        def change(profile: Profile, ledger: Ledger) -> tuple[Profile, Ledger]:
            del ledger
            update: dict[str, Any] = {"targets": _targets(profile, body, now), "traits": _traits(profile.traits, body)}
            if body.preferences:
                update["preferences"] = Preferences(**body.preferences.model_dump())
            return profile.model_copy(update=update), []

        self.desk.change(brand, shopper_key(brand, key), change)
        return self.show(brand, key)

    def consents(self, brand: str, key: str) -> dict[str, Any]:
        """The ledger of one shopper, the oldest entry first."""
        found = self.profiles.ledger(brand, shopper_key(brand, key))
        return {"consents": [one.model_dump(mode="json", exclude={"brand", "shopper_id"}) for one in found]}

    def erase(self, brand: str, key: str, now: datetime) -> dict[str, Any]:
        """Forget the person."""
        shopper_id = shopper_key(brand, key)
        self.return_papers.forget(brand, shopper_id)
        until_settled(lambda: self.histories.erase(brand, shopper_id, now))
        until_settled(lambda: self.profiles.erase(brand, shopper_id, now))
        erased_at = self.profiles.get(brand, shopper_id).erased_at or now
        return {"shopper_id": shopper_id, "erased_at": erased_at.isoformat()}


def _traits(traits: Traits, body: ShopperUpdate) -> Traits:
    update: Mapping[str, Any] = {
        **({"tier": body.tier or None} if body.tier is not None else {}),
        **({"attributes": body.attributes} if body.attributes is not None else {}),
    }
    return traits.model_copy(update=dict(update))


def _targets(profile: Profile, body: ShopperUpdate, now: datetime) -> tuple[PushTarget, ...]:
    added = {
        one.target: PushTarget(channel=one.channel, target=one.target, p256dh=one.p256dh, auth=one.auth, added_at=now)
        for one in body.add_targets
    }
    gone = {*body.remove_targets, *added}
    kept = [one for one in profile.targets if one.target not in gone]
    for one in profile.targets:
        new = added.get(one.target)
        if new and new.model_copy(update={"added_at": one.added_at}) == one:
            added[one.target] = one  # it is known already, and as old as it is
    both = [*kept, *added.values()]
    newest: list[PushTarget] = []
    for channel in (Channel.PUSH, Channel.WEB_PUSH):
        newest += sorted((one for one in both if one.channel is channel), key=lambda one: one.added_at)[-MOST_TARGETS:]
    return tuple(newest)
