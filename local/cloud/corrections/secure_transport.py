"""Everybody comes by TLS, as far as policies can tell.

Stock: `aws:SecureTransport` is false for calls by HTTP, and a bucket that refuses them refuses all of ours.
AWS: SDKs come by TLS.
Why: such policies belong into the template; here nothing leaves 127.0.0.1, and there is no certificate to come with.
"""

from typing import Any

from local.cloud.emulator import module


def apply() -> None:
    """Answer the condition key, whatever the request came by."""
    evaluator = module("core.iam_evaluator")
    stock = evaluator._resolve_condition_key

    def resolve(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else stock(key, context)

    evaluator._resolve_condition_key = resolve
