"""The catalogue of moments in the brand pack: whole, with the brand's own laid over it, its faults named by field."""

import shutil
import sys
from datetime import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from porchlight.adapters.brandpack import BrandPack
from porchlight.domain.brands import BrandConfig
from porchlight.domain.channels import Channel, Level, Purpose
from porchlight.domain.moments import PROMOTIONAL, Moment
from tests.packs import repository_pack

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

from catalogue import moments  # noqa: E402
from problems import BrandError  # noqa: E402


@pytest.fixture(scope="module")
def pack() -> BrandPack:
    return BrandPack(repository_pack())


@pytest.fixture
def brands(tmp_path: Path) -> Path:
    ours = ("moments.yaml", "brand.yaml", "policies/returns.yaml")
    for name in ("default/moments.yaml", *(f"larkspur/{one}" for one in ours)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "brand" / name, tmp_path / name)
    return tmp_path


def compiled(brands: Path, **outreach: Any) -> dict[str, Any]:
    """Larkspur's part of the pack."""
    config = yaml.safe_load((brands / "larkspur" / "brand.yaml").read_text())
    config["returns"] = yaml.safe_load((brands / "larkspur/policies/returns.yaml").read_text())
    mine = BrandConfig.model_validate(config | ({"outreach": outreach} if outreach else {}))
    return moments(brands / "default", brands / "larkspur", mine, lambda file: yaml.safe_load(file.read_text()))


def test_every_brand_has_every_moment(pack: BrandPack) -> None:
    for brand in pack.ids():
        assert set(pack.moments(brand)) == set(Moment)


def test_the_defaults_ask_for_nothing_that_nobody_chose(pack: BrandPack) -> None:
    """What asks or sells is off until the brand switches it on; what the law asks for cannot be switched off."""
    catalogue = pack.moments("fjordhus")
    for spec in catalogue.values():
        assert spec.purpose is Purpose.SERVICE or not spec.enabled
        assert spec.purpose is Purpose.MARKETING or not PROMOTIONAL & set(spec.blocks)
    assert [moment for moment, spec in catalogue.items() if spec.owed] == [
        Moment.DELAY_OPTION,
        Moment.WITHDRAWAL_RECEIVED,
    ]
    assert catalogue[Moment.DELAY_OPTION].channels == (Channel.EMAIL,)


def test_troubles_pass_whatever_the_shopper_wants_to_hear(pack: BrandPack) -> None:
    problems = {moment for moment, spec in pack.moments("fjordhus").items() if spec.level is Level.PROBLEM}
    assert problems >= {Moment.EXCEPTION, Moment.DELAY_DECLARED, Moment.DELIVERY_ATTEMPTED, Moment.ORDER_CANCELLED}
    assert not problems & {Moment.SHIPPED, Moment.DELIVERED, Moment.REFUNDED, Moment.DIGEST}


def test_a_brand_changes_single_fields(pack: BrandPack) -> None:
    ours, default = pack.moments("larkspur")[Moment.WELCOME], pack.moments("fjordhus")[Moment.WELCOME]
    assert ours.enabled
    assert ours == default.model_copy(update={"enabled": True})
    assert (ours.after, ours.at) == (Moment.DELIVERED, time(10))


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"welcom": {}}, r"welcom: there is no such moment"),
        ({"welcome": {"enable": True}}, r"welcome\.enable: "),
        ({"welcome": {"blocks": ["offer"]}}, r"welcome: .*check_in message cannot have the block offer"),
        ({"shipped": {"blocks": ["related"]}}, r"shipped: .*service message cannot have the block related"),
        ({"related_offer": {"blocks": ["lottery"]}}, r"related_offer\.blocks: 'lottery' is none of"),
        ({"welcome": {"urgent": True}}, r"welcome: .*only service news is urgent"),
        ({"welcome": {"only": ["vip"]}}, r"welcome: 'vip' is no segment of brand\.yaml"),
        ({"welcome": {"at": 600}}, r"welcome\.at: a time stands in quotes"),
        ({"welcome": {"after": None}}, r"welcome\.after: what is to come later has to follow a moment"),
        ({"welcome": {"after": "welcome"}}, r"welcome\.after: it would follow itself"),
        ({"review_request": {"after": "welcome"}}, r"review_request\.after: welcome follows another moment itself"),
        ({"delivered": {"after": "welcome"}}, r"delivered\.after: it would follow itself"),
        ({"welcome": True}, r"welcome: has to be a list of names and values"),
        ({"shipped": {"gather_minutes": 90}}, r"shipped\.gather_minutes: "),
    ],
)
def test_a_fault_is_named_by_file_and_field(brands: Path, own: dict[str, object], said: str) -> None:
    (brands / "larkspur" / "moments.yaml").write_text(yaml.safe_dump(own))
    with pytest.raises(BrandError, match=rf"larkspur/moments\.yaml: {said}"):
        compiled(brands)


def test_a_segment_of_the_brand_can_be_named(brands: Path) -> None:
    (brands / "larkspur" / "moments.yaml").write_text("related_offer: {enabled: true, only: [vip]}\n")
    found = compiled(brands, segments={"vip": {"min_orders": 5}})
    assert found["related_offer"]["only"] == ["vip"]


def test_a_moment_that_is_missing_in_the_defaults_fails(brands: Path) -> None:
    file = brands / "default" / "moments.yaml"
    file.write_text(file.read_text().replace("refund_issued: {}\n", ""))
    with pytest.raises(BrandError, match=r"default/moments\.yaml: refund_issued: is missing"):
        compiled(brands)
