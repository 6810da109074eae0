"""Blocks below the news: what a brand has, what its API answers, and the page behind a tap on a word."""

import json
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from porchlight.asking import Caller
from porchlight.connectors import Answer, Call
from porchlight.domain.blocks import RATINGS, Blocks, products
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Shopper
from porchlight.domain.ratings import Rating
from porchlight.errors import TransientError
from porchlight.services.blocks import KEPT_SECONDS, BlockDesk
from porchlight.services.links import Links
from porchlight.services.rating import RatingPage
from tests.fakes import FakeBrands, FakeMetrics, FakeOrders, FakeRenderer, FakeSecrets
from tests.fakes_reaching import FakeCatalogues
from tests.unit.stories import DAY, NOW, brand, order

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

from catalogue import blocks as compiled  # noqa: E402
from problems import BrandError  # noqa: E402

API = "https://shop.example/related?shop=1"
BOWL = {"title": "Bowl", "url": "https://shop.example/bowl", "price": "$12.00"}


class Shop(Caller):
    """An API of the brand; ``says`` is its answer, or what it raises."""

    def __init__(self, says: bytes | Exception, status: int = 200) -> None:
        self.says, self.status, self.asked = says, status, list[str]()

    def make(self, call: Call) -> Answer:
        self.asked.append(call.url)
        if isinstance(self.says, Exception):
            raise self.says
        return Answer(self.status, {}, self.says)


class Desk:
    def __init__(self, says: bytes | Exception = b"", status: int = 200, **blocks: Any) -> None:
        self.shop, self.metrics, self.time = Shop(says, status), FakeMetrics(), 0.0
        catalogues = FakeCatalogues()
        catalogues.found_blocks = Blocks.model_validate(blocks)
        self.desk = BlockDesk(catalogues, self.shop, self.metrics, lambda: self.time)

    def titles(self, *names: str) -> list[list[Any]]:
        views = self.desk.views(brand(), names, order(), "https://track.example/c/x")
        return [[entry["title"] for entry in view["entries"]] or [view["title"]] for view in views]


def test_a_list_is_shown_up_to_its_limit_and_nobody_is_asked() -> None:
    shown = Desk(related={"items": [BOWL, {**BOWL, "title": "Cup"}], "at_most": 1})
    assert shown.titles("related") == [["Bowl"]]
    assert shown.shop.asked == []


def test_an_address_is_asked_with_what_was_bought_and_its_answer_kept() -> None:
    line = order().lines[0].model_copy(update={"sku": "SHIRT 1"})
    shown = Desk(json.dumps({"items": [BOWL]}).encode(), related={"api": API})
    for _ in range(2):
        found = shown.desk.views(brand(), ("related",), order(lines=(line,)), "")
        assert found[0]["entries"][0] == {"title": "Bowl", "price": "$12.00", "url": BOWL["url"]}
    assert shown.shop.asked == [f"{API}&skus=SHIRT+1"]
    shown.time = KEPT_SECONDS
    shown.titles("related")
    assert len(shown.shop.asked) == 2


@pytest.mark.parametrize(
    ("says", "status"),
    [
        (TransientError("nobody there"), 200),
        (b"<html>", 200),
        (b"[]", 200),
        (json.dumps([BOWL]).encode(), 500),
        (b'{"items": [{"title": "Bowl", "url": "javascript:alert(1)"}]}', 200),
    ],
)
def test_a_block_that_has_nothing_to_say_is_left_out_and_counted(says: bytes | Exception, status: int) -> None:
    """And who is down is not asked again for each message."""
    shown = Desk(says, status, related={"api": API}, offer={"title": "Ten percent", "url": "https://shop.example/"})
    assert shown.titles("related", "offer") == [["Ten percent"]]
    shown.titles("related")
    assert len(shown.shop.asked) == 1
    assert shown.metrics.total("BlocksLeftOut") == 1


def test_blocks_stand_in_the_order_of_the_moment_and_only_those_of_it() -> None:
    shown = Desk(referral={"url": "https://shop.example/f"}, offer={"title": "Ten", "url": "https://shop.example/"})
    assert len(shown.titles("referral", "offer")) == 2
    assert shown.titles("offer") == [["Ten"]]
    assert shown.titles() == []
    (rating,) = shown.desk.views(brand(), ("rating",), order(), "https://track.example/c/x")
    assert [entry["url"] for entry in rating["entries"]] == [f"https://track.example/c/x/{n}" for n in RATINGS]
    assert shown.desk.views(brand(), ("rating",), order(), "") == []


@given(
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["items", "title", "url"]), inner),
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_an_address_answers_is_read_or_left(body: bytes) -> None:
    for one in products(body):
        assert one.title
        assert one.url.scheme in ("http", "https")


def test_the_button_of_an_offer_leads_to_it() -> None:
    found = Blocks.model_validate({"review": {"url": "https://r.example/"}})
    assert (found.place(Moment.REVIEW_REQUEST), found.place(Moment.RELATED_OFFER)) == ("https://r.example/", "")
    with pytest.raises(ValidationError, match="either items or api"):
        Blocks.model_validate({"related": {}})


def test_a_faulty_file_is_named_by_field(tmp_path: Path) -> None:
    assert compiled(tmp_path, dict) == {}
    (tmp_path / "blocks.yaml").write_text("")
    with pytest.raises(BrandError, match=r"blocks\.yaml: offer\.url: "):
        compiled(tmp_path, lambda _: {"offer": {"title": "Ten", "url": "soon"}})


# --------------------------------------------------------------------------------------------------------------- rating
class FakeRatings:
    def __init__(self) -> None:
        self.records: dict[str, Rating] = {}

    def put(self, rating: Rating) -> bool:
        new = rating.message_id not in self.records
        self.records[rating.message_id] = rating
        return new


class Rated:
    def __init__(self) -> None:
        self.ratings, self.metrics, orders = FakeRatings(), FakeMetrics(), FakeOrders()
        orders.save(order(), Shopper(brand="larkspur", shopper_id="cus_1"))
        self.links = Links(FakeSecrets(links={"key": "k" * 32}), "https://track.example")
        parts = (orders, self.ratings, FakeBrands(brand()), FakeRenderer(), self.links, self.metrics)
        self.page = RatingPage(*cast("Any", parts))
        self.token = self.links.rating(brand(), order(), "msg_1").rpartition("/")[2]


def test_a_tap_asks_and_the_button_counts() -> None:
    """Mail programs open every link of a message: that is nobody's opinion."""
    rated = Rated()
    assert rated.page.show(rated.token, "5", NOW).status == 200
    assert rated.ratings.records == {}
    assert rated.page.rate(rated.token, "2", NOW).status == 200
    assert rated.page.rate(rated.token, "5", NOW + DAY).status == 200
    (found,) = rated.ratings.records.values()
    assert (found.order_id, found.message_id, found.score) == ("ord_1", "msg_1", 5)
    assert rated.metrics.total("Ratings") == 1


@pytest.mark.parametrize("score", ["0", "6", "five", "", "5 ", "²"])
def test_there_are_five_scores(score: str) -> None:
    rated = Rated()
    assert rated.page.show(rated.token, score, NOW).status == 404
    assert rated.page.rate(rated.token, score, NOW).status == 404
    assert rated.ratings.records == {}


def test_other_links_rate_nothing() -> None:
    rated = Rated()
    tracking = rated.links.of_order(brand(), order())["tracking"].rpartition("/")[2]
    for token in (tracking, rated.token[:-1] + "x", "nonsense"):
        assert rated.page.rate(token, "5", NOW).status == 404
    assert rated.page.rate(rated.token, "5", NOW + 1_000 * DAY).status == 404
    assert rated.ratings.records == {}
