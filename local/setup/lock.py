"""Resolves requirements/*.in into the hashed lock files: `make lock`.

Everything that shares `.venv` is resolved at once (venv.txt). The Lambda layer's file and uv's own are cut
out of that, so that the tests run what is deployed. checkov is resolved alone; what is measured and fuzzed has the
versions that are deployed, and what it needs beside. `--upgrade` takes newer versions.
"""

import subprocess
import sys
from collections.abc import Sequence

from local.setup.bootstrap import ROOT, wanted_version

REQUIREMENTS = ROOT / "requirements"
# No header and no index address: neither a machine's paths nor a registry's host belongs in a lock file.
OPTIONS = ("--quiet", "--universal", "--generate-hashes", "--no-header", "--no-emit-index-url")


def compile_lock(name: str, *options: str) -> None:
    python = ("--python", f"{ROOT}/.venv/bin/python", "--python-version", wanted_version(ROOT))
    files = (f"{name}.in", "--output-file", f"{name}.txt")
    command = (f"{ROOT}/.venv/bin/uv", "pip", "compile", *OPTIONS, *python, *files, *options)
    subprocess.run(command, cwd=REQUIREMENTS, check=True, stdout=subprocess.DEVNULL)
    print(f"requirements/{name}.txt")


def main(options: Sequence[str]) -> int:
    try:
        compile_lock("venv", *options)
        compile_lock("layer", "--constraint", "venv.txt", "--no-annotate", "--upgrade")
        compile_lock("uv", "--constraint", "venv.txt", "--no-annotate", "--upgrade")
        compile_lock("checkov", *options)
        for name in ("bench", "fuzz"):
            compile_lock(name, "--constraint", "venv.txt", "--no-annotate", *options)
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
