"""`porchlight new carrier`: in a copy of the project, what it scaffolds passes the contract suites at once, and the
guide that is written around it can be followed.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from local.cli import new

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/adding-a-carrier.md").read_text(encoding="utf-8")
SUITES = ("test_contract", "test_signatures", "test_clients", "test_robustness", "test_docs")
PARTS = (
    "layers/core/porchlight",
    "local",
    "tests/connectors",
    "docs/carriers",
    "docs/carriers.md",
    "brand",
    "pyproject.toml",
)
RUN = CliRunner()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As much of the project as a carrier touches, and its contract suites need."""
    copy = tmp_path_factory.mktemp("project")
    for part in PARTS:
        place = copy / part
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, place, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(ROOT / part, place)
    _without_acme(copy)
    return copy


def _without_acme(copy: Path) -> None:
    """Somebody may be trying the guide in this checkout."""
    for made in new.FILES.values():
        place = copy / made.format(id="acme")
        place.unlink(missing_ok=True)
        if place.parent.name == "acme":
            shutil.rmtree(place.parent, ignore_errors=True)
    for file in (copy / new.REGISTRY, copy / "docs/carriers.md"):
        if file.exists():
            lines = file.read_text().splitlines(keepends=True)
            file.write_text("".join(line for line in lines if '"acme":' not in line and "[`acme`]" not in line))


@pytest.fixture
def project(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "project"))


@pytest.fixture
def here(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command at work in the copy, from this process."""
    monkeypatch.setattr(new, "ROOT", project)
    return project


def run(project: Path, *command: str) -> str:
    """A command in the copy, whose modules stand before the real ones."""
    path = os.pathsep.join((f"{project}/layers/core", str(project)))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, *command], cwd=project, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    return done.stdout


def files(project: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(project)): file.read_bytes()
        for file in project.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and ".hypothesis" not in file.parts
    }


def scaffold(project: Path, *arguments: str) -> set[str]:
    """The command in the copy, as from a shell; returns the files that it made or changed."""
    before = files(project)
    run(project, "-c", "from local.cli import app; app()", *arguments)
    after = files(project)
    assert not before.keys() - after.keys()
    return {name for name, content in after.items() if before.get(name) != content}


def check(project: Path, id_: str) -> None:
    """The contract suites and the carrier's own tests, over this carrier."""
    names = [f"tests/connectors/{suite}.py" for suite in (*SUITES, f"test_{id_}")]
    said = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", id_, *names)
    (passed,) = re.findall(r"(\d+) passed", said)
    assert int(passed) > 70, "the suites have found it"
    assert not re.search(r"failed|error|skipped", said.splitlines()[-1])


def test_what_is_scaffolded_passes_everything_at_once(project: Path) -> None:
    id_ = "zebra_parcels_of_mars"  # as long as an id may be, and last in the order of imports
    made = scaffold(project, "new", "carrier", id_, "--register", "--name", "Parcels and Letters of Zebra, Outer Mars")
    assert made == {place.format(id=id_) for place in new.FILES.values()} | {new.REGISTRY, new.OVERVIEW}, (
        "nothing else is touched"
    )
    check(project, id_)
    python = sorted(name for name in made if name.endswith(".py"))
    run(project, "-m", "ruff", "check", "--no-cache", *python)
    run(project, "-m", "ruff", "format", "--no-cache", "--check", *python)


def test_the_guide_can_be_followed(project: Path) -> None:
    """Its first command makes the files of its table; its other files take their places, and all suites pass again."""
    command = re.findall(r"^```\n(porchlight .*)$", GUIDE, flags=re.MULTILINE)[0]
    made = scaffold(project, *shlex.split(command)[1:])
    table = re.findall(r"^\| `([^`]+)`", GUIDE, flags=re.MULTILINE)
    assert {name for name in made if not name.endswith(".json")} | {"tests/connectors/fixtures/acme/*.json"} == set(
        table
    )
    unsigned, scheme = re.findall(r"^```python\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE)
    (project / "layers/core/porchlight/carriers/acme/__init__.py").write_text(unsigned)
    (project / "tests/connectors/schemes/acme.py").write_text(scheme)
    page = project / "docs/carriers/acme.md"
    page.write_text(page.read_text().replace('"secret"', '"path_token"'))
    check(project, "acme")


def test_without_register_the_line_is_shown_and_nothing_is_written_there(here: Path) -> None:
    before = (here / new.REGISTRY).read_text()
    result = RUN.invoke(new.commands, ["carrier", "bb", "--name", "Bee Parcel"])
    assert result.exit_code == 0, result.output
    assert '"bb": "push poll",' in result.stdout
    assert (here / new.REGISTRY).read_text() == before
    assert 'name: Final = "Bee Parcel"' in (here / "layers/core/porchlight/carriers/bb/__init__.py").read_text()
    row = (here / "docs/carriers/bb.md").read_text().splitlines()[2]
    assert re.fullmatch(r"\| `bb` \|( [^|]+ \|){5}", row), "one row of the overview, as its third line"
    assert not [file for file in here.rglob("*bb*") if file.is_file() and "<<" in file.read_text()]


def test_registered_lines_keep_the_order(here: Path) -> None:
    for id_ in ("zz_last", "aa_first", "mm_middle"):
        assert RUN.invoke(new.commands, ["carrier", id_, "--register"]).exit_code == 0
    text = (here / new.REGISTRY).read_text().split("_CARRIERS = {\n")[1].split("\n}")[0]
    ids = re.findall(r'^    "(\w+)":', text, flags=re.MULTILINE)
    assert [id_ for id_ in ids if id_[:2] in ("zz", "aa", "mm")] == ["aa_first", "mm_middle", "zz_last"]
    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("id_", "said"),
    [
        ("Acme", "lower-case"),
        ("a", "2 to 21"),
        ("a" * 22, "2 to 21"),
        ("17track", "begins with a letter"),
        ("ac-me", "lower-case"),
        ("ac__me", "single _"),
        ("../acme", "lower-case"),
        ("class", "no word of Python"),
        ("ups", "ups is there"),
        ("shopify", "shopify is there"),
        ("stores", "stores is there"),
        ("reading", "porchlight.carriers.reading"),
        ("declared", "porchlight.carriers.declared"),
        ("myhermes", "evri"),
        ("millrace_couriers", "larkspur/carriers"),
    ],
)
def test_ids_that_cannot_be(here: Path, id_: str, said: str) -> None:
    before = files(here)
    result = RUN.invoke(new.commands, ["carrier", id_], env={"COLUMNS": "500"})
    assert result.exit_code == 2
    assert said in result.output
    assert files(here) == before


@pytest.mark.parametrize("place", ["tests/connectors/test_bb.py", "docs/carriers/bb.md"])
def test_nothing_that_is_there_is_written_over(here: Path, place: str) -> None:
    (here / place).write_text("mine")
    before = files(here)
    result = RUN.invoke(new.commands, ["carrier", "bb"], env={"COLUMNS": "500"})
    assert result.exit_code == 2
    assert place in result.output
    assert files(here) == before


@pytest.mark.parametrize("name", ['A "B"', "A\\B", "A\nB", "x" * 41, "A | B"])
def test_names_that_would_break_what_they_stand_in(here: Path, name: str) -> None:
    assert RUN.invoke(new.commands, ["carrier", "bb", "--name", name]).exit_code == 2
