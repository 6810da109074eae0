"""What goes to AWS is built on any machine: `sam build` for arm64 has native code for arm64, and is small enough."""

import importlib.util
import os
import struct
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
ARM64 = 183
"""EM_AARCH64: the machine in the header of an ELF file."""
UNPACKED = 250_000_000
"""Lambda's limit for a function with its layers."""
LAYERS = ("CoreLayer", "DependenciesLayer", "BrandLayer")


def machine(library: Path) -> int:
    """For which machine a shared library was made."""
    with library.open("rb") as file:
        header = file.read(20)
    assert header[:4] == b"\x7fELF", library
    return int(struct.unpack("<H", header[18:20])[0])


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`sam build` for prod, as `make deploy ENV=prod` does; what .local/layers has is not fetched again."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    assert "Arch=arm64" in config["prod"]["build"]["parameters"]["parameter_overrides"]
    folder = tmp_path_factory.mktemp("sam") / "build"
    environment = {**os.environ, "LAYER_ARCH": "arm64", "SAM_CLI_TELEMETRY": "0", "PATH": f"{BIN}:{os.environ['PATH']}"}
    command = [str(BIN / "sam"), "build", "--config-env", "prod", "--build-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_native_code_is_for_arm64_on_any_machine(built: Path) -> None:
    libraries = list((built / "DependenciesLayer/python").rglob("*.so*"))
    assert libraries
    assert {machine(library) for library in libraries} == {ARM64}
    for layer in LAYERS:
        if layer != "DependenciesLayer":
            assert not list((built / layer).rglob("*.so*")), layer


def test_a_function_with_its_layers_is_far_from_lambdas_limit(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    layers = {layer: size(built / layer) for layer in LAYERS}
    functions = {folder.parent.name: size(folder.parent) for folder in built.glob("*/app.py")}
    assert len(functions) == len(list((ROOT / "functions").glob("*/app.py")))
    with capsys.disabled():
        told = ", ".join(f"{name} {found / 1e6:.1f} MB" for name, found in layers.items())
        print(f"\nlayers: {told}; functions at most {max(functions.values()) / 1e3:.0f} KB")
    assert sum(layers.values()) + max(functions.values()) < UNPACKED / 4


def test_layers_are_compiled_for_the_runtime_and_leave_out_what_it_brings(built: Path) -> None:
    """Compiled by another Python, or checked by times (a zip keeps none), all were compiled at each cold start."""
    packages = {path.name for path in (built / "DependenciesLayer/python").iterdir()}
    assert not packages & {"boto3", "botocore", "s3transfer", "bin"}
    for layer in ("CoreLayer", "DependenciesLayer"):
        compiled = list((built / layer).rglob("*.cpython-313.pyc"))
        assert len(compiled) >= len(list((built / layer).rglob("*.py")))
        for file in compiled[:50]:
            header = file.read_bytes()[:8]
            assert header[:4] == importlib.util.MAGIC_NUMBER
            assert header[4] == 1, "by hash, unchecked"
