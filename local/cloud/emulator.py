"""The one place where the emulator's untyped modules are imported."""

import importlib
import os
from typing import Any

from boto3 import client as boto3_client
from botocore.config import Config


def module(name: str) -> Any:
    """The emulator's module `ministack.<name>`; `Any`, because ministack has no types."""
    return importlib.import_module(f"ministack.{name}")


def replace_once(text: str, old: str, new: str) -> str:
    """`text` with `old` replaced; an error unless it is there exactly once: no correction ever misses."""
    if text.count(old) != 1:
        raise RuntimeError(f"expected exactly once in the emulator's source: {old[:80]!r}")
    return text.replace(old, new)


def own_client(service: str, region: str, account: str) -> Any:
    """A boto3 client with which the emulator calls itself, as the given account."""
    return boto3_client(
        service,  # type: ignore[call-overload]
        endpoint_url=f"http://127.0.0.1:{os.environ.get('GATEWAY_PORT', '4566')}",
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="local",  # noqa: S106 - the emulator takes any
        config=Config(inject_host_prefix=False, retries={"max_attempts": 0}),
    )
