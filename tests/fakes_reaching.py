"""In-memory doubles of the ports of reaching shoppers. The contract suite of tests/adapters runs over these, too."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from porchlight.domain.consent import ConsentAction, ConsentRecord
from porchlight.domain.orders import Shopper
from porchlight.domain.preferences import Profile, address_digest
from porchlight.errors import ConflictError
from tests.fakes import FakeOrders


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
        if profile.erased_at is None or shopper is None or shopper.erased_at != profile.erased_at:
            kept = {key: one for key, one in profile.standings.items() if one.action is ConsentAction.WITHDRAWN}
            self.records[brand, shopper_id] = Profile(
                brand=brand, shopper_id=shopper_id, erased_at=at, standings=kept, version=profile.version + 1
            )
            self.orders.shoppers[brand, shopper_id] = Shopper(brand=brand, shopper_id=shopper_id, erased_at=at)
        entries = self.entries[brand, shopper_id]
        for key, record in entries.items():
            entries[key] = record.model_copy(update={"wording": "", "proof": ""})
