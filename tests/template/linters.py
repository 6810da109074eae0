"""The linters of the template, started beside the other tests (conftest.py): they take seconds each."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Linter:
    """How a linter is started, and how to get it where it is missing."""

    program: Path
    arguments: tuple[str, ...]
    get: str


LINTERS = {
    "sam": Linter(BIN / "sam", ("validate", "--lint", "--region", "us-east-1"), "make setup"),
    # Away from the repository, so that it does not see .checkov.yaml: what that excuses is compared with what is found.
    "checkov": Linter(
        ROOT / ".venv/tools/checkov/bin/checkov",
        ("--skip-download", "--framework", "cloudformation", "-o", "json", "-f", str(ROOT / "template.yaml")),
        "make setup-checks",
    ),
}
_running: dict[str, subprocess.Popen[str]] = {}


def start(name: str) -> subprocess.Popen[str]:
    """Start a linter, once."""
    if name not in _running:
        linter = LINTERS[name]
        folder = ROOT
        if name == "checkov":
            folder = Path(tempfile.mkdtemp(prefix="checkov-"))
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _running[name] = subprocess.Popen(
            [str(linter.program), *linter.arguments],
            cwd=folder,
            env={**os.environ, "SAM_CLI_TELEMETRY": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if name != "checkov" else subprocess.DEVNULL,
            text=True,
        )
    return _running[name]


def stop() -> None:
    """Leave none behind."""
    for process in _running.values():
        process.kill()
