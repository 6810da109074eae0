"""A headless Chromium of the system (Playwright's own download is not used), for pages that the real renderer
has made.

Where Chromium or Playwright is missing, these tests skip and say how to get them.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-extensions"
)


def chromium() -> str | None:
    """The system's Chromium or Chrome; the environment's CHROMIUM comes first."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """One browser with an empty profile for all tests."""
    pytest.importorskip("playwright", reason="SKIPPED BROWSER TESTS: Playwright is missing; run `make setup`")
    path = chromium()
    if path is None:
        pytest.skip("SKIPPED BROWSER TESTS: no Chromium; `apt-get install chromium`, or set CHROMIUM to its path")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def brand_tools() -> None:
    """Makes the modules of layers/brand importable."""
    sys.path.insert(0, str(ROOT / "layers" / "brand"))
