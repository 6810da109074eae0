"""One local cloud for all tests of this folder: IAM enforced, the stack of tests/local/stack deployed."""

import uuid
from collections.abc import Iterator

import pytest

from local.cloud.launcher import LocalCloud, faketime_library
from tests.local.lab import Lab


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud without a stack."""
    server = LocalCloud(auth=True, faketime=faketime_library(), data_dir=tmp_path_factory.mktemp("cloud"))
    with server:
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
