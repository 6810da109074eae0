"""`porchlight dates backtest`: a history becomes predictions, none of which knows what came after it."""

import csv
import gzip
import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from local.backtest.history import HistoryError, guessed_country, read
from local.cli import app
from local.cli.dates_learned import HEADING
from tests.unit.histories import A_DAY, MONDAY, story

EDD = Path(__file__).parents[3] / "shared/edd"
FILES = ("purchase.csv", "handover.csv", "sweep.csv")


def rows(count: int = 60, seed: int = 1, first: date = MONDAY) -> list[dict[str, str]]:
    """A history in our own layout, three orders a day."""
    chance, result = random.Random(seed), []
    for number in range(count):
        life = story(f"{seed}-{number}", first + (number // 3) * A_DAY, chance, promised_days=8)
        assert life.handed is not None
        assert life.delivered is not None
        assert life.promised is not None
        stamps = {
            "created": f"{life.placed}T{number % 24:02}:15:00+01:00",
            "handed": f"{life.handed}T18:00:00",
            "delivered": life.delivered.isoformat(),
            "promised": life.promised.isoformat(),
        }
        place = {"o_state": "NO-03", "o_zip5": "0150", "d_state": "NO-46", "d_zip5": f"50{number % 40:02}"}
        result.append(
            {"id": life.parcel_id, **stamps, **place, "seller": "harbour", "carrier": "posten", "service": ""}
        )
    return result


def write(file: Path, lines: list[dict[str, str]], heading: tuple[str, ...] = HEADING) -> None:
    file.parent.mkdir(exist_ok=True)
    with gzip.open(file, "wt", newline="") if file.suffix == ".gz" else file.open("w", newline="") as text:
        table = csv.DictWriter(text, heading, extrasaction="ignore")
        table.writeheader()
        table.writerows(lines)


def backtest(data: Path, out: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["dates", "backtest", "--data", str(data), "--out", str(out), *more])


def table(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as text:
        return list(csv.DictReader(text))


def test_a_history_becomes_predictions(tmp_path: Path) -> None:
    # Given two files, one of them packed, and one row that was never delivered
    earlier, later = rows(), rows(30, 2, MONDAY + 25 * A_DAY)
    later[0] |= {"delivered": ""}
    write(tmp_path / "in/train.csv", earlier)
    write(tmp_path / "in/test.csv.gz", later)
    # When
    result = backtest(tmp_path / "in", tmp_path / "out", "--split", "test", "--json")
    # Then every row of the split is predicted at both moments
    assert result.exit_code == 0, result.output
    purchase, handover, sweep = (table(tmp_path / "out" / name) for name in FILES)
    assert {row["id"] for row in purchase} == {row["id"] for row in handover} == {row["id"] for row in later}
    for row in (*purchase, *handover):
        assert 0 <= float(row["p10"]) <= float(row["p50"]) <= float(row["p80"]) <= float(row["p90"])
    # And every morning until the promise or the delivery
    expected = set()
    for row in later:
        day, last = date.fromisoformat(row["created"][:10]) + A_DAY, date.fromisoformat(row["promised"])
        last = min(last, date.fromisoformat(row["delivered"])) if row["delivered"] else last
        while day <= last:
            expected.add((row["id"], day.isoformat()))
            day += A_DAY
    assert {(row["id"], row["day"]) for row in sweep} == expected
    assert len(sweep) == len(expected)
    assert all(0 <= float(row["late_probability"]) <= 1 for row in sweep)
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert summary["written"] == {"purchase": 30, "handover": 30, "sweep": len(sweep)}
    assert summary["rows"] == {"read": 90, "used": 90}
    assert summary["versions"]["first"] != summary["versions"]["last"]
    assert json.loads(result.stdout) == summary
    # And it gets better by what it sees: the first orders knew nothing
    everything = backtest(tmp_path / "in", tmp_path / "all")
    assert everything.exit_code == 0
    widths = [float(row["p90"]) - float(row["p10"]) for row in table(tmp_path / "all/purchase.csv")]
    assert len(widths) == 90
    assert sum(widths[-20:]) < sum(widths[:20]) / 1.5


def test_nothing_that_is_stamped_later_changes_a_prediction(tmp_path: Path) -> None:
    # Given two histories that differ in stamps from a day on only
    day = MONDAY + 15 * A_DAY
    original, other = rows(), rows()
    for row in other:
        for stamp in ("handed", "delivered"):
            if row[stamp][:10] >= day.isoformat():
                row[stamp] = (date.fromisoformat(row[stamp][:10]) + timedelta(days=30)).isoformat()
        if row["created"][:10] >= day.isoformat():
            row["seller"] = "somebody else"
    said: list[dict[str, list[Any]]] = []
    for name, lines in (("one", original), ("two", other)):
        write(tmp_path / name / "all.csv", lines)
        assert backtest(tmp_path / name, tmp_path / f"{name}-out").exit_code == 0
        said.append({file: table(tmp_path / f"{name}-out" / file) for file in FILES})
    placed = {row["id"]: row["created"][:10] for row in original}
    handed = {row["id"]: row["handed"][:10] for row in original}
    delivered = {row["id"]: row["delivered"][:10] for row in original}
    until = day.isoformat()
    # Then what was said before that day, and of that day's beginning, is the same
    keep = {
        "purchase.csv": lambda row: placed[row["id"]] < until,
        "handover.csv": lambda row: handed[row["id"]] < until,
        "sweep.csv": lambda row: row["day"] <= min(until, delivered[row["id"]]) and placed[row["id"]] < until,
    }
    for file, before in keep.items():
        one, two = ([row for row in each[file] if before(row)] for each in said)
        assert len(one) > 20
        assert one == two
    assert said[0]["sweep.csv"] != said[1]["sweep.csv"]


def test_of_its_own_row_a_prediction_knows_only_what_is_known_then(tmp_path: Path) -> None:
    # Given a last order of which all later stamps are otherwise, and one that was never handed over
    lines = rows()
    last = lines[-1]
    changed = [{**row} for row in lines]
    far = (date.fromisoformat(last["delivered"]) + timedelta(days=9)).isoformat()
    changed[-1] |= {"handed": far, "delivered": ""}
    for name, each in (("one", lines), ("two", changed)):
        write(tmp_path / name / "all.csv", each)
        assert backtest(tmp_path / name, tmp_path / f"{name}-out").exit_code == 0
    one, two = (table(tmp_path / f"{name}-out/purchase.csv") for name in ("one", "two"))
    assert one == two


def test_columns_may_be_missing_and_rows_may_be_bad(tmp_path: Path) -> None:
    # Given the four columns that are needed, and rows that cannot be used
    good = rows(12)
    bad = [
        {**good[0], "id": "", "created": "2026-01-09"},
        {**good[0]},
        {**good[1], "id": "x1", "created": "yesterday"},
        {**good[1], "id": "x2", "delivered": "2026-02-30"},
        {**good[1], "id": "x3", "created": ""},
    ]
    odd = [
        {**good[2], "id": "o1", "handed": "2026-01-09", "delivered": "2026-01-07", "created": "2026-01-05"},
        {**good[2], "id": "o2", "handed": "2026-01-01", "created": "2026-01-05", "delivered": "2026-01-08"},
        {**good[2], "id": "o3", "handed": "", "created": "2026-01-05", "delivered": ""},
    ]
    write(tmp_path / "in/all.csv", [*good, *bad, *odd], ("id", "created", "handed", "delivered"))
    with (tmp_path / "in/all.csv").open("a") as text:
        text.write("short,2026-01-05\n")
    # When
    result = backtest(tmp_path / "in", tmp_path / "out", "--json")
    # Then they are counted, with the place of the first
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary["rows"] == {"read": 21, "used": 15}
    assert summary["skipped"] == {
        "no id": 1,
        "an id that was there before": 1,
        "created is no date": 1,
        "delivered is no date": 1,
        "created is empty": 1,
        "not as many cells as columns": 1,
    }
    assert summary["odd"] == {"delivered before it was handed over": 1, "handed over before the order": 1}
    assert summary["first_met"]["created is no date"] == "all.csv line 16"
    assert summary["written"] == {"purchase": 15, "handover": 14, "sweep": 0}
    # And said in words without --json
    assert (
        "1 rows skipped: created is no date (first: all.csv line 16)"
        in backtest(tmp_path / "in", tmp_path / "out").output
    )


@pytest.mark.parametrize(
    ("files", "more", "code", "words"),
    [
        ({}, (), 2, "there is no *.csv"),
        ({"a.csv": "id,created\n1,2026-01-01\n"}, (), 2, "there is no column handed, delivered"),
        ({"a.csv": ""}, (), 2, "there is no column id"),
        ({"a.csv": "id,created,handed,delivered\n"}, (), 2, "the files are empty"),
        ({"a.csv": "id,created,handed,delivered\n1,soon,,\n"}, (), 2, "1 x created is no date"),
        ({"a.csv": "id,created,handed,delivered\n1,2026-01-01,,\n"}, ("--split", "b"), 2, "there are a"),
        ({"a.csv.gz": "not packed"}, (), 2, "cannot be read"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_words(
    tmp_path: Path, files: dict[str, str], more: tuple[str, ...], code: int, words: str
) -> None:
    (tmp_path / "in").mkdir()
    for name, text in files.items():
        (tmp_path / "in" / name).write_text(text)
    result = backtest(tmp_path / "in", tmp_path / "out", *more)
    assert result.exit_code == code
    assert words in " ".join(result.output.replace("│", " ").split())
    assert "Traceback" not in result.output


def test_a_folder_that_is_not_there_or_not_writable(tmp_path: Path) -> None:
    assert "is no folder" in backtest(tmp_path / "nowhere", tmp_path / "out").output
    write(tmp_path / "in/a.csv", rows(3))
    (tmp_path / "file").write_text("in the way")
    result = backtest(tmp_path / "in", tmp_path / "file")
    assert result.exit_code == 2
    assert "cannot be written" in result.output


def test_regions_without_a_country_are_placed(tmp_path: Path) -> None:
    assert guessed_country({"SP", "RJ", "AC", "RS"}) == "BR"
    assert guessed_country({"NO-03", "SE"}) == guessed_country(set()) == guessed_country({"Q1", "SP"}) == ""
    write(tmp_path / "in/a.csv", [{**row, "o_state": "by", "d_state": "NW"} for row in rows(3)])
    assert read(tmp_path / "in").parcels[0].route.destination == "DE-NW"
    history = read(tmp_path / "in", "us")
    assert (history.parcels[0].route.origin, history.country) == ("US-BY", "US")
    with pytest.raises(HistoryError):
        read(tmp_path)


@pytest.mark.skipif(not EDD.is_dir(), reason="the shared history is not here")
def test_real_deliveries_a_month_of_them(tmp_path: Path) -> None:
    # Given the first weeks of a real history, the last of them as a split
    with gzip.open(EDD / "olist/train.csv.gz", "rt", newline="") as text:
        lines = [row for row, _ in zip(csv.DictReader(text), range(1100), strict=False)]
    for row in lines:
        row["late"] = "this column is not looked at"
    write(tmp_path / "in/train.csv.gz", lines[:800], tuple(lines[0]))
    write(tmp_path / "in/dev.csv.gz", lines[800:], tuple(lines[0]))
    # When
    result = backtest(tmp_path / "in", tmp_path / "out", "--split", "dev", "--json")
    # Then it is predicted better than a fixed guess: by the mean of what was delivered before
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["country"] == "BR"
    purchase = {row["id"]: float(row["p50"]) for row in table(tmp_path / "out/purchase.csv")}
    assert len(purchase) == 300
    days = {row["id"]: (_day(row["delivered"]) - _day(row["created"])).days for row in lines if row["delivered"]}
    known = sorted(days[row["id"]] for row in lines[:800] if row["id"] in days)
    middle = known[len(known) // 2]
    ours = sum(abs(days[one] - said) for one, said in purchase.items() if one in days)
    theirs = sum(abs(days[one] - middle) for one in purchase if one in days)
    assert ours < theirs


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])
