"""The layers, by their imports: functions → runtime → services → domain; adapters are known to the wiring only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "layers/core"
FUNCTIONS = ROOT / "functions"
MODULES = sorted((CORE / "porchlight").rglob("*.py"))
HANDLERS = sorted(FUNCTIONS.glob("*/*.py"))

CONNECTORS = ("carriers", "stores", "channels", "refunds", "labels")
BASE = ("errors", "domain")
"""Known to everybody outside of the domain, which knows of itself alone."""
ALLOWED: dict[str, tuple[str, ...]] = {
    "errors": (),
    "bodies": ("errors",),
    "signing": (),
    "domain": ("domain",),
    "connectors": BASE,
    "proofs": (*BASE, "connectors", "bodies"),
    "ports": (*BASE, "connectors"),
    "asking": (*BASE, "connectors", "ports"),
    "announcing": BASE,
    "predicting": BASE,
    "deciding": BASE,
    "reaching": BASE,
    "returning": BASE,
    "services": (
        *BASE,
        "connectors",
        "ports",
        "asking",
        "predicting",
        "deciding",
        "reaching",
        "returning",
        "announcing",
        "signing",
        "services",
    ),
    "adapters": (
        *BASE,
        "connectors",
        "ports",
        "asking",
        "predicting",
        "deciding",
        "reaching",
        "returning",
        "announcing",
        "adapters",
    ),
    "carriers": (*BASE, "connectors", "bodies", "proofs", "carriers"),
    "stores": (*BASE, "connectors", "bodies", "proofs", "stores"),
    "channels": (*BASE, "connectors", "ports", "asking", "reaching", "adapters", "channels"),
    "refunds": (
        *(*BASE, "connectors", "ports", "asking", "deciding", "returning", "bodies", "signing", "adapters"),
        "refunds",
    ),
    "labels": (*BASE, "connectors", "ports", "asking", "returning", "labels"),
    "runtime": (
        *BASE,
        "connectors",
        "ports",
        "asking",
        "predicting",
        "deciding",
        "reaching",
        "returning",
        "announcing",
        "services",
        "runtime",
    ),
    "functions": (*BASE, "connectors", "ports", "services", "runtime", "carriers.registry", "stores.registry"),
}
ALLOWED_MODULES: dict[str, tuple[str, ...]] = {
    "runtime.bootstrap": (
        *("adapters", "channels", "refunds.kit", "refunds.registry", "labels.kit", "labels.registry"),
        *("carriers.registry", "carriers.declared"),
    ),
    "runtime.sources": ("carriers.registry", "stores.registry"),
}
"""What single modules may know beyond their layer: the wiring is the only one."""

IN_DOMAIN = frozenset(
    "__future__ babel base64 bisect collections copy dataclasses datetime decimal enum functools gzip hashlib hmac"
    " email_validator fnmatch holidays html itertools json math phonenumbers re string typing unicodedata urllib zlib"
    " zoneinfo pydantic".split()
)
"""What the domain may import: pure things (calendars and locales are data) and pydantic. No clock, no environment, no
logger, no AWS.
"""
CLOCKS = frozenset({"now", "utcnow", "today", "time", "monotonic", "perf_counter"})
NOT_IN_SERVICES = frozenset(
    "boto3 botocore os time logging random aws_lambda_powertools jinja2 sys subprocess socket".split()
)
PAUSES = frozenset({"time", "random"})
"""What ``services.retrying`` alone may import: it steps aside for a moment, and asks for no time."""
AWS = frozenset({"boto3", "botocore"})


def name_of(file: Path) -> str:
    """``services.links`` for a module of the package, ``functions.put_order`` for a function."""
    if file.is_relative_to(FUNCTIONS):
        return f"functions.{file.parent.name}"
    parts = file.relative_to(CORE / "porchlight").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(source: str) -> Iterator[str]:
    """Every module that the source imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names) if module == "porchlight" else (module,)


def within(module: str, allowed: tuple[str, ...]) -> bool:
    return any(module == one or module.startswith(f"{one}.") for one in allowed)


def faults(name: str, source: str) -> list[str]:
    """The imports and calls of a module that its layer does not allow."""
    layer = name.partition(".")[0]
    allowed = ALLOWED.get(layer, ()) + ALLOWED_MODULES.get(name, ())
    found = []
    for module in imports(source):
        top = module.partition(".")[0]
        if top == "porchlight":
            inner = module.removeprefix("porchlight").removeprefix(".")
            if name and inner and not within(inner, allowed):
                found.append(f"{name} imports {module}")
            if layer in CONNECTORS and inner.startswith(f"{layer}.") and _other_connector(name, inner):
                found.append(f"{name} imports {module}")
        elif (
            (layer == "domain" and top not in IN_DOMAIN)
            or (layer == "services" and top in NOT_IN_SERVICES and not (name == "services.retrying" and top in PAUSES))
            or (layer not in ("adapters", "channels") and top in AWS)
        ):
            found.append(f"{name} imports {module}")
    if layer in ("domain", "services"):
        found += [f"{name} asks for the time" for _ in _clock_calls(source)]
    return found


def _other_connector(name: str, inner: str) -> bool:
    """True where a connector reaches for the inside of another one; code tables may be shared."""
    mine, other = name.split(".")[1:2], inner.split(".")[1:2]
    return mine != other and mine != ["registry"] and len(inner.split(".")) > 2 and inner.split(".")[-1] != "statuses"


def _clock_calls(source: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in ("datetime", "date", "time"):
                yield node


@pytest.mark.parametrize("file", MODULES + HANDLERS, ids=name_of)
def test_a_module_knows_only_what_its_layer_may_know(file: Path) -> None:
    assert faults(name_of(file), file.read_text()) == []


def test_every_module_has_a_layer() -> None:
    layers = {name_of(file).partition(".")[0] for file in MODULES}
    assert layers - {""} <= ALLOWED.keys()
    assert len(MODULES) > 50


@pytest.mark.parametrize("file", HANDLERS, ids=name_of)
def test_a_function_is_thin(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 40


def test_keys_are_built_in_one_place() -> None:
    for file in MODULES:
        if file.name != "keys.py":
            assert "BRAND#" not in file.read_text(), name_of(file)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("domain.x", "import boto3"),
        ("domain.x", "import time"),
        ("domain.x", "from porchlight.errors import NotFoundError"),
        ("domain.x", "from datetime import datetime\nnow = datetime.now()"),
        ("services.x", "from porchlight.adapters.s3 import Bodies"),
        ("services.x", "from porchlight import runtime"),
        ("services.x", "def f():\n    import botocore.exceptions"),
        ("services.x", "from porchlight.carriers.registry import carrier"),
        ("runtime.http", "from porchlight.adapters.s3 import Bodies"),
        ("functions.x", "from porchlight.adapters.s3 import Bodies"),
        ("functions.x", "from porchlight.carriers.ups import CONNECTOR"),
        ("functions.x", "import boto3"),
        ("carriers.ups.parse", "from porchlight.carriers.usps.parse import reports"),
        ("adapters.s3", "from porchlight.services.links import Links"),
    ],
)
def test_the_rule_bites(name: str, source: str) -> None:
    assert faults(name, source)
