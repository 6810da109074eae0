"""Documents in the bucket and senders' addresses: the contract over the fakes and the adapters."""

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta

import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table
from porchlight.errors import NotFoundError
from porchlight.returning import SenderAddress
from tests.adapters.conftest import BUCKET, Stores

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ADA = SenderAddress(name="Ada Byron", street="12 Ockham Lane", city="Guildford", postcode="97401", country="US")


class TestDocuments:
    def test_what_was_put_is_there_until_it_is_removed(self, stores: Stores) -> None:
        name = f"labels/{stores.brand}/one.pdf"
        with pytest.raises(NotFoundError):
            stores.documents.get(name)
        stores.documents.put(name, b"%PDF-1", "application/pdf")
        stores.documents.put(name, b"%PDF-2", "application/pdf")
        assert stores.documents.get(name) == b"%PDF-2"
        stores.documents.remove(name)
        stores.documents.remove(name)
        with pytest.raises(NotFoundError):
            stores.documents.get(name)

    def test_a_document_of_another_type_or_size_is_none(self, stores: Stores) -> None:
        name = f"photos/{stores.brand}/one"
        assert not stores.documents.exists(name, "image/jpeg", 10)
        stores.documents.put(name, b"12345", "image/jpeg")
        assert stores.documents.exists(name, "image/jpeg", 5)
        assert not stores.documents.exists(name, "image/jpeg", 4)
        assert not stores.documents.exists(name, "image/png", 5)
        stores.documents.put(name, b"", "image/jpeg")
        assert not stores.documents.exists(name, "image/jpeg", 5)

    def test_a_form_takes_this_document_of_this_type_and_no_larger_one(self, real: Stores) -> None:
        # When a form is made for one picture
        url, fields = real.documents.upload_form("photos/x/one", "image/jpeg", 4_000_000, 600)
        # Then what S3 checks says so: the bucket, the name, the type, the size, and until when
        policy = json.loads(b64decode(fields["policy"]))
        assert {"bucket": BUCKET} in policy["conditions"]
        assert {"key": "photos/x/one"} in policy["conditions"]
        assert {"Content-Type": "image/jpeg"} in policy["conditions"]
        assert ["content-length-range", 1, 4_000_000] in policy["conditions"]
        left = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
        assert timedelta(seconds=500) < left <= timedelta(seconds=600)
        # And the browser is given what it has to send
        assert BUCKET in url
        assert (fields["key"], fields["Content-Type"]) == ("photos/x/one", "image/jpeg")


class TestAddresses:
    def test_an_address_is_that_of_one_return_of_one_shopper_and_may_be_put_right(self, stores: Stores) -> None:
        brand = stores.brand
        assert stores.addresses.get(brand, "cus_1", "rma_1") is None
        stores.addresses.put(brand, "cus_1", "rma_1", ADA, NOW)
        right = ADA.model_copy(update={"street": "13 Ockham Lane"})
        stores.addresses.put(brand, "cus_1", "rma_1", right, NOW)
        assert stores.addresses.get(brand, "cus_1", "rma_1") == right
        for other in ((brand, "cus_2", "rma_1"), (brand, "cus_1", "rma_2"), ("other", "cus_1", "rma_1")):
            assert stores.addresses.get(*other) is None

    def test_it_expires_after_ninety_days(self, real: Stores, table: Table) -> None:
        real.addresses.put(real.brand, "cus_1", "rma_1", ADA, NOW)
        stored = table.get(keys.shopper_pk(real.brand, "cus_1"), keys.SENDER + "rma_1")
        assert stored
        assert int(stored["ttl"]["N"]) == int((NOW + timedelta(days=90)).timestamp())

    def test_it_is_forgotten_with_the_shopper_and_with_nobody_else(self, real: Stores) -> None:
        # Given two shoppers who sent something back
        for shopper in ("cus_1", "cus_2"):
            real.addresses.put(real.brand, shopper, "rma_1", ADA, NOW)
            real.addresses.put(real.brand, shopper, "rma_2", ADA, NOW)
        # When one of them is forgotten
        real.profiles.erase(real.brand, "cus_1", NOW)
        # Then nothing says where they live
        assert [real.addresses.get(real.brand, "cus_1", one) for one in ("rma_1", "rma_2")] == [None, None]
        assert real.addresses.get(real.brand, "cus_2", "rma_1") == ADA
