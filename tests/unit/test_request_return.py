"""Asking for a return: what is written with it, what cannot be one, what can be had instead."""

import json
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from porchlight.domain.brands import BrandConfig
from porchlight.domain.law.model import Exemption, StatutoryProfile
from porchlight.domain.milestones import Milestone
from porchlight.domain.orders import Order, OrderLine, Shopper
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.domain.policies import ahead_of
from porchlight.domain.return_history import History
from porchlight.domain.returns import Outcome, Return, ReturnState
from porchlight.domain.rma.names import (
    RefundTrigger,
    Resolution,
    ReturnKind,
    ReturnMethod,
    SettlementKind,
    SettlementState,
)
from porchlight.domain.rma.settlements import Settlement
from porchlight.errors import ConflictError, InvalidInputError, NotFoundError, PorchlightError
from porchlight.returning import SenderAddress
from porchlight.services.asked import Asked
from porchlight.services.assess_return import Assessor, Offer
from porchlight.services.read_json import read_body
from porchlight.services.request_return import RequestDesk
from porchlight.services.return_bodies import ReturnBody
from porchlight.services.shopper_facts import ShopperBook
from tests.fakes import FakeBrands, FakeOrders, FakeReturns, FakeShipments
from tests.fakes_reaching import FakeProfiles
from tests.fakes_returning import FakeAddresses, FakeHistories, FakeLaws
from tests.unit.stories import DAY, NOW, after, brand, order, parcel, returns_policy, scan, usd, wanted

KEY = "request-key-1"
SHIRT = {"line_id": "shirt", "quantity": 1, "reason": "too_small"}


class World:
    """A delivered order, and the desk over fakes."""

    def __init__(self, config: BrandConfig | None = None, law: StatutoryProfile | None = None, **known: Any) -> None:
        self.returns, self.orders = FakeReturns(), FakeOrders()
        self.shipments = FakeShipments(self.orders)
        self.brands, self.histories, self.addresses = FakeBrands(config or brand()), FakeHistories(), FakeAddresses()
        shoppers = ShopperBook(FakeProfiles(self.orders), self.histories)
        self.assessor = Assessor(self.orders, self.shipments, self.returns, self.brands, shoppers, FakeLaws(law))
        self.desk = RequestDesk(self.returns, self.orders, self.assessor, self.addresses)
        self.put(order(**known))
        self.deliver("shp_1", "ord_1", NOW)

    def put(self, one: Order) -> None:
        self.orders.records["larkspur", one.order_id] = one

    def deliver(self, parcel_id: str, order_id: str, at: datetime, **update: Any) -> None:
        known = parcel(shipment_id=parcel_id, order_id=order_id, **update)
        self.shipments.save(after(known, [scan(Milestone.DELIVERED, at)]), due_at=None, link=True)

    def ask(self, key: str = KEY, now: datetime = NOW + DAY, **more: Any) -> Return:
        return self.desk.request("larkspur", asked(**more), key, now)[0]

    def offers(self, **more: Any) -> list[Offer]:
        return self.assessor.offers("larkspur", asked(**more), NOW + DAY)


def asked(**more: Any) -> Asked:
    return Asked.model_validate({"order_id": "ord_1", "lines": [SHIRT], **more})


def refused(error: type[PorchlightError], world: World, **more: Any) -> str:
    """The problem with which it is refused; nothing is written."""
    with pytest.raises(error) as caught:
        world.ask(**more)
    assert world.returns.records == {}
    return caught.value.problem


# ----------------------------------------------------------------------------------------------------- what is written
def test_a_request_is_written_with_its_facts_terms_risk_and_amounts() -> None:
    world = World()
    world.histories.records["larkspur", "cus_1"] = History(
        brand="larkspur",
        shopper_id="cus_1",
        orders=4,
        bought_minor={"USD": 40_000},
        returned_minor={"USD": 10_000},
        claims=(date(2025, 1, 1), date(2026, 2, 1)),
        first_order_on=date(2026, 1, 2),
    )
    request = world.ask()
    assert request.state is ReturnState.REQUESTED
    assert (request.resolution, request.method) == (Resolution.REFUND, ReturnMethod.LABEL)
    assert request.facts
    assert request.facts.asked_on == date(2026, 3, 3)
    assert request.facts.orders["ord_1"].delivered_on == date(2026, 3, 2)
    known = request.facts.shopper
    assert (known.orders, known.returned_share, known.claims, known.account_days) == (4, 0.25, 1, 60)
    assert request.risk
    assert (known.risk, known.risk_score) == (request.risk.level, request.risk.score)
    assert request.terms
    assert (request.terms.closes_on, request.terms.refund_on) == (date(2026, 4, 1), RefundTrigger.FIRST_SCAN)
    assert request.policy_version == request.terms.policy_version == "returns-1"
    assert request.parts
    assert (request.parts.items, request.parts.fee, request.parts.total) == (10_000, -500, usd(9_500))
    assert request.decisions == ()


def test_the_terms_at_the_request_hold_when_the_policy_changes() -> None:
    world = World()
    request = world.ask()
    world.brands = FakeBrands(brand(version="returns-2", fee_minor=9_000))
    stored = world.returns.get("larkspur", request.return_id)
    assert stored
    assert stored.terms
    assert (stored.policy_version, stored.terms.fee) == ("returns-1", usd(500))


def test_the_same_key_is_the_same_return_whatever_has_become_of_the_order() -> None:
    world = World()
    first = world.ask()
    world.put(order(cancelled_at=NOW + DAY))
    assert world.desk.request("larkspur", asked(), KEY, NOW + 2 * DAY) == (first, False)
    for other in ({"lines": [SHIRT | {"quantity": 2}]}, {"resolution": "store_credit"}, {"method": "qr"}):
        with pytest.raises(ConflictError) as caught:
            world.ask(**other)
        assert caught.value.problem == "idempotency-key-reused"
    assert len(world.returns.records) == 1


def test_two_requests_at_once_for_the_same_piece_are_both_written_and_one_goes_first() -> None:
    world = World()
    one = world.ask("first-key", lines=[SHIRT | {"quantity": 2}])
    two = world.ask("second-key", lines=[SHIRT | {"quantity": 2}])
    assert len(world.returns.records) == 2
    assert [len(ahead_of(one, [two])), len(ahead_of(two, [one]))].count(0) == 1


def test_what_goes_before_counts_as_returning_already() -> None:
    world = World()
    world.ask("first-key")
    second = world.ask("second-key", now=NOW + 2 * DAY)
    assert second.facts
    assert [line.already_returning for line in second.facts.lines] == [1]
    assert second.facts.orders["ord_1"].returns == 1


@pytest.mark.parametrize(
    ("more", "key", "error", "problem"),
    [
        ({}, "short", InvalidInputError, "no-idempotency-key"),
        ({"order_id": "ord_9"}, KEY, NotFoundError, "not-found"),
        ({"lines": [SHIRT | {"line_id": "x"}]}, KEY, InvalidInputError, "unknown-line"),
        ({"resolution": "exchange"}, KEY, InvalidInputError, "nothing-wanted"),
        ({"method": "in_store"}, KEY, InvalidInputError, "no-such-method"),
    ],
)
def test_what_cannot_be_a_return_is_refused_at_the_door(
    more: dict[str, Any], key: str, error: type[PorchlightError], problem: str
) -> None:
    assert refused(error, World(), key=key, **more) == problem


@pytest.mark.parametrize(
    ("rule", "more"),
    [
        ("final_sale", {"lines": [{"line_id": "hat", "quantity": 1, "reason": "changed_mind"}]}),
        ("window_closed", {"now": NOW + 31 * DAY}),
        ("quantity_exceeded", {"lines": [SHIRT | {"quantity": 3}]}),
        ("no_such_resolution", {"resolution": "repair"}),
    ],
)
def test_what_the_policy_refuses_is_written_all_the_same(rule: str, more: dict[str, Any]) -> None:
    world = World()
    request = world.ask(**more)
    assert request.state is ReturnState.REQUESTED
    assert request.facts
    assert world.assessor.of_request(request).assessment.rule == rule


# ------------------------------------------------------------------------------------------------------ several orders
def second_order(**update: Any) -> Order:
    lines = (OrderLine(line_id="belt", title="Belt", quantity=1, unit_price=usd(3_000)),)
    return order(order_id="ord_2", external_id="1002", lines=lines, total=usd(3_000), **update)


BELT = {"line_id": "belt", "quantity": 1, "reason": "too_small", "order_id": "ord_2"}


def test_one_return_over_two_orders_of_a_shopper() -> None:
    world = World()
    world.put(second_order())
    world.deliver("shp_2", "ord_2", NOW - 20 * DAY)
    request = world.ask(lines=[SHIRT | {"order_id": "ord_1"}, BELT])
    assert request.order_ids == ("ord_1", "ord_2")
    assert [line.order_id for line in request.lines] == ["", "ord_2"]
    assert request.facts
    assert request.facts.orders.keys() == {"ord_1", "ord_2"}
    assert request.terms
    assert request.terms.closes_on == date(2026, 3, 12), "the window that closes first"
    assert request.parts
    assert request.parts.total == usd(13_000 - 500), "one parcel, one fee"
    assert [one.return_id for one in world.returns.of_order("larkspur", "ord_2")] == [request.return_id]


@pytest.mark.parametrize("there", [True, False])
def test_the_order_of_somebody_else_is_as_unknown_as_one_that_is_not_there(there: bool) -> None:
    world = World()
    if there:
        world.put(second_order(shopper_id="cus_2"))
    with pytest.raises(NotFoundError) as caught:
        world.ask(lines=[SHIRT, BELT])
    assert caught.value.detail == "no such order"


def test_orders_in_two_currencies_are_two_returns() -> None:
    world = World()
    lines = (
        OrderLine(line_id="belt", title="Belt", quantity=1, unit_price=usd(1).model_copy(update={"currency": "EUR"})),
    )
    euros = usd(1).model_copy(update={"currency": "EUR"})
    world.put(second_order().model_copy(update={"currency": "EUR", "lines": lines, "total": euros}))
    assert refused(InvalidInputError, world, lines=[SHIRT, BELT]) == "mixed-currencies"
    dear = {"sku": "S-1", "unit_price": {"amount": 100, "currency": "EUR"}}
    exchange = [SHIRT | {"wanted": dear}]
    assert refused(InvalidInputError, world, lines=exchange, resolution="exchange") == "mixed-currencies"


# -------------------------------------------------------------------------------------------------------- what is read
def test_money_that_the_shop_paid_back_itself_is_seen_and_our_own_is_not() -> None:
    world = World(refunds={"r-1": usd(9_500)})
    elsewhere = world.ask()
    assert elsewhere.facts
    assert elsewhere.facts.orders["ord_1"].refunded_elsewhere
    done = Settlement(
        key="k",
        kind=SettlementKind.REFUND,
        order_id="ord_1",
        amount=usd(9_500),
        state=SettlementState.DONE,
        intended_at=NOW,
        done_at=NOW,
    )
    ours = wanted(return_id="rma_before", settlements=(done,), state=ReturnState.REFUNDED)
    world.returns.records["larkspur", "rma_before"] = ours
    again = world.ask("another-key", now=NOW + 2 * DAY)
    assert again.facts
    assert not again.facts.orders["ord_1"].refunded_elsewhere


def test_while_something_is_still_coming_the_window_has_not_begun() -> None:
    world = World()
    world.shipments.save(parcel(shipment_id="shp_2"), due_at=None, link=True)
    request = world.ask()
    assert request.facts
    assert request.terms
    assert (request.facts.orders["ord_1"].delivered_on, request.terms.closes_on) == (None, None)


def test_what_was_bought_in_a_store_is_there_at_once() -> None:
    world = World()
    world.put(second_order(channel="store", placed_at=NOW - 3 * DAY))
    request = world.ask(order_id="ord_2", lines=[BELT])
    assert request.facts
    assert request.facts.orders["ord_2"].delivered_on == date(2026, 2, 27)


def test_what_was_paid_for_one_is_the_lines_own_price() -> None:
    lines = (OrderLine(line_id="shirt", title="Shirt", quantity=3, unit_price=usd(3_334), paid=usd(10_000)),)
    request = World(lines=lines).ask()
    assert request.facts
    assert request.facts.lines[0].unit_minor == 3_333


# --------------------------------------------------------------------------------------------------------------- claims
CLAIMS = returns_policy() | {
    "reasons": [{"id": "too_small"}, {"id": "not_received", "kind": "claim"}, {"id": "defective", "kind": "warranty"}]
}
MISSING = SHIRT | {"reason": "not_received"}


def test_a_claim_is_for_what_the_carrier_calls_delivered() -> None:
    world = World(brand(reasons=CLAIMS["reasons"]))
    claim = world.ask(lines=[MISSING])
    assert (claim.kind, claim.method) == (ReturnKind.CLAIM, ReturnMethod.KEEP)
    assert claim.parts
    assert claim.parts.fee == 0, "nothing was sent back"
    world.returns.records.clear()
    world.shipments.records.clear()
    world.shipments.save(parcel(), due_at=None, link=True)
    assert refused(ConflictError, world, lines=[MISSING]) == "not-delivered"


def test_a_claim_is_for_what_was_in_the_delivered_parcel() -> None:
    world = World(brand(reasons=CLAIMS["reasons"]))
    hat_only = {"f": Packing(lines=(ParcelLine(line_id="hat", quantity=1),), as_of=NOW)}
    world.shipments.records.clear()
    world.deliver("shp_1", "ord_1", NOW, packed=hat_only)
    assert refused(ConflictError, world, lines=[MISSING]) == "not-delivered"


def test_reasons_of_two_kinds_are_two_returns() -> None:
    world = World(brand(reasons=CLAIMS["reasons"]))
    lines = [SHIRT, {"line_id": "hat", "quantity": 1, "reason": "defective"}]
    assert refused(InvalidInputError, world, lines=lines) == "mixed-kinds"
    assert world.ask(lines=lines[1:]).kind is ReturnKind.WARRANTY


def test_of_a_withdrawal_exempt_lines_are_refused_and_the_others_stand() -> None:
    profile = StatutoryProfile(
        country="DE", withdrawal_days=14, refund_days=14, exempt=frozenset({Exemption.CUSTOM_MADE})
    )
    mug = OrderLine(line_id="mug", title="Mug", quantity=1, unit_price=usd(2_000), no_withdrawal="custom_made")
    shirt = OrderLine(line_id="shirt", title="Shirt", quantity=2, unit_price=usd(10_000))
    world = World(lines=(shirt, mug), law=profile)
    lines = [SHIRT, {"line_id": "mug", "quantity": 1, "reason": "too_small"}]
    request = world.ask(kind="withdrawal", lines=lines)
    assert [line.line_id for line in request.lines] == ["shirt"]
    assert request.refused_lines == {"ord_1/mug": "no_withdrawal"}
    assert request.assessed is Outcome.APPROVE
    assert request.parts
    assert request.parts.items == 10_000
    assert world.ask(kind="withdrawal", lines=lines) == request, "the same key, the same return"
    alone = world.ask("another-key", kind="withdrawal", lines=lines[1:])
    assert (alone.assessed, alone.assessed_rule) == (Outcome.REFUSE, "no_withdrawal")
    assert [line.line_id for line in alone.lines] == ["mug"]
    assert alone.refused_lines == {}


# --------------------------------------------------------------------------------------------------------------- offers
def test_offers_are_what_can_be_had_with_amounts_and_nothing_is_written() -> None:
    rules = [
        {"id": "free_credit", "when": {"resolution": ["store_credit"]}, "then": {"pays": "brand"}},
        *returns_policy()["rules"],
    ]
    last = returns_policy()["otherwise"] | {"methods": ["label", "in_store"], "credit_bonus_percent": 10}
    world = World(brand(rules=rules, otherwise=last))
    found = {(one.resolution.value, one.method.value): one.amount.amount for one in world.offers()}
    assert (
        found
        == {
            ("refund", "label"): 9_500,
            ("refund", "in_store"): 10_000,
            ("store_credit", "label"): 11_000,
            ("store_credit", "in_store"): 11_000,
            ("exchange", "label"): 9_500,
            ("exchange", "in_store"): 10_000,
        }
        or found["exchange", "label"] == 10_000
    )
    assert world.returns.records == {}
    for offer in world.offers():
        key = f"{offer.resolution}-{offer.method}-key"
        lines = [SHIRT | {"wanted": {"sku": "S-2"}}]
        made = world.ask(key, lines=lines, resolution=offer.resolution, method=offer.method)
        world.returns.records.clear()
        assert made.parts
        assert made.parts.total == offer.amount, "what was offered is what is written"


def test_what_is_kept_is_not_exchanged() -> None:
    last = returns_policy()["otherwise"] | {"methods": ["keep", "label"]}
    found = {(one.resolution, one.method) for one in World(brand(otherwise=last)).offers()}
    assert (Resolution.REFUND, ReturnMethod.KEEP) in found
    assert (Resolution.EXCHANGE, ReturnMethod.KEEP) not in found
    assert (Resolution.EXCHANGE, ReturnMethod.LABEL) in found


def test_what_is_refused_has_no_offers() -> None:
    assert World().offers(lines=[{"line_id": "hat", "quantity": 1, "reason": "changed_mind"}]) == []


# ---------------------------------------------------------------------------------------------------------------- gifts
def test_credit_for_a_gift_goes_to_who_got_it() -> None:
    world = World()
    found = world.ask(
        gift=True, source="gift", resolution="store_credit", recipient={"name": "Nora", "email": "Nora@mail.example"}
    )
    assert found.recipient_id.startswith("cus_")
    assert found.recipient_id != found.shopper_id == "cus_1"
    stored = world.orders.shopper("larkspur", found.recipient_id)
    assert stored
    assert (stored.name, stored.email) == ("Nora", "Nora@mail.example")
    assert "ora" not in found.model_dump_json().replace("store", ""), "no personal data on the return"
    assert found.facts
    assert found.facts.gift
    needed = {"gift": True, "resolution": "store_credit"}
    assert refused(InvalidInputError, World(), **needed) == "recipient-needed"


def test_who_is_known_already_is_not_renamed_by_a_gift() -> None:
    world = World()
    first = world.ask("gift-key-1", gift=True, recipient={"name": "Nora", "email": "nora@mail.example"})
    world.orders.put_shopper(
        Shopper(brand="larkspur", shopper_id=first.recipient_id, name="Nora Dahl", email="nora@mail.example")
    )
    world.ask("gift-key-2", gift=True, recipient={"name": "X", "email": "nora@mail.example"})
    known = world.orders.shopper("larkspur", first.recipient_id)
    assert known
    assert known.name == "Nora Dahl"


def test_the_risk_of_the_giver_is_not_that_of_who_got_it() -> None:
    world = World()
    world.histories.records["larkspur", "cus_1"] = History(brand="larkspur", shopper_id="cus_1", orders=9)
    found = world.ask(gift=True)
    assert found.facts
    assert found.facts.shopper.orders == 0


def test_the_senders_address_is_kept_under_the_shopper_alone() -> None:
    world = World()
    sender = SenderAddress(name="Ida Berg", street="Elm 1", city="Oslo", postcode="0150", country="NO")
    found = world.ask(sender=sender)
    assert world.addresses.get("larkspur", "cus_1", found.return_id) == sender
    assert "Elm" not in found.model_dump_json()


# --------------------------------------------------------------------------------------------------------------- bodies
def test_a_body_names_orders_by_the_shops_own_ids_or_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("porchlight.services.assess_return.id_of_order", lambda _, external: f"ord_{external[-1]}")
    body = ReturnBody.model_validate(
        {"order": "1001", "lines": [SHIRT | {"order": "1002"}, SHIRT | {"order": "ord_1"}]}
    )
    found = body.asked("larkspur")
    assert (found.order_id, [line.order_id for line in found.lines]) == ("ord_1", ["ord_2", "ord_1"])


@pytest.mark.parametrize("name", ["labels/larkspur/a.pdf", "photos/fjordhus/ord_1/key-1", "photos/larkspur/../x", ""])
def test_only_pictures_of_the_brand_are_taken(name: str) -> None:
    def body(photo: str) -> ReturnBody:
        sent = json.dumps({"order": "ord_1", "lines": [SHIRT | {"photos": [photo]}]})
        return read_body(ReturnBody, sent.encode())

    with pytest.raises(InvalidInputError):
        body(name).asked("larkspur")
    fine = "photos/larkspur/ord_1/request-key-1"
    assert body(fine).asked("larkspur").lines[0].photos == (fine,)


def test_a_bad_body_names_its_fields_and_repeats_no_value() -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_body(ReturnBody, b'{"order": "1", "lines": [{"line_id": "secret", "quantity": 0, "reason": "r"}]}')
    assert "lines.0.quantity: greater_than_equal" in caught.value.detail
    assert "secret" not in caught.value.detail
    with pytest.raises(InvalidInputError):
        read_body(ReturnBody, b'{"order": "1", "lines": [], "recipient": {"email": "a@b.example"}}')


def test_the_outcome_is_not_the_desks_to_say() -> None:
    world = World(brand(review_above_minor=1))
    request = world.ask()
    assert request.decisions == ()
    assert world.assessor.of_request(request).assessment.outcome is Outcome.REVIEW
    assert request.requested_at == NOW + timedelta(days=1)


# ------------------------------------------------------------------------------------------------------------ exchanges
def test_what_was_sent_in_exchange_comes_back_with_the_money_of_the_first_order() -> None:
    """Given a shirt that was exchanged for a coat, when the coat comes back, then the shirt's payment is refunded."""
    world = World()
    sent = Settlement(
        key="x",
        kind=SettlementKind.EXCHANGE,
        order_id="ord_1",
        amount=usd(10_000),
        state=SettlementState.DONE,
        intended_at=NOW,
        done_at=NOW,
    )
    first = wanted(
        return_id="rma_first", resolution=Resolution.EXCHANGE, settlements=(sent,), state=ReturnState.EXCHANGED
    )
    world.returns.records["larkspur", "rma_first"] = first
    coat = OrderLine(line_id="coat", title="Coat", quantity=1, unit_price=usd(0))
    world.put(order(order_id="ord_3", external_id="1003", lines=(coat,), total=usd(0), exchange_of="rma_first"))
    world.deliver("shp_3", "ord_3", NOW)
    request = world.ask(order_id="ord_3", lines=[{"line_id": "coat", "quantity": 1, "reason": "too_small"}])
    assert request.facts
    assert request.facts.orders.keys() == {"ord_3"}
    assert request.facts.orders["ord_3"].exchanged
    assert request.parts
    assert request.parts.items == 10_000
    assert request.parts.total == usd(9_500)


def test_an_exchange_of_a_return_that_is_gone_is_worth_what_the_order_says() -> None:
    world = World()
    coat = OrderLine(line_id="coat", title="Coat", quantity=1, unit_price=usd(7_000))
    world.put(order(order_id="ord_3", external_id="1003", lines=(coat,), total=usd(7_000), exchange_of="rma_gone"))
    request = world.ask(order_id="ord_3", lines=[{"line_id": "coat", "quantity": 1, "reason": "too_small"}])
    assert request.parts
    assert request.parts.items == 7_000


# ------------------------------------------------------------------------------------------------ nothing twice, killed
def test_killed_before_the_request_is_written_the_same_key_writes_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given the address and the recipient were written, when the desk dies, then the same call goes on."""
    world = World()
    more: dict[str, Any] = {
        "gift": True,
        "resolution": "store_credit",
        "recipient": {"name": "Nora", "email": "nora@mail.example"},
        "sender": SenderAddress(name="Nora", street="Elm 1", city="Oslo", postcode="0150", country="NO"),
    }
    create = world.returns.create

    def dies(request: Return) -> bool:
        raise TimeoutError

    monkeypatch.setattr(world.returns, "create", dies)
    with pytest.raises(TimeoutError):
        world.ask(**more)
    monkeypatch.setattr(world.returns, "create", create)
    first, again = world.ask(**more), world.ask(**more)
    assert first == again
    assert len(world.returns.records) == len(world.addresses.records) == 1


def test_two_calls_at_once_with_one_key_are_one_return(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given another call has written it after this one looked, then its return is the answer."""
    world = World()
    look, written = world.returns.get, list[str]()

    def late(brand: str, return_id: str) -> Return | None:
        if not written:
            written.append(return_id)
            world.ask(KEY)
            return None
        return look(brand, return_id)

    monkeypatch.setattr(world.returns, "get", late)
    request, new = world.desk.request("larkspur", asked(), KEY, NOW + DAY)
    assert not new
    assert list(world.returns.records.values()) == [request]


def test_a_return_is_about_so_many_orders_as_one_transaction_takes() -> None:
    world = World()
    lines = [{**SHIRT, "order_id": f"ord_{number}"} for number in range(21)]
    assert refused(InvalidInputError, world, lines=lines) == "too-many-orders"
