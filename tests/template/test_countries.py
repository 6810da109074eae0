"""Country profiles: the defaults are whole, a brand's own are laid over them, and what is wrong is named by file and
field.
"""

import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.packs import repository_pack

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

from build import build  # noqa: E402
from problems import BrandError  # noqa: E402

from porchlight.adapters.brandpack import BrandPack  # noqa: E402
from porchlight.domain.channels import Channel, Purpose  # noqa: E402
from porchlight.domain.consent import OptIn  # noqa: E402
from porchlight.domain.countries import CountryProfile  # noqa: E402
from porchlight.domain.quiet import LONGEST, next_allowed  # noqa: E402

EXPECTED = "AE AT AU BE BR CA CH DE DK ES FI FR GB ID IE IN IT JP MX NL NO NZ PL PT SA SE SG TH US VN".split()


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


@pytest.fixture
def brands(tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(ROOT / "brand", tmp_path / "brand"))
    shutil.rmtree(copy / "fjordhus")
    return copy


def own(brands: Path, text: str) -> None:
    (brands / "larkspur/countries.yaml").write_text(text)


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def marketing(profile: CountryProfile, when: datetime, region: str | None = None, zone: str | None = None) -> datetime:
    return next_allowed(when, Purpose.MARKETING, Channel.SMS, profile, region, None, zone) or when


@pytest.mark.parametrize("code", EXPECTED)
def test_each_country_has_a_profile_with_a_zone_and_a_source(pack: BrandPack, code: str) -> None:
    profile = pack.country("larkspur", code)
    assert profile.country == code
    assert profile.source
    assert bool(profile.zone) != bool(profile.zones), "one zone, or the outermost of several"


def test_other_countries_have_the_default(pack: BrandPack) -> None:
    assert pack.country("larkspur", "LU").country == "default"
    assert pack.country("larkspur", None) == pack.country("fjordhus", "LU")


@pytest.mark.parametrize("code", [*EXPECTED, "LU"])
def test_nobody_gets_an_sms_or_whatsapp_message_who_did_not_ask(pack: BrandPack, code: str) -> None:
    profile = pack.country("larkspur", code)
    for channel in (Channel.SMS, Channel.WHATSAPP):
        needed = {profile.consents(channel).of(purpose) for purpose in Purpose}
        assert needed <= {OptIn.SINGLE, OptIn.DOUBLE}
    for channel in (Channel.PUSH, Channel.WEB_PUSH):
        assert profile.consents(channel).marketing is OptIn.SINGLE
    assert profile.consents(Channel.EMAIL).service is OptIn.NONE
    assert profile.consents(Channel.EMAIL).check_in is not OptIn.NONE


@pytest.mark.parametrize(
    ("code", "needed"),
    [("DE", OptIn.DOUBLE), ("AT", OptIn.DOUBLE), ("PL", OptIn.SINGLE), ("GB", OptIn.SOFT), ("US", OptIn.SOFT)],
)
def test_what_marketing_by_email_needs(pack: BrandPack, code: str, needed: OptIn) -> None:
    assert pack.country("larkspur", code).consents(Channel.EMAIL).marketing is needed


@pytest.mark.parametrize(
    ("region", "evening", "expected"),
    [
        ("CA", "2026-03-02T20:59", "2026-03-02T20:59"),
        ("FL", "2026-03-02T20:00", "2026-03-03T08:00"),
        ("OK", "2026-03-02T20:00", "2026-03-03T08:00"),
        ("WA", "2026-03-02T20:00", "2026-03-03T08:00"),
        ("MD", "2026-03-02T20:00", "2026-03-03T08:00"),
        ("TX", "2026-03-01T09:00", "2026-03-01T12:00"),
        ("AL", "2026-03-01T12:00", "2026-03-02T08:00"),
        ("GA", "2026-03-02T21:00", "2026-03-03T08:00"),
    ],
)
def test_american_states(pack: BrandPack, region: str, evening: str, expected: str) -> None:
    zone = "America/New_York"
    found = marketing(pack.country("larkspur", "US"), at(evening, zone), region, zone)
    assert found == at(expected, zone)


def test_an_american_of_no_known_state_is_not_woken_anywhere(pack: BrandPack) -> None:
    profile = pack.country("larkspur", "US")
    assert marketing(profile, at("2026-03-02T09:00", "America/New_York")) == at("2026-03-02T08:00", "Pacific/Honolulu")


def test_france_is_quiet_on_sundays_and_holidays(pack: BrandPack) -> None:
    zone, profile = "Europe/Paris", pack.country("larkspur", "FR")
    assert marketing(profile, at("2026-04-04T20:00", zone)) == at("2026-04-07T08:00", zone), "over Easter Monday"
    service = next_allowed(at("2026-04-05T10:00", zone), Purpose.SERVICE, Channel.SMS, profile, None, None, zone)
    assert service is None, "news about an order is no marketing"


NINE_TO_EIGHT = dict.fromkeys((*EXPECTED, "LU"), ("21:00", "08:00"))
HOURS = NINE_TO_EIGHT | {
    **{"CA": ("21:00", "09:00"), "FR": ("20:00", "08:00"), "IN": ("21:00", "10:00"), "MX": ("20:00", "09:00")},
    **{"SA": ("21:00", "09:00")},
}
CLOCKS = ["2026-03-08", "2026-03-29", "2026-04-05", "2026-09-27", "2026-10-04", "2026-10-25", "2026-11-01"]
"""Sundays on which clocks change: in America, Europe, Australia and New Zealand."""


def zones_of(profile: CountryProfile) -> list[str]:
    return [*profile.zones, *([profile.zone] if profile.zone else [])] or ["Europe/Luxembourg"]


@pytest.mark.parametrize("day", ["2026-03-04", "2026-07-08", *CLOCKS])
@pytest.mark.parametrize("code", [*EXPECTED, "LU"])
def test_the_hours_of_each_country_are_those_on_the_wall(pack: BrandPack, code: str, day: str) -> None:
    # Given the evening before a day (of a change of clocks, too), in each of the country's outermost zones
    profile, (quiet, loud) = pack.country("larkspur", code), HOURS[code]
    before = (datetime.fromisoformat(day) - timedelta(days=1)).date()
    weekend = datetime.fromisoformat(day).isoweekday() == 7
    for zone in zones_of(profile):
        opens = at(f"{day}T{loud}", zone)
        if weekend and code == "CA":
            quiet, opens = "18:00", at(f"{day}T10:00", zone)
        if weekend and code == "FR":
            opens = at(f"{datetime.fromisoformat(day).date() + timedelta(days=1)}T08:00", zone)
            if day == "2026-04-05":  # and Easter Monday after it
                opens += timedelta(days=1)
        # Then the last minute is loud, the next is not, and it ends when the wall says so
        last = at(f"{before}T{quiet}", zone) - timedelta(minutes=1)
        assert marketing(profile, last, None, zone) == last
        for instant in (last + timedelta(minutes=1), at(f"{day}T02:30", zone), opens - timedelta(minutes=1)):
            assert marketing(profile, instant, None, zone) == opens
        assert marketing(profile, opens, None, zone) == opens
        # And news of an order by SMS is quiet from nine to eight, by email never
        for channel, expected in ((Channel.SMS, at(f"{day}T08:00", zone)), (Channel.EMAIL, None)):
            found = next_allowed(at(f"{day}T02:30", zone), Purpose.SERVICE, channel, profile, None, None, zone)
            assert found == expected


@pytest.mark.parametrize(
    ("code", "zone", "expected"),
    [
        # Where the shopper's zone is not known the last of the country's zones to wake up decides.
        *(("ES", "Europe/Madrid", "09:00"), ("PT", "Europe/Lisbon", "09:00"), ("BR", "America/Sao_Paulo", "10:00")),
        *(("ID", "Asia/Jakarta", "08:00"), ("AU", "Australia/Sydney", "11:00"), ("NZ", "Pacific/Auckland", "08:00")),
        *(("MX", "America/Cancun", "12:00"), ("CA", "America/St_Johns", "13:30"), ("US", "America/New_York", "13:00")),
    ],
)
def test_the_last_zone_to_wake_up(pack: BrandPack, code: str, zone: str, expected: str) -> None:
    profile, day = pack.country("larkspur", code), "2026-03-04"
    assert marketing(profile, at(f"{day}T06:00", zone)) == at(f"{day}T{expected}", zone)


@pytest.mark.parametrize(
    ("code", "region", "ready", "expected"),
    [
        # France: Bastille Day, a Tuesday; Christmas, a Friday; Saturday evening; a Monday that is none
        ("FR", None, "2026-07-13T20:00", "2026-07-15T08:00"),
        ("FR", None, "2026-12-24T21:00", "2026-12-26T08:00"),
        ("FR", None, "2026-03-07T20:00", "2026-03-09T08:00"),
        ("FR", None, "2026-03-09T19:59", "2026-03-09T19:59"),
        # Germany has hours and no days of its own here
        ("DE", None, "2026-03-08T12:00", "2026-03-08T12:00"),
        ("DE", None, "2026-12-25T12:00", "2026-12-25T12:00"),
        # States
        ("US", "AL", "2026-03-08T12:00", "2026-03-09T08:00"),
        ("US", "AL", "2026-11-26T09:00", "2026-11-27T08:00"),
        ("US", "CA", "2026-03-04T08:00", "2026-03-04T09:00"),
        ("US", "CT", "2026-03-04T20:00", "2026-03-05T09:00"),
        ("US", "FL", "2026-03-04T20:00", "2026-03-05T08:00"),
        ("US", "IL", "2026-03-04T08:59", "2026-03-04T09:00"),
        ("US", "KY", "2026-03-04T09:59", "2026-03-04T10:00"),
        ("US", "LA", "2026-02-17T12:00", "2026-02-18T08:00"),
        ("US", "MA", "2026-03-04T20:00", "2026-03-05T08:00"),
        ("US", "MD", "2026-03-04T20:00", "2026-03-05T08:00"),
        ("US", "MI", "2026-03-04T08:59", "2026-03-04T09:00"),
        ("US", "MN", "2026-03-04T08:59", "2026-03-04T09:00"),
        ("US", "MS", "2026-03-08T12:00", "2026-03-09T08:00"),
        ("US", "NJ", "2026-03-04T20:00", "2026-03-05T08:00"),
        ("US", "NM", "2026-03-04T08:59", "2026-03-04T09:00"),
        ("US", "NV", "2026-03-04T20:00", "2026-03-05T09:00"),
        ("US", "OK", "2026-03-04T20:00", "2026-03-05T08:00"),
        ("US", "PA", "2026-12-25T12:00", "2026-12-26T08:00"),
        ("US", "RI", "2026-03-06T18:00", "2026-03-07T10:00"),
        ("US", "RI", "2026-03-07T17:00", "2026-03-08T10:00"),
        ("US", "RI", "2026-03-08T17:00", "2026-03-09T09:00"),
        ("US", "TX", "2026-03-07T21:00", "2026-03-08T12:00"),
        ("US", "WA", "2026-03-04T20:00", "2026-03-05T08:00"),
        ("US", "GA", "2026-12-25T12:00", "2026-12-25T12:00"),
        # Canada's weekends
        ("CA", None, "2026-03-06T21:00", "2026-03-07T10:00"),
        ("CA", None, "2026-03-07T18:00", "2026-03-08T10:00"),
        ("CA", None, "2026-03-08T18:00", "2026-03-09T09:00"),
    ],
)
def test_days_and_states(pack: BrandPack, code: str, region: str | None, ready: str, expected: str) -> None:
    zone = {"FR": "Europe/Paris", "DE": "Europe/Berlin"}.get(code, "America/New_York")
    found = marketing(pack.country("larkspur", code), at(ready, zone), region, zone)
    assert found.astimezone(ZoneInfo(zone)).isoformat() == at(expected, zone).astimezone(ZoneInfo(zone)).isoformat()


@pytest.mark.parametrize("code", [*EXPECTED, "LU"])
def test_every_profile_leaves_an_hour_within_days(pack: BrandPack, code: str) -> None:
    profile = pack.country("larkspur", code)
    for day in range(0, 366, 3):
        when = datetime(2026, 1, 1, 23, tzinfo=UTC) + timedelta(days=day)
        for region in (None, *profile.regions):
            assert marketing(profile, when, region) < when + LONGEST


def test_a_brand_changes_single_fields(brands: Path, tmp_path: Path) -> None:
    own(
        brands,
        "default: {opt_in: {sms: {service: none}}}\n"
        'DE: {opt_in: {email: {marketing: single}}, service: {hours: "22:00-07:00"}}'
        '\nLU: {marketing: {hours: "18:00-09:00"}}\n',
    )
    pack = BrandPack(build(brands, tmp_path / "out", check=False))
    germany = pack.country("larkspur", "DE")
    assert germany.consents(Channel.EMAIL).marketing is OptIn.SINGLE
    assert germany.consents(Channel.EMAIL).check_in is OptIn.SOFT
    assert germany.service is not None
    assert germany.service.hours.start.hour == 22
    assert germany.consents(Channel.SMS).service is OptIn.NONE, "its default is everybody's"
    assert germany.consents(Channel.SMS).marketing is OptIn.DOUBLE
    assert pack.country("larkspur", "LU").marketing.hours.end.hour == 9
    assert pack.country("larkspur", "LU").zone == "Europe/Luxembourg"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("NO: {source: x}", "Norway stands in quotes"),
        ("XX: {source: x}", "XX: is no country"),
        ("DE: soft", "DE: has to be a list"),
        ('DE: {marketing: {hours: "9-5"}}', "DE.marketing.hours"),
        ("DE: {opt_in: {email: {marketing: maybe}}}", "DE.opt_in.email.marketing"),
        ("DE: {opt_in: {fax: {marketing: none}}}", "DE.opt_in.fax"),
        ("DE: {marketing: {quiet_weekdays: [1, 2, 3, 4]}}", "DE.marketing.quiet_weekdays"),
        ("DE: {zones: [Europe/Atlantis]}", "Europe/Atlantis"),
        ("DE: {quiet: true}", "DE.quiet"),
    ],
)
def test_what_is_wrong_is_named(brands: Path, tmp_path: Path, text: str, named: str) -> None:
    own(brands, text)
    with pytest.raises(BrandError, match=r"larkspur/countries\.yaml") as error:
        build(brands, tmp_path / "out", check=False)
    assert named in str(error.value)
