"""`make fuzz`: every parser under atheris for some seconds, from the golden fixtures on.

What is found is kept in .local/fuzz/SOURCE: the bodies that led to new code (the next run begins with them), and
``crash-…``, a body at which a parser failed; its traceback is printed. Exit code 1 if there is one.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from porchlight.carriers.registry import carrier_ids
from porchlight.stores.registry import store_ids

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv/tools/fuzz/bin/python"
TARGET = Path(__file__).parent / "target.py"
FIXTURES = ROOT / "tests/connectors/fixtures"
WORK = ROOT / ".local/fuzz"
LONGEST = 20_000


@dataclass(frozen=True)
class Outcome:
    """What came of one parser."""

    source: str
    rounds: int
    crash: str = ""
    """The end of the traceback, and where the body is."""


def fuzz(source: str, seconds: int, seed: int) -> Outcome:
    """One parser for some seconds, or until it fails."""
    corpus = WORK / source
    corpus.mkdir(parents=True, exist_ok=True)
    for file in _golden(source):
        shutil.copy(file, corpus / file.name)
    command = [PYTHON, TARGET, source, corpus, f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LONGEST}"]
    done = subprocess.run(
        [*map(str, command), f"-artifact_prefix={corpus}/", "-timeout=10", "-rss_limit_mb=1024"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}/layers/core", "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        errors="replace",
    )
    rounds = max((int(count) for count in re.findall(r"^#(\d+)", done.stderr, flags=re.MULTILINE)), default=0)
    return Outcome(source, rounds, "" if done.returncode == 0 else _end(done.stdout + done.stderr))


def _golden(source: str) -> Iterator[Path]:
    for file in sorted((FIXTURES / source).glob("*.*")):
        if file.suffix in (".json", ".xml") and ".expect" not in file.suffixes:
            yield file


def _end(said: str) -> str:
    """From the traceback on, without libFuzzer's hex."""
    lines = said.splitlines()
    first = next((index for index, line in enumerate(lines) if "Traceback" in line), max(len(lines) - 15, 0))
    return "\n".join(line for line in lines[first:] if not re.match(r"^(0x|#\d|MS: |artifact)", line.strip()))[:4000]


def main(arguments: list[str]) -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=20, help="for each parser (20)")
    options.add_argument("--source", action="append", choices=[*carrier_ids(), *store_ids()], help="only this one")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="parsers at once (one for each core)")
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args(arguments)
    sources = given.source or [*carrier_ids(), *store_ids()]
    with ThreadPoolExecutor(given.jobs) as pool:
        outcomes = []
        for outcome in pool.map(lambda source: fuzz(source, given.seconds, given.seed), sources):
            outcomes.append(outcome)
            print(
                f"{outcome.source:<20} {outcome.rounds:>10,} bodies  {'FAILED' if outcome.crash else 'ok'}", flush=True
            )
    for outcome in outcomes:
        if outcome.crash:
            print(f"\n{outcome.source}: {WORK / outcome.source}\n{outcome.crash}")
    return int(any(outcome.crash for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
