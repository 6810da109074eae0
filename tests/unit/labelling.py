"""A desk of labels over fakes, with a return that is approved."""

from typing import Any

from porchlight.domain.returns import Decision, Outcome, Return
from porchlight.labels.registry import label_provider
from porchlight.returning import LabelProvider, SenderAddress
from porchlight.services.label_book import LabelBook
from porchlight.services.label_return import LabelDesk
from porchlight.services.lookout import Lookout
from porchlight.services.own_label import OwnLabels
from tests.fakes import FakeBrands, FakeMetrics, FakeOrders, FakeReturns, FakeShipments, FakeSources
from tests.fakes_returning import FakeAddresses, FakeDocuments, FakeLabels
from tests.unit import stories
from tests.unit.stories import NOW

ADA = SenderAddress(name="Ada Byron", street="12 Ockham Lane", city="Guildford", postcode="97401", country="US")
FACILITIES = {
    "newark": {"name": "Larkspur Returns", "street": "9 Dock Road", "city": "Newark", "country": "US"},
    "reno": {"name": "Larkspur West", "city": "Reno", "country": "US"},
}


class Office:
    """All that a label needs, with a return that is approved."""

    def __init__(self, provider: str = "shop", **request: Any) -> None:
        self.labels, self.own = FakeLabels(), label_provider("own", None)  # type: ignore[arg-type]
        self.orders, self.returns, self.metrics = FakeOrders(), FakeReturns(), FakeMetrics()
        self.shipments, self.documents, self.addresses = FakeShipments(self.orders), FakeDocuments(), FakeAddresses()
        brand = stories.brand(label_provider=provider, facilities=FACILITIES)
        self.lookout = Lookout(FakeSources(usps=("poll", None), ups=("poll", None)))
        tracked = brand.model_copy(update={"tracking": brand.tracking.model_copy(update={"ask": ("usps", "ups")})})
        self.label_book = LabelBook(
            *(self.returns, self.orders, self.shipments, FakeBrands(tracked), self.lookout, self.metrics)
        )
        self.desk = LabelDesk(self.label_book, self.addresses, self.documents, self.provider)
        self.people = OwnLabels(self.label_book, self.addresses, self.documents)
        lines = tuple(one.model_copy(update={"weight_grams": 250}) for one in stories.order().lines)
        self.orders.save(stories.order(lines=lines))
        self.addresses.put("larkspur", "cus_1", "rma_1", ADA, NOW)
        yes = Decision(outcome=Outcome.APPROVE, rule="standard", policy_version="returns-1", decided_at=NOW)
        self.returns.create(stories.wanted([("shirt", 2)], **{"decisions": (yes,), **request}))

    def provider(self, provider_id: str) -> LabelProvider:
        return self.own if provider_id == "own" else self.labels

    @property
    def request(self) -> Return:
        found = self.returns.get("larkspur", "rma_1")
        assert found
        return found

    def make(self) -> str:
        return self.desk.make("larkspur", "rma_1", NOW)

    def void(self) -> str:
        return self.desk.void("larkspur", "rma_1", NOW)

    def update(self, **changed: Any) -> None:
        self.returns.update(self.request.model_copy(update={**changed, "version": self.request.version + 1}))
