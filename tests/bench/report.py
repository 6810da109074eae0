"""docs/benchmarks.md, written by the bench."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

from tests.bench.counting import PYTHON, ROOT
from tests.bench.rush import Rush
from tests.bench.sweep import EACH_RUN, MIX, Swept
from tests.bench.telling import Told

PAGE = ROOT / "docs/benchmarks.md"
TEMPLATE = Path(__file__).parent / "page.md.txt"
PACKAGES = ("karrio", "boto3", "botocore", "pydantic", "aws-lambda-powertools")
MISSED = (
    "Where it is missed, most of what is left is the making of Python objects, which both have to do: JSON alone, by"
    " the fastest parser at hand, takes {json:.0%} of what ours takes (of `{source}`, the largest body), and would be"
    " {floor:.3f} of karrio's by itself."
)


@dataclass(frozen=True)
class Row:
    """One comparison: instructions of ours, of theirs, and the ratio that is aimed at."""

    what: str
    ours: int
    theirs: int
    aim: float
    more: tuple[str, ...] = ()

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs


@dataclass(frozen=True)
class Promise:
    """What a warm question for a delivery promise takes: instructions, milliseconds of CPU; the size of the model."""

    instructions: int
    milliseconds: float
    lanes: int
    bytes: int


@dataclass(frozen=True)
class Sweeps:
    """What the sweep took for so many timers; for a thousand of each kind, with the instructions of one; when idle."""

    timers: dict[int, Swept]
    kinds: dict[str, tuple[Swept, int]]
    idle: tuple[int, float]


@dataclass(frozen=True)
class Rushes:
    """Many senders behind one bucket: the bucket alone, and everything. ``senders``, ``offered`` in a second."""

    bucket: Rush
    whole: Rush
    senders: tuple[int, int]
    offered: tuple[int, int]


@dataclass
class Figures:
    """What a run has measured so far."""

    parsers: list[Row] = field(default_factory=list)
    door: list[Row] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    """To AWS, for a hot webhook, by whose."""
    decoding: tuple[str, int] = ("", 0)
    """Source of the largest body, and what its JSON alone takes."""
    promise: Promise | None = None
    sweeps: Sweeps | None = None
    told: dict[str, Told] = field(default_factory=dict)
    """By what is done."""
    rushes: Rushes | None = None


def write(figures: Figures, page: Path = PAGE) -> None:
    text = TEMPLATE.read_text(encoding="utf-8").format(
        versions=_versions(),
        met=sum(row.ratio <= row.aim for row in figures.parsers),
        all=len(figures.parsers),
        why=_why(figures),
        parsers=_table(("source", "body", "events", "ours", "karrio", "ratio", "aim"), figures.parsers),
        door=_table(("path", "ours", "twin", "ratio", "aim"), figures.door),
        promise=_promise(figures.promise),
        **_sweeps(figures.sweeps),
        told=_told(figures.told),
        rush=_rush(figures.rushes),
        **{whose: f"{count} call{'s' if count > 1 else ''}" for whose, count in figures.calls.items()},
    )
    page.write_text(text, encoding="utf-8")


def _promise(found: Promise | None) -> str:
    assert found is not None
    return (
        f"{_large(found.instructions)} instructions; {found.milliseconds:.2f} ms of CPU for the median question where"
        f" this page was made. The model knows {found.lanes} lanes and has {found.bytes / 1000:.0f} kB."
    )


def _sweeps(found: Sweeps | None) -> dict[str, str]:
    assert found is not None
    timers = [("timers", "due", "runs", "items read / due", "missed", "double", *_EACH)]
    for count, one in found.timers.items():
        said = (f"{count:,}", f"{one.due:,}", f"{one.runs}", f"{one.ratio:.3f}", f"{one.missed}", f"{one.double}")
        timers.append((*said, *_each(one)))
    kinds = [("entry", *_EACH, "instructions")]
    kinds += [(kind, *_each(one), _large(taken)) for kind, (one, taken) in found.kinds.items()]
    requests, units = found.idle
    idle = f"{requests} queries and {units:g} read units"
    due = next(iter(found.timers.values())).due
    return {
        "timers": _lines(timers),
        "kinds": _lines(kinds),
        "idle": idle,
        "due": f"{due:,}",
        "each_run": f"{EACH_RUN:,}",
        "cpu": f"{due * mean(found.kinds[kind][1] for kind in MIX) / 2.5e9:.0f}",
    }


def _told(found: dict[str, Told]) -> str:
    rows = [("what", "first", "each further one", "of it words", "calls of AWS")]
    for what, one in found.items():
        words = _large(one.words) if one.words else "–"
        rows.append((what, _large(one.cold), _large(one.hot), words, f"{one.calls:.1f}"))
    return _lines(rows)


def _rush(found: Rushes | None) -> str:
    assert found is not None
    rows = [("", "senders", "offered in a second", "bucket's rate", "sent", "most in a second", "writes to the bucket")]
    for index, (what, one) in enumerate((("the bucket alone", found.bucket), ("planned and sent", found.whole))):
        first, most = one.busiest
        asked = (what, f"{found.senders[index]}", f"{found.offered[index]:,}", f"{one.rate:,.0f}")
        rows.append(
            (*asked, f"{len(one.sent):,}", f"{one.peak:,}", f"{first:,} in the first second, then at most {most:,}")
        )
    return _lines(rows)


_EACH = ("requests", "read units", "write units")


def _each(one: Swept) -> list[str]:
    """Of one entry."""
    return [f"{count / one.due:.2f}" for count in (sum(one.requests.values()), one.read_units, one.write_units)]


def _lines(rows: Sequence[Sequence[str]]) -> str:
    heading, *rest = rows
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heading, ["---"] * len(heading), *rest))


def _why(figures: Figures) -> str:
    if all(row.ratio <= row.aim for row in figures.parsers):
        return ""
    source, decoding = figures.decoding
    row = next(row for row in figures.parsers if row.what == f"`{source}`")
    return MISSED.format(source=source, json=decoding / row.ours, floor=decoding / row.theirs)


def _table(heading: Sequence[str], rows: Sequence[Row]) -> str:
    lines = [heading, ["---"] * len(heading)]
    for row in rows:
        aim = f"{row.aim:g}" + ("" if row.ratio <= row.aim else ", missed")
        lines.append((row.what, *row.more, _large(row.ours), _large(row.theirs), f"{row.ratio:.3f}", aim))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _large(number: int) -> str:
    """Three figures that matter: 1.21 G, 318 k."""
    unit, name = next((unit, name) for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")) if number >= unit)
    value = number / unit
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {name}"


def _versions() -> str:
    code = (
        "import json, platform; from importlib.metadata import version; "
        f"print(json.dumps([platform.python_version(), *map(version, {PACKAGES!r})]))"
    )
    python, *versions = json.loads(subprocess.check_output([PYTHON, "-c", code], text=True))
    said = ", ".join(f"{name} {version}" for name, version in zip(PACKAGES, versions, strict=True))
    return f"Python {python}, {said}."
