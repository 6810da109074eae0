"""The contracts of touches and bundles, over the fakes and over the table."""

from datetime import UTC, datetime, timedelta

import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.messages import Told
from porchlight.errors import ConflictError
from porchlight.reaching import MOST_TOUCHES, TOUCH_KEPT, Bundle, Touch, TouchLog
from tests.adapters.conftest import Stores

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ME = Told(order_id="ord_1", message_id="msg_1")


def touch(number: int = 1, at: datetime = NOW) -> Touch:
    return Touch(message_id=f"msg_{number}", channel=Channel.SMS, purpose=Purpose.SERVICE, at=at)


class TestTouches:
    def test_nobody_got_anything(self, stores: Stores) -> None:
        assert stores.touches.get(stores.brand, "cus_1") == TouchLog(brand=stores.brand, shopper_id="cus_1")

    def test_one_after_the_other(self, stores: Stores) -> None:
        for number in (1, 2):
            stores.touches.save(stores.touches.get(stores.brand, "cus_1").with_one(touch(number)))
        assert [one.message_id for one in stores.touches.get(stores.brand, "cus_1").touches] == ["msg_1", "msg_2"]
        assert not stores.touches.get(stores.brand, "cus_2").touches

    def test_two_at_the_same_moment_are_not_both_added(self, stores: Stores) -> None:
        seen = stores.touches.get(stores.brand, "cus_1")
        stores.touches.save(seen.with_one(touch(1)))
        with pytest.raises(ConflictError):
            stores.touches.save(seen.with_one(touch(2)))

    def test_the_table_forgets_them(self, real: Stores, table: Table) -> None:
        real.touches.save(real.touches.get(real.brand, "cus_1").with_one(touch()))
        found = table.get(keys.shopper_pk(real.brand, "cus_1"), keys.TOUCHES)
        assert found
        assert int(found["ttl"]["N"]) == int((NOW + TOUCH_KEPT).timestamp())


def test_the_same_message_is_one_touch_and_old_ones_do_not_count() -> None:
    log = TouchLog(brand="b", shopper_id="c").with_one(touch(1)).with_one(touch(1, NOW + timedelta(hours=1)))
    assert [one.at for one in log.touches] == [NOW + timedelta(hours=1)]
    assert not [one for one in log.with_one(touch(2, NOW + timedelta(days=90))).touches if one.message_id == "msg_1"]
    for number in range(MOST_TOUCHES + 5):
        log = log.with_one(touch(number, NOW + timedelta(minutes=number)))
    assert len(log.touches) == MOST_TOUCHES


class TestBundles:
    def test_one_is_begun_joined_and_closed(self, stores: Stores) -> None:
        assert stores.bundles.get(stores.brand, "cus_1", "digest#1") is None
        begun = Bundle(
            **{"brand": stores.brand, "shopper_id": "cus_1", "bundle_id": "digest#1", "lead": ME, "members": (ME,)},
            kept_until=NOW + timedelta(days=40),
            version=1,
        )
        stores.bundles.save(begun)
        with pytest.raises(ConflictError):
            stores.bundles.save(begun)
        other = Told(order_id="ord_2", message_id="msg_2")
        joined = begun.model_copy(update={"members": (ME, other), "version": 2})
        stores.bundles.save(joined)
        with pytest.raises(ConflictError):
            stores.bundles.save(begun.model_copy(update={"closed": True, "version": 2}))
        assert stores.bundles.get(stores.brand, "cus_1", "digest#1") == joined
        assert stores.bundles.get(stores.brand, "cus_2", "digest#1") is None
