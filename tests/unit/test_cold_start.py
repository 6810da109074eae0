"""What a cold start of the front door does not load: a webhook is verified and queued without being understood."""

import subprocess
import sys
from pathlib import Path

import pytest

from porchlight.carriers.registry import carrier_ids
from porchlight.stores.registry import store_ids

APP = Path(__file__).parents[2] / "functions/receive_webhook/app.py"
NOT_BEFORE_NEEDED = (
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "cryptography",
    "jinja2",
    "jmespath",
    "porchlight.domain.brands",
    "porchlight.domain.events",
    "porchlight.domain.orders",
    "porchlight.ports",
    "pydantic",
    "pydantic_core",
)


def loaded(code: str) -> set[str]:
    """Which of the heavy modules are there after the code has run in a process of its own."""
    show = f"import sys; print(*sorted({set(NOT_BEFORE_NEEDED)!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{show}"], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_front_door_loads_what_it_uses() -> None:
    assert loaded(f"import runpy; runpy.run_path({str(APP)!r})") == set()


@pytest.mark.parametrize("package", ["carriers", "stores"])
def test_no_connector_loads_more_than_a_signature_needs(package: str) -> None:
    ids = carrier_ids() if package == "carriers" else store_ids()
    find = "carrier" if package == "carriers" else "store"
    code = f"from porchlight.{package}.registry import {find}\nfor one in {ids!r}: {find}(one)"
    assert loaded(code) == set()
