"""The withdrawal function: two steps, kept before it answers, acknowledged once, one return, never a word about whether
an order exists.
"""

import html as markup
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from porchlight.adapters.brandpack import BrandPack
from porchlight.domain.law.declared import DECLARED
from porchlight.domain.law.model import StatutoryProfile
from porchlight.domain.packing import Packing, ParcelLine
from porchlight.domain.returns import Outcome, ReturnLine, ReturnState
from porchlight.domain.rma.names import Resolution, ReturnKind, ReturnMethod
from porchlight.errors import AddressRefusedError, InvalidInputError, TransientError
from porchlight.services.asked import Asked
from porchlight.services.publish_changes import changes
from porchlight.services.withdraw import MOST_BY_ADDRESS, MOST_BY_SOURCE
from tests.packs import repository_pack
from tests.unit.portal import hidden, texts
from tests.unit.stories import DAY, NOW, usd
from tests.unit.withdrawing import LATER, TYPED, Shop

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))


MINUTE = DAY / 1440


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


@pytest.fixture
def shop(pack: BrandPack) -> Shop:
    return Shop(pack)


class TestPage:
    def test_a_look_changes_nothing_and_asks_for_no_more_than_the_law_lets(self, shop: Shop) -> None:
        page = shop.page.show("larkspur", LATER)
        assert page.status == 200
        assert "Withdraw from contract here" in texts(page.html)
        assert set(re.findall(r'<input[^>]* name="(\w+)"', page.html)) == {"name", "number", "email", "what"}
        assert not shop.statements.records

    def test_the_second_step_shows_what_is_declared_and_declares_nothing(self, shop: Shop) -> None:
        page = shop.send(action="check", what="the hat")
        said = texts(page.html)
        assert "Confirm withdrawal" in said
        for value in (*TYPED.values(), "the hat"):
            assert value in said
        assert hidden(page.html) == {**TYPED, "what": "the hat"}
        assert not shop.statements.records
        # When something is to be changed, Then all of it stands in the form again
        again = shop.send(action="change", what="the hat")
        assert 'value="the hat"' in again.html
        assert "fault" not in texts(again.html)

    def test_confirming_keeps_it_and_says_date_time_and_zone(self, shop: Shop) -> None:
        page = shop.send()
        said = texts(page.html)
        assert page.status == 200
        # 5 March 2026 is the order's day plus five; noon UTC is seven in New York, the brand's zone
        assert "Saturday 7 March 2026" in said
        assert "(UTC-05:00)" in said
        assert TYPED["email"] in said
        kept = shop.statement()
        assert (kept.name, kept.number, kept.email, kept.declared_at) == (*TYPED.values(), LATER)

    @pytest.mark.parametrize(
        ("typed", "wrong"),
        [
            ({"name": " "}, {"name"}),
            ({"number": "#"}, {"number"}),
            ({"email": "ada"}, {"email"}),
            ({"email": "ada@x.example, eve@x.example"}, {"email"}),
            ({"email": "ada@x.example\nbcc:eve@x.example"}, {"email"}),
            ({"name": "", "number": "", "email": ""}, {"name", "number", "email"}),
        ],
    )
    def test_what_is_missing_is_named_beside_the_field(
        self, shop: Shop, typed: dict[str, str], wrong: set[str]
    ) -> None:
        for action in ("check", "confirm"):
            page = shop.send(action=action, **typed)
            assert set(re.findall(r'id="(\w+)-fault"', page.html)) == wrong
        assert not shop.statements.records

    def test_nobody_learns_whether_an_order_exists(self, shop: Shop) -> None:
        right = shop.send()
        wrong = shop.send(number="9999")
        assert (right.status, wrong.status) == (200, 200)
        assert right.html.replace("1001", "9999") == wrong.html

    def test_twice_is_once_and_the_first_instant_stands(self, shop: Shop) -> None:
        first, second = shop.send(), shop.send(now=LATER + 30 * MINUTE, name="A. Lovelace")
        assert shop.statement().declared_at == LATER
        times = [re.search(r"2026, ([^(]+)\(", texts(page.html)) for page in (first, second)]
        assert times[0] is not None
        assert times[1] is not None
        assert times[0][1] == times[1][1]

    def test_what_cannot_be_kept_is_not_said_to_be(self, shop: Shop) -> None:
        shop.statements.fails = [TransientError("table")]
        page = shop.send()
        assert page.status == 503
        assert "could not keep" in texts(page.html)
        assert shop.brand.sender.reply_to in texts(page.html)
        assert f'value="{TYPED["name"]}"' in page.html
        assert shop.metrics.total("WithdrawalsNotKept") == 1
        # When it is sent again, Then it is kept
        assert shop.send().status == 200

    def test_one_source_has_a_limit_and_is_told_another_way(self, shop: Shop) -> None:
        for number in range(MOST_BY_SOURCE):
            assert shop.send(number=str(2000 + number), email=f"a{number}@x.example").status == 200
        page = shop.send(number="3000")
        assert page.status == 429
        assert shop.brand.sender.reply_to in texts(page.html)
        assert shop.send(number="3000", source="5.6.7.8").status == 200

    def test_strange_places_say_nothing(self, shop: Shop) -> None:
        other = shop.links.of_order(shop.brand, shop.order)["tracking"].rpartition("/")[2]
        for where in ("nobody", other, shop.token() + "x", ""):
            assert shop.page.show(where, LATER).status == 404
            assert shop.send(where).status == 404
        assert shop.page.show(shop.token(), LATER + 4000 * DAY).status == 404

    def test_one_shop_is_not_asked_for_and_several_are(self, shop: Shop, pack: BrandPack) -> None:
        assert shop.page.shops() == "larkspur"
        other = shop.brand.model_copy(update={"brand_id": "fjordhus", "name": "Fjordhus"})
        page = Shop(pack, other).page.shops()
        assert not isinstance(page, str)
        assert re.findall(r'href="(withdraw/\w+)"', page.html) == ["withdraw/fjordhus", "withdraw/larkspur"]

    def test_what_is_typed_is_text(self, shop: Shop) -> None:
        page = shop.send(name="<script>alert(1)</script>")
        assert "<script>alert" not in page.html
        assert markup.escape("<script>alert(1)</script>") in page.html


class TestLink:
    def test_the_link_says_the_order_and_its_lines_can_be_chosen(self, shop: Shop) -> None:
        page = shop.page.show(shop.token(), LATER)
        assert "#1001" in texts(page.html)
        assert re.findall(r'name="line" value="(\w+)" checked', page.html) == ["shirt", "hat"]
        # Whoever has only the page's link is shown nothing of the person
        assert "ada@x.example" not in page.html.lower()
        assert "Lovelace" not in page.html

    def test_a_link_in_an_email_to_the_address_fills_the_form(self, shop: Shop) -> None:
        page = shop.page.show(shop.token(by_email=True), LATER)
        assert 'value="Ada@x.example"' in page.html
        assert 'value="Ada Lovelace"' in page.html

    def test_links_that_live_shortly_do_not_end_the_period(self, shop: Shop) -> None:
        # Given a brand whose links live for a day, and an order that takes two months to come
        brief = shop.brand.model_copy(update={"link_days": 1})
        token = shop.links.of_order(brief, shop.order)["withdraw"].rpartition("/")[2]
        assert shop.page.show(token, NOW + 74 * DAY).status == 200

    def test_some_lines_are_some_lines(self, shop: Shop) -> None:
        shop.send(shop.token(), line=["hat", "hat", "stranger"])
        assert shop.statement().lines == ("hat",)
        shop.answer()
        assert [(line.line_id, line.quantity) for line in shop.made().lines] == [("hat", 1)]

    def test_all_lines_are_the_order(self, shop: Shop) -> None:
        shop.send(shop.token(), line=["hat", "shirt"])
        assert shop.statement().lines == ()

    def test_an_order_of_five_hundred_lines_can_be_withdrawn_from(self, shop: Shop) -> None:
        shirt = shop.order.lines[0]
        many = tuple(shirt.model_copy(update={"line_id": f"line-{number}"}) for number in range(500))
        shop.put(shop.order.model_copy(update={"lines": many, "total": usd(500 * 20_000)}))
        ids = [line.line_id for line in many]
        # When all of it is ticked, or all but one
        shop.send(shop.token(), line=ids)
        assert shop.statement().lines == ()
        shop.statements.records.clear()
        shop.send(shop.token(), line=ids[1:])
        assert shop.answer() == "return"
        assert [line.line_id for line in shop.made().lines] == ids[1:]
        # Then it still is an item of the table, with all that a warehouse says of it
        assert len(shop.made().model_dump_json(exclude_defaults=True)) < 200_000


class TestAnswer:
    def test_it_is_acknowledged_with_what_was_declared_and_becomes_a_return(self, shop: Shop) -> None:
        shop.send()
        assert shop.answer(LATER + MINUTE) == "return"
        (mail,) = shop.mails("ada@x.example")
        said = shop.text(mail)
        for part in ("Saturday 7 March 2026", "(UTC+01:00)", "#1001", "Ada Lovelace", "14 days"):
            assert part.replace("#", "") in said
        made = shop.made()
        assert (made.kind, made.resolution, made.source) == (ReturnKind.WITHDRAWAL, Resolution.REFUND, "withdrawal")
        assert "send the goods within 14 days" in said
        # The instant of the statement counts, not that of its answer
        assert made.requested_at == LATER
        assert made.assessed is Outcome.APPROVE
        assert {line.line_id: line.quantity for line in made.lines} == {"shirt": 2, "hat": 1}
        # Nothing personal is kept of it
        assert (shop.statement().name, shop.statement().email) == ("", "")
        assert not shop.statements.dues

    def test_no_choice_of_the_shopper_keeps_the_acknowledgement_back(self, shop: Shop) -> None:
        # Given a shopper who wants to hear nothing, at three in the night
        night = LATER.replace(hour=2)
        shop.send(now=night)
        shop.answer(night)
        assert len(shop.mails("ada@x.example")) == 1

    @pytest.mark.parametrize(
        ("typed", "why"),
        [
            ({"number": "9999"}, "no_match"),
            ({"email": "eve@x.example"}, "no_match"),
            ({"what": "only the hat"}, "which_items"),
        ],
    )
    def test_what_is_unclear_is_acknowledged_all_the_same_and_reaches_a_person(
        self, shop: Shop, typed: dict[str, str], why: str
    ) -> None:
        shop.send(**typed)
        assert shop.answer() == "person"
        (mail,) = shop.mails((TYPED | typed)["email"])
        assert "We read what you declared" in shop.text(mail)
        (passed_on,) = shop.mails(shop.brand.sender.reply_to)
        assert why in shop.text(passed_on)
        assert passed_on.reply_to == (TYPED | typed)["email"]
        assert not shop.returns.records
        assert shop.metrics.total("WithdrawalsUnclear") == 1
        # It is kept for that person
        assert shop.statement().email == (TYPED | typed)["email"]
        assert shop.answer() == "known"

    def test_a_second_withdrawal_of_the_same_goods_is_no_second_return(self, shop: Shop) -> None:
        shop.send()
        shop.answer()
        shop.statements.records.clear()
        # When it is declared once more, on another day
        shop.send(now=LATER + DAY)
        assert shop.answer(LATER + DAY) == "person"
        assert len(shop.returns.records) == 1
        assert shop.statement().unclear == "nothing_left"

    def test_exempt_goods_do_not_hold_up_the_others(self, shop: Shop) -> None:
        shirt, hat = shop.order.lines
        custom = hat.model_copy(update={"no_withdrawal": "custom_made"})
        shop.put(shop.order.model_copy(update={"lines": (shirt, custom)}))
        shop.send()
        shop.answer()
        assert [line.line_id for line in shop.made().lines] == ["shirt"]
        assert shop.made().assessed is Outcome.APPROVE

        # When the same is asked for again, Then it is the same
        assert len(shop.returns.records) == 1
        key, request = shop.statement().statement_id, shop.made()
        both = tuple(
            ReturnLine(line_id=one.line_id, quantity=one.quantity, reason="withdrawal") for one in (shirt, hat)
        )
        asked = Asked(order_id="ord_1", lines=both, kind=ReturnKind.WITHDRAWAL, resolution=Resolution.REFUND)
        assert shop.requests.request("larkspur", asked, key, LATER) == (request, False)
        # And the hat, which stays, is not paid for
        assert request.parts is not None
        assert request.parts.items == 20_000

    def test_exempt_goods_alone_are_refused_with_the_reason(self, shop: Shop) -> None:
        lines = tuple(line.model_copy(update={"no_withdrawal": "custom_made"}) for line in shop.order.lines)
        shop.put(shop.order.model_copy(update={"lines": lines}))
        shop.send()
        assert shop.answer() == "return"
        assert (shop.made().assessed, shop.made().assessed_rule) == (Outcome.REFUSE, "no_withdrawal")
        # And nobody is told to send it back, or when the money comes
        (mail,) = shop.mails("ada@x.example")
        assert "send the goods" not in shop.text(mail)
        assert "14 days" not in shop.text(mail)

    def test_nobody_is_told_to_send_what_may_be_kept(self, pack: BrandPack) -> None:
        keeps = {"window": {"days": 30}, "resolutions": ["refund"], "methods": ["keep"], "refund_on": "instant"}
        shop = Shop(pack, rules=[], otherwise={**keeps, "pays": "brand"})
        shop.send()
        shop.answer()
        assert shop.made().method is ReturnMethod.KEEP
        (mail,) = shop.mails("ada@x.example")
        assert "send the goods" not in shop.text(mail)
        assert "the way back" not in shop.text(mail)
        assert "14 days" in shop.text(mail)

    def test_a_statement_in_time_counts_however_late_it_is_answered(self, shop: Shop) -> None:
        # Given a statement in the last minute, Berlin, of 16 March, and an answer two days later
        last = NOW.replace(day=16, hour=22, minute=59)
        shop.send(shop.token(), now=last)
        shop.answer(last + 2 * DAY)
        assert shop.made().assessed is Outcome.APPROVE
        assert shop.made().assessed_rule in ("statutory", "within_window")

    def test_the_period_does_not_begin_before_the_last_item_has_come(self, shop: Shop) -> None:
        # Given that the shop says what was in the parcel that came: the shirts, not the hat
        (key,) = shop.shipments.records
        shirts = {"f": Packing(lines=(ParcelLine(line_id="shirt", quantity=2),), as_of=NOW)}
        shop.shipments.records[key] = shop.shipments.records[key].model_copy(update={"packed": shirts})
        shop.send(now=NOW + 60 * DAY)
        shop.answer(NOW + 60 * DAY)
        assert (shop.made().assessed, shop.made().assessed_rule) == (Outcome.APPROVE, "statutory")

    def test_after_the_period_the_policy_decides_and_it_is_recorded(self, pack: BrandPack) -> None:
        shop = Shop(pack)
        shop.send(now=NOW + 60 * DAY)
        shop.answer(NOW + 60 * DAY)
        assert (shop.made().assessed, shop.made().state) == (Outcome.REFUSE, ReturnState.REQUESTED)

    def test_nothing_is_said_of_the_law_where_the_policy_alone_gives_it(self, pack: BrandPack) -> None:
        # Given a policy that takes back for a hundred days, and a statement on the sixtieth
        long = {"window": {"days": 100}, "resolutions": ["refund"], "methods": ["label"], "refund_on": "received"}
        shop = Shop(pack, rules=[], otherwise={**long, "pays": "brand"})
        shop.send(now=NOW + 60 * DAY)
        shop.answer(NOW + 60 * DAY)
        assert shop.made().assessed is Outcome.APPROVE
        (mail,) = shop.mails("ada@x.example")
        assert "By law" not in shop.text(mail)
        assert "send the goods" in shop.text(mail)

    def test_an_address_that_takes_nothing_is_a_persons(self, shop: Shop) -> None:
        shop.courier.fails = [AddressRefusedError("no")]
        shop.send()
        assert shop.answer() == "person"
        assert len(shop.returns.records) == 1
        (passed_on,) = shop.mails(shop.brand.sender.reply_to)
        assert "no_address" in shop.text(passed_on)

    def test_a_mailbox_is_not_filled_by_strangers(self, shop: Shop) -> None:
        for number in range(MOST_BY_ADDRESS + 1):
            shop.send(number=str(5000 + number), email="victim@x.example", source=f"1.1.1.{number}")
        for brand, statement_id in list(shop.statements.records):
            shop.desk.answer(brand, statement_id, LATER)
        assert len(shop.mails("victim@x.example")) == MOST_BY_ADDRESS
        # The last is kept, and a person has it
        assert any("many_statements" in shop.text(one) for one in shop.mails(shop.brand.sender.reply_to))

    def test_what_the_desk_cannot_take_is_a_persons(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: Any) -> Any:
            raise InvalidInputError("no", code="mixed-currencies")

        monkeypatch.setattr(type(shop.requests), "request", refuse)
        shop.send()
        assert shop.answer() == "person"
        assert shop.statement().unclear == "mixed_currencies"
        assert len(shop.mails("ada@x.example")) == 1

    def test_without_a_law_the_policy_decides(self, pack: BrandPack) -> None:
        shop = Shop(pack, profile=StatutoryProfile(country="US"))
        shop.send()
        assert shop.answer() == "return"
        assert (shop.made().assessed, shop.made().assessed_rule) == (Outcome.REFUSE, "final_sale")


class TestAgain:
    def test_who_called_it_off_may_declare_it_once_more_on_the_same_day(self, shop: Shop) -> None:
        shop.send()
        shop.answer()
        off = shop.made().model_copy(update={"state": ReturnState.CANCELLED, "version": 1})
        shop.returns.update(off)
        again = LATER + 120 * MINUTE
        for _ in range(2):
            page = shop.send(now=again)
            assert "Saturday 7 March 2026" in texts(page.html)
        first, second = sorted(shop.statements.records.values(), key=lambda one: one.declared_at)
        assert (first.declared_at, second.declared_at) == (LATER, again)
        assert shop.desk.answer("larkspur", second.statement_id, again) == "return"
        made = shop.returns.get("larkspur", shop.statements.records["larkspur", second.statement_id].return_id)
        assert made
        assert (made.return_id != off.return_id, made.assessed) == (True, Outcome.APPROVE)

    def test_what_nothing_can_be_made_of_is_acknowledged_and_keeps_nobody_waiting(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: Any) -> Any:
            raise ValueError("a fault of ours")

        # Given a statement for which the desk breaks, and one that has none of that
        monkeypatch.setattr(type(shop.requests), "request", broken)
        shop.send()
        shop.send(number="9999", email="eve@x.example", now=LATER + MINUTE)
        assert shop.desk.take_up(LATER + 10 * MINUTE) == {"again": 1, "person": 1}
        # Then both have their acknowledgement, once, and the first is tried again
        shop.desk.take_up(LATER + 20 * MINUTE)
        assert [len(shop.mails(to)) for to in ("ada@x.example", "eve@x.example")] == [1, 1]
        monkeypatch.undo()
        assert shop.desk.take_up(LATER + 30 * MINUTE) == {"return": 1}
        assert shop.made().requested_at == LATER

    def test_the_stream_brings_it_once_and_without_a_word_of_the_person(self, shop: Shop) -> None:
        shop.send()
        stored = shop.statement().model_dump_json()
        (event,) = changes("withdrawal", None, stored)
        assert (event.type, event.subject_id) == (DECLARED, shop.statement().statement_id)
        for personal in TYPED.values():
            assert personal not in event.model_dump_json()
        assert changes("withdrawal", stored, stored) == []

    def test_the_acknowledgement_waits_for_nothing(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        # Given that nothing behind it works
        def down(*_: Any) -> Any:
            raise TransientError("down")

        monkeypatch.setattr(type(shop.orders), "find", down)
        shop.send()
        with pytest.raises(TransientError):
            shop.answer()
        assert len(shop.mails("ada@x.example")) == 1
        # When it works again, Then the return is made, and no second acknowledgement
        monkeypatch.undo()
        assert shop.desk.take_up(LATER + 10 * MINUTE) == {"return": 1}
        assert len(shop.mails("ada@x.example")) == 1
        assert len(shop.returns.records) == 1

    @pytest.mark.parametrize("step", range(8))
    def test_killed_at_any_write_it_is_finished_by_the_next_look(self, shop: Shop, step: int) -> None:
        shop.send()
        # Given that the process dies at one of its writes
        real, seen = shop.statements.save, [0]

        def dies(*args: Any, **keywords: Any) -> None:
            seen[0] += 1
            if seen[0] == step + 1:
                raise KeyboardInterrupt
            real(*args, **keywords)

        shop.statements.save = dies  # type: ignore[method-assign]
        with suppress(KeyboardInterrupt):
            shop.answer()
        # When the next ones look, Then there is one return, and whoever withdrew has been told
        for minutes in (6, 12):
            shop.desk.take_up(LATER + minutes * MINUTE)
        assert len(shop.returns.records) == 1
        told = shop.mails("ada@x.example")
        assert len(told) == (2 if step == 2 else 1), "once more only where nobody knows whether it was taken"
        assert len({one.message_id for one in told}) == 1
        assert shop.statement().done_at

    def test_a_busy_provider_is_asked_again(self, shop: Shop) -> None:
        shop.courier.fails = [TransientError("busy")]
        shop.send()
        assert shop.desk.take_up(LATER) == {"again": 1}
        assert shop.desk.take_up(LATER + 6 * MINUTE) == {"return": 1}
        assert len(shop.mails("ada@x.example")) == 1

    def test_one_that_waits_for_an_hour_is_counted(self, shop: Shop) -> None:
        shop.send()
        shop.answer(LATER + 61 * MINUTE)
        assert shop.metrics.total("WithdrawalsWaiting") == 1
