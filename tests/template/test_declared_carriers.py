"""Mappings in brand/: what is built from them, and what the build says where one is wrong."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from typer.testing import CliRunner

from local.cli import parse
from porchlight.adapters.brandpack import BrandPack
from porchlight.carriers.declared import DeclaredCarrier
from porchlight.carriers.declared.mapping import CarrierMapping
from porchlight.domain.milestones import Milestone, Party, Reason, Signal

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

from build import build  # noqa: E402
from problems import BrandError  # noqa: E402

MILLRACE = "larkspur/carriers/millrace_couriers"
EXAMPLE = "millrace_couriers.second_attempt"
RUN = CliRunner()


@pytest.fixture
def brands(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "brand", tmp_path / "brand"))


def built(brands: Path) -> BrandPack:
    return BrandPack(build(brands, brands.parent / f"out{len(list(brands.parent.iterdir()))}", check=False))


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_the_shipped_mapping_is_compiled_for_its_brand_alone(brands: Path) -> None:
    pack = built(brands)
    mappings = pack.carriers("millrace_couriers")
    assert list(mappings) == ["larkspur"]
    assert mappings["larkspur"]["statuses"]["FAIL/NH"]["at_fault"] == "consignee"
    assert pack.carriers("ups") == pack.carriers("../pack") == pack.carriers("") == {}


def test_a_mapping_of_default_is_every_brands_unless_it_has_its_own(brands: Path) -> None:
    (brands / "default/carriers").mkdir()
    shared = brands / "default/carriers/millrace_couriers.yaml"
    shutil.copy(brands / f"{MILLRACE}.yaml", shared)
    change(shared, "name: Millrace Couriers", "name: Millrace")
    mappings = built(brands).carriers("millrace_couriers")
    assert {brand: mapping["name"] for brand, mapping in mappings.items()} == {
        "fjordhus": "Millrace",
        "larkspur": "Millrace Couriers",
    }


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("parcels: consignments", "parcels: consignments[", ": parcels: is not JMESPath"),
        ("  HUB: in_transit", "  HUB: in_transti", ": statuses.HUB.milestone: Input should be"),
        ("  HUB: in_transit", "  PICK: in_transit", ": statuses.PICK: stands there twice"),
        ("  algorithm: sha256", "  algorithm: md5", ": proof.algorithm: Input should be"),
        ('  signed: "{timestamp}.{body}"\n', "", ": proof: signed: has to have {body} once"),
        ("    zone: America/Los_Angeles  #", "    zone: America/Portland  #", ": event.time.zone: has to be payload"),
        ("number: barcode", "number: barcode\nnumbr: x", ": numbr: Extra inputs"),
        ("number: barcode\n", "", ": number: Field required"),
        ("id: millrace_couriers", "id: millrace", ": id: is 'millrace', but the file is"),
        ("id: millrace_couriers", "id: [", "not valid YAML"),
        ("id: millrace_couriers", "? [a]\n: b\nid: millrace_couriers", "a name has to be text"),
        ("id: millrace_couriers", "deep: &a [*a]\nid: millrace_couriers", "nested too deeply"),
        ("  STOP: {milestone: cancelled}", "  STOP: ~", ": statuses.STOP: "),
        ("statuses:\n", "statuses: []\nstates:\n", ": statuses: "),
    ],
)
def test_what_is_wrong_is_named_by_file_line_and_field(brands: Path, old: str, new: str, where: str) -> None:
    file = brands / f"{MILLRACE}.yaml"
    change(file, old, new)
    with pytest.raises(BrandError) as error:
        built(brands)
    said = str(error.value)
    assert str(file) in said
    assert where in said
    if where.startswith(": ") and "Field required" not in where:
        first, field = said.splitlines()[0], where.split(": ")[1].split(".")[-1]
        line = int(first.removeprefix(f"{file}:").split(":")[0])
        shown = file.read_text().splitlines()[line - 1]
        assert field in shown or shown.strip().split(":")[0] in where


def test_all_that_is_wrong_is_said_at_once(brands: Path) -> None:
    file = brands / f"{MILLRACE}.yaml"
    change(file, "number: barcode", "number: bar..code")
    change(file, "events: scans", "events: nope(")
    with pytest.raises(BrandError) as error:
        built(brands)
    assert [line.split(": ")[1] for line in str(error.value).splitlines()] == ["number", "events"]


@pytest.mark.parametrize("taken", ["ups", "shopify", "stores"])
def test_an_id_that_stands_in_an_address_already_is_taken(brands: Path, taken: str) -> None:
    for file in (brands / "larkspur/carriers").glob("*.json"):
        file.unlink()
    file = (brands / f"{MILLRACE}.yaml").rename(brands / f"larkspur/carriers/{taken}.yaml")
    change(file, "id: millrace_couriers", f"id: {taken}")
    with pytest.raises(BrandError, match=f"id: '{taken}' is taken"):
        built(brands)


def test_codes_are_the_text_that_stands_there(brands: Path) -> None:
    """YAML would make false of NO, 7 of 007 and 1000.0 of 1e3."""
    change(brands / f"{MILLRACE}.yaml", "  HUB: in_transit", "  HUB: in_transit\n  NO: lost\n  007: lost\n  1e3: lost")
    statuses = built(brands).carriers("millrace_couriers")["larkspur"]["statuses"]
    assert {"NO", "007", "1e3"} <= statuses.keys()


def test_an_example_that_is_read_otherwise_fails_the_build(brands: Path) -> None:
    change(brands / f"{MILLRACE}.yaml", "  FAIL/NH: {milestone: delivery_attempted", "  FAIL/NH: {milestone: exception")
    with pytest.raises(BrandError) as error:
        built(brands)
    said = str(error.value)
    assert f"{EXAMPLE}.expect.json: shipments[0].events[1].canonical" in said
    assert 'reads "exception", the file says "delivery_attempted"' in said


def test_an_example_that_cannot_be_read_says_why(brands: Path) -> None:
    change(brands / f"larkspur/carriers/{EXAMPLE}.json", '"barcode"', '"bar_code"')
    with pytest.raises(BrandError, match="number is missing"):
        built(brands)


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (f"{EXAMPLE}.expect.json", "write down how it is to be read"),
        (f"{EXAMPLE}.json", "would be the reading of"),
        ("millrace_couriers.yaml", "neither a mapping"),
    ],
)
def test_no_file_lies_there_for_nothing(brands: Path, left_out: str, said: str) -> None:
    (brands / "larkspur/carriers" / left_out).unlink()
    with pytest.raises(BrandError, match=said):
        built(brands)


def test_the_pack_is_what_the_connector_reads(brands: Path) -> None:
    mappings = built(brands).carriers("millrace_couriers")
    millrace = DeclaredCarrier("millrace_couriers", mappings).of_brand("larkspur")
    assert millrace is not None
    (first, second) = millrace.parse((brands / f"larkspur/carriers/{EXAMPLE}.json").read_bytes())
    assert (first.carrier, first.tracking_number, second.status) == ("millrace_couriers", "MRC0044120075", "delivered")
    assert first.events[0].place.label() == "Portland, OR"


class TestParseCommand:
    FILE = str(ROOT / "brand" / f"larkspur/carriers/{EXAMPLE}.json")

    def read(self, *arguments: str) -> Any:
        result = RUN.invoke(parse.commands, ["--source", "millrace_couriers", *arguments, self.FILE])
        return json.loads(result.stdout) if result.exit_code == 0 else (result.exit_code, result.output)

    def test_a_declared_carrier_is_a_source_of_this_checkout(self) -> None:
        wanted = json.loads(Path(self.FILE).with_name(f"{EXAMPLE}.expect.json").read_bytes())
        assert self.read() == self.read("--brand", "larkspur") == wanted

    def test_a_brand_that_does_not_declare_it(self) -> None:
        code, said = self.read("--brand", "fjordhus")
        assert code == 2
        assert "millrace_couriers" in said

    def test_where_two_brands_read_differently_one_has_to_be_named(
        self, brands: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parse, "BRANDS", brands)
        (brands / "fjordhus/carriers").mkdir()
        other = Path(shutil.copy(brands / f"{MILLRACE}.yaml", brands / "fjordhus/carriers"))
        assert "shipments" in self.read(), "both read the same"
        change(other, "DONE: delivered", "DONE: accepted")
        code, said = self.read()
        assert code == 2
        assert "fjordhus" in said
        assert self.read("--brand", "fjordhus")["shipments"][1]["events"][1]["canonical"] == "accepted"

    def test_an_example_without_expectation_is_no_hindrance_but_a_mistake_is(
        self, brands: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(parse, "BRANDS", brands)
        (brands / f"larkspur/carriers/{EXAMPLE}.expect.json").unlink()
        assert "shipments" in self.read()
        change(brands / f"{MILLRACE}.yaml", "number: barcode", "number: bar..code")
        code, said = self.read()
        assert code == 2
        assert "number" in said


def _fields(model: type[BaseModel], seen: set[str]) -> set[str]:
    for name, field in model.model_fields.items():
        seen.add(field.alias or name)
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                _fields(kind, seen)
    return seen


def test_the_page_names_every_field_and_every_word() -> None:
    text = (ROOT / "docs/declared-carriers.md").read_text()
    fields = _fields(CarrierMapping, set()) - {"kind", "event"}
    words = {word.value for kind in (Milestone, Reason, Party, Signal) for word in kind}
    for name in sorted(fields | words):
        assert f"`{name}`" in text or f"`event.{name}`" in text, name
