"""The brand pack of the repository, built once in each process: a build takes seconds, and many tests only read it."""

import sys
from atexit import register
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

ROOT = Path(__file__).parents[1]


@cache
def repository_pack() -> Path:
    """The folder of the pack. Nobody may change what is in it."""
    place = str(ROOT / "layers" / "brand")
    if place not in sys.path:
        sys.path.insert(0, place)
    from build import build

    folder = mkdtemp(prefix="porchlight-pack-")
    register(rmtree, folder, ignore_errors=True)
    return build(ROOT / "brand", Path(folder), check=False)
