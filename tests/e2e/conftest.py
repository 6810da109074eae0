"""The product through its front door: one local cloud with a real deployment, IAM enforced, for all tests here.

Time only goes forward, and every test has orders of its own, so tests may run in any order; those that move the clock
far stand last, because what they leave behind is looked at by the sweep.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from local.cloud.launcher import LocalCloudError
from local.console import Output
from local.running import Running
from tests.e2e.world import World

ORDER = (
    "test_demo",
    "test_front_door",
    "test_quarantine",
    "test_replay",
    "test_repeats",
    "test_brands",
    "test_promise",
    "test_shoppers",
    "test_faults",
    "test_email_provider",
    "test_reaching",
    "test_failover",
    "test_webhooks_out",
    "test_asking",
    "test_learning",
    "test_life",
    "test_delays",
    "test_returns",
    "test_returns_portal",
    "test_practices",
    "test_update",
    "test_privacy",
)
"""Of the modules: what needs no time first, what looks at everything last."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "e2e: the deployed product on the local cloud")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if Path(str(item.fspath)).parent == Path(__file__).parent]
    for item in here:
        item.add_marker(pytest.mark.e2e)
    places = iter(sorted(here, key=lambda item: ORDER.index(Path(str(item.fspath)).stem)))
    mine = {id(item) for item in here}
    items[:] = [next(places) if id(item) in mine else item for item in items]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The deployed stack, twenty days ago. `E2E_WITHOUT_BUILD=1` takes what `sam build` made before."""
    try:
        running = Running.start(
            Output(),
            auth=True,
            begin=-timedelta(days=20),
            with_build=not os.environ.get("E2E_WITHOUT_BUILD"),
            data_dir=tmp_path_factory.mktemp("cloud"),
        )
    except LocalCloudError as error:
        pytest.fail(f"the local cloud did not start: {error}")
    with running:
        yield World(running, tmp_path_factory.mktemp("world"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failure shows what the functions wrote about failures, too."""
    report: pytest.TestReport = yield  # type: ignore[misc,assignment]
    world = getattr(item, "funcargs", {}).get("world")
    if report.when == "call" and report.failed and isinstance(world, World):
        try:
            lines = world.troubles()
        except Exception as error:
            lines = [f"the logs cannot be read: {error!r}"]
        report.sections.append(("what the functions wrote about failures", "\n".join(lines) or "nothing"))
    return report  # type: ignore[return-value]
