"""The contract of profiles and the consent ledger, over the fake and over the table."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction, ConsentRecord, ConsentSource, Standing, standing_key
from porchlight.domain.orders import Shopper
from porchlight.domain.preferences import Frequency, Preferences, Profile, PushTarget, address_digest
from porchlight.domain.segments import Traits
from porchlight.errors import ConflictError
from tests.adapters.conftest import Stores
from tests.adapters.test_repositories import order

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
EMAIL, MOBILE = "kim@shop.example", "+447700900123"


def profile(brand: str, **update: Any) -> Profile:
    return Profile(**{"brand": brand, "shopper_id": "cus_1", "version": 1, **update})


def record(brand: str, number: int = 1, **update: Any) -> ConsentRecord:
    at = NOW + timedelta(minutes=number)
    values: dict[str, Any] = {
        **{"brand": brand, "shopper_id": "cus_1", "consent_id": f"cns_{number}", "purpose": Purpose.MARKETING},
        **{"channel": Channel.SMS, "action": ConsentAction.GRANTED, "source": ConsentSource.CHECKOUT},
        **{"wording": "Yes, offers by SMS – “späť”", "proof": "form_7", "at": at, "recorded_at": at},
    }
    return ConsentRecord(**{**values, **update})


def contact(stores: Stores, **update: Any) -> Shopper:
    shopper = Shopper(brand=stores.brand, **{"shopper_id": "cus_1", "email": EMAIL, "phone": MOBILE, **update})
    stored = stores.orders.get(stores.brand, "ord_1")
    stores.orders.save(order(stores.brand, version=(stored.version if stored else 0) + 1), shopper)
    return shopper


class TestProfiles:
    def test_nobody_has_an_empty_profile(self, stores: Stores) -> None:
        empty = Profile(brand=stores.brand, shopper_id="cus_1")
        assert stores.profiles.get(stores.brand, "cus_1") == empty
        assert stores.profiles.with_contact(stores.brand, "cus_1") == (None, empty)
        assert stores.profiles.ledger(stores.brand, "cus_1") == []

    def test_what_was_saved_is_read(self, stores: Stores) -> None:
        saved = profile(
            stores.brand,
            preferences=Preferences(channels=(Channel.SMS,), off=frozenset({Purpose.MARKETING}), zone="Asia/Tokyo"),
            targets=(PushTarget(channel=Channel.WEB_PUSH, target="https://push.example/1", added_at=NOW),),
            traits=Traits(tier="gold", attributes={"club": True}),
            mobile=MOBILE,
        )
        stores.profiles.save(saved)
        shopper = contact(stores)
        assert stores.profiles.get(stores.brand, "cus_1") == saved
        assert stores.profiles.with_contact(stores.brand, "cus_1") == (shopper, saved)
        assert stores.profiles.get("another", "cus_1").version == 0

    def test_each_version_follows_the_one_before(self, stores: Stores) -> None:
        stores.profiles.save(profile(stores.brand))
        for version in (1, 3):
            with pytest.raises(ConflictError):
                stores.profiles.save(profile(stores.brand, version=version), [record(stores.brand)])
        assert stores.profiles.ledger(stores.brand, "cus_1") == []
        often = Preferences(frequency=Frequency.ONLY_PROBLEMS)
        stores.profiles.save(profile(stores.brand, version=2, preferences=often))
        assert stores.profiles.get(stores.brand, "cus_1").preferences == often

    def test_the_ledger_is_in_the_order_of_what_happened_and_takes_nothing_twice(self, stores: Stores) -> None:
        second, first = record(stores.brand, 2), record(stores.brand, 1)
        stores.profiles.save(profile(stores.brand), [second])
        stores.profiles.save(profile(stores.brand, version=2), [first, second])
        assert stores.profiles.ledger(stores.brand, "cus_1") == [first, second]


class TestFind:
    def test_shoppers_are_found_by_email_number_and_open_sign_up(self, stores: Stores) -> None:
        contact(stores)
        stores.profiles.save(profile(stores.brand, shopper_id="cus_2", mobile=MOBILE, mobile_asked="+447700900999"))
        assert stores.profiles.find(stores.brand, "KIM@shop.example ") == ["cus_1"]
        assert sorted(stores.profiles.find(stores.brand, MOBILE)) == ["cus_1", "cus_2"]
        assert stores.profiles.find(stores.brand, "+447700900999") == ["cus_2"]
        assert stores.profiles.find("another", EMAIL) == []

    def test_nobody_is_found_by_an_address_of_before(self, stores: Stores) -> None:
        contact(stores)
        contact(stores, email="new@shop.example", phone=None)
        stores.profiles.save(profile(stores.brand, mobile="+447700900001"))
        stores.profiles.save(profile(stores.brand, mobile="+447700900002", version=2))
        assert stores.profiles.find(stores.brand, EMAIL) == []
        assert stores.profiles.find(stores.brand, MOBILE) == []
        assert stores.profiles.find(stores.brand, "+447700900001") == []
        assert stores.profiles.find(stores.brand, "new@shop.example") == ["cus_1"]


class TestErase:
    def test_the_person_is_forgotten_and_what_they_withdrew_is_not(self, stores: Stores) -> None:
        # Given a shopper who is known well
        contact(stores, name="Kim", language="de")
        withdrawn = Standing(action=ConsentAction.WITHDRAWN, consent_id="cns_2", at=NOW)
        granted = Standing(action=ConsentAction.GRANTED, consent_id="cns_1", at=NOW)
        no, yes = standing_key(Purpose.MARKETING, Channel.SMS), standing_key(Purpose.SERVICE, Channel.SMS)
        known = profile(
            stores.brand, mobile=MOBILE, traits=Traits(tier="gold"), standings={no: withdrawn, yes: granted}
        )
        stores.profiles.save(known, [record(stores.brand)])
        # When they ask to be forgotten, twice
        stores.profiles.erase(stores.brand, "cus_1", NOW)
        stores.profiles.erase(stores.brand, "cus_1", NOW + timedelta(days=1))
        # Then that, what was withdrawn, and a ledger without words is all that is left
        expected = Profile(brand=stores.brand, shopper_id="cus_1", erased_at=NOW, standings={no: withdrawn}, version=2)
        assert stores.profiles.with_contact(stores.brand, "cus_1") == (
            Shopper(brand=stores.brand, shopper_id="cus_1", erased_at=NOW),
            expected,
        )
        assert stores.profiles.ledger(stores.brand, "cus_1") == [record(stores.brand, wording="", proof="")]
        assert stores.profiles.find(stores.brand, EMAIL) == []
        assert stores.profiles.find(stores.brand, MOBILE) == []

    def test_who_bought_again_since_can_be_forgotten_again(self, stores: Stores) -> None:
        # Given somebody who was forgotten, has bought again, and chose and agreed to something again
        contact(stores, name="Kim")
        stores.profiles.erase(stores.brand, "cus_1", NOW)
        contact(stores, name="Kim", erased_at=NOW)
        known = stores.profiles.get(stores.brand, "cus_1")
        again = known.model_copy(update={"mobile": MOBILE, "version": known.version + 1})
        stores.profiles.save(again, [record(stores.brand)])
        # When they ask to be forgotten once more
        later = NOW + timedelta(days=9)
        stores.profiles.erase(stores.brand, "cus_1", later)
        # Then they are
        shopper, left = stores.profiles.with_contact(stores.brand, "cus_1")
        assert shopper == Shopper(brand=stores.brand, shopper_id="cus_1", erased_at=later)
        assert (left.mobile, left.erased_at) == (None, later)
        assert stores.profiles.find(stores.brand, EMAIL) == stores.profiles.find(stores.brand, MOBILE) == []

    def test_nobody_can_be_erased_too(self, stores: Stores) -> None:
        stores.profiles.erase(stores.brand, "cus_1", NOW)
        assert stores.profiles.get(stores.brand, "cus_1").erased_at == NOW

    def test_no_item_names_the_person_any_more(self, real: Stores, table: Table) -> None:
        contact(real, name="Kim")
        real.profiles.save(profile(real.brand, mobile=MOBILE), [record(real.brand)])
        real.profiles.erase(real.brand, "cus_1", NOW)
        left = list(table.query(keys.shopper_pk(real.brand, "cus_1")))
        for address in (EMAIL, MOBILE):
            left += table.query(keys.address_pk(real.brand, address_digest(real.brand, address)))
        for personal in (EMAIL, MOBILE, "Kim", "späť", "form_7"):
            assert personal not in str(left)


class TestReplies:
    def test_what_was_dealt_with_is_known(self, stores: Stores) -> None:
        assert not stores.replies.is_done(stores.brand, "in-1")
        for _ in range(2):
            stores.replies.done(stores.brand, "in-1", NOW)
        assert stores.replies.is_done(stores.brand, "in-1")
        assert not stores.replies.is_done(stores.brand, "in-2")
        assert not stores.replies.is_done("another", "in-1")
