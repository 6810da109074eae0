"""Calls of AWS for each message, counted over a model of the table: what docs/costs.md reckons with."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from porchlight.adapters.dynamodb import keys
from porchlight.adapters.dynamodb.table import Table
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.outreach import Cap, Experiment
from porchlight.domain.receipts import ReceiptKind
from porchlight.errors import PermanentProviderError
from porchlight.services.plan_messages import Reference
from tests.adapters.conftest import TABLE
from tests.bench.table_model import Item, TableModel, served
from tests.bench.town import NOW, Town, moved, name, news, policy, prefer, settle

COSTS = Path(__file__).parents[2] / "docs/costs.md"
EMAIL, SMS = Channel.EMAIL, Channel.SMS
SECOND = timedelta(seconds=1)
HEARD, PLANNED = NOW + timedelta(microseconds=123_456), NOW + timedelta(microseconds=2_234_567)
SENT = NOW + timedelta(microseconds=3_345_678)
SHORT = {
    "GetItem": "get",
    "Query": "query",
    "PutItem": "put",
    "UpdateItem": "update",
    "TransactWriteItems": "transact",
}


class Story:
    """One shopper, told by a process that has told another one before: what it reads once is read."""

    def __init__(self, model: TableModel, town: Town, before: datetime = NOW) -> None:
        self.model, self.town, self.references = model, town, list[Reference]()
        settle(99)
        self.town.send(town.plan(news(99, now=before), before)[0], before)

    def plan(self, event: Any = None, now: Any = PLANNED) -> str:
        def plan() -> None:
            self.references = self.town.plan(event or news(1, now=HEARD), now)

        return self.spent(plan)

    def send(self, now: Any = SENT) -> str:
        return self.spent(lambda: self.town.send(self.references[0], now))

    def report(self, kind: ReceiptKind) -> str:
        return self.spent(lambda: self.town.report(kind))

    def spent(self, do: Callable[[], Any]) -> str:
        """Requests, read units, write units: ``get 1, query 2 | 3 | 0``."""
        before = Counter(self.model.requests), self.model.read_units, self.model.write_units
        do()
        asked = Counter(self.model.requests) - before[0]
        said = ", ".join(f"{SHORT[one]} {count}" for one, count in sorted(asked.items()))
        return f"{said} | {self.model.read_units - before[1]:g} | {self.model.write_units - before[2]:g}"


@pytest.fixture
def model() -> Iterator[TableModel]:
    model = TableModel()
    with served(model):
        yield model


def test_an_email(model: TableModel) -> None:
    story = Story(model, Town(policy(EMAIL)))
    settle(1)
    row("email: plan", story.plan())
    row("the same event again", story.plan())
    row("email: send", story.send())
    row("its provider reports that it took it", story.report(ReceiptKind.TAKEN))
    row("… that it was delivered", story.report(ReceiptKind.DELIVERED))
    row("… the same again", story.report(ReceiptKind.DELIVERED))
    row("… that it was opened, or clicked", story.report(ReceiptKind.OPENED))
    row("… that it bounced", story.report(ReceiptKind.BOUNCED))


def test_many_emails_of_one_process_share_what_is_counted(model: TableModel) -> None:
    # The bucket and the count of what was sent are not written for each message
    town = Town(policy(EMAIL))
    for number in range(30):
        settle(number)
    before = Counter(model.requests)
    for number in range(30):
        town.send(town.plan(news(number, now=HEARD), PLANNED)[0], SENT)
    asked = Counter(model.requests) - before
    assert asked["Query"] + asked["PutItem"] == 30 * 7
    assert asked["UpdateItem"] < 15


def test_a_text_that_caps_count(model: TableModel) -> None:
    story = Story(model, Town(policy(SMS, EMAIL, caps=(Cap(channel=SMS, at_most=6, hours=24),))))
    settle(1)
    row("SMS that a cap counts: plan", story.plan())
    row("SMS that a cap counts: send", story.send())
    row("… that it was delivered", story.report(ReceiptKind.DELIVERED))


def test_held_for_the_night(model: TableModel) -> None:
    # Given seven in the morning in New York, and a shop where nothing passes quiet hours
    story = Story(model, Town(policy(SMS, urgent_passes_quiet_hours=False)), NOW - timedelta(hours=12))
    settle(1)
    row("held: plan", story.plan())
    assert story.references == []
    held = reference(model)
    row("held: released and sent", story.spent(lambda: story.town.send(held, NOW + timedelta(hours=2))))
    assert len(story.town.providers.sent) == 2


def test_two_parcels_in_one_message(model: TableModel) -> None:
    story = Story(model, Town(policy(EMAIL)))
    settle(1, 2)
    row("gathered: plan of the first", story.plan())
    lead = reference(model)
    row("gathered: plan of one that joins it", story.plan(news(1, place=1, now=HEARD)))
    assert story.references == []
    row("gathered: sent for two", story.spent(lambda: story.town.send(lead, NOW + timedelta(minutes=6))))
    assert len(story.town.providers.sent) == 2


def test_what_follows(model: TableModel) -> None:
    story = Story(model, Town(policy(EMAIL), welcome={"enabled": True}, delivered={"after": None}))
    settle(1)
    moved(1, Milestone.DELIVERED)
    row("email that another one follows: plan", story.plan(news(1, Moment.DELIVERED, now=HEARD)))
    later = reference(model, Moment.WELCOME)
    row("what follows: sent", story.spent(lambda: story.town.send(later, NOW + timedelta(days=3, hours=4))))
    assert [one.moment for one in story.town.providers.sent][1:] == [Moment.WELCOME]


def test_the_next_channel(model: TableModel) -> None:
    story = Story(model, Town(policy(SMS, EMAIL)))
    settle(1)
    story.plan()
    story.town.providers.fails = [PermanentProviderError("content")]
    row("SMS that is refused, then email: send", story.send())
    assert [one.channel for one in story.town.providers.sent][1:] == [EMAIL]


def test_an_experiment(model: TableModel) -> None:
    test = {"calm": Experiment(moment=Moment.OUT_FOR_DELIVERY, hold_out=0.000001)}
    story = Story(model, Town(policy(EMAIL, experiments=test)))
    settle(1)
    row("email of an experiment: plan", story.plan())
    row("email of an experiment: send", story.send())


def test_what_is_not_told(model: TableModel) -> None:
    story = Story(model, Town(policy(EMAIL)))
    settle(1)
    prefer(1, off=frozenset({Purpose.SERVICE}))
    row("suppressed: plan", story.plan())
    assert story.references == []


def test_the_model_stores_what_moto_stores(table: Table) -> None:
    """The same story over both: what is counted here happens there."""

    def told(number: int) -> list[Item]:
        keys_ = [keys.order_pk("larkspur", name("ord", number)), keys.shopper_pk("larkspur", name("cus", number))]
        keys_ += [keys.quota_pk("larkspur", SMS, "ses"), keys.sending_pk("larkspur")]
        parcel_pk = keys.shipment_pk("larkspur", name("shp", number))
        for pk in (*keys_, parcel_pk):  # other tests of the suite share the table
            for one in list(Table(TABLE).query(pk)):
                Table(TABLE).delete(pk, one["sk"]["S"])
        town = Town(policy(SMS, EMAIL, caps=(Cap(at_most=6, hours=24),)))
        settle(number)
        town.send(town.plan(news(number, now=HEARD), PLANNED)[0], SENT)
        town.report(ReceiptKind.DELIVERED)
        return [one for pk in keys_ for one in Table(TABLE).query(pk)]

    real = told(1)
    with served(TableModel()):
        assert told(1) == real
    assert len(real) == 7


def reference(model: TableModel, moment: Moment = Moment.OUT_FOR_DELIVERY) -> Reference:
    """The first message about this moment that waits for the sweep."""
    for (pk, sk), item in sorted(model.items.items(), key=lambda one: one[1].get("due_at", {"S": "~"})["S"]):
        if sk.startswith(keys.MESSAGE) and "due_at" in item and f'"{moment.value}"' in item["data"]["S"]:
            return {"brand": "larkspur", "order_id": pk.rpartition("#")[2], "message_id": sk.rpartition("#")[2]}
    raise AssertionError("no message waits")


def row(what: str, cost: str) -> None:
    """Stands so in docs/costs.md."""
    assert f"| {what} | {cost} |" in COSTS.read_text(encoding="utf-8")
