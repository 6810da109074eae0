"""A function sees the packages of its runtime, its layers and its own, and no others.

Stock: workers can import whatever is installed beside the server.
AWS: the runtime brings boto3 and what that needs; everything else comes from the layers.
Why: a package that the layer lacks must fail here, not in production.

boto3 is the server's, linked into a folder of its own; the rest of its site-packages is taken off the
worker's path.
"""

import importlib.util
import tempfile
from pathlib import Path

from local.cloud.emulator import module

_RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil", "six")

_ONLY_THE_RUNTIME = """
import sys
sys.path[:] = [path for path in sys.path if path.startswith((sys.base_prefix, __file__.rsplit("/", 1)[0]))]
sys.path[:] = [path for path in sys.path if "site-packages" not in path] + [{folder!r}]
sys.meta_path[:] = [finder for finder in sys.meta_path if finder.__module__.startswith("_frozen_importlib")]
"""


def apply() -> None:
    """Clear the path before the worker does anything else."""
    folder = Path(tempfile.mkdtemp(prefix="runtime-"))
    for name in _RUNTIME:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise RuntimeError(f"{name} is not installed beside the local cloud")
        origin = Path(spec.origin)
        place = origin.parent if origin.name == "__init__.py" else origin
        (folder / place.name).symlink_to(place)
    runtime = module("core.lambda_runtime")
    runtime._PYTHON_WORKER_SCRIPT = _ONLY_THE_RUNTIME.format(folder=str(folder)) + runtime._PYTHON_WORKER_SCRIPT
