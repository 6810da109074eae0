"""Words and looks: days and ranges in words, every moment of every brand, and nothing that a stranger can
smuggle in.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateError
from jinja2.exceptions import SecurityError, UndefinedError

from porchlight.adapters.brandpack import BrandPack
from porchlight.adapters.rendering import PackRenderer
from porchlight.domain import words
from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Purpose
from porchlight.domain.dates import DateRange
from porchlight.domain.milestones import Milestone, Reason
from porchlight.domain.moments import Moment
from porchlight.domain.orders import Destination
from porchlight.domain.returns import ReturnState
from porchlight.domain.speech import Speech
from porchlight.domain.views import email_view, tracking_view
from porchlight.errors import NotFoundError
from tests.packs import repository_pack

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

import checks  # noqa: E402
import palette  # noqa: E402
import samples  # noqa: E402

TUESDAY = date(2026, 11, 24)
FORBIDDEN = re.compile(
    r"!|\b(good news|just a quick|soon(?! as)|shortly|None|Undefined|as quickly as possible)\b|\{\{|\{%|\bjinja\d{4}x",
    re.IGNORECASE,
)
MARKUP = re.compile(r"<(style|script|head)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.DOTALL)
BRANDS = ("fjordhus", "larkspur")
EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}{% raw %}'\r\nBcc: x@y.z\u202e</script>"


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


@pytest.fixture(scope="module")
def renderer(pack: BrandPack) -> PackRenderer:
    return PackRenderer(pack)


def days(first: int, last: int) -> DateRange:
    return DateRange(earliest=TUESDAY + timedelta(first), latest=TUESDAY + timedelta(last))


@pytest.mark.parametrize(
    ("distance", "email", "page"),
    [
        (0, "today", "today"),
        (1, "Wednesday", "tomorrow"),
        (-1, "Monday", "yesterday"),
        (2, "Thursday", "Thursday"),
        (4, "Saturday", "Saturday"),
        (5, "Sunday 29 November", "Sunday 29 November"),
        (-2, "Sunday", "Sunday"),
        (-3, "Saturday 21 November", "Saturday 21 November"),
        (400, "Wednesday 29 December 2027", "Wednesday 29 December 2027"),
    ],
)
def test_a_day_is_named(distance: int, email: str, page: str) -> None:
    day = TUESDAY + timedelta(distance)
    assert Speech().day(day, TUESDAY).bare == email
    assert Speech().day(day, TUESDAY, relative=True).bare == page


@given(st.integers(-60, 60), st.integers(-60, 60))
def test_no_name_means_two_days(one: int, other: int) -> None:
    names = [Speech().day(TUESDAY + timedelta(n), TUESDAY, relative=True).bare for n in (one, other)]
    assert (names[0] == names[1]) == (one == other)


@pytest.mark.parametrize(
    ("first", "last", "email", "page"),
    [
        (2, 3, "on Thursday, or Friday at the latest", "on Thursday, or Friday at the latest"),
        (2, 2, "on Thursday", "on Thursday"),
        (0, 0, "today", "today"),
        (0, 1, "today, or Wednesday at the latest", "today, or tomorrow at the latest"),
        (1, 2, "on Wednesday, or Thursday at the latest", "tomorrow, or Thursday at the latest"),
        (-1, 3, "by Friday", "by Friday"),
        (-2, 0, "today", "today"),
        (-3, -1, "", ""),
        (
            9,
            13,
            "on Thursday 3 December, or Monday 7 December at the latest",
            "on Thursday 3 December, or Monday 7 December at the latest",
        ),
    ],
)
def test_a_range_is_honest(first: int, last: int, email: str, page: str) -> None:
    assert Speech().range(days(first, last), TUESDAY) == email
    assert Speech().range(days(first, last), TUESDAY, relative=True) == page


def test_a_range_by_the_calendar() -> None:
    assert Speech().range_date(days(2, 3), TUESDAY) == "Thursday 26 or Friday 27 November"
    assert Speech().range_date(days(2, 9), TUESDAY) == "Thursday 26 November to Thursday 3 December"
    assert Speech().range_date(days(2, 2), TUESDAY) == "Thursday 26 November"
    assert Speech().range_date(days(-9, -2), TUESDAY) == ""
    assert Speech().range_date(None, TUESDAY) == ""
    assert Speech().range_short(days(2, 3), TUESDAY) == "26–27 Nov"
    assert Speech().range_short(days(2, 9), TUESDAY) == "26\N{NO-BREAK SPACE}Nov–3\N{NO-BREAK SPACE}Dec"


def test_times_are_told_as_people_there_tell_them() -> None:
    american, german = Speech().at("US"), Speech().at("DE")
    assert german.clock(time(14, 12)) == "14:12"
    assert american.clock(time(14, 12)) == "2:12 pm"
    assert american.clock(time(0, 5)) == "12:05 am"
    two, five = datetime(2026, 11, 24, 14), datetime(2026, 11, 24, 17)  # noqa: DTZ001
    assert american.window(two, five) == "between 2 and 5 pm"
    assert american.window(two.replace(hour=11), five) == "between 11 am and 5 pm"
    assert german.window(two, five) == "between 14:00 and 17:00"


def test_a_scan_is_shown_in_its_own_local_time() -> None:
    naive = datetime(2026, 11, 24, 9, 5)  # noqa: DTZ001
    assert words.local_time(naive, "Europe/Berlin") == (naive, "")
    printed = datetime(2026, 11, 24, 9, 5, tzinfo=timezone(timedelta(hours=-6)))
    assert words.local_time(printed, "Europe/Berlin") == (printed, "")
    utc = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
    assert words.local_time(utc, "Europe/Berlin")[0].hour == 10
    assert words.local_time(utc, None) == (utc, "UTC")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ada Lovelace", "Ada"),
        ("ADA L", "Ada"),
        ("Dr. Who", ""),
        ("A", ""),
        ("", ""),
        ("x@y.z", ""),
        ("Jean-Luc P", "Jean-Luc"),
        ("สมศักดิ์ ใจดี", "สมศักดิ์"),
        ("فاطمة علي", "فاطمة"),
    ],
)
def test_a_wrong_greeting_is_worse_than_none(name: str, first: str) -> None:
    assert words.first_name(name) == first


@given(st.text(max_size=500))
def test_shown_text_is_one_visible_line(text: str) -> None:
    line = words.clean(text)
    assert len(line) <= 300
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b\ufeff\u2028\u2029]", line)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil", "", "https://", "ht tps://x"])
def test_only_web_addresses_become_links(url: str) -> None:
    assert words.safe_url(url) == ""


@given(st.integers(0, 0xFFFFFF))
def test_contrast_holds_for_every_accent(number: int) -> None:
    for name, tones in palette.palette(f"#{number:06x}").items():
        for colour in ("ink", "muted", "accent", "good", "trouble"):
            for ground in ("page", "surface"):
                assert palette.contrast(tones[colour], tones[ground]) >= 4.5, (name, colour, ground)
        assert palette.contrast(tones["on_button"], tones["button"]) >= 4.5
        assert palette.contrast(tones["outline"], tones["page"]) >= 3


def emails(pack: BrandPack) -> Iterator[tuple[BrandConfig, samples.Sample, dict[str, Any]]]:
    for name in BRANDS:
        brand = pack.get(name)
        for sample in samples.emails(brand):
            yield brand, sample, checks.email_of(brand, sample)


def test_every_email_keeps_to_the_voice(pack: BrandPack, renderer: PackRenderer) -> None:
    told = set()
    for brand, sample, view in emails(pack):
        subject, html, text = renderer.email(brand, sample.moment, view)
        told.add(sample.moment)
        where = f"{brand.brand_id} {sample.name}"
        assert 0 < len(subject) < 45, f"{where}: {subject}"
        assert len(html.encode()) < 102_000, where
        for part in (subject, text, MARKUP.sub(" ", html)):
            assert not FORBIDDEN.search(part), f"{where}: {FORBIDDEN.search(part)}\n{part}"
        for part in (html, text):
            assert brand.postal_address.splitlines()[0].partition(" ")[0] in part, where
            assert samples.LINKS["unsubscribe"] in part, where
        assert "http" not in subject
        assert "  " not in text.replace("\n", "").strip(), where
        assert re.search(r"<img|url\(|@import|<link", html) is None, f"{where}: nothing is loaded from elsewhere"
    assert told == set(Moment)


def test_structured_data_is_valid_and_honest(pack: BrandPack, renderer: PackRenderer) -> None:
    for brand, sample, view in emails(pack):
        _, html, _ = renderer.email(brand, sample.moment, view)
        blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
        stuck = {Moment.DELAY_DECLARED, Moment.DELAY_UPDATED, Moment.DELAY_QUESTION, Moment.DELAY_OPTION}
        if sample.moment is Moment.ORDER_CONFIRMED or (sample.moment in stuck and not sample.shipment):
            data = json.loads(blocks[0])
            assert data["@type"] == "Order"
            assert data["orderStatus"].endswith("OrderProblem") == (sample.moment in stuck)
        elif _is_of_one_parcel(sample):
            assert sample.shipment is not None
            data = json.loads(blocks[0])
            assert data["@type"] == "ParcelDelivery"
            assert data["trackingNumber"] == sample.shipment.tracking_number
            may = sample.shipment.expected or sample.shipment.milestone is Milestone.OUT_FOR_DELIVERY
            assert ("expectedArrivalFrom" in data) <= bool(may)
        else:
            assert blocks == []


def _is_of_one_parcel(sample: samples.Sample) -> bool:
    """Check-ins and offers are about no parcel any more, and what was gathered is about several."""
    parcel = sample.shipment
    if parcel is None or parcel.is_return or sample.moment is Moment.REFUNDED:
        return False
    return sample.purpose is Purpose.SERVICE and sample.count == 1


def test_no_day_is_named_that_is_not_known(pack: BrandPack, renderer: PackRenderer) -> None:
    for brand, sample, view in emails(pack):
        on_the_van = sample.moment in (Moment.OUT_FOR_DELIVERY, Moment.DRIVER_NEAR)
        if sample.shipment is None or sample.shipment.expected or on_the_van:
            continue
        _, _, text = renderer.email(brand, sample.moment, view)
        assert "xpect it" not in text.replace("still expect", ""), sample.name
        assert "Expected:" not in text, sample.name


def test_the_van_brings_it_today_even_where_a_later_day_was_named(pack: BrandPack) -> None:
    brand = pack.get("larkspur")
    of = samples.order(brand)
    view = tracking_view(
        brand, of, [(samples.shipment(of, Milestone.OUT_FOR_DELIVERY), [])], [], samples.NOW, samples.LINKS
    )
    assert view["parcels"][0]["facts"]["expected"] == "today"


def test_a_parcel_that_waits_for_an_address_has_no_day(pack: BrandPack) -> None:
    brand = pack.get("larkspur")
    of = samples.order(brand)
    parcel = samples.shipment(of, Milestone.EXCEPTION, Reason.ADDRESS)
    view = email_view(Moment.EXCEPTION, brand, of, samples.shopper(brand), parcel, None, samples.NOW, samples.LINKS)
    assert view["facts"]["expected"] == ""
    assert "expectedArrivalFrom" not in view["structured"]


def test_pages_render_and_keep_to_the_voice(pack: BrandPack, renderer: PackRenderer) -> None:
    for name in BRANDS:
        brand = pack.get(name)
        for page in samples.pages(brand):
            html = renderer.page(brand, "tracking", checks.page_of(brand, page))
            text = MARKUP.sub(" ", html)
            assert not FORBIDDEN.search(text), f"{name} {page.name}: {FORBIDDEN.search(text)}"
            assert html.count("<h1") == 1, page.name
            assert html.count('<form class="asked"') == len(page.cases), page.name
            assert " style=" not in html
            assert "<script" not in html


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("driver-10-minutes", "Your driver is about 10 minutes away."),
        ("driver-1-minute", "Your driver is about 1 minute away."),
        ("driver-nearby", "Your driver is nearby."),
        ("driver-assigned", "A driver is assigned to your parcel."),
        ("split", "In this parcel"),
        ("split", "Not shipped yet"),
        ("split-one-parcel", "Not shipped yet"),
        ("split-together", "In these 2 parcels together"),
    ],
)
def test_pages_say_who_brings_what(pack: BrandPack, renderer: PackRenderer, name: str, said: str) -> None:
    brand = pack.get("larkspur")
    page = next(page for page in samples.pages(brand) if page.name == name)
    assert said in MARKUP.sub(" ", renderer.page(brand, "tracking", checks.page_of(brand, page)))


def test_return_parcels_are_no_parcels_of_the_order(pack: BrandPack) -> None:
    brand = pack.get("larkspur")
    of = samples.order(brand)
    back = samples.shipment(of, Milestone.IN_TRANSIT, return_id="rma_1")
    view = tracking_view(
        brand,
        of,
        [(samples.shipment(of, Milestone.DELIVERED), []), (back, [])],
        [samples.returned(of, ReturnState.IN_TRANSIT)],
        samples.NOW,
        samples.LINKS,
    )
    assert len(view["parcels"]) == 1
    assert view["returns"][0]["state"] == "in_transit"


def test_troubled_parcels_stand_first(pack: BrandPack) -> None:
    brand = pack.get("larkspur")
    page = next(page for page in samples.pages(brand) if page.name == "several")
    view = tracking_view(brand, page.order, page.shipments, (), samples.NOW, samples.LINKS)
    assert [parcel["words"]["say"] for parcel in view["parcels"]] == [
        "states.late",
        "states.out_for_delivery",
        "states.delivered",
    ]


def test_whatever_strangers_write_comes_out_escaped(pack: BrandPack, renderer: PackRenderer) -> None:
    good = pack.get("larkspur")
    brand = good.model_copy(update={"name": EVIL, "postal_address": EVIL})
    of = samples.order(good, number=EVIL, destination=Destination(country="US", zone=EVIL))
    of = of.model_copy(update={"lines": tuple(line.model_copy(update={"title": EVIL}) for line in of.lines)})
    parcel = samples.shipment(of, Milestone.EXCEPTION, Reason.CUSTOMS, carrier=EVIL, tracking_number=EVIL)
    place = parcel.last_place.model_copy(update={"city": EVIL, "region": EVIL})
    parcel = parcel.model_copy(update={"last_place": place})
    facts = samples.events(of, Milestone.EXCEPTION, Reason.CUSTOMS)
    facts = [
        fact.model_copy(
            update={"event": fact.event.model_copy(update={"description": EVIL, "place": place, "raw_code": EVIL})}
        )
        for fact in facts
    ]
    request = samples.returned(of, ReturnState.APPROVED)
    shopper = samples.shopper(good, EVIL)
    links = dict.fromkeys(samples.LINKS, "javascript:alert(1)")
    outputs = [
        renderer.page(brand, "tracking", tracking_view(brand, of, [(parcel, facts)], [request], samples.NOW, links))
    ]
    for moment in Moment:
        view = email_view(moment, brand, of, shopper, parcel, request, samples.NOW, links, 1)
        subject, html, text = renderer.email(brand, moment, view)
        assert "\n" not in subject
        assert "\r" not in subject + text
        assert not re.search(r"^Bcc:", text, re.MULTILINE)
        outputs.append(html)
        for block in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL):
            assert "<" not in block
            json.loads(block)
    for html in outputs:
        assert "alert(1)" in html, "the text itself is shown"
        assert "<script>" not in html
        assert "<img src=x" not in html
        assert "javascript:" not in html
        assert "\u202e" not in html
        assert "49{%" not in html
        assert "{{7*7}}" in html.replace("&#39;", "'")


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ labels.__class__ }}",
        "{{ look.__init__.__globals__ }}",
        "{{ ().__class__.__bases__[0].__subclasses__() }}",
        "{{ '{0.__class__}'.format(words) }}",
        "{{ words.update({'subject': 'x'}) }}",
        "{{ lipsum.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{% include '/etc/passwd' %}",
        "{{ unknown }}",
    ],
)
def test_a_brand_template_cannot_leave_its_sandbox(
    pack: BrandPack, tmp_path: Path, attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = json.loads(json.dumps(pack.data("larkspur")))
    data["templates"]["email/shipped.txt"] = attack
    data["languages"] = {"en": "words"}
    (tmp_path / "words.json").write_text(json.dumps(pack.words("larkspur", "en")))
    (tmp_path / "larkspur.json").write_text(json.dumps(data))
    (tmp_path / "pack.json").write_text('{"brands": ["larkspur"], "style_hashes": []}')
    brand = pack.get("larkspur")
    of = samples.order(brand)
    parcel = samples.shipment(of, Milestone.ACCEPTED)
    view = email_view(Moment.SHIPPED, brand, of, None, parcel, None, samples.NOW, samples.LINKS)
    with pytest.raises((SecurityError, UndefinedError, TemplateError)):
        PackRenderer(BrandPack(tmp_path)).email(brand, Moment.SHIPPED, view)


def test_a_view_holds_plain_data_only(pack: BrandPack, renderer: PackRenderer) -> None:
    with pytest.raises(TypeError, match="plain data"):
        renderer.page(pack.get("larkspur"), "unsubscribe", {"unsubscribed": False, "thing": object()})


def test_not_found_tells_nothing(renderer: PackRenderer) -> None:
    page = renderer.page(None, "not_found", {})
    assert not re.search("larkspur|fjordhus|expired", page, re.IGNORECASE)


def test_the_policy_allows_the_pages_own_styles_and_nothing_else(renderer: PackRenderer, pack: BrandPack) -> None:
    assert "unsafe" not in renderer.policy
    for name in (*pack.ids(), "default"):
        assert pack.data(name)["look"]["style_hash"] in renderer.policy


def test_an_unknown_brand_is_not_found(pack: BrandPack) -> None:
    with pytest.raises(NotFoundError):
        pack.get("nobody")
    with pytest.raises(NotFoundError):
        pack.data("../larkspur")
