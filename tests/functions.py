"""Functions as Lambda loads them: by their file."""

import importlib.util
from pathlib import Path
from typing import Any

FUNCTIONS = Path(__file__).parents[1] / "functions"


def function(name: str) -> Any:
    """The handler of ``functions/{name}/app.py``, loaded anew."""
    spec = importlib.util.spec_from_file_location(f"functions_{name}", FUNCTIONS / name / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler
