"""/v1/returns route by route: who may, what is answered, pages, what is called off, what people decide."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from porchlight.connectors import InboundRequest
from porchlight.domain.returns import Return, ReturnState, Review
from porchlight.errors import ForbiddenError, InvalidInputError, NotFoundError, PorchlightError
from porchlight.services.links import Links
from porchlight.services.returns_api import PAGE, ReturnsApi
from porchlight.services.review_return import Cancellation, ReviewDesk
from porchlight.services.reviews_api import ReviewsApi
from tests.fakes import FakeSecrets
from tests.unit.stories import DAY, NOW, order, wanted
from tests.unit.test_request_return import SHIRT, World

KEYS = {"read": ["returns:read"], "write": ["returns:write"], "decide": ["returns:decide"], "none": ["orders:write"]}
BODY = {"order": "ord_1", "lines": [SHIRT]}


def offered(scope: str) -> str:
    return f"plk_{scope:_<20}"


def secrets() -> FakeSecrets:
    keys = [
        {"id": f"{brand}-{name}", "brand": brand, "sha256": hashlib.sha256(key.encode()).hexdigest(), "scopes": scopes}
        for name, scopes in KEYS.items()
        for brand, key in (("larkspur", offered(name)), ("fjordhus", offered(f"other-{name}")))
    ]
    known = FakeSecrets()
    known.values |= {"api-keys": {"keys": keys}, "links": {"key": "k" * 40}}
    return known


class Api:
    def __init__(self) -> None:
        self.world = World()
        world, known = self.world, secrets()
        self.returns = ReturnsApi(
            *(world.returns, world.orders, world.brands, world.assessor, world.desk),
            *(Cancellation(world.returns, world.shipments), lambda: Links(known, "https://t.example"), known),
        )
        labels: Any = None
        self.reviews = ReviewsApi(ReviewDesk(world.returns, world.orders), labels, known)

    def ask(self, key: str = "key-number-1", **more: Any) -> tuple[dict[str, Any], bool]:
        return self.returns.ask(request("write", {**BODY, **more}, {"idempotency-key": key}), NOW + DAY)

    def put(self, **update: Any) -> Return:
        found = wanted(**update)
        self.world.returns.records["larkspur", found.return_id] = found
        return found


def request(scope: str, body: Any = None, headers: Any = None, **query: str) -> InboundRequest:
    return InboundRequest(
        method="POST",
        path="",
        headers={"x-api-key": offered(scope), **(headers or {})},
        query=query,
        body=json.dumps(body).encode() if body is not None else b"",
    )


@pytest.fixture
def api() -> Api:
    return Api()


# ------------------------------------------------------------------------------------------------------------- who may
@pytest.mark.parametrize(
    ("scope", "call"),
    [
        ("write", lambda api, r: api.returns.ask(r, NOW)),
        ("read", lambda api, r: api.returns.offers(r, NOW)),
        ("read", lambda api, r: api.returns.look(r, "rma_1")),
        ("read", lambda api, r: api.returns.listed(r, NOW)),
        ("write", lambda api, r: api.returns.cancel(r, "rma_1", NOW)),
        ("write", lambda api, r: api.returns.gift(r, "ord_1")),
        ("decide", lambda api, r: api.reviews.decide(r, "rma_1", NOW)),
        ("decide", lambda api, r: api.reviews.assign(r, "rma_1", NOW)),
        ("decide", lambda api, r: api.reviews.note(r, "rma_1", NOW)),
        ("decide", lambda api, r: api.reviews.reopen(r, "rma_1", NOW)),
        ("decide", lambda api, r: api.reviews.label(r, "rma_1", NOW)),
        ("decide", lambda api, r: api.reviews.label_form(r, "rma_1")),
    ],
)
def test_each_route_asks_for_its_scope(api: Api, scope: str, call: Callable[[Api, InboundRequest], Any]) -> None:
    api.put()
    for other in KEYS:
        allowed = other == scope or (scope, other) == ("read", "write")
        if allowed:
            continue
        with pytest.raises(ForbiddenError):
            call(api, request(other, BODY))


def test_who_may_write_returns_may_read_them(api: Api) -> None:
    api.put()
    assert api.returns.look(request("write"), "rma_1") == api.returns.look(request("read"), "rma_1")


def test_the_return_of_another_brand_is_not_there(api: Api) -> None:
    found, _ = api.ask()
    with pytest.raises(NotFoundError):
        api.returns.look(request("other-read"), found["return_id"])
    with pytest.raises(NotFoundError):
        api.returns.cancel(request("other-write"), found["return_id"], NOW)
    assert api.returns.listed(request("other-read", since="2026-03-01T00:00:00Z"), NOW + 2 * DAY)["returns"] == []


# --------------------------------------------------------------------------------------------------------------- asking
def test_asking_again_with_the_same_key_is_the_same_return(api: Api) -> None:
    first, new = api.ask()
    again, anew = api.ask()
    assert (new, anew) == (True, False)
    assert first == again
    assert first["state"] == "requested"
    assert first["parts"]["total"] == 9_500
    with pytest.raises(InvalidInputError):
        api.returns.ask(request("write", BODY), NOW)


def test_offers_are_answered_and_nothing_is_written(api: Api) -> None:
    found = api.returns.offers(request("read", BODY), NOW + DAY)
    assert {one["resolution"] for one in found["offers"]} == {"refund", "store_credit", "exchange"}
    refund = found["offers"][0]
    assert (refund["amount"]["amount"], refund["parts"]["fee"]) == (9_500, -500)
    assert found["lines"][0] == {
        **{"order_id": "ord_1", "line_id": "shirt"},
        **{"refused": None, "closes_on": "2026-04-01"},
    }
    assert api.world.returns.records == {}
    hat = {"line_id": "hat", "quantity": 1, "reason": "changed_mind"}
    refused = api.returns.offers(request("read", {**BODY, "lines": [hat]}), NOW + DAY)
    assert (refused["outcome"], refused["rule"], refused["offers"]) == ("refuse", "final_sale", [])
    assert refused["lines"][0]["refused"] == "final_sale"


def test_a_gift_is_answered_without_amounts(api: Api) -> None:
    found, _ = api.ask(gift=True, resolution="store_credit", recipient={"email": "nora@mail.example"})
    assert "parts" not in found
    assert "settlements" not in found
    assert "nora" not in json.dumps(found)
    whole = api.returns.look(request("read"), found["return_id"])
    assert whole["recipient_id"].startswith("cus_")
    assert whole["parts"]["total"] > 0


def test_the_gift_receipt_of_an_order_is_a_link_of_its_own(api: Api) -> None:
    first, again = (api.returns.gift(request("write"), "ord_1") for _ in range(2))
    assert first == again
    page = first["gift_page"]
    assert page.startswith("https://t.example/r/")
    token = page.rpartition("/")[2]
    links = api.returns.links()
    assert links.read("g", token, NOW + DAY)["o"] == "ord_1"
    for other in ("t", "r", "u", "p", "c"):  # it opens nothing else
        with pytest.raises(NotFoundError):
            links.read(other, token, NOW + DAY)
    with pytest.raises(NotFoundError):
        api.returns.gift(request("write"), "ord_9")


# ---------------------------------------------------------------------------------------------------------------- lists
def test_lists_by_shopper_order_question_and_time(api: Api) -> None:
    review = Review(stage="request", why="much", asked_at=NOW, due_at=NOW + 3 * DAY)
    api.put(return_id="rma_1")
    api.put(return_id="rma_2", shopper_id="cus_" + "a2" * 10, requested_at=NOW + DAY)
    api.put(return_id="rma_3", state=ReturnState.IN_REVIEW, review=review, requested_at=NOW + 2 * DAY, order_id="ord_2")

    def ids(**query: str) -> list[str]:
        return [one["return_id"] for one in api.returns.listed(request("read", **query), NOW + 9 * DAY)["returns"]]

    assert ids(shopper="cus_" + "a2" * 10) == ["rma_2"]
    assert ids(order="ord_2") == ["rma_3"]
    assert ids(state="in_review") == ["rma_3"]
    assert ids(since=(NOW + DAY).isoformat()) == ["rma_2", "rma_3"]
    assert ids(since=NOW.isoformat(), until=(NOW + DAY).isoformat()) == ["rma_1"]


@pytest.mark.parametrize("wanted", ["since", "shopper"])
def test_a_page_leads_to_the_next_one(api: Api, wanted: str) -> None:
    for number in range(PAGE + 5):
        letters = f"{number:02d}".translate(str.maketrans("0123456789", "abcdefghij"))
        known = {"return_id": f"rma_{letters:a<20}", "requested_at": NOW + timedelta(minutes=number)}
        api.put(**known, shopper_id="cus_" + "a2" * 10)
    query = {wanted: NOW.isoformat() if wanted == "since" else "cus_" + "a2" * 10}
    first = api.returns.listed(request("read", **query), NOW + DAY)
    second = api.returns.listed(request("read", **query, after=first["next"]), NOW + DAY)
    found = [one["return_id"] for one in (*first["returns"], *second["returns"])]
    assert len(first["returns"]) == PAGE
    assert len(found) == len(set(found)) == PAGE + 5
    assert second["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"shopper": "7", "order": "1"},
        {"state": "refunded"},
        {"shopper": "ida@mail.example"},
        {"since": "yesterday"},
        {"since": "2026-03-02"},
        {"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
        {"since": "2020-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
        {"since": "2026-03-02T00:00:00Z", "after": "BRAND#fjordhus"},
        {"since": "9999-12-31T23:59:59Z"},
    ],
)
def test_a_list_that_cannot_be_is_refused(api: Api, query: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError):
        api.returns.listed(request("read", **query), NOW)


# ------------------------------------------------------------------------------------------------ what is done about it
def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(PorchlightError) as caught:
        call()
    return caught.value.problem


def test_a_return_is_called_off_once_and_not_after_it_ended(api: Api) -> None:
    found, _ = api.ask()
    first = api.returns.cancel(request("write"), found["return_id"], NOW + DAY)
    assert first["state"] == "cancelled"
    assert api.returns.cancel(request("write"), found["return_id"], NOW + 2 * DAY) == first
    api.put(return_id="rma_done", state=ReturnState.REFUNDED)
    assert refused(lambda: api.returns.cancel(request("write"), "rma_done", NOW)) == "cannot-cancel"


def test_people_answer_assign_note_and_look_again(api: Api) -> None:
    review = Review(stage="request", why="much", asked_at=NOW, due_at=NOW + 3 * DAY)
    api.put(state=ReturnState.IN_REVIEW, review=review)
    assigned = api.reviews.assign(request("decide", {"assignee": "sam"}), "rma_1", NOW)
    assert assigned["review"]["assignee"] == "sam"
    noted = api.reviews.note(request("decide", {"note": "called"}), "rma_1", NOW)
    assert noted["review"]["notes"][-1].endswith("larkspur-decide: called")
    answered = api.reviews.decide(request("decide", {"approve": False, "note": "worn"}), "rma_1", NOW)
    assert (answered["state"], answered["problem"]) == (
        *("refused",),
        "https://porchlight.dev/problems/return-human-review",
    )
    assert answered["decisions"][-1]["decided_by"] == "larkspur-decide"
    again = api.reviews.decide(request("decide", {"approve": False, "note": "worn"}), "rma_1", NOW + DAY)
    assert again == answered
    other = {"approve": True}
    assert refused(lambda: api.reviews.decide(request("decide", other), "rma_1", NOW)) == "not-in-review"
    opened = api.reviews.reopen(request("decide"), "rma_1", NOW + DAY)
    assert opened["review"]["stage"] == "request"
    assert opened["state"] == "refused", "it holds nothing of the order until somebody says yes"


def test_a_body_that_is_none_names_its_fields(api: Api) -> None:
    api.put()
    with pytest.raises(InvalidInputError) as caught:
        api.reviews.decide(request("decide", {"approve": "perhaps", "secret": "x"}), "rma_1", NOW)
    assert "approve" in caught.value.detail
    assert "perhaps" not in caught.value.detail


def test_an_order_that_was_cancelled_meanwhile_is_still_written_and_refused_by_the_policy(api: Api) -> None:
    api.world.put(order(cancelled_at=NOW))
    found, new = api.ask()
    assert new
    stored = api.world.returns.get("larkspur", found["return_id"])
    assert stored
    assert api.world.assessor.of_request(stored).assessment.rule == "order_cancelled"
