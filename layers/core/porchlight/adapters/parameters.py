"""Parameters of the deployment, from the Systems Manager parameter store.

Not from the environment: the API's address is known only after the functions, and SAM publishes no new version of a
function where nothing but the value of a template parameter has changed.
"""

import time
from functools import lru_cache

from porchlight.adapters.aws import client, translated

_KEPT_SECONDS = 300


def parameter(name: str) -> str:
    """The value of a parameter; a change is seen within five minutes."""
    return _read(name, int(time.monotonic() // _KEPT_SECONDS))


@lru_cache(maxsize=8)
def _read(name: str, period: int) -> str:
    with translated():
        return str(client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
