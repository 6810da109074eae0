"""The contract of engagement, over the fake and over the table."""

from datetime import UTC, datetime, timedelta

from porchlight.domain.channels import Channel
from porchlight.domain.experiments import Arm, Effect
from porchlight.domain.moments import Moment
from porchlight.domain.receipts import ReceiptKind
from porchlight.reaching import Engaged
from tests.adapters.conftest import Stores

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_counts_add_up_by_day_moment_and_channel(stores: Stores) -> None:
    for days, moment, kind in (
        (0, Moment.SHIPPED, ReceiptKind.DELIVERED),
        (0, Moment.SHIPPED, ReceiptKind.DELIVERED),
        (0, Moment.SHIPPED, ReceiptKind.OPENED),
        (1, Moment.DELIVERED, ReceiptKind.DELIVERED),
        (2, Moment.DELIVERED, ReceiptKind.DELIVERED),
    ):
        stores.engagement.count(stores.brand, moment, Channel.EMAIL, kind, NOW + timedelta(days=days))
    today, tomorrow = NOW.date(), (NOW + timedelta(days=1)).date()
    found = stores.engagement.days(stores.brand, today, tomorrow)
    counts = {ReceiptKind.DELIVERED: 2, ReceiptKind.OPENED: 1}
    assert found == [
        Engaged(day=today, moment=Moment.SHIPPED, channel=Channel.EMAIL, counts=counts),
        Engaged(day=tomorrow, moment=Moment.DELIVERED, channel=Channel.EMAIL, counts={ReceiptKind.DELIVERED: 1}),
    ]
    assert stores.engagement.days("another-brand", today, tomorrow) == []


def test_parts_of_an_experiment_are_counted_apart(stores: Stores) -> None:
    for arm, effect in (
        (Arm.TOLD, Effect.ASSIGNED),
        (Arm.TOLD, Effect.ASSIGNED),
        (Arm.TOLD, Effect.PAGE_VIEWS),
        (Arm.HELD_OUT, Effect.ASSIGNED),
    ):
        stores.experiments.count(stores.brand, "eta/first", arm, effect, NOW)
    assert stores.experiments.arms(stores.brand, "eta/first") == {
        Arm.TOLD: {Effect.ASSIGNED: 2, Effect.PAGE_VIEWS: 1},
        Arm.HELD_OUT: {Effect.ASSIGNED: 1},
    }
    assert stores.experiments.arms(stores.brand, "eta/second") == {Arm.TOLD: {}, Arm.HELD_OUT: {}}
