"""A published version with SnapStart can be called at once.

Stock: publishing starts a worker in the background; until it is up, the version is Pending and calls to it
fail, and the deployment does not wait for that.
AWS: the deployment waits for the snapshot; then calls are served from it.
Why: SnapStart is about the cost of a start, which the local cloud does not model. Here such a version starts
its worker at the first call, as all others do.
"""

from typing import Any

from local.cloud.emulator import module


def apply() -> None:
    """Publish such a version as any other."""
    functions = module("services.lambda_svc")

    def stamp(config: dict[str, Any]) -> bool:
        return False

    functions._stamp_snapstart_published_version = stamp
