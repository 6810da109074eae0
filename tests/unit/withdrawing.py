"""A shop whose contracts can be withdrawn from, over fakes, with the pages that the real renderer makes."""

from datetime import datetime
from typing import Any

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.law.model import Exemption, StatutoryProfile
from porchlight.domain.law.statement import Statement
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import Destination, Order, Shopper
from porchlight.domain.returns import Return
from porchlight.reaching import EmailContent, Outgoing
from porchlight.services.answer_withdrawal import WithdrawalDesk
from porchlight.services.assess_return import Assessor
from porchlight.services.links import Links
from porchlight.services.pages import Page
from porchlight.services.request_return import RequestDesk
from porchlight.services.shopper_facts import ShopperBook
from porchlight.services.support import Support
from porchlight.services.withdraw import WithdrawPage
from tests.fakes import FakeBrands, FakeMetrics, FakeOrders, FakeReturns, FakeSecrets, FakeShipments
from tests.fakes_reaching import FakeCourier, FakeProfiles, FakeTries
from tests.fakes_returning import FakeAddresses, FakeHistories, FakeLaws, FakeStatements
from tests.unit.stories import DAY, NOW, after, brand, order, parcel, scan

EU = StatutoryProfile(
    country="DE",
    withdrawal_days=14,
    refund_days=14,
    refunds_shipping=True,
    exempt=tuple(Exemption),
    guarantee_months=24,
)
LATER = NOW + 5 * DAY
TYPED = {"name": "Ada Lovelace", "number": "1001", "email": "ada@x.example"}
ZONE = "Europe/Berlin"


class Shop:
    """Order ``#1001`` of ada@x.example, delivered to Berlin on the day it was placed."""

    def __init__(self, pack: BrandPack, *others: BrandConfig, profile: StatutoryProfile = EU, **policy: Any) -> None:
        self.brand, self.laws = brand(**policy), FakeLaws(profile)
        self.orders, self.returns, self.tries = FakeOrders(), FakeReturns(), FakeTries()
        self.shipments, self.statements = FakeShipments(self.orders), FakeStatements()
        brands, self.profiles = FakeBrands(self.brand, *others), FakeProfiles(self.orders)
        self.courier, self.metrics = FakeCourier(), FakeMetrics()
        shoppers = ShopperBook(self.profiles, FakeHistories())
        assessor = Assessor(self.orders, self.shipments, self.returns, brands, shoppers, self.laws)
        self.requests = RequestDesk(self.returns, self.orders, assessor, FakeAddresses())
        self.links = Links(FakeSecrets(links={"key": "k" * 40}), "https://shop.example")
        renderer = PackRenderer(pack)
        self.page = WithdrawPage(
            *(self.statements, self.orders, self.returns, brands, renderer, self.links, self.tries, self.metrics),
        )
        self.desk = WithdrawalDesk(
            *(self.statements, self.requests, self.orders, self.returns, brands, renderer, self.links),
            *(self.courier, Support(self.courier), self.metrics),
        )
        where = Destination(country="DE", zone=ZONE)
        self.put(order(destination=where))
        self.orders.shoppers["larkspur", "cus_1"] = Shopper(
            brand="larkspur", shopper_id="cus_1", name="Ada Lovelace", email="Ada@x.example"
        )
        arrived = after(parcel(zone=ZONE), [scan(Milestone.DELIVERED, NOW)])
        self.shipments.save(arrived, due_at=None, link=True)

    def put(self, one: Order) -> None:
        self.orders.records["larkspur", one.order_id] = one

    @property
    def order(self) -> Order:
        return self.orders.records["larkspur", "ord_1"]

    def token(self, *, by_email: bool = False) -> str:
        links = self.links.of_order(self.brand, self.order)
        if by_email:
            links = self.links.of_message(
                self.brand, self.order, "msg_1", Purpose.SERVICE, Channel.EMAIL, "Ada@x.example"
            )
        return links["withdraw"].rpartition("/")[2]

    def send(
        self,
        where: str = "larkspur",
        action: str = "confirm",
        now: datetime = LATER,
        source: str = "1.2.3.4",
        **typed: Any,
    ) -> Page:
        form = {name: value if isinstance(value, list) else [value] for name, value in (TYPED | typed).items()}
        return self.page.send(where, form | {"action": [action]}, source, now)

    def statement(self) -> Statement:
        """The only one."""
        (found,) = self.statements.records.values()
        return found

    def answer(self, now: datetime = LATER) -> str:
        return self.desk.answer("larkspur", self.statement().statement_id, now)

    def made(self) -> Return:
        """The only return."""
        (found,) = self.returns.records.values()
        return found

    def mails(self, to: str) -> list[Outgoing]:
        return [one for one in self.courier.sent if one.to == to]

    def text(self, message: Outgoing) -> str:
        assert isinstance(message.content, EmailContent)
        return " ".join(message.content.text.split())
