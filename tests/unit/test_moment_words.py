"""What moments say by SMS and push, and what the moments apart from milestones and delays say at all."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain.channels import Purpose
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Destination
from porchlight.domain.sms import parts, plain
from porchlight.domain.views import email_view
from tests.packs import repository_pack

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

import checks  # noqa: E402
import samples  # noqa: E402

LINK = "https://orders.example/s/0123456789abcdef0123456789"


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


@pytest.fixture(scope="module")
def renderer(pack: BrandPack) -> PackRenderer:
    return PackRenderer(pack)


def spoken(pack: BrandPack, renderer: PackRenderer) -> Iterator[tuple[str, samples.Sample, dict[str, str]]]:
    for name in ("fjordhus", "larkspur"):
        brand = pack.get(name)
        for sample in samples.emails(brand):
            yield brand.name, sample, renderer.texts(brand, checks.email_of(brand, sample, renderer.speech(brand)))


def test_every_sms_is_one_segment_with_brand_and_link(pack: BrandPack, renderer: PackRenderer) -> None:
    for name, sample, words in spoken(pack, renderer):
        text = plain(f"{name}: {words['sms']} {LINK}")
        assert len(words["sms"]) <= 90, f"{sample.name}: {words['sms']}"
        assert words["sms"].endswith((".", "?")), f"{sample.name}: {words['sms']}"
        assert parts(text) == ("GSM-7", 1), f"{sample.name}: {text}"


def test_every_push_fits_a_lock_screen(pack: BrandPack, renderer: PackRenderer) -> None:
    for _, sample, words in spoken(pack, renderer):
        assert 0 < len(words["push_title"]) <= 40, f"{sample.name}: {words['push_title']}"
        assert 0 < len(words["push_body"]) <= 110, f"{sample.name}: {words['push_body']}"


def test_short_words_say_what_variants_say(pack: BrandPack, renderer: PackRenderer) -> None:
    """Given a variant with a subject of its own, when it goes out by SMS or push, then it does not say the usual."""
    usual = {(name, one.moment): words for name, one, words in spoken(pack, renderer) if one.name == "exception"}
    for name, sample, words in spoken(pack, renderer):
        known = usual.get((name, sample.moment))
        if known and words["subject"] != known["subject"]:
            assert words["sms"] != known["sms"], sample.name
            assert words["push_title"] != known["push_title"], sample.name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("in_production", "It should be ready by Thursday 3 December."),
        ("installation_due", "Your installation is on Monday 30 November, between 10:30 am and 1:30 pm."),
        ("installation_due-day", "Your installation is on Monday 30 November."),
        ("split_shipment", "Your order comes in 3 parcels."),
        ("split_shipment-bare", "Your order comes in several parcels."),
        ("abroad", "Your parcel has reached your country"),
        ("abroad-customs", "Your parcel is with customs"),
        ("day_changed-later", "Your parcel should come later than we last told you."),
        ("day_changed-earlier", "Your parcel should come earlier than we last told you."),
        ("driver_near", "Your driver is nearby."),
        ("driver_near-1-minute", "Your driver is about 1 minute away."),
        ("driver_near-12-minutes", "Your driver is about 12 minutes away."),
        ("refund_issued", "We have refunded $14.00."),
        ("related_offer", "The offer ends Thursday, 8:30 am."),
        ("shipped-gathered", "3 parcels of your order are with the carrier."),
        ("digest", "2 updates on your orders."),
    ],
)
def test_moments_say_what_is_known(pack: BrandPack, renderer: PackRenderer, name: str, said: str) -> None:
    brand = pack.get("larkspur")
    sample = next(one for one in samples.emails(brand) if one.name == name)
    _, _, text = renderer.email(brand, sample.moment, checks.email_of(brand, sample))
    assert said in text


def test_a_digest_says_each_of_its_messages_and_links_to_it(pack: BrandPack, renderer: PackRenderer) -> None:
    brand = pack.get("larkspur")
    sample = next(one for one in samples.emails(brand) if one.name == "digest")
    for part in renderer.email(brand, sample.moment, checks.email_of(brand, sample))[1:]:
        assert "Your parcel is on the van and should arrive today." in part
        assert "Thank you, Ada. Your order is confirmed." in part
        assert part.count(samples.LINKS["tracking"]) == len(sample.items)


def test_what_is_gathered_names_no_day_and_number_of_one_parcel(pack: BrandPack, renderer: PackRenderer) -> None:
    brand = pack.get("larkspur")
    for sample in samples.emails(brand):
        if sample.count > 1 and sample.shipment:
            _, html, text = renderer.email(brand, sample.moment, checks.email_of(brand, sample))
            for part in (html, text):
                assert sample.shipment.tracking_number not in part
                assert "Expected:" not in part


def test_who_is_asked_or_offered_something_can_stop_that_alone(pack: BrandPack, renderer: PackRenderer) -> None:
    brand = pack.get("larkspur")
    said = {
        Purpose.SERVICE: "No more emails about deliveries",
        Purpose.CHECK_IN: "No more questions about orders",
        Purpose.MARKETING: "No more offers by email",
    }
    for sample in samples.emails(brand):
        _, _, text = renderer.email(brand, sample.moment, checks.email_of(brand, sample))
        found = [purpose for purpose, words in said.items() if f"\n{words}: http" in text]
        assert found == [sample.purpose], sample.name


def test_an_offer_ends_the_day_before_where_no_clock_is_known(pack: BrandPack, renderer: PackRenderer) -> None:
    """Whoever keeps to what was said is in time, wherever they are."""
    brand = pack.get("larkspur").model_copy(update={"zone": None})
    of = samples.order(brand, destination=Destination())
    ends = samples.NOW + timedelta(hours=48)
    view = email_view(
        *(Moment.RELATED_OFFER, brand, of, None, None, None, samples.NOW, samples.LINKS),
        purpose=Purpose.MARKETING,
        offer_ends=ends,
    )
    assert "The offer ends Wednesday." in renderer.email(brand, Moment.RELATED_OFFER, view)[2]


def test_a_refund_is_told_with_its_own_amount(pack: BrandPack, renderer: PackRenderer) -> None:
    """Given two refunds of an order, when the second is told, then the first does not count."""
    brand = pack.get("larkspur")
    of = samples.order(brand)
    price = of.lines[2].unit_price
    of = of.model_copy(update={"refunds": {"a": price.times(5), "b": price}})
    view = email_view(*(Moment.REFUND_ISSUED, brand, of, None, None, None, samples.NOW, samples.LINKS), subject_id="b")
    assert renderer.texts(brand, view)["subject"] == "Refund of $14.00 is on its way"
