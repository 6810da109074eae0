"""In-memory doubles of the ports of reaching shoppers. The contract suite of tests/adapters runs over these, too."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from porchlight.domain.blocks import Blocks
from porchlight.domain.channels import Channel
from porchlight.domain.consent import ConsentRecord
from porchlight.domain.countries import CountryProfile
from porchlight.domain.experiments import Arm, Effect
from porchlight.domain.moments import Catalogue, Moment, MomentSpec
from porchlight.domain.orders import Shopper
from porchlight.domain.preferences import Profile, address_digest, forgotten
from porchlight.domain.receipts import ReceiptKind
from porchlight.errors import ConflictError
from porchlight.reaching import Bundle, Engaged, HandedOver, Outgoing, TouchLog
from tests.fakes import FakeOrders

ROOT = Path(__file__).parents[1]


class FakeProfiles:
    """Profiles beside the contact points of the orders' fake."""

    def __init__(self, orders: FakeOrders) -> None:
        self.orders = orders
        self.records: dict[tuple[str, str], Profile] = {}
        self.entries: dict[tuple[str, str], dict[tuple[datetime, str], ConsentRecord]] = defaultdict(dict)

    def get(self, brand: str, shopper_id: str) -> Profile:
        return self.records.get((brand, shopper_id)) or Profile(brand=brand, shopper_id=shopper_id)

    def with_contact(self, brand: str, shopper_id: str) -> tuple[Shopper | None, Profile]:
        return self.orders.shopper(brand, shopper_id), self.get(brand, shopper_id)

    def save(self, profile: Profile, records: Sequence[ConsentRecord] = ()) -> None:
        if self.get(profile.brand, profile.shopper_id).version != profile.version - 1:
            raise ConflictError("profile changed")
        self.records[profile.brand, profile.shopper_id] = profile
        for record in records:
            self.entries[record.brand, record.shopper_id][record.at, record.consent_id] = record

    def ledger(self, brand: str, shopper_id: str) -> list[ConsentRecord]:
        return [record for _, record in sorted(self.entries[brand, shopper_id].items())]

    def find(self, brand: str, address: str) -> list[str]:
        digest = address_digest(brand, address)
        known = {key for key in (*self.records, *self.orders.shoppers) if key[0] == brand}
        found = []
        for _, shopper_id in sorted(known):
            shopper, profile = self.with_contact(brand, shopper_id)
            contact = (shopper.email, shopper.phone) if shopper else ()
            held = [one for one in (*contact, profile.mobile, profile.mobile_asked) if one]
            if digest in {address_digest(brand, one) for one in held}:
                found.append(shopper_id)
        return found

    def erase(self, brand: str, shopper_id: str, at: datetime) -> None:
        shopper, profile = self.with_contact(brand, shopper_id)
        if profile.erased_at is None or (shopper, profile) != forgotten(profile, profile.erased_at):
            nobody, after = forgotten(profile, at)
            self.records[brand, shopper_id] = after.model_copy(update={"version": profile.version + 1})
            self.orders.shoppers[brand, shopper_id] = nobody
        entries = self.entries[brand, shopper_id]
        for key, record in entries.items():
            entries[key] = record.model_copy(update={"wording": "", "proof": ""})


class FakeTouches:
    def __init__(self) -> None:
        self.records: dict[tuple[str, str], TouchLog] = {}

    def get(self, brand: str, shopper_id: str) -> TouchLog:
        return self.records.get((brand, shopper_id)) or TouchLog(brand=brand, shopper_id=shopper_id)

    def save(self, log: TouchLog) -> None:
        if self.get(log.brand, log.shopper_id).version != log.version - 1:
            raise ConflictError("touches changed")
        self.records[log.brand, log.shopper_id] = log


class FakeBundles:
    def __init__(self) -> None:
        self.records: dict[tuple[str, str, str], Bundle] = {}

    def get(self, brand: str, shopper_id: str, bundle_id: str) -> Bundle | None:
        return self.records.get((brand, shopper_id, bundle_id))

    def save(self, bundle: Bundle) -> None:
        key = (bundle.brand, bundle.shopper_id, bundle.bundle_id)
        stored = self.records.get(key)
        if (stored.version if stored else 0) != bundle.version - 1:
            raise ConflictError("bundle changed")
        self.records[key] = bundle


@cache
def _default() -> Catalogue:
    stored = yaml.safe_load((ROOT / "brand/default/moments.yaml").read_text())
    return {Moment(name): MomentSpec.model_validate(spec or {}) for name, spec in stored.items()}


class FakeCatalogues:
    """The default catalogue; countries as they are given."""

    def __init__(self, *countries: CountryProfile, **changed: dict[str, Any]) -> None:
        self.catalogue = dict(_default())
        for name, fields in changed.items():
            known = self.catalogue[Moment(name)].model_dump(exclude_defaults=True)
            self.catalogue[Moment(name)] = MomentSpec.model_validate(known | fields)
        self.countries = {one.country: one for one in countries}
        self.found_blocks = Blocks()

    def moments(self, brand: str) -> Catalogue:
        return self.catalogue

    def country(self, brand: str, country: str | None) -> CountryProfile:
        known = self.countries.get(country or "") or self.countries.get("default")
        return known or CountryProfile(country="default")

    def blocks(self, brand: str) -> Blocks:
        return self.found_blocks


class FakeCourier:
    """Takes what it is given; ``fails`` are raised one by one before that."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.fails: list[Exception] = []
        self.takes_before_it_fails = False

    def hand_over(self, message: Outgoing, now: datetime) -> HandedOver:
        if self.fails:
            failure = self.fails.pop(0)
            if self.takes_before_it_fails:
                self.sent.append(message)
            raise failure
        self.sent.append(message)
        return HandedOver(provider="ses", provider_id=f"ses-{len(self.sent)}")


class FakeExperiments:
    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, Arm, Effect]] = Counter()

    def count(self, brand: str, experiment: str, arm: Arm, effect: Effect, at: datetime) -> None:
        self.counts[brand, experiment, arm, effect] += 1

    def arms(self, brand: str, experiment: str) -> dict[Arm, dict[Effect, int]]:
        known = {arm: {effect: self.counts[brand, experiment, arm, effect] for effect in Effect} for arm in Arm}
        return {arm: {effect: count for effect, count in counts.items() if count} for arm, counts in known.items()}


class FakeEngagement:
    def __init__(self) -> None:
        self.counts: Counter[tuple[str, date, Moment, Channel, ReceiptKind]] = Counter()

    def count(self, brand: str, moment: Moment, channel: Channel, kind: ReceiptKind, at: datetime) -> None:
        self.counts[brand, at.date(), moment, channel, kind] += 1

    def days(self, brand: str, first: date, last: date) -> list[Engaged]:
        found: dict[tuple[date, Moment, Channel], dict[ReceiptKind, int]] = defaultdict(dict)
        for (of, day, moment, channel, kind), count in self.counts.items():
            if of == brand and first <= day <= last:
                found[day, moment, channel][kind] = count
        return [
            Engaged(day=day, moment=moment, channel=channel, counts=counts)
            for (day, moment, channel), counts in sorted(found.items())
        ]


class FakeReplies:
    def __init__(self) -> None:
        self.known: set[tuple[str, str]] = set()

    def is_done(self, brand: str, reply_id: str) -> bool:
        return (brand, reply_id) in self.known

    def done(self, brand: str, reply_id: str, now: datetime) -> None:
        self.known.add((brand, reply_id))


class FakeTries:
    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str, str]] = Counter()

    def count(self, brand: str, place: str, who: str, now: datetime) -> int:
        key = (brand, place, who, now.astimezone(UTC).strftime("%Y-%m-%dT%H"))
        self.counts[key] += 1
        return self.counts[key]
