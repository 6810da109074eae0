"""Providers on 127.0.0.1: credentials that are nobody's, and nothing that leads to AWS itself."""

from collections.abc import Iterator

import pytest

from porchlight.adapters import aws


@pytest.fixture(autouse=True, scope="session")
def _nobodys_credentials() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # whoever is not stubbed reaches nobody
        patch.delenv("AWS_PROFILE", raising=False)
        aws.forget()
        yield
    aws.forget()
