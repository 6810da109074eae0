"""Providers on 127.0.0.1: credentials that are nobody's, and nothing that leads to AWS itself."""

from collections.abc import Iterator

import pytest

from porchlight.adapters import aws


@pytest.fixture(autouse=True)
def _nobodys_credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # whoever is not stubbed reaches nobody
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    aws.forget()
    yield
    aws.forget()
