"""Profiles and the consent ledger: under the shopper, beside the contact points."""

from collections.abc import Sequence
from datetime import datetime

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.orders import address_items, shopper_item
from porchlight.adapters.dynamodb.table import Item, Table, item, load
from porchlight.domain.consent import ConsentRecord
from porchlight.domain.orders import Shopper
from porchlight.domain.preferences import Profile, address_digest, forgotten


class DynamoProfiles:
    """``reaching.Profiles`` on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, brand: str, shopper_id: str) -> Profile:
        """The profile alone."""
        found = self._table.get(keys.shopper_pk(brand, shopper_id), keys.PROFILE)
        return load(Profile, found) if found else Profile(brand=brand, shopper_id=shopper_id)

    def with_contact(self, brand: str, shopper_id: str) -> tuple[Shopper | None, Profile]:
        """Two neighbours in one query: cheaper than two reads."""
        shopper, profile = None, Profile(brand=brand, shopper_id=shopper_id)
        for found in self._table.query(keys.shopper_pk(brand, shopper_id), start=keys.CONTACT, end=keys.PROFILE):
            if found["sk"]["S"] == keys.CONTACT:
                shopper = load(Shopper, found)
            elif found["sk"]["S"] == keys.PROFILE:
                profile = load(Profile, found)
        return shopper, profile

    def save(self, profile: Profile, records: Sequence[ConsentRecord] = ()) -> None:
        """One transaction: an entry of the ledger has its time and id in its key, so that a repeat meets itself. The
        profile alone is a plain write, at half the price.
        """
        numbers = filter(None, (profile.mobile, profile.mobile_asked))
        also = [_consent(record) for record in records]
        also += address_items(profile.brand, profile.shopper_id, numbers)
        if not also:
            self._table.replace(self._profile(profile), profile.version)
            return
        guarded = {"Put": self._table.guarded(self._profile(profile), profile.version)}
        self._table.transact([guarded, *({"Put": {"TableName": self._table.name, "Item": one}} for one in also)])

    def ledger(self, brand: str, shopper_id: str) -> list[ConsentRecord]:
        """In the order of what happened, not of when we heard of it."""
        found = self._table.query(keys.shopper_pk(brand, shopper_id), keys.CONSENT)
        return [load(ConsentRecord, one) for one in found]

    def find(self, brand: str, address: str) -> list[str]:
        """Pointers stay when an address changes hands: each is looked after."""
        digest = address_digest(brand, address)
        pointers = self._table.query(keys.address_pk(brand, digest))
        ids = [pointer["sk"]["S"] for pointer in pointers]
        return [one for one in ids if digest in _digests(brand, *self.with_contact(brand, one))]

    def erase(self, brand: str, shopper_id: str, at: datetime) -> None:
        """The pointers first, for which the addresses are needed; contact points and profile at once; then where they
        sent returns from; then entry by entry what the ledger says of the person.
        """
        shopper, profile = self.with_contact(brand, shopper_id)
        if profile.erased_at is None or (shopper, profile) != forgotten(profile, profile.erased_at):
            for digest in _digests(brand, shopper, profile):
                self._table.delete(keys.address_pk(brand, digest), shopper_id)
            nobody, after = forgotten(profile, at)
            after = after.model_copy(update={"version": profile.version + 1})
            guarded = {"Put": self._table.guarded(self._profile(after), after.version)}
            self._table.transact([guarded, {"Put": {"TableName": self._table.name, "Item": shopper_item(nobody)}}])
        for sender in self._table.query(keys.shopper_pk(brand, shopper_id), keys.SENDER):
            self._table.delete(sender["pk"]["S"], sender["sk"]["S"])
        for record in self.ledger(brand, shopper_id):
            if record.wording or record.proof:
                self._table.put(_consent(record.model_copy(update={"wording": "", "proof": ""})))

    def _profile(self, profile: Profile) -> Item:
        return item(keys.shopper_pk(profile.brand, profile.shopper_id), keys.PROFILE, "profile", profile)


def _consent(record: ConsentRecord) -> Item:
    pk = keys.shopper_pk(record.brand, record.shopper_id)
    return item(pk, keys.consent_sk(record.at, record.consent_id), "consent", record)


def _digests(brand: str, shopper: Shopper | None, profile: Profile) -> set[str]:
    """Of all addresses by which the shopper is found."""
    contact = (shopper.email, shopper.phone) if shopper else ()
    return {address_digest(brand, one) for one in (*contact, profile.mobile, profile.mobile_asked) if one}
