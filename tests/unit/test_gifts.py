"""Returns of gifts: who got it hears of the return and not of the price; who gave it hears of their money alone."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.changes import DomainEvent
from porchlight.domain.channels import Channel
from porchlight.domain.fanout.situation import Contact, Decision, Outcome
from porchlight.domain.gifts import is_for_recipient, shown_to_giver
from porchlight.domain.messages import MessageState, Suppression
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Shopper
from porchlight.domain.returns import Return, ReturnState
from porchlight.domain.views import RETURN_MOMENTS, email_view
from porchlight.reaching import TemplateContent
from porchlight.services.plan_messages import record_of
from tests.packs import repository_pack
from tests.unit.situations import situation
from tests.unit.stories import NOW, order, usd, wanted
from tests.unit.stories import brand as samples_brand
from tests.unit.test_messages_services import World

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

import samples  # noqa: E402


@pytest.fixture
def world() -> World:
    there = World()
    got = Shopper(brand="larkspur", shopper_id="cus_got", name="Wil", email="wil@x.example")
    there.orders.shoppers["larkspur", "cus_got"] = got
    return there


def told(world: World, request: Return, moment: Moment = Moment.RETURN_APPROVED) -> tuple[list[str], list[str]]:
    """To whom the news of a return goes, and why it went to nobody."""
    world.returns.create(request)
    event = DomainEvent(
        **{"id": "chg_9", "type": "ReturnApproved", "brand": "larkspur", "moment": moment, "order_id": "ord_1"},
        **{"return_id": request.return_id, "subject_id": request.return_id, "occurred_at": NOW, "recorded_at": NOW},
    )
    for reference in world.plan(event):
        world.send(reference)
    records = world.messages.records.values()
    return [one.to for one in world.email.sent], [one.reason for one in records if one.state is MessageState.SUPPRESSED]


def test_who_got_it_is_told_of_the_return(world: World) -> None:
    sent, _ = told(world, wanted(source="gift", recipient_id="cus_got", state=ReturnState.APPROVED))
    assert sent == ["wil@x.example"]
    (message,) = world.email.sent
    # Every link leads to the gift's own page, and the way out is theirs
    text = getattr(message.content, "text", "")
    assert "/t/" not in text


def test_where_nobody_knows_them_nobody_is_told(world: World) -> None:
    sent, why = told(world, wanted(source="gift", state=ReturnState.APPROVED))
    assert sent == []
    assert why == [Suppression.NO_ADDRESS]


def test_who_gave_it_is_told_of_their_money(world: World) -> None:
    sent, _ = told(world, wanted(source="gift", state=ReturnState.REFUNDED), Moment.REFUNDED)
    assert sent == ["ada@x.example"]


def test_so_they_are_where_a_credit_could_not_be_given_after_all(world: World) -> None:
    # Given a credit that the shop could not give to somebody it does not know, and a person who had it paid back
    paid = wanted(source="gift", recipient_id="cus_got", state=ReturnState.REFUNDED, refund_amount=usd(5_500))
    sent, _ = told(world, paid, Moment.REFUNDED)
    assert sent == ["ada@x.example"]
    assert world.messages.records
    view = email_view(Moment.REFUNDED, samples_brand(), order(), None, None, paid, NOW, samples.LINKS)
    assert "55.00" in view["facts"]["refund_amount"]
    assert not view["facts"]["gift"]
    assert shown_to_giver([paid]) == [paid]


def test_any_other_return_is_told_to_who_bought(world: World) -> None:
    sent, _ = told(world, wanted(state=ReturnState.APPROVED))
    assert sent == ["ada@x.example"]


def test_the_givers_page_says_nothing_of_it_before_their_money_is_back() -> None:
    credit = wanted(source="gift", recipient_id="cus_got", state=ReturnState.CREDITED)
    waiting, paid = wanted(source="gift"), wanted(source="gift", state=ReturnState.REFUNDED, return_id="rma_2")
    mine = wanted(return_id="rma_3")
    assert shown_to_giver([credit, waiting, paid, mine]) == [paid, mine]


def test_no_email_to_who_got_it_has_a_price() -> None:
    pack = BrandPack(repository_pack())
    brand, renderer = pack.get("larkspur"), PackRenderer(pack)
    of = samples.order(brand)
    for moment in sorted(RETURN_MOMENTS - {Moment.RETURN_REFUSED, Moment.REFUNDED}):
        ret = samples.returned(of, ReturnState.APPROVED, source="gift", recipient_id="cus_got")
        assert is_for_recipient(ret)
        view = email_view(moment, brand, of, samples.shopper(brand), None, ret, samples.NOW, samples.LINKS)
        parts = renderer.email(brand, moment, view)
        assert not [part for part in (parts[0], parts[2]) if "$" in part], moment
        assert view["total"] == ""


@pytest.mark.parametrize("moment", sorted(RETURN_MOMENTS))
def test_a_template_of_whatsapp_leads_to_the_orders_page(world: World, moment: Moment) -> None:
    # Given templates whose address ends in one token, and a return whose page has a path of two
    the = situation(moment, request=wanted(state=ReturnState.APPROVED))
    contact = Contact("+15035550100", "adr_1")
    the = replace(the, contacts={Channel.WHATSAPP: contact}, news=replace(the.news, return_id="rma_1"))
    record = record_of(the, Decision(Outcome.SEND, channel=Channel.WHATSAPP), "msg_1")
    sent = world.sender.composer.outgoing(record, Channel.WHATSAPP, [the], more=False).content
    assert isinstance(sent, TemplateContent)
    claims = world.sender.composer.links.read("t", sent.url_suffix, NOW)
    assert claims["o"] == "ord_1"
