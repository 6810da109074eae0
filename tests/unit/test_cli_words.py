"""`porchlight words`: from the English to catalogs and back."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from local.cli import app

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "layers" / "brand"))

import catalogs  # noqa: E402

HEADLINE = "moments.shipped.headline"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A default with few words and no catalogs."""
    words = tmp_path / "default/words"
    words.mkdir(parents=True)
    (words / "en.yaml").write_text(
        "moments:\n  shipped:\n    tone: calm\n    status: On its way\n    headline: It is with {{ carrier }}.\n"
        "    you: ''\nlabels:\n  total: Total\n"
    )
    return tmp_path


def run(source: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["words", *arguments, "--source", str(source)])


def change(source: Path, old: str, new: str) -> None:
    file = source / "default/words/en.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def say(source: Path, language: str, said: dict[str, str]) -> None:
    """Somebody translates."""
    file = catalogs.place(source / "default", language)
    text = file.read_text()
    for english, translation in said.items():
        assert f'msgid "{english}"\nmsgstr ""' in text
        text = text.replace(f'msgid "{english}"\nmsgstr ""', f'msgid "{english}"\nmsgstr "{translation}"')
    file.write_text(text)


GERMAN = {"On its way": "Unterwegs", "It is with {{ carrier }}.": "Es ist bei {{ carrier }}.", "Total": "Summe"}


def open_texts(source: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(run(source, "check", "--json").stdout)["open"]
    return found


def test_the_template_has_every_text_with_its_place(source: Path) -> None:
    """Colours and empty words are not for translators."""
    assert run(source, "extract").exit_code == 0
    text = (source / "default/locales/words.pot").read_text()
    assert text.count("msgctxt") == 3
    assert f'msgctxt "{HEADLINE}"\nmsgid "It is with {{{{ carrier }}}}."\nmsgstr ""' in text
    assert "calm" not in text
    assert "python-format" not in text


def test_a_new_language_begins_empty_and_is_whole_when_it_is_translated(source: Path) -> None:
    assert run(source, "update", "pt-BR").exit_code == 0
    assert (source / "default/locales/pt_BR/LC_MESSAGES/words.po").is_file()
    assert run(source, "check").exit_code == 1
    assert open_texts(source) == {"pt-BR": ["moments.shipped.status", HEADLINE, "labels.total"]}
    say(source, "pt-BR", GERMAN)
    assert run(source, "check").exit_code == 0
    assert open_texts(source) == {"pt-BR": []}


def test_what_was_said_of_another_english_is_only_a_proposal(source: Path) -> None:
    run(source, "update", "de")
    say(source, "de", GERMAN)
    change(source, "It is with {{ carrier }}.", "It is now with {{ carrier }}.")
    assert open_texts(source) == {"de": [HEADLINE]}
    run(source, "update")
    file = catalogs.place(source / "default", "de")
    assert "#, fuzzy" in file.read_text()
    assert "Es ist bei {{ carrier }}." in file.read_text()
    assert open_texts(source) == {"de": [HEADLINE]}
    rows = json.loads(run(source, "check", "--json").stdout)["languages"]
    assert rows == [{"language": "de", "missing": 0, "fuzzy": 1}]
    file.write_text(file.read_text().replace("#, fuzzy\n", ""))
    assert run(source, "check").exit_code == 0


def test_a_text_that_moves_is_proposed_at_its_new_place(source: Path) -> None:
    run(source, "update", "de")
    say(source, "de", GERMAN)
    change(source, "total: Total", "sum: Total")
    run(source, "update")
    assert open_texts(source) == {"de": ["labels.sum"]}
    text = catalogs.place(source / "default", "de").read_text()
    assert 'msgctxt "labels.sum"\nmsgid "Total"\nmsgstr "Summe"' in text
    assert "labels.total" not in text


def test_nothing_changes_where_nothing_has_changed(source: Path) -> None:
    run(source, "update", "de")
    say(source, "de", GERMAN)
    file = catalogs.place(source / "default", "de")
    file.write_text(file.read_text().replace('msgctxt "labels.total"', '# the sum\nmsgctxt "labels.total"'))
    before = file.read_bytes()
    run(source, "update")
    assert file.read_bytes() == before


def test_broken_words_are_told_in_one_line(source: Path) -> None:
    (source / "default/words/en.yaml").write_text("moments: {")
    done = run(source, "update", "de")
    assert done.exit_code == 1
    assert "en.yaml: " in done.output
    assert not (source / "default/locales").exists()


def test_a_broken_catalog_is_told_in_one_line(source: Path) -> None:
    run(source, "update", "de")
    file = catalogs.place(source / "default", "de")
    file.write_text(file.read_text() + '\nmsgid "x\n')
    done = run(source, "check")
    assert done.exit_code == 1
    assert "words.po: not a catalog" in done.output
    assert "Traceback" not in done.output


def test_the_catalogs_of_the_default_are_whole_and_up_to_date(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(ROOT / "brand", tmp_path / "brand"))
    assert run(copy, "check").exit_code == 0
    run(copy, "update")
    for language, file in catalogs.files(ROOT / "brand/default").items():
        assert catalogs.place(copy / "default", language).read_bytes() == file.read_bytes(), language
