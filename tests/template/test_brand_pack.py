"""The brand pack's build: the real brands build, and what is wrong is named by file and field."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

from build import build  # noqa: E402
from problems import BrandError  # noqa: E402


@pytest.fixture
def brands(tmp_path: Path) -> Path:
    copy = Path(shutil.copytree(ROOT / "brand", tmp_path / "brand"))
    shutil.rmtree(copy / "fjordhus")
    return copy


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_the_brands_of_the_repository_build(tmp_path: Path) -> None:
    pack = build(ROOT / "brand", tmp_path)
    assert json.loads((pack / "pack.json").read_text())["brands"] == ["fjordhus", "larkspur"]
    assert all(file.stat().st_size < 150_000 for file in pack.glob("*.json") if ".words." not in file.name)
    assert all(file.stat().st_size < 250_000 for file in pack.glob("*.words.*.json")), "small and quick to load"


def test_the_same_brands_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (build(ROOT / "brand", tmp_path / name, check=False) for name in ("one", "two"))
    assert [f.read_bytes() for f in sorted(one.iterdir())] == [f.read_bytes() for f in sorted(two.iterdir())]


def test_make_builds_the_layer_from_a_copy_of_its_folder(tmp_path: Path) -> None:
    # As `sam build` does: in a scratch copy, with the Makefile of the repository.
    copy = Path(shutil.copytree(ROOT / "layers" / "brand", tmp_path / "copy"))
    command = ["make", "-f", str(ROOT / "layers/brand/Makefile"), "build-BrandLayer", f"PYTHON={sys.executable}"]
    out = tmp_path / "artifacts"
    environment = {**os.environ, "ARTIFACTS_DIR": str(out)}
    subprocess.run(command, cwd=copy, env=environment, check=True, capture_output=True)
    assert (out / "python/porchlight_brand/larkspur.json").is_file()


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('accent: "#4f5bd5"', "accent: blue", "look.accent"),
        ("name: Larkspur\nshop", "nmae: Larkspur\nshop", "nmae"),
        ("shop_url: https://larkspur.example", "shop_url: javascript:alert(1)", "shop_url"),
        ("brand_id: larkspur", "brand_id: other", "brand_id"),
        ("logo: logo.svg", "logo: missing.svg", "missing.svg"),
        ('cutoff: "14:00"', 'cutoff: "half past two"', "dates.origins.portland.cutoff"),
        ("      zone: America/Los_Angeles", "      zone: America/Portland", "dates.origins.portland.zone"),
        ("working_days: [1, 2]", "working_days: [2, 1]", "dates.services.express.working_days"),
        ("countries: {CA: [2, 4]}", "countries: {Canada: [2, 4]}", "dates.services.express.countries"),
    ],
)
def test_a_bad_brand_yaml_is_named_with_its_field(brands: Path, tmp_path: Path, old: str, new: str, field: str) -> None:
    change(brands / "larkspur/brand.yaml", old, new)
    with pytest.raises(BrandError) as error:
        build(brands, tmp_path)
    assert "larkspur" in str(error.value)
    assert field in str(error.value)


def own_words(brands: Path, words: object) -> None:
    folder = brands / "larkspur/words"
    folder.mkdir()
    (folder / "en.yaml").write_text(yaml.safe_dump(words))


@pytest.mark.parametrize("ask", ["[pigeon]", "[fedex, larkspur]", "[fedex, fedex]", "fedex"])
def test_a_source_that_cannot_be_asked_is_named(brands: Path, tmp_path: Path, ask: str) -> None:
    change(brands / "larkspur/brand.yaml", "  ask: [canada_post]", f"  ask: {ask}")
    with pytest.raises(BrandError, match=r"larkspur/brand\.yaml: tracking\.ask: ") as caught:
        build(brands, tmp_path / "out", check=False)
    assert "Traceback" not in str(caught.value)


def test_sources_that_can_be_asked_are_kept_in_their_order(brands: Path, tmp_path: Path) -> None:
    change(brands / "larkspur/brand.yaml", "[canada_post]", "[shippo, fedex]\n  minutes: {in_transit: 60}")
    pack = build(brands, tmp_path / "out", check=False)
    found = json.loads((pack / "larkspur.json").read_text())["config"]["tracking"]
    assert (found["ask"], found["minutes"]["in_transit"]) == (["shippo", "fedex"], 60)


@pytest.mark.parametrize(
    ("channel", "providers"),
    [("email", "[pigeon]"), ("email", "[ses, aws_sms]"), ("sms", "[ses]"), ("email", "[]"), ("pigeon", "[ses]")],
)
def test_a_provider_that_does_not_carry_the_channel_is_named(
    brands: Path, tmp_path: Path, channel: str, providers: str
) -> None:
    file = brands / "larkspur/brand.yaml"
    settings = yaml.safe_load(file.read_text())
    email = {"email": {"providers": ["ses"]}}
    settings["outreach"] = {"providers": email | {channel: {"providers": yaml.safe_load(providers)}}}
    file.write_text(yaml.safe_dump(settings))
    with pytest.raises(BrandError, match=rf"larkspur/brand\.yaml: outreach\.providers\.{channel}"):
        build(brands, tmp_path / "out", check=False)


def test_what_confirms_nothing_cannot_be_waited_for(brands: Path, tmp_path: Path) -> None:
    """SMTP never says what became of an email: waiting for that would send everything twice."""
    file = brands / "larkspur/brand.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["outreach"] = {"providers": {"email": {"providers": ["ses", "smtp"], "confirm_minutes": 30}}}
    file.write_text(yaml.safe_dump(settings))
    with pytest.raises(BrandError, match=r"outreach\.providers\.email\.confirm_minutes: 'smtp' confirms nothing"):
        build(brands, tmp_path / "out", check=False)


def test_a_second_provider_is_kept_behind_the_first(brands: Path, tmp_path: Path) -> None:
    file = brands / "larkspur/brand.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["outreach"] = {"providers": {"email": {"providers": ["ses", "smtp"], "per_second": 14}}}
    file.write_text(yaml.safe_dump(settings))
    pack = build(brands, tmp_path / "out", check=False)
    found = json.loads((pack / "larkspur.json").read_text())["config"]["outreach"]["providers"]
    assert found["email"]["providers"] == ["ses", "smtp"]


def test_services_and_origins_keep_their_order(brands: Path, tmp_path: Path) -> None:
    change(brands / "larkspur/brand.yaml", "    ground:\n", "    zebra:\n")
    pack = build(brands, tmp_path / "out", check=False)
    found = json.loads((pack / "larkspur.json").read_text())["config"]["dates"]["services"]
    assert list(found) == ["zebra", "express"]  # the first one is taken where an order names none


def test_a_brand_changes_single_words(brands: Path, tmp_path: Path) -> None:
    own_words(brands, {"moments": {"shipped": {"headline": "Off it goes, with {{ carrier }}."}}})
    pack = build(brands, tmp_path)
    shipped = json.loads((pack / "larkspur.words.en.json").read_text())["moments"]["shipped"]
    assert shipped["headline"] == "Off it goes, with {{ carrier }}."
    assert shipped["status"] == "On its way", "the others stay"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"moments": {"shipped": {"headlin": "x"}}}, "moments.shipped.headlin"),
        ({"moments": {"exception": {"variants": {"custom": {"headline": "x"}}}}}, "custom"),
        ({"moments": {"shipped": "x"}}, "moments.shipped"),
        ({"moments": {"shipped": {"headline": 3}}}, "moments.shipped.headline"),
        ({"moments": {"shipped": {"headline": "{{ carier }}"}}}, "carier"),
        ({"moments": {"shipped": {"headline": "{{ ''.__class__ }}"}}}, "shipped"),
        ({"moments": {"shipped": {"headline": "{% if %}"}}}, "shipped"),
        ({"moments": {"shipped": {"subject": "x" * 45}}}, "subject"),
        ({"moments": {"shipped": {"variants": {"customs": {"headlin": "x"}}}}}, "headlin"),
    ],
)
def test_wrong_words_are_named(brands: Path, tmp_path: Path, words: object, said: str) -> None:
    own_words(brands, words)
    with pytest.raises(BrandError, match="larkspur") as error:
        build(brands, tmp_path)
    assert said in str(error.value)


def test_a_missing_word_fails_the_build(brands: Path, tmp_path: Path) -> None:
    change(brands / "default/words/en.yaml", "    button: Follow your parcel\n", "")
    with pytest.raises(BrandError, match="button"):
        build(brands, tmp_path)


def test_a_brands_template_takes_the_place_of_the_default(brands: Path, tmp_path: Path) -> None:
    folder = brands / "larkspur/templates/email"
    folder.mkdir(parents=True)
    (folder / "shipped.txt.j2").write_text("Afgårde!\n")
    pack = build(brands, tmp_path)
    assert json.loads((pack / "larkspur.json").read_text())["templates"]["email/shipped.txt"] == "Afgårde!\n"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("<mjml><mj-body><mj-nothing", "not valid MJML"),
        ("<mjml><mj-body>{% if words %}<mj-section></mj-section></mj-body></mjml>", "endif"),
        ("<mjml><mj-body><mj-raw>{{ wrods.headline }}</mj-raw></mj-body></mjml>", "wrods"),
        ("<mjml><mj-body><mj-raw>{{ 'x' * 103000 }}</mj-raw></mj-body></mjml>", "bytes of HTML"),
    ],
)
def test_a_broken_email_template_fails_the_build(brands: Path, tmp_path: Path, template: str, said: str) -> None:
    folder = brands / "larkspur/templates/email"
    folder.mkdir(parents=True)
    (folder / "delivered.mjml").write_text(template)
    with pytest.raises(BrandError, match="larkspur") as error:
        build(brands, tmp_path)
    assert said in str(error.value)


@pytest.mark.parametrize(
    "svg",
    [
        "<svg><script>alert(1)</script></svg>",
        '<svg onload="alert(1)"></svg>',
        '<svg><image href="https://evil.example/x.png"/></svg>',
        '<svg><path style="fill:red"/></svg>',
        "<!DOCTYPE svg><svg></svg>",
        "not an image",
    ],
)
def test_a_logo_is_shapes_only(brands: Path, tmp_path: Path, svg: str) -> None:
    (brands / "larkspur/logo.svg").write_text(svg)
    with pytest.raises(BrandError, match="logo"):
        build(brands, tmp_path)


@pytest.mark.parametrize("of", ["larkspur", "default"])
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  window: {days: 30}", "  window: {days: thirty}", ": error: otherwise.window.days: "),
        ("then: {refuse: hazmat}", "then: {refuse: hazmat, pays: brand}", ".then.refuse: contradicts itself"),
        ("when: {hazmat: true}", "when: {final_sale: true}", ": error: rules[hazmat]: never takes effect"),
    ],
)
def test_a_policy_with_errors_is_not_packed_whoever_uses_it(
    brands: Path, tmp_path: Path, of: str, old: str, new: str, said: str
) -> None:
    file = brands / of / "policies/returns.yaml"
    change(file, old, new)
    with pytest.raises(BrandError) as error:
        build(brands, tmp_path, check=False)
    assert f"{file}:" in str(error.value)
    assert said in str(error.value)


def test_a_brand_without_a_policy_has_the_default_one_and_doubts_are_said(
    brands: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = brands / "larkspur/policies/returns.yaml"
    change(file, "  - id: hazmat\n", "  - id: hazmat\n    note: x\n")
    change(file, "then: {refuse: hazmat}", "then: {refuse: too_heavy}")
    build(brands, tmp_path / "one", check=False)
    assert "warning: rules[hazmat].then.refuse: has no words of its own" in capsys.readouterr().err
    file.unlink()
    pack = build(brands, tmp_path / "two", check=False)
    packed = json.loads((pack / "larkspur.json").read_text())["config"]["returns"]
    assert packed["version"] == yaml.safe_load((brands / "default/policies/returns.yaml").read_text())["version"]


def test_the_command_says_what_is_wrong_and_fails(brands: Path, tmp_path: Path) -> None:
    change(brands / "larkspur/policies/returns.yaml", "  window: {days: 30}", "  window: {days: -1}")
    command = [sys.executable, str(ROOT / "layers/brand/build.py"), str(tmp_path), "--source", str(brands)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "larkspur/policies/returns.yaml:" in done.stderr
    assert ": error: otherwise.window.days: " in done.stderr
    assert "Traceback" not in done.stderr
