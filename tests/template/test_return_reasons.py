"""Reasons of a brand's own policy: without words for shoppers the pack does not build."""

import sys
from pathlib import Path

import pytest
import yaml

from tests.template.test_brand_pack import brands, build, change, own_words

sys.path.insert(0, str(Path(__file__).parents[2] / "layers" / "brand"))

from problems import BrandError

__all__ = ["brands"]


@pytest.fixture
def with_a_reason(brands: Path) -> Path:
    change(
        brands / "larkspur/policies/returns.yaml", "  - {id: too_small}\n", "  - {id: too_small}\n  - {id: wrong_hue}\n"
    )
    return brands


def test_a_reason_without_words_is_named(with_a_reason: Path, tmp_path: Path) -> None:
    with pytest.raises(BrandError, match="wrong_hue"):
        build(with_a_reason, tmp_path / "out")


def test_a_reason_has_its_words_in_the_brands_own(with_a_reason: Path, tmp_path: Path) -> None:
    own_words(with_a_reason, {"returns": {"reasons": {"wrong_hue": "Another colour"}}})
    pack = build(with_a_reason, tmp_path / "out")
    words = yaml.safe_load((pack / "larkspur.words.en.json").read_text())
    assert words["returns"]["reasons"]["wrong_hue"] == "Another colour"


def test_elsewhere_a_new_word_is_a_misspelling(brands: Path, tmp_path: Path) -> None:
    own_words(brands, {"returns": {"raesons": {"wrong_hue": "Another colour"}}})
    with pytest.raises(BrandError, match=r"returns\.raesons: there is no such word"):
        build(brands, tmp_path / "out", check=False)
