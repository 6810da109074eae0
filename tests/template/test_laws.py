"""The law as data: whole for every country that is promised, and a brand's own may only give more."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.packs import repository_pack

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

from build import build  # noqa: E402
from problems import BrandError  # noqa: E402

from porchlight.adapters.brandpack import BrandPack, PackLaws  # noqa: E402
from porchlight.domain.law.model import LETTERS, Exemption, Grade  # noqa: E402

EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
WITH_RIGHT = [*EU, "IS", "LI", "NO", "GB"]
WITHOUT = ["CH", "US", "CA", "AU"]


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


@pytest.fixture
def brands(tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(ROOT / "brand", tmp_path / "brand"))
    shutil.rmtree(copy / "fjordhus")
    return copy


def built(brands: Path, own: str) -> BrandPack:
    (brands / "larkspur/law.yaml").write_text(own)
    return BrandPack(build(brands, brands.parent / "out", check=False))


@pytest.mark.parametrize("code", WITH_RIGHT)
def test_each_of_them_gives_fourteen_days_and_the_shipping(pack: BrandPack, code: str) -> None:
    profile = pack.law("larkspur", code)
    assert profile.country == code
    assert (profile.withdrawal_days, profile.refund_days, profile.refunds_shipping) == (14, 14, True)
    assert set(profile.exempt) == set(Exemption)
    assert (profile.withdrawal_function_since is not None) is (code in EU)
    assert profile.guarantee_months >= 24
    assert profile.burden_of_proof_months >= (6 if code == "GB" else 12)


@pytest.mark.parametrize("code", WITHOUT)
def test_these_give_no_right_to_withdraw(pack: BrandPack, code: str) -> None:
    profile = pack.law("larkspur", code)
    assert (profile.country, profile.withdrawal_days, profile.exempt) == (code, 0, ())


def test_what_differs_differs(pack: BrandPack) -> None:
    months = {code: pack.law("larkspur", code).guarantee_months for code in WITH_RIGHT}
    assert {code: found for code, found in months.items() if found != 24} == {
        **dict.fromkeys(("ES", "PT", "SE"), 36),
        **{"IE": 72, "GB": 72, "NO": 60, "IS": 60},
    }


def test_each_says_where_it_is_from_and_how_sure_it_is(pack: BrandPack) -> None:
    for code in (*WITH_RIGHT, *WITHOUT):
        profile = pack.law("fjordhus", code)
        assert profile.source
        assert (profile.read_on is None) is (profile.grade is Grade.UNREAD)


def test_other_countries_have_the_default(pack: BrandPack) -> None:
    laws = PackLaws(pack)
    assert laws.of("larkspur", "JP") == laws.of("larkspur", None)
    assert laws.of("larkspur", "JP").withdrawal_days == 0


def test_the_pack_is_the_same_each_time(tmp_path: Path) -> None:
    packs = [build(ROOT / "brand", tmp_path / str(one), check=False) for one in range(2)]
    first, second = ((one / "default.law.json").read_text() for one in packs)
    assert first == second
    assert list(json.loads(first)) == sorted(json.loads(first))


def test_the_letters_are_those_of_article_16() -> None:
    assert LETTERS[Exemption.CUSTOM_MADE] == "c"
    assert LETTERS[Exemption.SEALED_HYGIENE] == "e"
    assert LETTERS[Exemption.DIGITAL_BEGUN] == "m"
    assert len(LETTERS) == 13


def test_a_brand_may_give_more_and_name_its_exempt_goods(brands: Path) -> None:
    own = 'countries: {DE: {withdrawal_days: 30, reason: "Thirty days everywhere"}}\ncategories: {rings: custom_made}\n'
    pack = built(brands, own)
    assert pack.law("larkspur", "DE").withdrawal_days == 30
    assert pack.law("larkspur", "FR").withdrawal_days == 14
    assert pack.law("larkspur", "FR").exemption("", "rings") is Exemption.CUSTOM_MADE
    assert pack.law("larkspur", "FR").exemption("", "hats") is None
    # A word that is no exemption takes nobody's right
    assert pack.law("larkspur", "FR").exemption("sale", None) is None
    assert pack.law("larkspur", "US").exemption("custom_made", None) is None


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ("countries: {DE: {withdrawal_days: 30}}", "countries.DE.reason"),
        ("countries: {DE: {withdrawal_days: 7, reason: r}}", "countries.DE.withdrawal_days"),
        ("countries: {DE: {refund_days: 30, reason: r}}", "countries.DE.refund_days"),
        ("countries: {DE: {refunds_shipping: false, reason: r}}", "countries.DE.refunds_shipping"),
        ("countries: {DE: {guarantee_months: 12, reason: r}}", "countries.DE.guarantee_months"),
        ("countries: {DE: {ends_on_working_day: false, reason: r}}", "countries.DE.ends_on_working_day"),
        ("countries: {DE: {refund_from: goods, reason: r}}", "countries.DE.refund_from"),
        ("countries: {DE: {source: mine, reason: r}}", "countries.DE.source"),
        ("countries: {DE: {withdrawl_days: 30, reason: r}}", "countries.DE.withdrawl_days"),
        ("countries: {XX: {withdrawal_days: 30, reason: r}}", "XX"),
        ("countries: {NO: {withdrawal_days: 30, reason: r}}", "Norway"),
        ("groups: {}", "groups"),
        ("categories: {rings: because}", "categories.rings"),
    ],
)
def test_what_gives_less_or_is_wrong_is_named(brands: Path, own: str, named: str) -> None:
    with pytest.raises(BrandError, match=r"law\.yaml") as caught:
        built(brands, own)
    assert named in str(caught.value)


def test_exempting_more_than_the_law_does_is_refused(brands: Path) -> None:
    default = brands / "default/law.yaml"
    text = default.read_text()
    default.write_text(text.replace("IS: {guarantee", "IS: {exempt: [perishable], guarantee"))
    with pytest.raises(BrandError, match=r"countries\.IS\.exempt"):
        built(brands, "countries: {IS: {exempt: [perishable, custom_made], reason: r}}")


def test_the_document_says_what_the_data_says(pack: BrandPack) -> None:
    text = (ROOT / "docs/returns-law.md").read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    said = {row[0]: row[1:] for row in rows if len(row) == 8 and row[1].isdigit()}
    for code in (*WITH_RIGHT, *WITHOUT, "default"):
        law = pack.law("larkspur", code)
        since = law.withdrawal_function_since.isoformat() if law.withdrawal_function_since else ""
        numbers = [str(law.withdrawal_days), str(law.refund_days), since]
        numbers += [str(law.guarantee_months), str(law.burden_of_proof_months)]
        assert said.pop(code) == [*numbers, f"`{law.grade.value}`", law.source]
        assert law.note in text
    assert not said
    assert {row[0].strip("`"): row[1] for row in rows if len(row) == 3 and len(row[1]) == 1} == LETTERS
