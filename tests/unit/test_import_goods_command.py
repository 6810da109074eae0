"""`porchlight warehouse import`: a file of bookings and inspections through the API, as it is, on this machine."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from local.cli import app
from local.importing.goods import COLUMNS, RowError, booking
from porchlight.connectors import InboundRequest
from porchlight.domain.dates import zone
from porchlight.domain.returns import ReturnState
from porchlight.domain.rma.names import Discrepancy, Grade
from porchlight.errors import PorchlightError
from porchlight.runtime.http import json_response, problem
from tests.unit.listening import Listening
from tests.unit.receiving import KEY, World, approved
from tests.unit.stories import NOW, wanted

DOCS = Path(__file__).parents[2] / "docs/warehouse.md"
ROW = {
    "return_id": "rma_1",
    "receipt_id": "r1",
    "received_at": "2026-03-02T08:00:00+01:00",
    "inspection_id": "i1",
    "inspected_at": "2026-03-02T09:00:00+01:00",
    "line_id": "shirt",
    "quantity": "2",
    "grade": "new",
}


class Api:
    def __init__(self) -> None:
        self.world, self.calls = World(), 0
        listening = Listening(lambda path, headers, body: self.answer(path, dict(headers), body))
        self.server, self.url = listening.server, listening.url

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        assert path == "/v1/goods"
        self.calls += 1
        known: dict[str, Any] = {"headers": {name.lower(): value for name, value in headers.items()}, "query": {}}
        request = InboundRequest(method="POST", path=path, body=body, token="", source_ip="", **known)
        try:
            return json_response(200, self.world.api.book(request, NOW))
        except PorchlightError as error:
            return problem(error)


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()
    yield found
    found.server.shutdown()
    found.server.server_close()


def write(folder: Path, *rows: dict[str, str], delimiter: str = ",") -> Path:
    file = folder / "goods.csv"
    names = list(dict.fromkeys(name for row in rows for name in row))
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, names, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return file


def run(file: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["warehouse", "import", str(file), *arguments])
    return done.exit_code, done.output


def put_aside(file: Path) -> list[dict[str, str]]:
    with file.with_name(f"{file.name}.refused.csv").open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_a_file_is_booked_and_again_changes_nothing(api: Api, tmp_path: Path) -> None:
    file = write(tmp_path, ROW)
    assert run(file, "--url", api.url, "--key", KEY)[0] == 0
    stored = api.world.now()
    assert (stored.state, stored.received_at, stored.inspections[0].items[0].grade) == (
        ReturnState.INSPECTED,
        stored.receipts[0].received_at,
        Grade.NEW,
    )
    code, output = run(file, "--url", api.url, "--key", KEY)
    assert (code, api.world.now()) == (0, stored)
    assert "known" in output
    assert not file.with_name("goods.csv.refused.csv").exists()


def test_the_rows_of_one_booking_are_one_box(api: Api, tmp_path: Path) -> None:
    rest = dict.fromkeys(ROW, "")
    again = {**rest, "line_id": "shirt", "quantity": "1", "grade": "worn"}
    brick = {**rest, "note": "ein Ziegel – “rot”"}
    file = write(tmp_path, {**ROW, "quantity": "1"}, again, brick, delimiter=";")
    assert run(file, "--url", api.url, "--key", KEY)[0] == 0
    (inspection,) = api.world.now().inspections
    assert [(one.quantity, one.grade, one.note) for one in inspection.items] == [
        (1, Grade.NEW, ""),
        (1, Grade.WORN, ""),
        (1, None, "ein Ziegel – “rot”"),
    ]
    assert inspection.discrepancies == (Discrepancy.EXTRA_ITEM,)


def test_what_is_refused_is_named_by_its_line_and_put_aside_to_be_mended(api: Api, tmp_path: Path) -> None:
    api.world.put(approved(return_id="rma_2"))
    good = {**ROW, "return_id": "rma_2", "receipt_id": "r2", "inspection_id": "i2"}
    unknown = {**good, "return_id": "rma_9", "receipt_id": "", "received_at": "", "inspection_id": "i9"}
    wrong = [{**ROW, "grade": ""}, {**ROW, "grade": "mint"}]
    file = write(tmp_path, *wrong, unknown, good)
    code, output = run(file, "--url", api.url, "--key", KEY)
    assert code == 1
    assert "line 3" in output
    assert "line 4" in output
    assert "mint" not in output
    aside = put_aside(file)
    assert [(one["line"], one["grade"], one["inspection_id"]) for one in aside] == [
        ("2", "", "i1"),
        ("3", "mint", "i1"),
        ("4", "new", "i9"),
    ]
    assert [bool(one["problem"]) for one in aside] == [False, True, True]
    assert "not-found" in aside[2]["problem"]
    assert api.world.now("rma_2").inspections
    assert not api.world.now().receipts, "no row of a booking with a bad one is taken"
    # When it is mended, then the file that was put aside is one to import
    mended = write(tmp_path, *({**one, "grade": "new", "return_id": "rma_1"} for one in aside))
    assert run(mended, "--url", api.url, "--key", KEY)[0] == 0
    assert len(api.world.now().inspections) == 2


def test_a_long_file_goes_in_calls_of_a_hundred(api: Api, tmp_path: Path) -> None:
    for number in range(101):
        api.world.put(wanted(return_id=f"rma_x{number}"))
    rows = [{"return_id": f"rma_x{number}", "receipt_id": f"r{number}"} for number in range(101)]
    assert run(write(tmp_path, *rows), "--url", api.url, "--key", KEY)[0] == 0
    assert api.calls == 2
    assert all(api.world.now(f"rma_x{number}").receipts for number in range(101))


def test_calls_are_no_larger_than_the_api_takes(api: Api, tmp_path: Path) -> None:
    # Given thirty boxes of a hundred items with much to say of each
    rows = [
        {"return_id": f"rma_of_nobody_{box}", "receipt_id": f"r{box}", "sku": f"SKU-{item}", "note": "n" * 500}
        for box in range(30)
        for item in range(100)
    ]
    file = write(tmp_path, *rows)
    code, output = run(file, "--url", api.url, "--key", KEY)
    assert (code, api.calls) == (0, 2), output
    assert not file.with_name("goods.csv.refused.csv").exists()


def test_what_belongs_to_no_return_is_counted(api: Api, tmp_path: Path) -> None:
    file = write(tmp_path, {"receipt_id": "r1", "carrier": "ups", "tracking_number": "1Z000"})
    code, output = run(file, "--url", api.url, "--key", KEY)
    assert (code, len(api.world.unmatched.records)) == (0, 1)
    assert "without a return" in output


def test_a_wrong_key_stops_and_a_dry_run_needs_none(api: Api, tmp_path: Path) -> None:
    file = write(tmp_path, ROW)
    assert run(file, "--url", api.url, "--key", "plk_" + "x" * 30)[0] == 3
    assert run(file, "--url", api.url)[0] == 2
    assert run(file, "--dry-run")[0] == 0
    assert run(write(tmp_path, {**ROW, "quantity": "two"}), "--dry-run")[0] == 1
    assert run(file, "--dry-run", "--refused", str(file))[0] == 2
    assert run(file, "--dry-run", "--zone", "Mars/Base")[0] == 2
    assert not api.world.now().receipts


@pytest.mark.parametrize("names", [("return_id", "line_id"), ("receipt_id", "sku"), ()])
def test_a_file_of_something_else_is_not_begun(api: Api, tmp_path: Path, names: tuple[str, ...]) -> None:
    file = tmp_path / "goods.csv"
    file.write_text(",".join(names) + "\n")
    code, output = run(file, "--url", api.url, "--key", KEY)
    assert code == 2
    assert "has no column" in output
    assert api.calls == 0


@pytest.mark.parametrize(
    ("rows", "line", "column"),
    [
        ([{"grade": "mint"}], 2, "grade"),
        ([{"quantity": "-1"}], 2, "quantity"),
        ([{}, {"quantity": "many"}], 3, "quantity"),
        ([{"received_at": "yesterday"}], 2, "received_at"),
        ([{"received_at": "2026-03-02T08:00:00"}], 2, "received_at"),
        ([{"weight_grams": "heavy"}], 2, "weight_grams"),
        ([{}, {"facility": "west"}, {"facility": "east"}], 4, "facility"),
        ([{"deduct": "5.00"}], 2, "deduct"),
        ([{"deduct": "5,00", "currency": "EUR"}], 2, "deduct"),
        ([{"line_id": ""}], 2, "line_id, sku or note"),
    ],
)
def test_each_fault_is_told_by_line_and_column(rows: list[dict[str, str]], line: int, column: str) -> None:
    group = [(number, dict.fromkeys(COLUMNS, "") | ROW | row) for number, row in enumerate(rows, 2)]
    with pytest.raises(RowError) as caught:
        booking(group)
    assert (caught.value.line, caught.value.what.partition(":")[0]) == (line, column)


def test_money_has_the_decimals_of_its_currency() -> None:
    for currency, deduct, minor in (("EUR", "4.90", 490), ("JPY", "490", 490), ("KWD", "4.905", 4_905)):
        row = dict.fromkeys(COLUMNS, "") | ROW | {"deduct": deduct, "currency": currency}
        made = booking([(2, row)])
        assert made["inspect"]["items"][0]["deduct_minor"] == minor
        assert "deduct_minor" not in made["receive"]["items"][0]


def test_a_time_without_an_offset_is_that_of_the_zone() -> None:
    row = dict.fromkeys(COLUMNS, "") | ROW | {"received_at": "2026-07-01 08:00"}
    made = booking([(2, row)], zone("Europe/Berlin"))
    assert made["receive"]["received_at"] == "2026-07-01T08:00:00+02:00"


def test_the_page_lists_the_columns() -> None:
    text = DOCS.read_text()
    assert all(f"`{name}`" in text for name in COLUMNS)
