"""The question on the tracking page and its answer: who has the link answers once, everybody else learns nothing."""

import html
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.cases import Audience, Case, CaseState
from porchlight.domain.delays import Delay, DelayKind
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import OrderLine, Shopper
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.domain.remedies import Remedy, RemedyRecord, RemedyState
from porchlight.domain.tokens import sign
from porchlight.services.cases import AnswerDesk
from porchlight.services.experiments import Laboratory
from porchlight.services.links import Links
from porchlight.services.pages import AnswerPage, Page, TrackingPage
from tests.fakes import FakeBrands, FakeCases, FakeMetrics, FakeOrders, FakeReturns, FakeSecrets, FakeShipments
from tests.fakes_reaching import FakeExperiments, FakeProfiles
from tests.fakes_returning import FakeLaws
from tests.packs import repository_pack
from tests.unit.stories import DAY, NOW, order, parcel, scan, usd

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))


KEY = "k" * 40
CHOICES = (Remedy.KEEP_WAITING, Remedy.RESEND, Remedy.REFUND)


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


class World:
    """An order with a stalled parcel, whose shopper is asked until Thursday noon, UTC."""

    def __init__(self, pack: BrandPack) -> None:
        self.orders, self.cases, self.metrics = FakeOrders(), FakeCases(), FakeMetrics()
        self.shipments, returns = FakeShipments(self.orders), FakeReturns()
        self.orders.returns = returns
        self.orders.save(order(), Shopper(brand="larkspur", shopper_id="cus_1", email="ada@x.example"))
        delay = Delay(delay_id="dly_1", kind=DelayKind.STALLED, declared_at=NOW, case_id="cse_1")
        self.parcel = parcel(delay=delay, milestone=Milestone.IN_TRANSIT, event_count=1)
        self.shipments.save(self.parcel, [scan(Milestone.IN_TRANSIT, NOW)], due_at=None, link=True)
        self.case = Case(
            **{"brand": "larkspur", "case_id": "cse_1", "delay_id": "dly_1", "kind": DelayKind.STALLED},
            **{"audience": Audience.SHOPPER, "shipment_id": "shp_1", "order_id": "ord_1", "options": CHOICES},
            **{"default": Remedy.KEEP_WAITING, "opened_at": NOW, "deadline": NOW + 3 * DAY},
        )
        self.cases.open(self.case)
        brands, links = FakeBrands(pack.get("larkspur")), Links(FakeSecrets(links={"key": KEY}), "https://t.example")
        renderer = PackRenderer(pack)
        self.tracking = TrackingPage(
            *(self.orders, self.shipments, returns, self.cases, brands, renderer, links, self.metrics),
            profiles=FakeProfiles(self.orders),
            laboratory=Laboratory(FakeExperiments(), FakeProfiles(self.orders)),
            laws=FakeLaws(),
        )
        desk = AnswerDesk(self.cases, self.shipments, self.orders)
        self.page = AnswerPage(desk, brands, renderer, links, self.metrics, FakeProfiles(self.orders))
        self.token = links.of_order(pack.get("larkspur"), order())["tracking"].rpartition("/")[2]

    def look(self, now: Any = NOW) -> str:
        return text(self.tracking.show(self.token, now))

    def answer(self, answer: str, now: Any = NOW, **update: str) -> Page:
        given = {"token": self.token, "case_id": "cse_1", **update}
        return self.page.answer(given["token"], given["case_id"], answer, now)

    @property
    def stored(self) -> Case:
        return self.cases.records["larkspur", "cse_1"]

    def change(self, **update: Any) -> None:
        old = self.shipments.records["larkspur", "shp_1"]
        self.shipments.save(old.model_copy(update={"version": old.version + 1, **update}), due_at=None)


def text(page: Page) -> str:
    return " ".join(html.unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", page.html, flags=re.DOTALL)).split())


@pytest.fixture
def world(pack: BrandPack) -> World:
    return World(pack)


def test_the_page_asks_and_says_until_when_and_what_silence_means(world: World) -> None:
    page = world.look()
    for said in ("What shall we do?", "Keep waiting", "Send a new one", "Money back"):
        assert said in page
    assert "Please choose by Thursday, 7:00 am. If we do not hear from you, we keep waiting with you." in page
    shown = world.tracking.show(world.token, NOW).html
    (action,) = re.findall(r'<form class="asked" method="post" action="([^"]+)">', shown)
    assert urljoin(f"https://t.example/t/{world.token}", action) == f"https://t.example/t/{world.token}/answer"
    assert re.findall(r'name="answer" value="(\w+)"', shown) == [option.value for option in CHOICES]
    assert "<script" not in shown


def test_looking_answers_nothing(world: World) -> None:
    for _ in range(3):
        world.look()
    assert world.stored.state is CaseState.OPEN


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("keep_waiting", "Thank you. We keep waiting with you."),
        ("resend", "Thank you. We are sending you a new one."),
        ("refund", "Thank you. You get your money back."),
    ],
)
def test_an_answer_counts_once_however_often_it_is_sent(world: World, answer: str, said: str) -> None:
    pages = [world.answer(answer, NOW + DAY) for _ in range(3)]
    assert {page.status for page in pages} == {200}
    assert len({page.html for page in pages}) == 1
    assert said in text(pages[0])
    assert (world.stored.decision, world.stored.decided_by, world.stored.version) == (Remedy(answer), "shopper", 1)
    assert world.metrics.total("ShopperAnswers", answer=answer) == 1
    back = re.findall(r'class="link" href="([^"]+)"', pages[0].html)
    assert urljoin(f"https://t.example/t/{world.token}/answer", back[0]) == f"https://t.example/t/{world.token}"
    assert "What shall we do?" not in world.look(NOW + DAY), "nothing is asked any more"


def test_another_answer_is_told_what_was_decided(world: World) -> None:
    world.answer("refund")
    page = text(world.answer("keep_waiting"))
    assert "This was decided before. You get your money back." in page
    assert world.stored.decision is Remedy.REFUND


def test_after_the_deadline_the_default_counts(world: World) -> None:
    page = text(world.answer("refund", NOW + 3 * DAY))
    assert "The time to choose is over. As we had told you, we keep waiting with you." in page
    assert world.stored.decision is None
    assert "What shall we do?" not in world.look(NOW + 3 * DAY)


def test_news_ends_the_question(world: World) -> None:
    """Given the parcel moves while the form is open in a browser, when it is sent, then nothing is decided."""
    known = world.parcel.delay
    assert known
    world.change(delay=known.model_copy(update={"recovered_at": NOW, "case_id": None}))
    assert "There is nothing to choose any more." in text(world.answer("refund"))
    assert world.stored.decision is None
    assert "What shall we do?" not in world.look()


@pytest.mark.parametrize("answer", ["", "cancel", "claim", "x' OR 1=1"])
def test_what_is_not_offered_is_not_chosen(world: World, answer: str) -> None:
    assert "Nothing was chosen yet." in text(world.answer(answer))
    assert world.stored.state is CaseState.OPEN


def test_strangers_learn_nothing_from_the_difference(world: World) -> None:
    other = world.case.model_copy(update={"case_id": "cse_2", "order_id": "ord_2"})
    for_people = world.case.model_copy(update={"case_id": "cse_3", "audience": Audience.CX})
    world.cases.open(other)
    world.cases.open(for_people)
    pages = [
        world.answer("refund", token="x.y"),
        world.answer("refund", token=sign({"k": "u", "b": "larkspur", "s": "cus_1"}, KEY, NOW + DAY)),
        world.answer("refund", token=sign({"k": "t", "b": "nobrand", "o": "ord_1"}, KEY, NOW + DAY)),
        world.answer("refund", token=sign({"k": "t", "b": "larkspur", "o": "ord_2"}, KEY, NOW + DAY)),
        world.answer("refund", NOW + 400 * DAY),
        *(world.answer("refund", case_id=case) for case in ("", "cse_none", "cse_2", "cse_3")),
    ]
    assert {page.status for page in pages} == {404}
    assert len({page.html for page in pages}) == 1
    assert all(case.state is CaseState.OPEN for case in world.cases.records.values())


def test_a_question_to_people_is_not_shown(world: World) -> None:
    world.cases.records["larkspur", "cse_1"] = world.case.model_copy(update={"audience": Audience.CX})
    assert "What shall we do?" not in world.look()


@pytest.mark.parametrize(
    ("remedy", "said"),
    [
        (Remedy.RESEND, "We are sending you a new one."),
        (Remedy.REFUND, "You get your money back for this parcel."),
        (Remedy.CANCEL, "This parcel is cancelled."),
    ],
)
def test_the_page_says_what_was_decided(world: World, remedy: Remedy, said: str) -> None:
    """Given a remedy was chosen, then carried out, then the parcel turns up: the page says so each time."""
    known = world.parcel.delay
    assert known
    chosen = known.model_copy(update={"chosen": remedy, "case_id": None})
    record = RemedyRecord(key="rmd_1", remedy=remedy, state=RemedyState.DONE, intended_at=NOW)
    done = chosen.model_copy(update={"chosen": None, "remedies": (record,), "resolved_at": NOW})
    for delay in (chosen, done):
        world.change(delay=delay)
        assert said in world.look()
    world.change(milestone=Milestone.DELIVERED, milestone_at=NOW)
    assert said not in world.look()
    assert "Your parcel was delivered" in world.look()


def test_an_order_that_was_not_shipped_asks_too(world: World) -> None:
    delay = Delay(delay_id="dly_9", kind=DelayKind.NOT_DISPATCHED, declared_at=NOW, case_id="cse_9")
    world.orders.save(order(version=2, delay=delay))
    update = {"case_id": "cse_9", "delay_id": "dly_9", "kind": DelayKind.NOT_DISPATCHED, "shipment_id": None}
    update |= {"options": (Remedy.KEEP_WAITING, Remedy.CANCEL), "default": Remedy.CANCEL, "notice": True}
    world.cases.open(world.case.model_copy(update=update))
    page = world.look()
    assert "Wait, or cancel?" in page
    assert "we cancel the rest of your order and refund that in full" in page, "a parcel of it has left"
    assert "It is cancelled." in text(world.answer("cancel", case_id="cse_9"))
    assert world.cases.records["larkspur", "cse_9"].decision is Remedy.CANCEL


def test_a_notice_about_the_day_of_shipping_names_no_day_of_delivery(world: World) -> None:
    days = {"earliest": "2026-03-09", "latest": "2026-03-10"}
    known = {"delay_id": "dly_9", "kind": "not_dispatched", "declared_at": NOW, "case_id": "cse_9", "expected": days}
    world.orders.save(order(version=2, delay=Delay.model_validate(known)))
    world.orders.parcels.clear()
    assert "Monday 9 March" in world.look()
    update = {"case_id": "cse_9", "delay_id": "dly_9", "kind": DelayKind.NOT_DISPATCHED, "shipment_id": None}
    world.cases.open(world.case.model_copy(update={**update, "notice": True}))
    page = world.look()
    assert "Wait, or cancel?" in page
    assert "9 March" not in page
    assert "9–10 Mar" not in page


HAT = {"left": Packing(lines=(ParcelLine(line_id="hat", quantity=1),), as_of=NOW)}
SHIRTS = {"sent": Packing(lines=(ParcelLine(line_id="shirt", quantity=2),), as_of=NOW)}


@pytest.mark.parametrize(
    ("packed", "untracked", "waits"),
    [(SHIRTS, {}, True), ({**SHIRTS, **HAT}, {}, False), (SHIRTS, HAT, False)],
)
def test_only_what_ships_and_has_not_left_is_still_to_come(
    world: World, packed: dict[str, Packing], untracked: dict[str, Packing], *, waits: bool
) -> None:
    """Given an order with a download, when its parcels (one without a number) hold the rest, then all has left."""
    download = OrderLine(line_id="pdf", title="Pattern", quantity=1, unit_price=usd(900), ships=False)
    found = world.orders.records["larkspur", "ord_1"]
    world.orders.save(found.model_copy(update={"version": 2, "lines": (*found.lines, download)}))
    for name, packing in untracked.items():
        world.orders.put_untracked("larkspur", "ord_1", name, packing)
    world.change(packed=packed)
    assert ("Not shipped yet" in world.look()) is waits


def test_the_rest_of_an_order_that_was_cancelled_does_not_come(world: World) -> None:
    paid = RemedyRecord(
        **{"key": "rmd_1", "remedy": Remedy.CANCEL, "state": RemedyState.DONE, "lines": {"hat": 1}},
        amount=usd(4_000),
        intended_at=NOW,
    )
    over = Delay(
        **{"delay_id": "dly_9", "kind": DelayKind.NOT_DISPATCHED, "declared_at": NOW, "resolved_at": NOW},
        remedies=(paid,),
    )
    world.orders.save(order(version=2, delay=over))
    world.change(packed=SHIRTS)
    page = world.look()
    assert "The rest of your order is cancelled." in page
    assert "We refund it in full" in page
    assert "Not shipped yet" not in page
