"""Instructions of a process, counted by valgrind: the same to a few in ten thousand, whatever else the machine does."""

import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv/tools/bench/bin/python"
"""A venv with what a function finds in Lambda, and karrio: no other package is there to be imported by the way."""
VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
_TOTAL = re.compile(r"I +refs: +([\d,]+)")


def environment(**more: str) -> dict[str, str]:
    """Nothing of the caller's shell but where programs are; hashes are the same in every run."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": f"{ROOT}/layers/core",
        "LC_ALL": "C.UTF-8",
        **more,
    }


def instructions(script: Path, arguments: Sequence[str], more: Mapping[str, str] | None = None) -> int:
    """What a script takes from the start of its process to the end."""
    command = [*VALGRIND, PYTHON, script, *arguments]
    done = subprocess.run(command, env=environment(**(more or {})), capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr[-4000:]
    (total,) = _TOTAL.findall(done.stderr)
    return int(total.replace(",", ""))


def each(total: Callable[[int], int], few: int) -> int:
    """What one more round costs: of ``few`` and of twice as many, the difference; what is done once falls away."""
    return (total(2 * few) - total(few)) // few


def said(script: Path, *arguments: str, **more: str) -> str:
    """What a script prints, not under valgrind; also compiles what it imports, so that no run counts that."""
    command = [PYTHON, script, *arguments]
    done = subprocess.run(command, env=environment(**more), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout
