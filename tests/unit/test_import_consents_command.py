"""`porchlight consents import`: a file of consents through the API, as it is, on this machine."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from local.cli import app
from porchlight.connectors import InboundRequest
from porchlight.domain.channels import Channel, Purpose
from porchlight.domain.consent import OptIn
from porchlight.errors import PorchlightError
from porchlight.runtime.http import json_response, problem
from tests.unit.listening import Listening
from tests.unit.stories import NOW
from tests.unit.test_shopper_api import KEY, MOBILE, World

COLUMNS = ("shopper_id", "email", "purpose", "channel", "address", "wording", "proof", "confirmed", "at")
GOOD = ("7", "", "marketing", "sms", MOBILE, "Offers by SMS, “please”", "form-7", "yes", "2025-05-01T10:00:00+02:00")


class Api:
    def __init__(self) -> None:
        self.world, self.calls = World(), 0
        listening = Listening(lambda path, headers, body: self.answer(path, dict(headers), body))
        self.server, self.url = listening.server, listening.url

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        assert path == "/v1/consents"
        self.calls += 1
        lower = {name.lower(): value for name, value in headers.items()}
        request = InboundRequest(
            **{
                "method": "POST",
                "path": path,
                "headers": lower,
                "query": {},
                "body": body,
                "token": "",
                "source_ip": "",
            }
        )
        try:
            return json_response(200, self.world.api.consents(request, NOW))
        except PorchlightError as error:
            return problem(error)


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()
    yield found
    found.server.shutdown()
    found.server.server_close()


def write(folder: Path, *rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS) -> Path:
    file = folder / "consents.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([columns, *rows])
    return file


def run(file: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["consents", "import", str(file), *arguments])
    return done.exit_code, done.output


def test_a_file_is_taken_and_again_changes_nothing(api: Api, tmp_path: Path) -> None:
    file = write(tmp_path, GOOD, (*GOOD[:2], "check_in", *GOOD[3:]))
    for _ in range(2):
        code, _ = run(file, "--url", api.url, "--key", KEY)
        assert code == 0
    assert api.world.may(Purpose.MARKETING, Channel.SMS, MOBILE, OptIn.DOUBLE)
    assert api.world.may(Purpose.CHECK_IN, Channel.SMS, MOBILE)
    assert len(api.world.api.shoppers.consents("larkspur", "7")["consents"]) == 2


def test_what_is_refused_is_named_by_its_line(api: Api, tmp_path: Path) -> None:
    rows = [GOOD] * 501
    rows[500] = (*GOOD[:3], "fax", *GOOD[4:])
    code, output = run(write(tmp_path, *rows), "--url", api.url, "--key", KEY)
    assert code == 1
    assert "line 502" in output
    assert MOBILE not in output
    assert api.calls == 2


@pytest.mark.parametrize("columns", [("email", "purpose", "channel"), ("purpose", "channel", "at"), ()])
def test_a_file_of_something_else_is_not_begun(api: Api, tmp_path: Path, columns: tuple[str, ...]) -> None:
    code, output = run(write(tmp_path, columns=columns), "--url", api.url, "--key", KEY)
    assert code == 2
    assert "has no column" in output
    assert api.calls == 0


def test_a_wrong_key_stops_and_a_dry_run_needs_none(api: Api, tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    assert run(file, "--url", api.url, "--key", "plk_" + "x" * 30)[0] == 3
    assert run(file, "--url", api.url)[0] == 2
    assert run(file, "--dry-run")[0] == 0
    assert not api.world.profiles.entries
