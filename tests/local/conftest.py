"""One local cloud for all tests of this folder: IAM enforced, the stack of tests/local/stack deployed."""

import os
import uuid
from collections.abc import Iterator

import pytest

from local.cloud.launcher import LocalCloud, faketime_library
from tests.local.lab import Lab


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud without a stack."""
    without = [name for name in os.environ.get("LOCAL_CLOUD_WITHOUT", "").split(",") if name]
    data_dir = tmp_path_factory.mktemp("cloud")
    with LocalCloud(auth=True, faketime=faketime_library(), data_dir=data_dir, without=without) as server:
        yield server


@pytest.fixture(scope="session")
def lab(cloud: LocalCloud) -> Lab:
    """The local cloud with the stack, updated once, so that everything here is true after an update."""
    laboratory = Lab(cloud)
    laboratory.deploy("one")
    laboratory.deploy("two")
    return laboratory


@pytest.fixture
def new_id() -> str:
    """A name that no other test uses."""
    return uuid.uuid4().hex
