"""The returns portal: who gets in, what can be had, what is written, what the page of a return says."""

import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from porchlight.adapters.brandpack import BrandPack
from porchlight.domain.ids import shipment_id
from porchlight.domain.law.model import StatutoryProfile
from porchlight.domain.money import Money
from porchlight.domain.orders import Destination, Shopper
from porchlight.domain.returns import Decision, Label, Outcome, Return, ReturnState
from porchlight.domain.rma.names import Resolution, ReturnKind, ReturnMethod
from porchlight.errors import NotFoundError
from porchlight.services.pages import Answered
from tests.packs import repository_pack
from tests.unit.portal import KEY, LATER, Shop, hidden, page_of, query_of, texts
from tests.unit.stories import DAY, NOW, brand, order

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))


SHIRT = {"n_shirt": "1", "why_shirt": "too_small"}
DAMAGED = {"n_shirt": "1", "why_shirt": "damaged"}
GIFT = {"resolution": "store_credit", "recipient_email": "bob@x.example", "recipient_name": "Bob"}
NAMED = {"name": "Ada Lovelace", "street": "1 Alder Street", "city": "Portland", "postcode": "97202"}


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


@pytest.fixture
def shop(pack: BrandPack) -> Shop:
    return Shop(pack)


def find(
    shop: Shop, number: str = "1001", proof: str = "ada@x.example", source: str = "1.2.3.4", now: datetime = LATER
) -> Any:
    """The token that it leads to, or the page."""
    found = shop.find_desk.find("larkspur", {"number": number, "proof": proof}, source, now)
    return found.page or found.location.removeprefix("../r/")


def lost(answered: Answered) -> bool:
    """The page that tells nothing."""
    assert answered.page
    return answered.page.status == 404 and "This link does not work any more" in texts(answered.page.html)


class TestFind:
    @pytest.mark.parametrize("proof", ["ada@x.example", " ADA@X.example ", "97202", "97202-1234", "９７２０２"])
    def test_number_and_email_or_postcode_lead_to_the_orders_returns(self, shop: Shop, proof: str) -> None:
        claims = shop.links.read("r", find(shop, "#1001 ", proof), LATER)
        assert (claims["b"], claims["o"]) == ("larkspur", "ord_1")

    def test_what_leads_there_lives_for_two_hours_and_is_good_for_nothing_else(self, shop: Shop) -> None:
        token = find(shop)
        for kind, at in (("t", LATER), ("p", LATER), ("g", LATER), ("r", LATER + DAY / 12)):
            with pytest.raises(NotFoundError):
                shop.links.read(kind, token, at)

    def test_a_wrong_proof_and_an_order_that_is_none_have_one_answer(self, shop: Shop) -> None:
        wrong, none = find(shop, "1001", "eve@x.example"), find(shop, "1002", "eve@x.example")
        assert (wrong.status, none.status) == (200, 200)
        assert wrong.html.replace("1001", "1002") == none.html
        assert "did not find" in texts(none.html)

    def test_an_order_that_is_none_costs_as_many_reads(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        reads: list[str] = []
        monkeypatch.setattr(shop.orders, "shopper", lambda brand, shopper: reads.append(shopper))
        get = shop.orders.get
        monkeypatch.setattr(shop.orders, "get", lambda brand, order_id: reads.append("order") or get(brand, order_id))
        find(shop, "1001", "eve@x.example")
        known, reads[:] = len(reads), []
        find(shop, "1002", "eve@x.example")
        assert len(reads) == known == 2

    @pytest.mark.parametrize("proof", ["972", "97", "9", "x@x.example", "@", "97302"])
    def test_neither_part_of_a_proof_nor_another_one_is_enough(self, shop: Shop, proof: str) -> None:
        assert "did not find" in texts(find(shop, proof=proof).html)

    def test_where_postcodes_have_three_signs_these_are_enough(self, shop: Shop) -> None:
        shop.put(order(destination=Destination(country="IS", postal_prefix="101")))
        assert isinstance(find(shop, proof="101"), str)
        assert not isinstance(find(shop, proof="10"), str)

    def test_an_order_without_postcode_and_email_is_proved_by_nothing(self, shop: Shop) -> None:
        shop.put(order(), Shopper(brand="larkspur", shopper_id="cus_1"))
        for proof in ("ada@x.example", "97202", "   x"):
            assert "did not find" in texts(find(shop, proof=proof).html)

    def test_whose_data_was_forgotten_is_not_found(self, shop: Shop) -> None:
        forgotten = Shopper(brand="larkspur", shopper_id="cus_1", email="ada@x.example", erased_at=LATER)
        shop.orders.shoppers["larkspur", "cus_1"] = forgotten
        assert "did not find" in texts(find(shop).html)

    def test_two_orders_of_one_number_are_told_apart_by_the_proof(self, shop: Shop) -> None:
        other = Shopper(brand="larkspur", shopper_id="cus_2", email="bob@x.example")
        shop.put(order(order_id="ord_2", shopper_id="cus_2"), other)
        assert shop.links.read("r", find(shop, proof="bob@x.example"), LATER)["o"] == "ord_2"
        assert shop.links.read("r", find(shop), LATER)["o"] == "ord_1"

    def test_an_order_is_guessed_at_a_few_times_an_hour_from_wherever_and_right_ones_count(self, shop: Shop) -> None:
        for number in range(8):
            find(shop, "1001", "eve@x.example", f"10.0.0.{number}")
        page = find(shop, source="10.0.0.99")
        assert page.status == 429
        assert "too often" in texts(page.html)
        assert isinstance(find(shop, proof="97202", source="10.0.0.99", now=LATER + DAY), str)

    def test_one_address_of_the_net_tries_so_often_an_hour_whatever_it_asks_for(self, shop: Shop) -> None:
        for number in range(30):
            assert find(shop, f"9{number}").status == 200
        assert find(shop, "1001").status == 429
        assert isinstance(find(shop, "1001", source="1.2.3.5"), str)

    def test_nothing_is_counted_or_looked_up_for_an_empty_form(self, shop: Shop) -> None:
        for number, proof in (("", "97202"), ("#", "97202"), ("1001", " ")):
            assert "We need both" in texts(find(shop, number, proof).html)
        assert not shop.tries.counts

    def test_one_shop_is_its_form_several_are_a_choice(self, pack: BrandPack, shop: Shop) -> None:
        assert shop.find_desk.shops().location == "returns/larkspur"
        other = brand().model_copy(update={"brand_id": "fjordhus", "name": "Fjordhus"})
        page = Shop(pack, other).find_desk.shops().page
        assert page
        assert re.findall(r'href="(returns/\w+)"', page.html) == ["returns/fjordhus", "returns/larkspur"]

    def test_a_shop_that_is_none_tells_nothing(self, shop: Shop) -> None:
        assert shop.find_desk.form("nobody").status == 404
        missed = shop.find_desk.find("nobody", {"number": "1", "proof": "2"}, "3", LATER).page
        assert missed
        assert missed.status == 404


class TestItems:
    def test_what_may_come_back_until_when_and_what_may_not_and_why(self, shop: Shop) -> None:
        html = shop.items()
        said = texts(html)
        assert "Can come back until Wednesday 1 April" in said
        assert "It was sold as final sale" in said
        assert {"n-shirt", "why-shirt"} <= set(re.findall(r'<select[^>]* name="([^"]*)"', html))
        assert "n-hat" not in html

    def test_when_the_window_has_closed_a_defect_may_still_be_said(self, pack: BrandPack) -> None:
        always = {"id": "warranty", "when": {"kind": ["warranty"]}, "then": {"window": {"days": 730}}}
        shop = Shop(pack, rules=[always])
        html = shop.items(now=NOW + 60 * DAY)
        assert "The time for returns ended on Wednesday 1 April" in texts(html)
        assert set(re.findall(r'<option value="([a-z_]+)"', html)) == {"defective"}

    def test_what_is_in_a_return_already_can_come_back_no_more(self, shop: Shop) -> None:
        shop.asked(n_shirt="2")
        html = shop.items(now=LATER + DAY)
        assert "2 of it are in a return already" in texts(html)
        assert "n-shirt" not in html

    def test_only_what_the_carrier_calls_delivered_can_be_said_not_to_have_come(self, shop: Shop) -> None:
        assert "not_received" in shop.items()
        shop.shipments.records.clear()
        assert "not_received" not in shop.items()

    def test_where_the_law_knows_a_withdrawal_it_is_linked_while_it_is_open(self, shop: Shop) -> None:
        assert "/withdraw/" not in shop.items()
        shop.laws.profile = StatutoryProfile(country="DE", withdrawal_days=14)
        assert "/withdraw/" in shop.items()
        assert "/withdraw/" not in shop.items("g")
        assert "/withdraw/" not in shop.items(now=NOW + 40 * DAY)

    def test_reasons_are_those_of_the_category(self, pack: BrandPack) -> None:
        shop = Shop(pack, reasons=[{"id": "too_small", "categories": ["shirts"]}, {"id": "changed_mind"}])
        assert "too_small" not in shop.items()
        assert "changed_mind" in shop.items()

    def test_returns_that_there_are_are_shown_with_their_state(self, shop: Shop) -> None:
        request = shop.asked()
        html = shop.items()
        assert f'href="/r/{shop.token()}/{request.return_id}"' in html
        assert "We have your request for a return" in texts(html)

    @pytest.mark.parametrize("kind", ["r", "g"])
    def test_forged_and_expired_links_and_those_of_the_forgotten_are_one_page(self, shop: Shop, kind: str) -> None:
        token = shop.token(kind)
        other = shop.links.of_order(shop.brand, shop.order)["preferences"].rpartition("/")[2]
        for wrong, at in (("forged", LATER), (token + "x", LATER), (other, LATER), (token, NOW + 999 * DAY)):
            assert lost(shop.portal.get(wrong, "", {}, at))
            assert lost(shop.portal.post(wrong, "", {}, at))
        profile = shop.profiles.with_contact("larkspur", "cus_1")[1]
        shop.profiles.save(profile.model_copy(update={"erased_at": LATER, "version": profile.version + 1}))
        assert lost(shop.portal.get(token, "", {}, LATER + DAY))


class TestOffers:
    def test_what_can_be_had_with_amounts_who_pays_and_when(self, shop: Shop) -> None:
        said = texts(shop.choose(**SHIRT).html)
        assert "$95.00 back" in said
        assert "$5.00 for the way back is taken off already" in said
        assert "as soon as the carrier scans your parcel" in said
        assert "as store credit" in said
        assert "Another size, colour or item" in said
        assert "Print a label" in said
        assert not shop.returns.records

    def test_where_the_brand_pays_the_way_back_it_says_so(self, pack: BrandPack) -> None:
        free = {"id": "free", "then": {"pays": "brand", "fee": {}}}
        said = texts(Shop(pack, rules=[free]).choose(**SHIRT).html)
        assert "$100.00 back" in said
        assert "The way back costs you nothing" in said

    def test_a_fee_for_one_way_back_stands_with_that_way(self, pack: BrandPack) -> None:
        # Given a way back that costs a fee and two that do not, whichever is named first
        for methods in (["in_store", "label", "own"], ["label", "own", "in_store"]):
            both = {"id": "both", "then": {"methods": methods}}
            shop = Shop(pack, rules=[both])
            said = texts(shop.choose(**SHIRT).html)
            # Then nobody is shown an amount that they do not get
            assert "$100.00 back" in said
            assert "$5.00 for the way back is taken off already" not in said
            assert said.count("$5.00 for it is taken off") == 1
            assert shop.asked(once="a" * 16, method="in_store").parts.total.amount == 10_000
        assert Shop(pack, rules=[both]).asked(method="label").parts.total.amount == 9_500

    def test_what_is_brought_to_a_shop_is_paid_when_it_is_there(self, pack: BrandPack) -> None:
        said = texts(Shop(pack, rules=[{"id": "shop", "then": {"methods": ["in_store"]}}]).choose(**SHIRT).html)
        assert "as soon as you have brought it" in said
        assert "scan" not in said

    def test_that_a_person_looks_at_it_first_is_said_before(self, pack: BrandPack) -> None:
        said = texts(Shop(pack, review_above_minor=5_000).choose(**SHIRT).html)
        assert "A person looks at it first and decides within 3 days" in said

    @pytest.mark.parametrize(
        ("query", "word"),
        [
            ({}, "choose at least one item"),
            ({"n_shirt": "0", "why_shirt": "too_small"}, "choose at least one item"),
            ({"n_shirt": "-1", "why_shirt": "too_small"}, "choose at least one item"),
            ({"n_shirt": "1e3", "why_shirt": "too_small"}, "choose at least one item"),
            ({"n_nothing": "1", "why_nothing": "too_small"}, "choose at least one item"),
            ({"n_shirt": "1"}, "Please say why"),
            ({"n_shirt": "3", "why_shirt": "too_small"}, "not so many left"),
            ({"n_shirt": "1", "why_shirt": "too_small", "n_hat": "1", "why_hat": "defective"}, "one return for each"),
        ],
    )
    def test_what_is_wrong_is_said_on_the_page_of_the_items(self, shop: Shop, query: dict[str, str], word: str) -> None:
        html = shop.choose(**query).html
        assert word in texts(html)
        assert "What would you like to send back" in texts(html)

    def test_what_was_chosen_is_still_chosen_then(self, shop: Shop) -> None:
        html = shop.choose(n_shirt="2").html
        assert '<option value="2" selected>' in html

    def test_more_than_is_left_is_said_so(self, shop: Shop) -> None:
        shop.asked(n_shirt="1")
        assert "not so many left" in texts(shop.choose(now=LATER + DAY, n_shirt="2", why_shirt="too_small").html)

    def test_what_the_policy_refuses_is_said_with_its_reason_and_a_person_may_be_asked(self, shop: Shop) -> None:
        page = shop.choose(n_hat="1", why_hat="too_small")
        assert "It was sold as final sale" in texts(page.html)
        made = shop.portal.post(shop.token(), "", hidden(page.html), LATER)
        request = shop.returns.records["larkspur", made.location.rpartition("/")[2]]
        assert [(line.line_id, line.reason) for line in request.lines] == [("hat", "too_small")]

    def test_a_claim_asks_for_no_way_back(self, shop: Shop) -> None:
        html = shop.choose(n_shirt="1", why_shirt="not_received").html
        assert 'name="method"' not in html
        request = shop.asked(why_shirt="not_received", method="")
        assert (request.kind, request.method) == (ReturnKind.CLAIM, ReturnMethod.KEEP)

    def test_a_defect_is_dealt_with_as_a_warranty(self, shop: Shop) -> None:
        assert shop.asked(why_shirt="defective").kind is ReturnKind.WARRANTY


class TestAsk:
    def test_the_request_is_written_as_it_was_chosen(self, shop: Shop) -> None:
        request = shop.asked(n_shirt="2", resolution="store_credit", method="qr")
        assert [(line.line_id, line.quantity, line.reason) for line in request.lines] == [("shirt", 2, "too_small")]
        assert (request.resolution, request.method) == (Resolution.STORE_CREDIT, ReturnMethod.QR)
        assert (request.source, request.shopper_id, request.state) == ("portal", "cus_1", ReturnState.REQUESTED)
        assert request.terms

    @pytest.mark.parametrize("count", ["1", "2"])
    def test_two_clicks_are_one_return_also_of_all_there_is(self, shop: Shop, count: str) -> None:
        sent = {"n_shirt": count, "why_shirt": "too_small", "resolution": "refund", "method": "label"}
        first, again = shop.ask(**sent), shop.ask(**sent, now=LATER + DAY / 24)
        assert first.location
        assert first == again
        assert len(shop.returns.records) == 1

    def test_of_two_clicks_at_one_moment_the_slower_one_leads_to_the_same_return(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given a second click that found no return yet, and the first one written meanwhile
        get, looks = shop.returns.get, iter([None])
        sent = {"n_shirt": "2", "why_shirt": "too_small", "resolution": "refund", "method": "label"}
        first = shop.ask(**sent)
        monkeypatch.setattr(shop.returns, "get", lambda *asked: next(looks, get(*asked)))
        assert shop.ask(now=LATER + DAY / 24, **sent) == first

    def test_the_page_of_before_with_something_else_makes_no_second_one(self, shop: Shop) -> None:
        shop.asked()
        again = shop.ask(**{**SHIRT, "n_shirt": "2", "resolution": "refund", "method": "label"})
        assert again.page
        assert "You have asked for this already" in texts(again.page.html)
        assert len(shop.returns.records) == 1

    @pytest.mark.parametrize(
        ("sent", "word"),
        [
            ({"method": "label"}, "what you would like to have"),
            ({"resolution": "gold", "method": "label"}, "what you would like to have"),
            ({"resolution": "refund"}, "how it comes back"),
            ({"resolution": "refund", "method": "drone"}, "how it comes back"),
            ({"resolution": "exchange", "method": "label"}, "which one you would like instead"),
        ],
    )
    def test_what_is_missing_is_asked_for_and_nothing_is_written(
        self, shop: Shop, sent: dict[str, str], word: str
    ) -> None:
        answered = shop.ask(**SHIRT, **sent)
        assert answered.page
        assert word in texts(answered.page.html)
        assert not shop.returns.records

    def test_what_is_wanted_in_exchange_is_kept_with_the_line(self, shop: Shop) -> None:
        request = shop.asked(resolution="exchange", wanted_shirt="Shirt, large")
        wanted = request.lines[0].wanted
        assert wanted
        assert wanted.sku == "Shirt, large"

    def test_an_address_is_asked_for_where_the_label_needs_it_and_kept_apart(self, pack: BrandPack) -> None:
        shop = Shop(pack, needs_address=True)
        assert "Where you send it from" in texts(shop.choose(**SHIRT).html)
        refused = shop.ask(**SHIRT, resolution="refund", method="label", name="Ada")
        assert refused.page
        assert "fill in your name" in texts(refused.page.html)
        request = shop.asked(**NAMED)
        kept = shop.addresses.get("larkspur", "cus_1", request.return_id)
        assert kept
        assert (kept.name, kept.city, kept.country) == ("Ada Lovelace", "Portland", "US")
        assert "Lovelace" not in request.model_dump_json()
        assert "Lovelace" not in shop.show(request)

    def test_none_is_asked_for_where_none_is_needed(self, shop: Shop) -> None:
        assert "Where you send it from" not in texts(shop.choose(**SHIRT).html)

    @pytest.mark.parametrize("key", ["", "short", "Z" * 16, "0" * 65, "../../etc/passwd"])
    def test_a_key_that_is_not_ours_writes_nothing(self, shop: Shop, key: str) -> None:
        answered = shop.ask(**SHIRT, resolution="refund", method="label", once=key)
        assert answered.page
        assert not shop.returns.records


class TestPhotos:
    def test_a_picture_is_asked_for_where_the_reason_says_so(self, shop: Shop) -> None:
        assert "Pictures" in texts(shop.choose(**DAMAGED).html)
        assert "Pictures" not in texts(shop.choose(**SHIRT).html)

    def test_it_goes_to_the_bucket_under_a_name_that_nobody_chose_and_leads_back(self, shop: Shop) -> None:
        page = shop.choose(**DAMAGED)
        name, kind, most, _ = shop.documents.forms[-1]
        assert (name, kind, most) == (f"photos/larkspur/ord_1/{KEY}-1", "image/jpeg", 8_000_000)
        assert "form-action 'self' https://bucket.example;" in page.policy
        back = hidden(page.html)["back"]
        assert back.startswith(f"https://shop.example/r/{shop.token()}/choose?")
        shop.documents.put(name, b"jpeg", "image/jpeg")
        page = page_of(shop.portal.get(shop.token(), "choose", query_of(back), LATER))
        assert "Picture 1 is here" in texts(page.html)
        assert shop.documents.forms[-1][0].endswith("-2")
        made = shop.portal.post(
            shop.token(), "", hidden(page.html) | {"resolution": "refund", "method": "label"}, LATER
        )
        request = shop.returns.records["larkspur", made.location.rpartition("/")[2]]
        assert request.lines[0].photos == (name,)

    def test_one_that_did_not_arrive_or_is_too_large_or_no_picture_is_said_so_and_not_kept(self, shop: Shop) -> None:
        name = f"photos/larkspur/ord_1/{KEY}-1"
        for body, kind in ((b"", ""), (b"x" * 8_000_001, "image/jpeg"), (b"<svg>", "image/svg+xml")):
            shop.documents.bodies = {name: (body, kind)} if body else {}
            html = shop.choose(**DAMAGED, photo_1="shirt").html
            assert "did not arrive" in texts(html)
            assert "photo-1" not in hidden(html)
        assert shop.asked(**DAMAGED, photo_1="shirt").lines[0].photos == ()

    def test_there_are_five_at_most(self, shop: Shop) -> None:
        for number in range(1, 6):
            shop.documents.put(f"photos/larkspur/ord_1/{KEY}-{number}", b"jpeg", "image/jpeg")
        shop.choose(**DAMAGED, **{f"photo_{number}": "shirt" for number in range(1, 6)})
        assert shop.documents.forms == []

    def test_the_policy_of_other_pages_lets_forms_go_nowhere_else(self, shop: Shop) -> None:
        assert "bucket" not in shop.choose(**SHIRT).policy


class TestGifts:
    def test_no_page_of_a_gift_shows_a_price_or_the_giver(self, shop: Shop) -> None:
        request = shop.asked("g", **GIFT)
        pages = [shop.items("g"), shop.choose("g", **SHIRT).html, shop.show(request, "g")]
        for html in pages:
            assert not re.search(r"\$|\d+\.\d\d", texts(html)), texts(html)
            assert "/t/" not in html
            assert "ada@" not in html.lower()

    def test_the_giver_gets_the_money_or_the_one_who_got_it_a_credit(self, shop: Shop) -> None:
        said = texts(shop.choose("g", **SHIRT).html)
        assert "The giver gets the money back" in said
        assert "You get its value as store credit" in said
        assert "Another size" not in said

    @pytest.mark.parametrize("state", ReturnState)
    def test_nor_does_it_where_the_giver_gets_the_money(self, shop: Shop, state: ReturnState) -> None:
        # Given a gift whose giver is paid back, at any point of its way
        request = shop.asked("g", resolution="refund")
        shop.returns.records["larkspur", request.return_id] = request.model_copy(
            update={"state": state, "refund_amount": Money(amount=9500, currency="USD"), "parts": request.parts}
        )
        # Then whoever got it reads no amount, and nothing of a payment of theirs
        for html in (shop.show(request, "g"), shop.items("g")):
            assert not re.search(r"\$|\d+\.\d\d|your payment|the way you paid", texts(html)), texts(html)

    def test_whoever_gave_it_sees_their_money_alone(self, shop: Shop) -> None:
        # Given two gifts that come back: one for credit, one for the giver's money, with a label that names its sender
        credit = shop.asked("g", **GIFT)
        refund = shop.asked("g", once="f" * 16, resolution="refund")
        label = Label(
            carrier="ups", tracking_number="1Z1", shipment_id="shp_2", reference="lbl", document="labels/1.pdf"
        )
        shop.documents.put("labels/1.pdf", b"%PDF-", "application/pdf")
        for state, given in (
            (ReturnState.APPROVED, ReturnState.APPROVED),
            (ReturnState.REFUNDED, ReturnState.CREDITED),
        ):
            for one, now in ((credit, given), (refund, state)):
                update = {"state": now, "label": label}
                shop.returns.records["larkspur", one.return_id] = one.model_copy(update=update)
            # Then nothing of the first is on the giver's pages, and of the second that it is paid back
            assert credit.return_id not in shop.items()
            assert lost(shop.portal.get(shop.token(), credit.return_id, {}, LATER))
            paid = state is ReturnState.REFUNDED
            assert (refund.return_id in shop.items()) is paid
            assert lost(shop.portal.get(shop.token(), refund.return_id, {}, LATER)) is not paid
            # And no label, which shows where the other one lives
            assert lost(shop.portal.get(shop.token(), f"{refund.return_id}.pdf", {}, LATER))
            assert shop.portal.get(shop.token("g"), f"{refund.return_id}.pdf", {}, LATER).file

    def test_a_credit_is_for_the_one_who_got_it(self, shop: Shop) -> None:
        request = shop.asked("g", **GIFT)
        assert (request.source, request.shopper_id) == ("gift", "cus_1")
        known = shop.orders.shopper("larkspur", request.recipient_id)
        assert known
        assert (known.name, known.email) == ("Bob", "bob@x.example")
        assert "bob" not in request.model_dump_json().lower()

    @pytest.mark.parametrize(("kind", "offered"), [("g", ["store_credit", "exchange"]), ("r", ["exchange"])])
    def test_what_is_refused_can_be_asked_for_all_the_same(
        self, pack: BrandPack, kind: str, offered: list[str]
    ) -> None:
        # Given what is given only to who says more than that they ask all the same
        shop = Shop(pack, rules=[{"id": "these", "then": {"resolutions": offered}}])
        page = shop.choose(kind, now=LATER + 60 * DAY, **SHIRT)
        assert "The time for returns has passed" in texts(page.html)
        assert "Ask all the same" in texts(page.html)
        answered = shop.ask(kind, now=LATER + 60 * DAY, **SHIRT, anyway="yes")
        assert answered.location
        request = shop.returns.records["larkspur", answered.location.rpartition("/")[2]]
        # Then it is written as refused for its reason, and a person who says yes after all gives the money back
        assert (request.assessed, request.assessed_rule) == (Outcome.REFUSE, "window_closed")
        assert (request.resolution, request.recipient_id) == (Resolution.REFUND, "")

    def test_a_credit_needs_an_address(self, shop: Shop) -> None:
        answered = shop.ask("g", **SHIRT, resolution="store_credit", method="label", recipient_email="bob")
        assert answered.page
        assert "Please give an email address" in texts(answered.page.html)
        assert not shop.returns.records

    def test_what_the_giver_asked_for_is_nobody_elses(self, shop: Shop) -> None:
        own = shop.asked()
        assert own.return_id not in shop.items("g")
        assert lost(shop.portal.get(shop.token("g"), own.return_id, {}, LATER))


class TestProgress:
    def approved(self, shop: Shop, **update: Any) -> Return:
        request = shop.asked()
        yes = Decision(outcome=Outcome.APPROVE, rule="within_window", policy_version="returns-1", decided_at=LATER)
        label = Label(
            carrier="ups", tracking_number="1Z1", shipment_id="shp_2", reference="lbl", document="labels/1.pdf"
        )
        values = {"state": ReturnState.APPROVED, "decisions": (yes,), "label": label, "version": 1, **update}
        changed = request.model_copy(update=values)
        shop.returns.records["larkspur", request.return_id] = changed
        return changed

    def test_it_says_what_is_what_to_do_until_when_and_what_comes(self, shop: Shop) -> None:
        said = texts(shop.show(self.approved(shop)))
        assert said.index("Your return is approved") < said.index("Please hand it over by Thursday 2 April")
        assert "$95.00 back" in said
        assert "as soon as the carrier scans your parcel" in said
        assert "1Z1" in said
        assert "Your legal rights are not affected" in said

    def test_while_a_person_looks_at_a_refusal_again_it_says_so(self, shop: Shop) -> None:
        no = Decision(outcome=Outcome.REFUSE, rule="window_closed", policy_version="1", decided_at=LATER)
        refused = self.approved(shop, state=ReturnState.REFUSED, decisions=(no,), label=None)
        assert "We cannot take this back" in texts(shop.show(refused))
        assert shop.act(refused, "person") == "person"
        said = texts(shop.show(refused))
        assert "A person is looking at your return" in said
        assert "We cannot take this back" not in said

    def test_what_is_brought_to_a_shop_has_its_last_day_too(self, shop: Shop) -> None:
        said = texts(shop.show(self.approved(shop, method=ReturnMethod.IN_STORE, label=None)))
        assert "Please hand it over by Thursday 2 April" in said

    def test_amounts_are_shown_in_their_parts(self, shop: Shop) -> None:
        said = texts(shop.show(self.approved(shop)))
        assert "Items $100.00 The way back −$5.00 Together $95.00" in said

    def test_the_label_is_there_to_print_and_a_code_to_show(self, shop: Shop) -> None:
        request = self.approved(shop)
        shop.documents.put("labels/1.pdf", b"%PDF", "application/pdf")
        assert f'href="/r/{shop.token()}/{request.return_id}.pdf"' in shop.show(request)
        made = shop.portal.get(shop.token(), f"{request.return_id}.pdf", {}, LATER)
        assert made.file == (b"%PDF", "application/pdf", f"{request.return_id}.pdf")
        assert lost(shop.portal.get(shop.token(), f"{request.return_id}.exe", {}, LATER))
        assert request.label
        coded = self.approved(shop, label=request.label.model_copy(update={"code": "PLR123", "document": ""}))
        html = shop.show(coded)
        assert "<svg" in html.partition('class="code"')[2]
        assert lost(shop.portal.get(shop.token(), f"{coded.return_id}.pdf", {}, LATER))

    def test_while_the_label_is_made_it_says_so(self, shop: Shop) -> None:
        assert "The label is being made" in texts(shop.show(self.approved(shop, label=None)))

    def test_it_is_cancelled_after_a_question_and_twice_is_once(self, shop: Shop) -> None:
        request = self.approved(shop)
        html = shop.show(request)
        assert f"{request.return_id}?ask=cancel" in html
        assert 'value="cancel"' not in html
        assert 'value="cancel"' in shop.show(request, asked="cancel")
        for _ in range(2):
            assert shop.act(request, "cancel") == ""
        stored = shop.returns.records["larkspur", request.return_id]
        assert stored.state is ReturnState.CANCELLED
        said = texts(shop.show(stored))
        assert "Your return is cancelled" in said
        assert "You cancelled it" in said
        assert "It was not approved" not in said

    def test_what_is_on_its_way_is_cancelled_no_more(self, shop: Shop) -> None:
        request = self.approved(shop, scanned_at=LATER, state=ReturnState.IN_TRANSIT)
        assert "?ask=cancel" not in shop.show(request)
        said = shop.act(request, "cancel")
        assert said == "too_late"
        assert "could not be cancelled any more" in texts(shop.show(request, asked=said))
        assert shop.returns.records["larkspur", request.return_id].state is ReturnState.IN_TRANSIT

    def test_a_person_looks_at_a_refusal_once_it_is_asked_for(self, shop: Shop) -> None:
        no = Decision(outcome=Outcome.REFUSE, rule="final_sale", policy_version="returns-1", decided_at=LATER)
        request = self.approved(shop, state=ReturnState.REFUSED, decisions=(no,), label=None)
        html = shop.show(request)
        assert "It was sold as final sale" in texts(html)
        assert 'value="person"' in html
        assert shop.act(request, "person") == "person"
        stored = shop.returns.records["larkspur", request.return_id]
        assert stored.review
        assert 'value="person"' not in shop.show(stored)
        assert shop.act(request, "person") == ""
        assert shop.returns.records["larkspur", request.return_id] == stored

    def test_a_deadline_that_went_by_is_no_persons_answer(self, shop: Shop) -> None:
        # Given a question of which people were reminded, and that nobody answered
        def said(rule: str, outcome: Outcome, by: str = "policy") -> Decision:
            values = {"outcome": outcome, "rule": rule, "policy_version": "1", "decided_at": LATER, "decided_by": by}
            return Decision.model_validate(values)

        unanswered = (
            said("above_review_amount", Outcome.REVIEW),
            said("review_reminder", Outcome.REVIEW, "workflow"),
            said("review_deadline", Outcome.REFUSE),
        )
        request = self.approved(shop, state=ReturnState.REFUSED, decisions=unanswered, label=None)
        # Then the shopper may have a person look at it, and once more where nobody has
        assert shop.act(request, "person") == "person"
        again = shop.returns.records["larkspur", request.return_id]
        no = again.model_copy(
            update={"review": None, "decisions": (*again.decisions, said("review_deadline", Outcome.REFUSE))}
        )
        shop.returns.records["larkspur", request.return_id] = no
        assert 'value="person"' in shop.show(no)
        assert shop.act(no, "person") == "person"

    def test_a_persons_no_is_not_asked_about_again_here(self, shop: Shop) -> None:
        no = Decision(
            **{"outcome": Outcome.REFUSE, "rule": "human_review", "policy_version": "1", "decided_at": LATER},
            decided_by="ops",
        )
        request = self.approved(shop, state=ReturnState.REFUSED, decisions=(no,), label=None)
        assert 'value="person"' not in shop.show(request)

    def test_who_sends_a_parcel_of_their_own_tells_its_number(self, shop: Shop) -> None:
        request = self.approved(shop, label=None, method=ReturnMethod.OWN)
        shop.deliver(shipment_id("larkspur", "ups", "1Z999"), "ord_1")
        assert "Sent it? Tell us the number" in texts(shop.show(request))
        assert shop.act(request, "sent", number="<script>") == "no_number"
        assert shop.act(request, "sent", number="123456") == "no_carrier"
        assert shop.act(request, "sent", number="1Z999", carrier="ups") == "no_number", "it brought the order"
        assert shop.act(request, "sent", number="1Z555", carrier="UPS") == "sent"
        stored = shop.returns.records["larkspur", request.return_id]
        assert stored.label
        assert (stored.label.carrier, stored.label.tracking_number) == ("ups", "1Z555")
        html = shop.show(stored, asked="sent")
        assert "We follow your parcel from now on" in texts(html)
        assert 'value="sent"' not in html

    def test_no_number_is_taken_for_a_parcel_with_a_label_of_ours(self, shop: Shop) -> None:
        request = self.approved(shop)
        assert shop.act(request, "sent", number="1Z555", carrier="ups") == ""
        assert shop.returns.records["larkspur", request.return_id] == request

    def test_anything_else_that_is_sent_changes_nothing(self, shop: Shop) -> None:
        request = self.approved(shop)
        for action in ("", "approve", "refund"):
            assert shop.act(request, action) == ""
        assert shop.returns.records["larkspur", request.return_id] == request

    def test_risk_and_notes_of_people_are_on_no_page(self, shop: Shop) -> None:
        request = self.approved(shop)
        yes = request.decisions[0].model_copy(update={"note": "watch this one", "facts": {"risk": "high"}})
        html = shop.show(request.model_copy(update={"decisions": (yes,)}))
        for word in ("watch this one", "risk", "returns-1"):
            assert word not in texts(html)

    def test_a_return_of_another_order_is_not_to_be_seen(self, shop: Shop) -> None:
        request = self.approved(shop)
        shop.returns.records["larkspur", request.return_id] = request.model_copy(update={"order_id": "ord_9"})
        for step in (request.return_id, f"{request.return_id}.pdf", "rma_nothing"):
            assert lost(shop.portal.get(shop.token(), step, {}, LATER))
        assert lost(shop.portal.post(shop.token(), request.return_id, {"action": "cancel"}, LATER))
        assert shop.returns.records["larkspur", request.return_id].state is ReturnState.APPROVED

    @pytest.mark.parametrize(("language", "word"), [("de", "de"), ("ar", "ar")])
    def test_pages_are_in_the_shoppers_language(self, shop: Shop, language: str, word: str) -> None:
        who = Shopper(brand="larkspur", shopper_id="cus_1", email="ada@x.example", language=language)
        shop.orders.shoppers["larkspur", "cus_1"] = who
        html = shop.show(self.approved(shop))
        assert f'<html lang="{word}"' in html
        assert (' dir="rtl"' in html) == (language == "ar")
