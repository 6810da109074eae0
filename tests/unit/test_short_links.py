"""Short links: what SMS carry."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.domain.ids import order_id
from porchlight.domain.tokens import read_short, sign, sign_short
from porchlight.errors import NotFoundError
from porchlight.services.links import Links
from tests.fakes import FakeSecrets
from tests.unit.stories import NOW, brand, order

KEY = "k" * 32
UNTIL = datetime(2026, 8, 1, 9, tzinfo=UTC)


@given(st.text(min_size=1, max_size=40), st.from_regex(r"\A[a-z][a-z0-9-]{1,30}\Z"))
def test_what_is_signed_is_read(external: str, name: str) -> None:
    known = order_id(name, external)
    token = sign_short(name, known, KEY, UNTIL)
    assert read_short(token, KEY, UNTIL) == (name, known)
    assert read_short(token, "another key", UNTIL) is None
    assert len(token) <= 36 + -(-len(name) * 4 // 3)


@given(st.text(max_size=60))
def test_nothing_else_is(text: str) -> None:
    assert read_short(text, KEY, NOW) is None


@given(st.integers(0, 43), st.sampled_from("ABCxyz019-_"))
def test_no_letter_may_be_changed(place: int, letter: str) -> None:
    token = sign_short("larkspur", order_id("larkspur", "1"), KEY, UNTIL)
    changed = token[:place] + letter + token[place + 1 :]
    assert (read_short(changed, KEY, NOW) is not None) == (changed == token)


def test_it_works_up_to_the_end_of_its_day() -> None:
    token = sign_short("larkspur", order_id("larkspur", "1"), KEY, UNTIL)
    assert read_short(token, KEY, UNTIL + timedelta(hours=14))
    assert read_short(token, KEY, UNTIL + timedelta(hours=15)) is None


def test_it_opens_the_same_page_as_the_long_one_and_no_other() -> None:
    links = Links(FakeSecrets(links={"key": KEY}), "https://track.example")
    known = order(order_id=order_id("larkspur", "1001"))
    made = links.of_order(brand(), known)
    short, long = (made[name].rpartition("/")[2] for name in ("short", "tracking"))
    assert links.read("t", short, NOW) == links.read("t", long, NOW)
    assert len(made["short"]) < 75
    for kind in ("u", "p"):
        with pytest.raises(NotFoundError):
            links.read(kind, short, NOW)


@pytest.mark.parametrize("placed_at", [datetime(2009, 5, 1, tzinfo=UTC), datetime(2240, 5, 1, tzinfo=UTC)])
def test_an_order_of_another_age_has_the_long_link(placed_at: datetime) -> None:
    # Given a day that two bytes cannot say (an order that was imported, a clock that went astray)
    links = Links(FakeSecrets(links={"key": KEY}), "https://track.example")
    made = links.of_order(brand(), order(order_id=order_id("larkspur", "1001"), placed_at=placed_at))
    assert made["short"] == made["tracking"]


@pytest.mark.parametrize("previous", ["the old key, and no list", None, {"key": "x"}, 7, ["", None]])
def test_keys_that_are_rotated_are_whole_keys(previous: object) -> None:
    # Given a secret in which somebody wrote ``previous`` as other secrets have it
    links = Links(FakeSecrets(links={"key": KEY, "previous": previous}), "https://track.example")
    known = order(order_id=order_id("larkspur", "1001"))
    assert links.read("t", links.of_order(brand(), known)["tracking"].rpartition("/")[2], NOW)["b"] == "larkspur"
    # Then nothing that stands in it by accident is a key
    for guess in ("t", "k", "N", "{", "7", "key", "None"):
        forged = sign({"k": "t", "b": "larkspur", "o": "ord_1"}, guess, UNTIL)
        with pytest.raises(NotFoundError):
            links.read("t", forged, NOW)


def test_the_old_key_alone_is_read_as_well_as_a_list_of_old_keys() -> None:
    before = Links(FakeSecrets(links={"key": "b" * 32}), "https://track.example")
    token = before.of_order(brand(), order(order_id=order_id("larkspur", "1001")))["tracking"].rpartition("/")[2]
    for previous in ("b" * 32, ["a" * 32, "b" * 32]):
        links = Links(FakeSecrets(links={"key": KEY, "previous": previous}), "https://track.example")
        assert links.read("t", token, NOW)["b"] == "larkspur"
