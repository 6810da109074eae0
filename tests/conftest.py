"""For all suites: what shares the deployed stack stays in one process, and no test is timed."""

from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

_CLOUD = frozenset({"e2e", "browser", "local"})
"""Suites that start the local cloud: two of them at a time would only wait for each other."""

# Machines are noisy: how long one example takes says nothing.
settings.register_profile("porchlight", deadline=None)
settings.load_profile("porchlight")


class _Halves(LoadScopeScheduling):  # type: ignore[misc]
    """The suites of the local cloud are one piece of work, all others another."""

    def _split_scope(self, nodeid: str) -> str:
        return "cloud" if nodeid.split("/")[1] in _CLOUD else "rest"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Halves:
    """``make test``: two processes, each with its half."""
    return _Halves(config, log)
