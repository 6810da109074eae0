"""A function's runtime decides its Python.

Stock: every Python function runs under the server's own interpreter.
AWS: `python3.13` is Python 3.13.
Why: the layer holds wheels for 3.13; a server under another Python could not import them.

`MINISTACK_PYTHON_3_13` names the interpreter; without it the server's own is used, as before.
"""

import os

from local.cloud.emulator import module


def apply() -> None:
    """Look the interpreter up by runtime name."""
    runtime = module("core.lambda_runtime")
    stock = runtime._detect_runtime_binary

    def detect(name: str) -> tuple[str, str]:
        binary, script = stock(name)
        if name.startswith("python"):
            variable = "MINISTACK_PYTHON_" + name.removeprefix("python").replace(".", "_")
            binary = os.environ.get(variable, binary)
        return binary, script

    runtime._detect_runtime_binary = detect
