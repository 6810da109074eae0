"""The default's languages as the build makes them of the catalogs, for tests of what is said."""

import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

import wording  # noqa: E402

from porchlight.adapters.rendering import _Tongue  # noqa: E402
from porchlight.domain.speech import Speech  # noqa: E402

DEFAULTS = ROOT / "brand" / "default"
LANGUAGES = ("ar", "de", "en", "es", "fr", "id", "it", "ja", "nl", "pl", "pt-BR", "th", "vi")


@cache
def all_words() -> dict[str, dict[str, Any]]:
    """The words of every language that is whole."""
    english, catalogs = _source()
    return wording.wording(DEFAULTS, DEFAULTS, None, catalogs, lambda _: english).spoken


@cache
def speech(language: str) -> Speech:
    """As the renderer has it."""
    english, catalogs = _source()
    words = english if language == "en" else wording.translated(english, catalogs[language])[0]
    return _Tongue(language, words).speech


@cache
def _source() -> tuple[dict[str, Any], dict[str, Any]]:
    return _yaml(DEFAULTS / "words" / "en.yaml"), wording.read_catalogs(DEFAULTS)


def _yaml(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    return found
