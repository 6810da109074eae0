"""Functions share the machine's few cores."""

import os
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.cloud.corrections.layer_cache import SharedZip
from tests.local.lab import Lab

SECONDS = 0.4


def test_worker_limit__calls_wait_for_an_idle_worker(lab: Lab) -> None:
    limit = max(1, (os.cpu_count() or 2) // 2)
    begun = time.monotonic()
    with ThreadPoolExecutor(3 * limit) as pool:
        answers = list(pool.map(lambda _: lab.invoke("Probe", {"sleep": SECONDS}), range(3 * limit)))
    assert [error for _, error in answers if error] == []
    assert time.monotonic() - begun >= 3 * SECONDS


def test_layer_cache__a_layer_is_unpacked_once_and_a_functions_code_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SharedZip, "root", tmp_path)
    places = []
    for name in ("layer_0", "layer_1", "code"):
        archive, place = tmp_path / f"{name}.zip", tmp_path / name
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("python/one.py", "ONE = 1")
        place.mkdir()
        with SharedZip(archive) as found:
            found.extractall(place)
        assert (place / "python/one.py").read_text() == "ONE = 1"
        places.append(place)
    assert places[0].resolve() == places[1].resolve()
    assert not places[2].is_symlink()
