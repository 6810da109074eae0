"""Returns in the ops area: what waits for a person, why, and the form to decide."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from local.front import Request, Response
from local.returned import Returned
from local.stack import Stack
from porchlight.adapters.brandpack import BrandPack
from porchlight.domain.returns import Decision, Outcome, Return, ReturnState, Review
from porchlight.domain.rma.names import RiskLevel
from porchlight.domain.rma.terms import Risk
from tests.packs import repository_pack
from tests.unit.portal import LATER, Shop
from tests.unit.stories import DAY
from tests.unit.test_explained_page import words

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))


PHOTO = "photos/larkspur/ord_1/0123456789abcdef-1"


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


@pytest.fixture
def shop(pack: BrandPack) -> Shop:
    return Shop(pack)


def page(shop: Shop, **query: str) -> Response:
    return send(shop, Request("GET", "/ops/returns", {name: [value] for name, value in query.items()}))


def send(shop: Shop, request: Request) -> Response:
    brands = SimpleNamespace(get=lambda brand: shop.brand)
    ports = SimpleNamespace(
        **{"returns": shop.returns, "orders": shop.orders, "brands": brands, "documents": shop.documents},
        clock=lambda: LATER,
    )
    return Returned(cast("Stack", SimpleNamespace(stage="test", app=lambda: ports)))(request)


def decide(shop: Shop, request: Return, site: str = "same-origin", **sent: str) -> Response:
    query = {"brand": ["larkspur"], "id": [request.return_id]}
    headers = {"Sec-Fetch-Site": site}
    return send(shop, Request("POST", "/ops/returns", query, headers, urlencode(sent).encode()))


def waiting(shop: Shop, key: str = "0123456789abcdef", **update: Any) -> Return:
    """A return that a person is asked about."""
    request = shop.asked(once=key)
    asked = Decision(outcome=Outcome.REVIEW, rule="above_review_amount", policy_version="returns-1", decided_at=LATER)
    values = {
        "state": ReturnState.IN_REVIEW,
        "decisions": (asked,),
        "review": Review(stage="request", why="above_review_amount", asked_at=LATER, due_at=LATER + 3 * DAY),
        "risk": Risk(score=72, level=RiskLevel.HIGH, reasons={"claims": 40}, version="1"),
        **update,
    }
    changed = request.model_copy(update=values)
    shop.returns.records["larkspur", request.return_id] = changed
    return changed


def stored(shop: Shop, request: Return) -> Return:
    return shop.returns.records["larkspur", request.return_id]


def test_what_waits_for_a_person_stands_first_the_nearest_deadline_on_top(shop: Shop) -> None:
    plain = shop.asked(once="f" * 16)
    late = waiting(shop, "a" * 16)
    review = Review(stage="goods", why="missing_item", asked_at=LATER, due_at=LATER + DAY / 2, assignee="kim")
    soon = waiting(shop, "b" * 16, review=review)
    said = words(page(shop))
    assert "Waiting for a decision: 2" in said
    assert said.index(soon.return_id) < said.index(late.return_id) < said.index(plain.return_id)
    assert "2026-03-04 00:00 (soon)" in said
    assert "goods missing item kim" in said
    assert "Asked for in the last 30 days: 1" in said


def test_one_is_shown_with_its_facts_rules_risk_and_amounts(shop: Shop) -> None:
    request = waiting(shop)
    said = words(page(shop, brand="larkspur", id=request.return_id))
    for word in ("Waits for a person: request, above review amount", "Risk: high, 72 of 100", "claims 40"):
        assert word in said
    assert "window until 2026-04-01 (30 days) otherwise" in said
    assert "fee -500" in said
    assert "too small" in said


def test_yes_and_no_are_taken_with_a_note_and_lead_back(shop: Shop) -> None:
    for action, outcome in (("approve", Outcome.APPROVE), ("refuse", Outcome.REFUSE)):
        request = waiting(shop, key=("a" if action == "approve" else "b") * 16)
        answer = decide(shop, request, action=action, note="called them")
        assert answer.status == 303
        assert dict(answer.headers)["Location"] == f"/ops/returns?brand=larkspur&id={request.return_id}"
        last = stored(shop, request).decisions[-1]
        assert (last.outcome, last.decided_by, last.note) == (outcome, "ops", "called them")


def test_what_nobody_asks_is_not_decided_and_says_so(shop: Shop) -> None:
    request = waiting(shop)
    decide(shop, request, action="approve")
    decided = stored(shop, request)
    answer = decide(shop, request, action="refuse")
    assert answer.status == 409
    assert "Not done" in words(answer)
    assert stored(shop, request) == decided


def test_it_is_given_to_somebody_and_a_refusal_taken_up_again(shop: Shop) -> None:
    request = waiting(shop)
    decide(shop, request, action="assign", assignee="kim")
    review = stored(shop, request).review
    assert review
    assert review.assignee == "kim"
    decide(shop, request, action="refuse")
    assert "Look at it again" in words(page(shop, brand="larkspur", id=request.return_id))
    decide(shop, request, action="reopen", note="new facts")
    assert stored(shop, request).review


def test_a_form_of_another_site_decides_nothing(shop: Shop) -> None:
    request = waiting(shop)
    for site in ("cross-site", "same-site"):
        assert decide(shop, request, site, action="approve").status == 403
    assert stored(shop, request) == request


def test_pictures_of_the_return_are_shown_and_no_others(shop: Shop) -> None:
    request = waiting(shop)
    line = request.lines[0].model_copy(update={"photos": (PHOTO,)})
    shop.returns.records["larkspur", request.return_id] = request.model_copy(update={"lines": (line,)})
    shop.documents.put(PHOTO, b"jpeg", "image/jpeg")
    shop.documents.put("labels/secret.pdf", b"%PDF", "application/pdf")
    where = {"brand": "larkspur", "id": request.return_id}
    assert b"photos%2Flarkspur" in page(shop, **where).body or b"photos/larkspur" in page(shop, **where).body
    assert page(shop, **where, photo=PHOTO).body == b"jpeg"
    assert page(shop, **where, photo="labels/secret.pdf").status == 404


@pytest.mark.parametrize("query", [{"brand": "larkspur", "id": "rma_9"}, {"brand": "nobody", "id": "rma_9"}])
def test_what_is_not_there_is_said(shop: Shop, query: dict[str, str]) -> None:
    answer = page(shop, **query)
    assert answer.status == 404
    assert "no such return" in words(answer)


def test_what_shoppers_wrote_is_only_text(shop: Shop) -> None:
    request = waiting(shop)
    line = request.lines[0].model_copy(update={"reason": "<script>alert(1)</script>"})
    shop.returns.records["larkspur", request.return_id] = request.model_copy(update={"lines": (line,)})
    assert b"<script" not in page(shop, brand="larkspur", id=request.return_id).body
