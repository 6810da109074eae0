"""Words of delays: every kind has its own, names the day or none, and asks plainly what is to be done."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.delays import DelayKind
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Destination
from porchlight.domain.ranges import NO_DAY
from porchlight.domain.remedies import Remedy
from porchlight.domain.views import email_view
from tests.packs import repository_pack
from tests.unit.test_words_and_views import MARKUP, emails

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

import checks  # noqa: E402
import samples  # noqa: E402


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


@pytest.fixture(scope="module")
def renderer(pack: BrandPack) -> PackRenderer:
    return PackRenderer(pack)


EMPTY_PHRASE = re.compile(
    r"[ (][.,;:)]|\.\.|: *$|\b(by|until|since|from|miss|of) ?([.,;]|$)|\b(\w+) \3\b|\bsince \w+ since\b",
    re.MULTILINE,
)
"""What is left of a sentence whose fact is missing."""


def spoken(pack: BrandPack, renderer: PackRenderer, name: str) -> tuple[str, list[str]]:
    """Subject and lines of a sample email of larkspur."""
    brand = pack.get("larkspur")
    sample = next(sample for sample in samples.emails(brand) if sample.name == name)
    subject, _, text = renderer.email(brand, sample.moment, checks.email_of(brand, sample))
    return subject, [line for line in text.splitlines() if line]


def test_no_phrase_is_left_empty(pack: BrandPack, renderer: PackRenderer) -> None:
    for brand, sample, view in emails(pack):
        subject, _, text = renderer.email(brand, sample.moment, view)
        body = text.partition(f"\n{brand.name}, ")[0].replace("\n-- ", "")
        for part in (subject, body):
            found = EMPTY_PHRASE.search(part)
            assert not found, f"{brand.brand_id} {sample.name}: {found}\n{part}"
        if "this day" in body:
            assert view["facts"]["expected"], f"{sample.name}: which day?"


def test_every_kind_of_delay_has_words_of_its_own(pack: BrandPack, renderer: PackRenderer) -> None:
    for prefix in ("delay", "updated"):
        headlines = {kind: spoken(pack, renderer, f"{prefix}-{kind.value}")[1][0] for kind in DelayKind}
        same = {DelayKind.PREDICTED_LATE, DelayKind.PROMISE_MISSED} if prefix == "updated" else set()
        own = [headline for kind, headline in headlines.items() if kind not in same]
        assert len(set(own)) == len(own), own
    variants = pack.words("larkspur", "en")["states"]["late"]["variants"]
    assert {kind.value for kind in DelayKind} - {"return_stalled"} <= set(variants)


@pytest.mark.parametrize(
    ("name", "subject", "said"),
    [
        (
            "delay-stalled",
            "Your parcel has not moved since Sat 21 Nov",
            "on Thursday, or Monday 30 November at the latest",
        ),
        ("delay-predicted_late", "Running late: now Thursday", "is likely to miss Wednesday."),
        ("delay-promise_missed", "Running late: now Thursday", "did not arrive on Monday, as we had told you."),
        ("delay-pickup_expiring", "Collect your parcel by Thursday", "The last day is most likely Thursday."),
        ("delay-label_never_scanned", "Late: the carrier has not scanned it yet", "on Saturday 21 November"),
        ("delay_declared-not_dispatched-order", "Your order has not left us yet", "by Monday, as we had planned"),
        ("delay-return_stalled", "Your return has not moved since Monday", "has been made and does not change"),
        ("updated-promise_missed", "Later than we said: Thursday", "did not arrive on Monday either."),
        ("updated-earlier-stalled", "Earlier than we said: Thursday", "should come earlier than we last told you."),
        ("recovered-presumed_lost", "Your parcel has turned up", "It should now arrive on Thursday"),
        ("question-stalled", "Your parcel: what shall we do?", "Please choose by Friday, 5:30 pm"),
        ("credit", "For your wait: $10.00 from us", "$10.00 for your next order is yours."),
        ("refunded-stalled", "Refund of $40.00 is on its way", "We have refunded $40.00."),
        ("refunded-presumed_lost", "Refund of $40.00 is on its way", "your parcel is lost, and have refunded $40.00."),
        ("refunded-not_dispatched", "Refund of $40.00 is on its way", "Your order is cancelled, and we have refunded"),
        ("resent-presumed_lost", "We are sending it again", "your parcel is lost, and are sending you a new one."),
        ("resent-stalled", "We are sending it again", "costs you nothing"),
    ],
)
def test_bad_news_names_the_day(pack: BrandPack, renderer: PackRenderer, name: str, subject: str, said: str) -> None:
    found, lines = spoken(pack, renderer, name)
    assert found == subject
    assert said in " ".join(lines)


@pytest.mark.parametrize("kind", sorted(NO_DAY))
def test_where_nobody_can_say_no_day_is_named(pack: BrandPack, renderer: PackRenderer, kind: DelayKind) -> None:
    """Given a range from before the parcel was lost (or came to wait), when that is told, then it is not repeated."""
    brand = pack.get("larkspur")
    of = samples.order(brand)
    for parcel in (samples.delayed(of, kind), samples.delayed(of, kind, expected=of.promise)):
        view = email_view(Moment.DELAY_DECLARED, brand, of, None, parcel, None, samples.NOW, samples.LINKS)
        assert view["facts"]["expected"] == view["facts"]["expected_calendar"] == ""
        assert "expectedArrivalFrom" not in (view["structured"] or {})


@pytest.mark.parametrize("name", ["within-30-days", "no-date", "renewed", "continuing"])
def test_the_notice_says_what_16_cfr_435_asks_for(pack: BrandPack, renderer: PackRenderer, name: str) -> None:
    subject, lines = spoken(pack, renderer, f"option-{name}")
    text = " ".join(lines)
    page = MARKUP.sub(" ", renderer.page(pack.get("larkspur"), "tracking", page_view(pack, f"option-{name}")))
    assert "late" in subject
    dated = name in ("within-30-days", "renewed")
    for said in (text, page):
        assert ("We now expect to ship it by" in said) == dated, "a definite revised date"
        assert ("We cannot give you a new shipping date." in said) == (not dated), "or that there is none"
        assert "The reason:" in said
        assert "full and prompt refund" in said
        assert ("you can still cancel at any time until we ship" in said) == (not dated)
        silent = {
            "within-30-days": "If we do not hear from you, we take it that you agree to wait until Friday 11 December.",
            "continuing": "if we do not hear from you, we keep your order and ship it when we can.",
        }
        cancelled = "Unless you agree to wait by Friday, 5:30 pm, or we ship it before that, we cancel your order"
        assert silent.get(name, cancelled) in " ".join(said.split())
    assert "You can cancel it now, or agree to wait." in text
    assert "Answering costs you nothing" in text
    assert "Expected:" not in text, "a day of delivery beside a day of shipping would mislead"


def page_view(pack: BrandPack, name: str) -> dict[str, Any]:
    brand = pack.get("larkspur")
    return checks.page_of(brand, next(page for page in samples.pages(brand) if page.name == name))


@pytest.mark.parametrize(
    ("deadline", "said"),
    [
        (datetime(2026, 11, 28, 7, tzinfo=UTC), "Friday"),
        (datetime(2026, 11, 27, 16, tzinfo=UTC), "Friday, 9:00 am"),
        (datetime(2026, 12, 5, 7, tzinfo=UTC), "Friday 4 December"),
    ],
)
def test_who_answers_by_the_named_time_is_in_time(pack: BrandPack, deadline: datetime, said: str) -> None:
    """Given a deadline at the end of a day, or within one, in Denver: the whole day is named, or the hour too."""
    brand = pack.get("larkspur")
    of = samples.order(brand)
    case = samples.case(of, DelayKind.STALLED, (Remedy.REFUND,), Remedy.REFUND, deadline=deadline)
    parcel = samples.delayed(of, DelayKind.STALLED)
    view = email_view(
        *(Moment.DELAY_QUESTION, brand, of, None, parcel, None, samples.NOW, samples.LINKS, 1, case),
    )
    assert view["facts"]["answer_by"] == said


def test_where_the_zone_is_not_known_the_day_is_over_nowhere(pack: BrandPack) -> None:
    brand = pack.get("larkspur").model_copy(update={"zone": None})
    of = samples.order(brand, destination=Destination())
    deadline = datetime(2026, 11, 28, 11, tzinfo=UTC)
    case = samples.case(of, DelayKind.STALLED, (Remedy.REFUND,), Remedy.REFUND, deadline=deadline)
    parcel = samples.delayed(of, DelayKind.STALLED, zone=None)
    view = email_view(
        *(Moment.DELAY_QUESTION, brand, of, None, parcel, None, samples.NOW, samples.LINKS, 1, case),
    )
    assert view["facts"]["answer_by"] == "Thursday"


def test_of_an_order_that_has_left_in_part_only_the_rest_is_late(pack: BrandPack, renderer: PackRenderer) -> None:
    """Given an order of which one parcel has left, when its delay is told, then nothing is said of the whole."""
    brand, told = pack.get("larkspur"), set()
    for sample in samples.emails(brand):
        delay = sample.order.delay
        if sample.shipment or delay is None or sample.moment in (Moment.DELAY_RECOVERED, Moment.RESENT):
            continue
        record = delay.remedied
        paid = () if record is None else (record.model_copy(update={"lines": {sample.order.lines[0].line_id: 1}}),)
        late = delay.model_copy(update={"facts": {"pieces_to_ship": 1, "pieces_ordered": 2}, "remedies": paid})
        of = sample.order.model_copy(update={"delay": late})
        view = email_view(
            *(sample.moment, brand, of, None, None, None, samples.NOW, samples.LINKS, 0, sample.case),
        )
        subject, _, text = renderer.email(brand, sample.moment, view)
        said = " ".join(text.split())
        assert len(subject) < 45
        assert "the rest of your order" in said.lower(), f"{sample.name}: {said}"
        assert "order and refund you in full" not in said
        assert not EMPTY_PHRASE.search(subject)
        told.add(sample.moment)
    assert {Moment.DELAY_DECLARED, Moment.DELAY_UPDATED, Moment.DELAY_OPTION, Moment.REFUNDED} <= told
