"""What emails and the tracking page say of a return: what comes, when, what to do, as its terms have it."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.moments import Moment
from porchlight.domain.returns import Decision, Label, Outcome, Return, ReturnLine, ReturnState
from porchlight.domain.rma.names import (
    RefundTrigger,
    Resolution,
    ReturnKind,
    ReturnMethod,
    SettlementKind,
    SettlementState,
)
from porchlight.domain.rma.next_step import scan_until
from porchlight.domain.rma.settlements import Settlement
from porchlight.domain.rma.terms import Terms
from porchlight.domain.telling import suppression
from porchlight.domain.views import email_view, tracking_view
from tests.packs import repository_pack
from tests.unit.portal import LATER, texts
from tests.unit.stories import ZONE, brand, order, usd, wanted

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))


LINKS = {"tracking": "https://shop.example/t/x", "returns": "https://shop.example/r/y"}


@pytest.fixture(scope="module")
def renderer() -> PackRenderer:
    return PackRenderer(BrandPack(repository_pack()))


def approved(trigger: RefundTrigger = RefundTrigger.FIRST_SCAN, **update: Any) -> Return:
    yes = Decision(outcome=Outcome.APPROVE, rule="within_window", policy_version="1", decided_at=LATER)
    terms = Terms(policy_version="1", refund_on=trigger)
    values = {"decisions": (yes,), "terms": terms, "refund_amount": usd(9_500), "state": ReturnState.APPROVED}
    return wanted().model_copy(update={**values, **update})


def both(renderer: PackRenderer, request: Return) -> list[str]:
    """The email of the approval, and the tracking page."""
    email = email_view(Moment.RETURN_APPROVED, brand(), order(), None, None, request, LATER, LINKS)
    page = tracking_view(brand(), order(), [], [request], LATER, LINKS)
    return [
        texts(renderer.email(brand(), "return_approved", email)[1]),
        texts(renderer.page(brand(), "tracking", page)),
    ]


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (RefundTrigger.INSTANT, "We refund $95.00 at once."),
        (RefundTrigger.FIRST_SCAN, "We refund $95.00 as soon as the carrier scans the parcel."),
        (RefundTrigger.DELIVERED, "We refund $95.00 as soon as the carrier has brought us the parcel."),
        (RefundTrigger.RECEIVED, "We refund $95.00 as soon as the parcel is unpacked at our place."),
        (RefundTrigger.INSPECTED, "We refund $95.00 as soon as we have looked at what came back."),
    ],
)
def test_money_comes_when_the_terms_say_so(renderer: PackRenderer, trigger: RefundTrigger, words: str) -> None:
    for said in both(renderer, approved(trigger)):
        assert words in said
        assert "Please send" in said


@pytest.mark.parametrize("resolution", [one for one in Resolution if one is not Resolution.REFUND])
def test_who_gets_something_else_is_promised_no_refund(renderer: PackRenderer, resolution: Resolution) -> None:
    for said in both(renderer, approved(resolution=resolution)):
        assert "refund" not in said.lower()


@pytest.mark.parametrize(
    "update",
    [
        {"method": ReturnMethod.KEEP},
        {"method": ReturnMethod.DONATE},
        {"method": ReturnMethod.KEEP, "kind": ReturnKind.CLAIM},
    ],
)
def test_who_sends_nothing_back_is_not_asked_to(renderer: PackRenderer, update: dict[str, Any]) -> None:
    for said in both(renderer, approved(**update)):
        assert "We refund $95.00 at once" in said
        for word in ("Please send", "scan", "Keep the receipt"):
            assert word not in said


@pytest.mark.parametrize("state", list(ReturnState))
def test_the_tracking_page_has_words_for_each_state_and_leads_to_the_return(
    renderer: PackRenderer, state: ReturnState
) -> None:
    html = renderer.page(
        brand(), "tracking", tracking_view(brand(), order(), [], [approved(state=state)], LATER, LINKS)
    )
    assert 'href="https://shop.example/r/y/rma_1"' in html
    assert 'href="https://shop.example/r/y"' in html


def test_an_email_about_a_return_leads_to_it_and_one_about_a_refund_of_the_shop_to_the_order() -> None:
    def page(request: Return | None) -> str:
        view = email_view(Moment.REFUNDED, brand(), order(), None, None, request, LATER, LINKS)
        return str(view["links"]["page"])

    assert page(approved()) == "https://shop.example/r/y/rma_1"
    assert page(None) == "https://shop.example/t/x"


def test_of_a_cancelled_order_nothing_is_to_be_sent_back() -> None:
    view = tracking_view(brand(), order(cancelled_at=LATER), [], [], LATER, LINKS)
    assert view["links"]["returns"] == ""


def test_of_an_exchange_for_something_cheaper_only_the_rest_is_told_as_a_refund(renderer: PackRenderer) -> None:
    settled = approved(resolution=Resolution.EXCHANGE, state=ReturnState.EXCHANGED)
    for difference, amount in ((-1_500, "$15.00"), (0, "$95.00")):
        request = settled.model_copy(update={"difference_minor": difference})
        view = email_view(Moment.REFUNDED, brand(), order(), None, None, request, LATER, LINKS)
        assert renderer.texts(brand(), view)["headline"] == f"We have refunded {amount}."


def email(renderer: PackRenderer, moment: Moment, request: Return) -> str:
    """All that a message says, by email and as a short text."""
    view = email_view(moment, brand(), order(), None, None, request, LATER, LINKS)
    words = renderer.texts(brand(), view)
    return " ".join([texts(renderer.email(brand(), moment.value, view)[1]), *map(str, words.values())])


ON_THE_WAY = {"state": ReturnState.IN_TRANSIT, "scanned_at": LATER}
PROMISED = ("We are refunding", "when the refund is made", "until the refund is with you", "scans the parcel")


@pytest.mark.parametrize("moment", [Moment.RETURN_SCANNED, Moment.RETURN_LABEL])
@pytest.mark.parametrize("resolution", list(Resolution))
@pytest.mark.parametrize("trigger", list(RefundTrigger))
def test_news_of_the_way_promises_what_the_terms_do(
    renderer: PackRenderer, moment: Moment, resolution: Resolution, trigger: RefundTrigger
) -> None:
    said = email(renderer, moment, approved(trigger, resolution=resolution, **ON_THE_WAY))
    assert not [words for words in PROMISED if words in said], said
    refund = resolution is Resolution.REFUND
    assert ("We refund $95.00 at once" in said) is (
        refund and trigger in (RefundTrigger.INSTANT, RefundTrigger.FIRST_SCAN)
    )
    assert ("as soon as we have looked" in said) is (refund and trigger is RefundTrigger.INSPECTED)


def test_no_carrier_scans_what_is_brought_to_a_shop(renderer: PackRenderer) -> None:
    for said in both(renderer, approved(method=ReturnMethod.IN_STORE)):
        assert "as soon as you have brought it" in said
        assert "Please bring it by" in said, "or it expires"
        assert "scan" not in said
        assert "Please send" not in said
    said = email(renderer, Moment.RETURN_REMINDER, approved(method=ReturnMethod.IN_STORE))
    assert "scanned" not in said


def test_a_reminder_says_what_keeping_it_costs(renderer: PackRenderer) -> None:
    for resolution in Resolution:
        said = email(renderer, Moment.RETURN_REMINDER, approved(resolution=resolution))
        held = resolution is Resolution.INSTANT_EXCHANGE
        assert ("you pay for the item" in said) is held
        assert ("you need not do anything" in said) is not held


def test_who_is_sent_the_same_once_more_has_exchanged_nothing(renderer: PackRenderer) -> None:
    never_came = approved(kind=ReturnKind.CLAIM, method=ReturnMethod.KEEP, resolution=Resolution.REPLACE)
    said = email(renderer, Moment.RETURN_EXCHANGED, never_came)
    assert "a new one" in said
    assert not [words for words in ("exchange", "sent back", "you chose") if words in said.lower()], said
    at_once = email(renderer, Moment.RETURN_EXCHANGED, approved(resolution=Resolution.INSTANT_EXCHANGE))
    assert "you sent back" not in at_once
    assert "please send that by" in at_once


EXCHANGED = {"resolution": Resolution.INSTANT_EXCHANGE, "state": ReturnState.EXCHANGED}
HELD = Settlement(
    key="set_1", kind=SettlementKind.HOLD, order_id="ord_1", amount=usd(100), state=SettlementState.DONE,
    intended_at=LATER,
)  # fmt: skip


@pytest.mark.parametrize(
    ("update", "reminded"),
    [
        ({}, True),
        ({"method": ReturnMethod.IN_STORE}, True),
        ({"method": ReturnMethod.KEEP}, False),
        ({"method": ReturnMethod.DONATE}, False),
        ({"kind": ReturnKind.CLAIM, "method": ReturnMethod.KEEP}, False),
        ({"scanned_at": LATER}, False),
        ({"state": ReturnState.REFUNDED}, False),
        ({**EXCHANGED, "settlements": (HELD,)}, True),
        ({**EXCHANGED, "settlements": (HELD,), "scanned_at": LATER}, False),
        ({**EXCHANGED, "resolution": Resolution.EXCHANGE}, False),
    ],
)
def test_who_has_something_to_send_is_reminded_and_nobody_else(update: dict[str, Any], reminded: bool) -> None:
    said = suppression(*(Moment.RETURN_REMINDER, "rma_1", order(), None, [], None, LATER), request=approved(**update))
    assert (said is None) is reminded


@pytest.mark.parametrize(
    ("moment", "state", "told"),
    [
        (Moment.RETURN_APPROVED, ReturnState.APPROVED, True),
        (Moment.RETURN_APPROVED, ReturnState.REFUNDED, True),
        (Moment.RETURN_APPROVED, ReturnState.CANCELLED, False),
        (Moment.RETURN_REFUSED, ReturnState.REFUSED, True),
        (Moment.RETURN_REFUSED, ReturnState.APPROVED, False),
        (Moment.RETURN_RECEIVED, ReturnState.RECEIVED, True),
        (Moment.RETURN_RECEIVED, ReturnState.REFUNDED, True),
        (Moment.RETURN_RECEIVED, ReturnState.EXPIRED, False),
    ],
)
def test_news_that_is_none_any_more_is_not_told(moment: Moment, state: ReturnState, told: bool) -> None:
    said = suppression(*(moment, "rma_1", order(), None, [], None, LATER), request=approved(state=state))
    assert (said is None) is told


def test_the_day_to_send_it_by_is_that_on_which_it_expires(renderer: PackRenderer) -> None:
    # Given a label that was made anew a week after the approval
    label = Label(
        carrier="ups", tracking_number="1Z1", shipment_id="shp_2", reference="r", made_at=LATER + timedelta(days=7)
    )
    request = approved(label=label)
    day = scan_until(request).astimezone(ZoneInfo(ZONE)).day
    assert f" {day} " in email(renderer, Moment.RETURN_APPROVED, request).partition("by ")[2][:30]


def test_credit_for_what_is_kept_is_not_for_what_was_sent_back(renderer: PackRenderer) -> None:
    kept = approved(method=ReturnMethod.KEEP, resolution=Resolution.STORE_CREDIT)
    assert "sent back" not in email(renderer, Moment.CREDIT_ISSUED, kept)


@pytest.mark.parametrize("moment", [Moment.RETURN_REQUESTED, Moment.RETURN_APPROVED, Moment.RETURN_REFUSED])
def test_of_what_never_came_nothing_is_taken_back(renderer: PackRenderer, moment: Moment) -> None:
    said = email(renderer, moment, approved(kind=ReturnKind.CLAIM, method=ReturnMethod.KEEP))
    for words in ("take it back", "take this back", "your return back", "send anything", "Your return is"):
        assert words not in said


def test_lines_are_those_of_the_order_that_the_message_is_about() -> None:
    # Given a return of two orders whose lines have the same names, and of one line for two reasons
    lines = (
        ReturnLine(line_id="shirt", quantity=1, reason="too_small"),
        ReturnLine(line_id="shirt", quantity=1, reason="damaged"),
        ReturnLine(line_id="hat", quantity=5, reason="too_small", order_id="ord_2"),
    )
    request = approved(lines=lines)
    view = email_view(Moment.RETURN_APPROVED, brand(), order(), None, None, request, LATER, LINKS)
    page = tracking_view(brand(), order(), [], [request], LATER, LINKS)
    for shown in (view["lines"], page["returns"][0]["lines"]):
        assert [(line["title"], line["quantity"]) for line in shown] == [("Shirt", 2)]
