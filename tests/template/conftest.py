"""Starts the linters that test_linters.py asks for, so that they run beside the other tests."""

import pytest

from tests.template import linters


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start what is there."""
    if any(item.path.name == "test_linters.py" for item in session.items) and not session.config.option.collectonly:
        for name, linter in linters.LINTERS.items():
            if linter.program.exists():
                linters.start(name)


def pytest_sessionfinish() -> None:
    """Leave none behind."""
    linters.stop()
