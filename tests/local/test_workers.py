"""Functions share the machine's few cores."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

from tests.local.lab import Lab

SECONDS = 0.4


def test_worker_limit__calls_wait_for_an_idle_worker(lab: Lab) -> None:
    limit = max(1, (os.cpu_count() or 2) // 2)
    begun = time.monotonic()
    with ThreadPoolExecutor(3 * limit) as pool:
        answers = list(pool.map(lambda _: lab.invoke("Probe", {"sleep": SECONDS}), range(3 * limit)))
    assert [error for _, error in answers if error] == []
    assert time.monotonic() - begun >= 3 * SECONDS
