"""For all suites: what shares the deployed stack stays in one process, and no test is timed."""

import os
from functools import cache
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

_SHARES = {"e2e": "e2e", "browser": "pages", "local": "pages", "unit": "unit"}
"""What a process of its own runs; all other suites are the last share. What starts the local cloud mostly waits, and
leaves the processors to the others.
"""

# Machines are noisy: how long one example takes says nothing.
settings.register_profile("porchlight", deadline=None)
settings.load_profile("porchlight")


class _Shares(LoadScopeScheduling):  # type: ignore[misc]
    """A share is one piece of work: its suites share a stack, or what they have built."""

    def _split_scope(self, nodeid: str) -> str:
        return _SHARES.get(nodeid.split("/")[1], "rest")


@cache
def _step_back() -> None:
    """What only computes lets those go first who wait for a stack."""
    os.nice(10)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ and _SHARES.get(item.nodeid.split("/")[1]) in ("unit", None):
        _step_back()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Shares:
    """``make test``: four processes, each with its share."""
    return _Shares(config, log)
