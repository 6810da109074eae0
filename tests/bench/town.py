"""Shoppers with an order and a parcel each on the table, and the services that tell them, as functions wire them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from porchlight.adapters.dynamodb.cases import DynamoCases
from porchlight.adapters.dynamodb.engagement import DynamoEngagement
from porchlight.adapters.dynamodb.experiments import DynamoExperiments
from porchlight.adapters.dynamodb.health import DynamoBreakers, DynamoReputations
from porchlight.adapters.dynamodb.messages import DynamoMessages
from porchlight.adapters.dynamodb.orders import DynamoOrders
from porchlight.adapters.dynamodb.profiles import DynamoProfiles
from porchlight.adapters.dynamodb.quotas import DynamoQuotas
from porchlight.adapters.dynamodb.returns import DynamoReturns
from porchlight.adapters.dynamodb.shipments import DynamoShipments
from porchlight.adapters.dynamodb.table import Table
from porchlight.adapters.dynamodb.touches import DynamoBundles, DynamoTouches
from porchlight.asking import Caller
from porchlight.domain.brands import BrandConfig
from porchlight.domain.changes import DomainEvent
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import ConsentAction, Standing, standing_key
from porchlight.domain.ids import stable_id
from porchlight.domain.milestones import Milestone
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Shopper
from porchlight.domain.outreach import ChannelPolicy, Outreach
from porchlight.domain.preferences import Preferences, Profile, address_digest
from porchlight.domain.receipts import Receipt, ReceiptKind
from porchlight.reaching import Outgoing, Quotas
from porchlight.services.blocks import BlockDesk
from porchlight.services.bundles import Gatherer
from porchlight.services.compose import Composer
from porchlight.services.consent import ConsentDesk
from porchlight.services.courier import Courier
from porchlight.services.deliberate import Deliberation
from porchlight.services.experiments import Laboratory
from porchlight.services.links import Links
from porchlight.services.plan_messages import Planner, Reference
from porchlight.services.record_feedback import Feedback
from porchlight.services.send_message import Sender
from tests.fakes import FakeBrands, FakeMetrics, FakeRenderer, FakeSecrets
from tests.fakes_reaching import FakeCatalogues
from tests.fakes_returning import FakeLaws
from tests.unit.stories import NOW, after, brand, order, parcel, scan

MOBILE = "+15032281234"
SES_ID = "010001949f3c2a51-6a1f2c3d-4e5f-6071-8293-a4b5c6d7e8f9-000000"


def policy(*channels: Channel, per_second: float = 1000, **more: Any) -> BrandConfig:
    """A brand that uses these channels in this order, without caps where it names none."""
    providers = {one: ChannelPolicy(providers=("ses",), per_second=per_second) for one in channels}
    outreach = Outreach(**{"channels": channels, "providers": providers, "caps": ()} | more)
    return brand().model_copy(update={"outreach": outreach})


def name(prefix: str, number: int, place: int = 0) -> str:
    """An id as long as real ones are: what is written is paid by its size."""
    return stable_id(prefix, str(number), str(place))


def settle(number: int, parcels: int = 1, *, language: str | None = None, **placed: Any) -> None:
    """Write a shopper with an order in so many parcels, which were scanned once. ``placed``: more of the order."""
    table = Table("porchlight")
    who = {"order_id": name("ord", number), "shopper_id": name("cus", number)}
    shopper = Shopper(
        **{"brand": "larkspur", "shopper_id": who["shopper_id"], "name": "Ada Moreno", "phone": MOBILE},
        **{"email": f"ada.moreno.{number}@shopper.example", "language": language},
    )
    DynamoOrders(table).save(order(**who, **placed), shopper)
    shipments, seen = DynamoShipments(table), [scan(Milestone.OUT_FOR_DELIVERY, NOW)]
    for place in range(parcels):
        known = parcel(shipment_id=name("shp", number, place), tracking_number=f"1Z{number}A{place}", **who)
        shipments.save(after(known, seen), seen, due_at=None, link=True)


def moved(number: int, milestone: Milestone, at: datetime = NOW + timedelta(hours=1)) -> None:
    """A shopper's parcel was scanned once more."""
    shipments, seen = DynamoShipments(Table("porchlight")), [scan(milestone, at)]
    known = shipments.get("larkspur", name("shp", number))
    assert known is not None
    new = after(known, [scan(Milestone.OUT_FOR_DELIVERY, NOW), *seen])
    shipments.save(new.model_copy(update={"version": known.version + 1}), seen, due_at=None)


def prefer(number: int, **chosen: Any) -> None:
    """Write what a shopper has chosen, who has said yes to texts about orders."""
    who = {"brand": "larkspur", "shopper_id": name("cus", number)}
    said = {"action": ConsentAction.GRANTED, "consent_id": name("cns", number), "at": NOW, "confirmed": True}
    yes = Standing(**said, address_digest=address_digest("larkspur", MOBILE))
    standings = {standing_key(Purpose.SERVICE, Channel.SMS): yes}
    profile = Profile(**who, preferences=Preferences(**chosen), standings=standings, version=1)
    DynamoProfiles(Table("porchlight")).save(profile)


def news(number: int, moment: Moment = Moment.OUT_FOR_DELIVERY, place: int = 0, now: datetime = NOW) -> DomainEvent:
    """A parcel came to this moment."""
    shipment = name("shp", number, place)
    return DomainEvent(
        **{"id": f"chg_{number}_{place}", "type": "ShipmentMoved", "brand": "larkspur", "moment": moment},
        **{"order_id": name("ord", number), "shipment_id": shipment, "subject_id": shipment},
        **{"occurred_at": now, "recorded_at": now},
    )


class Providers:
    """Takes what it is handed; ``fails`` are raised one by one before that."""

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.fails: list[Exception] = []

    def __call__(self, name: str) -> "Providers":
        del name
        return self

    def send(self, message: Outgoing) -> str:
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append(message)
        return SES_ID


class Town:
    """One process: what it has read and counts is its own, the table is everybody's."""

    def __init__(
        self,
        config: BrandConfig,
        *,
        clock: Callable[[], float] = NOW.timestamp,
        pause: Callable[[float], None] = lambda seconds: None,
        quotas: Quotas | None = None,
        providers: Any = None,
        **catalogue: dict[str, Any],
    ) -> None:
        table = Table("porchlight")
        brands, catalogues, self.metrics = FakeBrands(config), FakeCatalogues(**catalogue), FakeMetrics()
        self.providers = providers or Providers()
        self.messages, self.profiles = DynamoMessages(table), DynamoProfiles(table)
        self.reputations = DynamoReputations(table, clock)
        touches, shipments = DynamoTouches(table), DynamoShipments(table)
        deliberation = Deliberation(
            *(DynamoOrders(table), shipments, DynamoReturns(table), DynamoCases(table), brands, catalogues),
            *(self.profiles, touches, self.reputations),
        )
        gatherer = Gatherer(DynamoBundles(table), self.messages)
        laboratory = Laboratory(DynamoExperiments(table), self.profiles)
        blocks = BlockDesk(catalogues, cast(Caller, None), self.metrics, lambda: 0.0)
        links = Links(FakeSecrets(links={"key": "k" * 32}), "https://track.example")
        courier = Courier(
            *(brands, self.providers, DynamoBreakers(table, clock), quotas or DynamoQuotas(table, clock)),
            *(self.reputations, self.metrics, pause, lambda: 0.5),
        )
        self.planner = Planner(deliberation, self.messages, gatherer, laboratory, self.metrics)
        self.sender = Sender(
            *(deliberation, self.messages, self.profiles, touches, gatherer),
            *(Composer(FakeRenderer(), links, blocks, FakeLaws()), courier, laboratory, self.metrics, lambda: 0.0),
        )
        desk = ConsentDesk(self.profiles, self.metrics)
        self.feedback = Feedback(self.messages, desk, self.reputations, DynamoEngagement(table), self.metrics)

    def plan(self, event: DomainEvent, now: datetime = NOW) -> list[Reference]:
        return self.planner.plan(event, now)

    def send(self, reference: Reference, now: datetime = NOW) -> str:
        return self.sender.send(now=now, **reference)

    def report(self, kind: ReceiptKind, now: datetime = NOW + timedelta(seconds=9)) -> str:
        """The provider says so of the message that it took last."""
        sent = self.providers.sent[-1]
        names = {"brand": sent.brand, "order_id": sent.order_id, "message_id": sent.message_id}
        receipt = Receipt(**names, channel=sent.channel, kind=kind, provider_id=SES_ID, at=now, address=sent.to)
        return self.feedback.apply(receipt, now)
