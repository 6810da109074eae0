"""What each function asks of AWS, read from the code: function → services → ports → adapters → boto3.

By names, so rather too much than too little: a call of ``….orders.contents(…)`` is one of the port ``orders``, whoever
makes it; any other method call is one of the services that the module imports. What is found here is what the
function's role has to allow, and all that it may (test_permissions.py).
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ROOT / "layers/core"
APP = "porchlight.runtime.bootstrap"
PROVIDERS = {
    "settlement_provider": "refunds/**/*.py",
    "remedies": "refunds/*/client.py",
    "provider": "channels/*/*.py",
    "text_provider": "channels/sms/*.py",
    "label_provider": "labels/**/*.py",
}
"""Chosen at run time: whatever any of them may ask for."""
COURIERS = {"courier": "provider", "text_courier": "text_provider"}
"""Who asks which of them: a courier calls what it was given ``provider``. The first that is wired counts."""
PREFIXES = {
    "sesv2": "ses",
    "stepfunctions": "states",
    "pinpoint-sms-voice-v2": "sms-voice",
    "socialmessaging": "social-messaging",
}
ACTIONS = {
    # A transaction has no action of its own; ours consist of puts (checked below).
    "transact_write_items": {"dynamodb:PutItem"},
    # With raw content SES v2 asks for the second as well.
    "send_email": {"ses:SendEmail", "ses:SendRawEmail"},
    # Signing asks nobody; who posts the form does so with the signer's permission.
    "generate_presigned_post": {"s3:PutObject"},
    # The bucket's own action says whether there is none.
    "head_object": {"s3:GetObject", "s3:ListBucket"},
    "send_whatsapp_message": {"social-messaging:SendWhatsAppMessage"},
}
ADAPTERS = ("porchlight.adapters", "porchlight.channels")
MAY_BE_MISSING = "IfNoneMatch"
"""Marks a look for an object that may not be there: S3 says so (404, not 403) to those only who may list the bucket."""
INDEX = "@index"
"""Marks a query of an index, which is a resource of its own."""


@dataclass(frozen=True)
class Unit:
    """A function or method, or the whole of an app.py."""

    module: str
    owner: str
    name: str


@dataclass
class Module:
    """What a module defines and imports."""

    tree: ast.Module
    classes: dict[str, dict[str, ast.AST]] = field(default_factory=dict)
    functions: dict[str, ast.AST] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)


@cache
def module(name: str) -> Module:
    path = ROOT / "functions" / name.partition(".")[2] / "app.py"
    if not name.startswith("functions."):
        path = CORE.joinpath(*name.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    found = Module(ast.parse(path.read_text()))
    for node in found.tree.body:
        if isinstance(node, ast.ClassDef):
            found.classes[node.name] = {part.name: part for part in node.body if isinstance(part, ast.FunctionDef)}
        elif isinstance(node, ast.FunctionDef):
            found.functions[node.name] = node
    for part in ast.walk(found.tree):
        if isinstance(part, ast.ImportFrom) and (part.module or "").startswith("porchlight."):
            for alias in part.names:
                found.imported |= _import(str(part.module), alias)
    return found


def _import(source: str, alias: ast.alias) -> dict[str, tuple[str, str]]:
    """The names that an import brings; of a whole module all that is in it."""
    if not CORE.joinpath(*source.split("."), f"{alias.name}.py").is_file():
        return {alias.asname or alias.name: (source, alias.name)}
    whole = f"{source}.{alias.name}"
    return {name: (whole, name) for name in (*module(whole).classes, *module(whole).functions)}


@cache
def app() -> dict[str, ast.AST]:
    """The ports and settings of the wiring, by name."""
    return module(APP).classes["App"]


@cache
def adapter_of(port: str) -> tuple[str, str] | None:
    """Module and class behind a port; None where it is no adapter of AWS (metrics, brands …)."""
    for name in sorted(_reached(port)):
        for node in ast.walk(app()[name]):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and name in (port, _manager(port)):
                where = module(APP).imported.get(node.func.id)
                if where and where[1] in module(where[0]).classes and where[0].startswith(ADAPTERS):
                    return where
    return None


def _manager(port: str) -> str:
    return "_secrets_manager" if port in ("secrets", "accounts") else port


@cache
def _reached(attribute: str) -> frozenset[str]:
    """The attributes of the wiring that making this one needs, itself included."""
    found = {attribute}
    for node in ast.walk(app()[attribute]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            found |= _reached(node.attr) if node.attr in app() and node.attr != attribute else set()
    return frozenset(found)


def settings_of(attribute: str) -> set[str]:
    """The settings that an attribute of the wiring is made from."""
    return {
        node.attr
        for name in _reached(attribute)
        for node in ast.walk(app()[name])
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "settings"
    }


@cache
def methods(port: str) -> frozenset[str]:
    """The methods of the adapter behind a port."""
    where = adapter_of(port)
    return frozenset(module(where[0]).classes[where[1]]) if where else frozenset()


@dataclass
class Uses:
    """What a function uses."""

    ports: set[tuple[str, str]] = field(default_factory=set)
    """Ports with the method called."""
    attributes: set[str] = field(default_factory=set)
    """Attributes of the wiring that it asks for."""
    actions: set[str] = field(default_factory=set)
    """Actions of IAM, queries of an index marked by ``INDEX``."""
    secrets: set[str] = field(default_factory=set)
    """Names of secrets, where the code names them."""
    hands_over: bool = False
    """It gives a message to a provider, of which the wiring says which it may be."""


@cache
def uses(function: str) -> Uses:
    """What ``functions/<function>`` uses."""
    found, seen = Uses(), set[Unit]()
    todo = [Unit(f"functions.{function}", "", "")]
    while todo:
        unit = todo.pop()
        if unit not in seen:
            seen.add(unit)
            todo += _follow(unit, found)
        if not todo and found.hands_over:
            wired = next((one for courier, one in COURIERS.items() if Unit(APP, "App", courier) in seen), "provider")
            found.hands_over = False
            todo += _wiring(wired, found)
    return found


def _node(unit: Unit) -> ast.AST | None:
    where = module(unit.module)
    if not unit.name:
        return where.tree
    return where.classes.get(unit.owner, {}).get(unit.name) if unit.owner else where.functions.get(unit.name)


def _follow(unit: Unit, found: Uses) -> Iterator[Unit]:
    """Notes what the unit uses; yields the units that it may call."""
    node = _node(unit)
    if node is None:
        return
    in_adapter = unit.module.startswith(ADAPTERS)
    called = {part.func for part in ast.walk(node) if isinstance(part, ast.Call)}
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and unit.module == APP and ast.unparse(part.value) == "self":
            if part.attr in PROVIDERS and part.attr not in COURIERS.values():
                yield from _wiring(part.attr, found)
            elif part.attr in app() and adapter_of(part.attr) is None:
                yield Unit(APP, "App", part.attr)  # the wiring hands one of its own on
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "app":
            if part.attr in app() and part.attr not in ("clock", "settings"):
                yield from _wiring(part.attr, found)
        elif isinstance(part, ast.Call):
            found.actions |= _aws(part)
            if isinstance(part.func, ast.Name):
                yield from _named(unit, part.func.id)
            elif isinstance(part.func, ast.Attribute):
                yield from _method(unit, part, found, in_adapter)
        elif isinstance(part, ast.Attribute) and part not in called and unit.module.startswith("porchlight.services"):
            yield from _method(unit, ast.Call(part, [], []), found, in_adapter)  # handed on, for others to call


def _wiring(attribute: str, found: Uses) -> Iterator[Unit]:
    found.attributes.add(attribute)
    if attribute in PROVIDERS:
        yield Unit(APP, "App", attribute)
        for path in (CORE / "porchlight").glob(PROVIDERS[attribute]):
            name = ".".join(path.relative_to(CORE).with_suffix("").parts).removesuffix(".__init__")
            yield from (Unit(name, owner, one) for owner, all_ in module(name).classes.items() for one in all_)
    elif adapter_of(attribute) is None:
        yield Unit(APP, "App", attribute)


def _named(unit: Unit, name: str) -> Iterator[Unit]:
    """A function of this module or an imported one; of a class, what making it does."""
    where = module(unit.module)
    if name in where.functions:
        yield Unit(unit.module, "", name)
    target, original = where.imported.get(name, ("", ""))
    if target.startswith(("porchlight.services", *ADAPTERS)):
        yield Unit(target, original, "__init__") if original in module(target).classes else Unit(target, "", original)


def _method(unit: Unit, call: ast.Call, found: Uses, in_adapter: bool) -> Iterator[Unit]:
    assert isinstance(call.func, ast.Attribute)
    receiver, name = call.func.value, call.func.attr
    last = (
        receiver.attr if isinstance(receiver, ast.Attribute) else receiver.id if isinstance(receiver, ast.Name) else ""
    )
    port = last.removeprefix("_")
    of_secrets = port in ("secrets", "accounts")
    if (not in_adapter or of_secrets) and port in app() and name in methods(port):
        found.ports.add((port, name))
        if of_secrets:
            found.secrets |= {_text(call)}
        adapter = adapter_of(port)
        assert adapter
        yield Unit(*adapter, name)
        return
    if last == "self" and unit.owner:
        yield Unit(unit.module, unit.owner, name)
        if name == "provider":
            found.hands_over = True
        elif name in PROVIDERS:
            yield from _wiring(name, found)
        return
    if last in app():
        yield from _wired(last, name)  # a service that the wiring has made, in a field or argument of its own name
    if isinstance(receiver, ast.Attribute) and isinstance(receiver.value, ast.Name) and receiver.value.id == "app":
        yield from _wired(last, name)
    if (in_adapter or unit.module == APP) and not (isinstance(receiver, ast.Attribute) and last.startswith("_")):
        return
    where = module(unit.module)
    if isinstance(receiver, ast.Name):
        yield from _named(unit, name)  # a function of a module that is imported as a whole
    known = [(unit.module, one) for one in where.classes] + list(where.imported.values())
    for target, owner in known:
        if target.startswith(("porchlight.services", "porchlight.adapters")) and owner in module(target).classes:
            yield Unit(target, owner, name)


def _wired(attribute: str, name: str) -> Iterator[Unit]:
    """The method of a service that the wiring makes (``app.dates``)."""
    for node in ast.walk(app().get(attribute, ast.Module([], []))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            target, owner = module(APP).imported.get(node.func.id, ("", ""))
            if target.startswith("porchlight.services") and name in module(target).classes.get(owner, {}):
                yield Unit(target, owner, name)


def _text(call: ast.Call) -> str:
    """The name of a secret as the call gives it; what it does not say is a star."""
    parts = []
    for argument in call.args:
        if isinstance(argument, ast.Constant):
            parts.append(str(argument.value))
        elif isinstance(argument, ast.JoinedStr):
            parts.append("".join(str(v.value) if isinstance(v, ast.Constant) else "*" for v in argument.values))
        else:
            parts.append("*")
    return "/".join(parts)


def _aws(call: ast.Call) -> set[str]:
    """The actions of ``client("service").operation(…)``."""
    if not (isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call)):
        return set()
    maker = call.func.value
    if not (isinstance(maker.func, ast.Name) and maker.func.id == "client"):
        return set()
    assert isinstance(maker.args[0], ast.Constant)
    service, operation = str(maker.args[0].value), call.func.attr
    if operation in ACTIONS:
        return ACTIONS[operation]
    action = "".join(word.title() for word in operation.split("_"))
    if any(keyword.arg == MAY_BE_MISSING for keyword in call.keywords):
        return {f"{service}:{action}", "s3:ListBucket"}
    index = INDEX if any(keyword.arg == "IndexName" for keyword in call.keywords) else ""
    return {f"{PREFIXES.get(service, service)}:{action}{index}"}
