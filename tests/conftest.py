"""For all suites: what shares the deployed stack stays in one process, and no test is timed."""

from pathlib import Path

import pytest
from hypothesis import settings

_HERE = Path(__file__).parent
_CLOUD = frozenset({"e2e", "browser", "local"})
"""Suites that start the local cloud: two of them at a time would only wait for each other."""

# Machines are noisy: how long one example takes says nothing.
settings.register_profile("porchlight", deadline=None)
settings.load_profile("porchlight")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With ``-n 2 --dist loadgroup`` (``make test``): one group for the cloud, one for all else."""
    for item in items:
        suite = Path(str(item.fspath)).relative_to(_HERE).parts[0]
        item.add_marker(pytest.mark.xdist_group("cloud" if suite in _CLOUD else "rest"))
