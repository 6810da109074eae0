"""The `porchlight` command starts fast, and speaks to people, pipes and programs."""

import json
import re
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from local.cli import MODULES, app
from local.cli.options import load
from local.console import Output

ROWS = [{"what": "accepted", "count": 1240}, {"what": "refused", "count": 2}]
LINKS = {"Inbox": "http://127.0.0.1:4566/inbox"}


def test_help_lists_the_commands() -> None:
    result = CliRunner().invoke(app, ["--help"])

    assert result.exit_code == 0
    assert "demo" in result.output


def test_nothing_heavy_is_imported_to_find_out_which_command_is_meant() -> None:
    heavy = "{'boto3', 'botocore', 'ministack', 'pydantic', 'rich.progress', 'aws_lambda_powertools', 'samcli'}"
    code = f"import sys, local.cli; print(sorted({heavy} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
    assert MODULES


class TestLoad:
    def test_gives_the_function(self) -> None:
        assert load("json:dumps") is json.dumps

    @pytest.mark.parametrize("target", ["local.nowhere:main", "json:nothing"])
    def test_says_what_is_absent(self, target: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(typer.Exit):
            load(target)

        assert f"has no {target} yet" in capsys.readouterr().err


class TestOutput:
    def test_in_a_pipe_it_is_plain_text_in_full_width(self, capsys: pytest.CaptureFixture[str]) -> None:
        long = {"what": "x" * 200, "count": 1}

        with Output().step("Sending", total=2) as step:
            step.advance()
            step.detail("a detail")
        Output().report("What happened", [*ROWS, long], LINKS)

        told = capsys.readouterr()
        assert told.err == ""
        assert "\033" not in told.out
        assert told.out.splitlines()[:2] == ["Sending …", "What happened"]
        assert "x" * 200 in told.out
        assert "1,240" in told.out
        assert "Inbox  http://127.0.0.1:4566/inbox" in told.out

    def test_for_a_program_stdout_is_one_document_and_the_rest_is_on_stderr(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        output = Output(as_json=True)

        with output.step("Sending"):
            pass
        output.report("What happened", ROWS, LINKS)

        told = capsys.readouterr()
        assert json.loads(told.out) == {"title": "What happened", "rows": ROWS, "links": LINKS}
        assert "Sending" in told.err

    def test_tables_below_the_first_one_have_titles_of_their_own(self, capsys: pytest.CaptureFixture[str]) -> None:
        Output().report("What happened", ROWS, LINKS, {"And then": ROWS})
        lines = capsys.readouterr().out.splitlines()
        assert [lines.index("What happened"), lines.index("And then")] == [0, len(ROWS) + 2]
        assert lines[-1].startswith("Inbox")

        Output(as_json=True).report("What happened", ROWS, LINKS, {"And then": ROWS})
        assert json.loads(capsys.readouterr().out)["more"] == {"And then": ROWS}

    def test_on_a_terminal_links_can_be_clicked(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")

        with Output().step("Sending", total=1) as step:
            step.advance()
        Output().report("What happened", ROWS, LINKS)

        told = capsys.readouterr().out
        assert "\033]8;" in told
        assert re.search(r"Sending: \d+\.\d s", told)

    def test_an_error_is_one_paragraph_and_an_exit_code(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(typer.Exit) as stopped:
            Output(as_json=True).fail("The port is taken.")

        assert stopped.value.exit_code == 1
        told = capsys.readouterr()
        assert json.loads(told.out) == {"error": "The port is taken."}
        assert told.err.strip() == "The port is taken."
