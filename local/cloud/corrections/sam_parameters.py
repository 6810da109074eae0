"""A SAM template's parameters have the values that were given.

Stock: while serverless resources are expanded, every parameter has its default value, whatever the deployment
passed; `!Ref` and `!Sub` inside a function or state machine silently take it.
AWS: the values passed.
Why: architecture, stage and addresses are parameters of our template.
"""

from contextvars import ContextVar
from typing import Any

from local.cloud.emulator import module

_values: ContextVar[dict[str, str]] = ContextVar("sam_parameters", default={})  # noqa: B039 - never changed


def apply() -> None:
    """Remember the values while the transforms run, and hand them to the SAM translator."""
    engine = module("services.cloudformation.engine")
    translation = _translation_module()
    stock_transforms, stock_translate = engine._apply_transforms, translation.transform

    def transforms(template: dict[str, Any], provided: Any = None, previous: Any = None) -> Any:
        token = _values.set(engine._transform_parameters(template, provided, previous))
        try:
            return stock_transforms(template, provided, previous)
        finally:
            _values.reset(token)

    def translate(template: Any, parameters: dict[str, str], policies: Any) -> Any:
        return stock_translate(template, {**_values.get(), **parameters}, policies)

    for name in ("engine", "handlers", "changesets"):
        module(f"services.cloudformation.{name}")._apply_transforms = transforms
    translation.transform = translate


def _translation_module() -> Any:
    from samtranslator.translator import transform

    return transform
