"""The preview: every moment in every language and channel, with sample data, as the brand folder has it now.

Mounted at /preview by `porchlight preview`. The pack is built anew whenever a file of the brand folder changes, and the
open page follows; what does not build is shown as the error that a build would end with.
"""

import importlib
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from local.front import Request, Response
from porchlight.domain.moments import Moment

PREFIX = "/preview"
CHANNELS = ("email", "text", "sms", "push", "whatsapp")
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'self'"
)
_DOCUMENT_POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)


@dataclass(frozen=True)
class Pack:
    """One build of the brand folder: ``error`` where it failed."""

    folder: Path
    number: int
    error: str = ""

    @cached_property
    def renderer(self) -> Any:
        """The product's own."""
        from porchlight.adapters.brandpack import BrandPack
        from porchlight.adapters.rendering import PackRenderer

        return PackRenderer(BrandPack(self.folder))

    @cached_property
    def brands(self) -> Any:
        """The brands of the pack."""
        from porchlight.adapters.brandpack import BrandPack

        return BrandPack(self.folder)


class Builds:
    """Builds the pack when the brand folder has changed since."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._home = Path(tempfile.mkdtemp(prefix="porchlight-preview-"))
        self._seen: object = None
        self._pack: Pack | None = None

    def current(self) -> Pack:
        """The pack of what the folder holds now."""
        with self._lock:
            state = {file: file.stat().st_mtime_ns for file in self._source.rglob("*") if file.is_file()}
            if self._pack is None or state != self._seen:
                number = self._pack.number + 1 if self._pack else 1
                self._pack, self._seen = self._built(number), state
            return self._pack

    def _built(self, number: int) -> Pack:
        tool: Any = importlib.import_module("layers.brand.build")
        try:
            folder = tool.build(self._source, self._home / str(number), check=False)
        except (tool.BrandError, TemplateError) as error:
            return Pack(self._home, number, str(error))
        return Pack(folder, number)


class Preview:
    """The pages under /preview."""

    def __init__(self, source: Path) -> None:
        self._builds = Builds(source)

    def __call__(self, request: Request) -> Response:
        """/preview is the page, /preview/all every moment in one look, /preview/document one message, /preview/build
        the number of the build.
        """
        pack = self._builds.current()
        if request.path == f"{PREFIX}/build":
            return Response.json({"build": pack.number})
        chosen = {name: values[-1] for name, values in request.query.items()}
        if pack.error:
            return self._page(pack, {}, error=pack.error)
        try:
            if request.path == f"{PREFIX}/document":
                return self._document(pack, chosen)
            return self._page(pack, chosen, every=request.path == f"{PREFIX}/all")
        except (TemplateError, KeyError, StopIteration) as error:
            return self._page(pack, {}, error=f"{type(error).__name__}: {error}")

    def _page(self, pack: Pack, chosen: Mapping[str, str], error: str = "", *, every: bool = False) -> Response:
        view: dict[str, Any] = {"build": pack.number, "error": error, "every": every}
        if not error:
            view |= self._choice(pack, chosen)
        html = _TEMPLATES.get_template("preview.html.j2").render(view)
        return Response.html(html, headers=[("Content-Security-Policy", _POLICY)])

    def _choice(self, pack: Pack, chosen: Mapping[str, str]) -> dict[str, Any]:
        brand = self._brand(pack, chosen)
        found = list(_samples().emails(brand))
        sample = next((one for one in found if one.name == chosen.get("sample")), found[0])
        languages = list(pack.brands.data(brand.brand_id)["languages"])
        language = chosen.get("language") if chosen.get("language") in languages else brand.language
        channel = chosen["channel"] if chosen.get("channel") in CHANNELS else "email"
        spoken = {
            "brand": brand.brand_id,
            "sample": sample.name,
            "language": language,
            "channel": channel,
        }
        return {
            "chosen": spoken,
            "brands": list(pack.brands.ids()),
            "samples": [one.name for one in found],
            "moments": {moment.value: next(one.name for one in found if one.moment is moment) for moment in Moment},
            "languages": languages,
            "channels": CHANNELS,
            "shown": self._shown(pack, brand, sample, language, channel),
        }

    def _shown(self, pack: Pack, brand: Any, sample: Any, language: str | None, channel: str) -> dict[str, Any]:
        speech = pack.renderer.speech(brand, language)
        view = _checks().email_of(brand, sample, speech)
        subject, html, text = pack.renderer.email(brand, sample.moment, view)
        if channel in ("email", "text"):
            return {"subject": subject, "text": text, "bytes": len(html.encode()), "direction": speech.direction}
        words = pack.renderer.texts(brand, view)
        told = f"{brand.name}: {words['sms']} https://track.example/t/{'x' * 44}"
        fitting = _sms().plain(told)
        size = _sms().parts(fitting)
        return {
            "direction": speech.direction,
            "sms": fitting,
            "encoding": size.encoding,
            "segments": size.segments,
            "title": words["push_title"],
            "body": words["push_body"],
            "parameters": [brand.name, words["sms"]],
        }

    def _document(self, pack: Pack, chosen: Mapping[str, str]) -> Response:
        brand = self._brand(pack, chosen)
        sample = next(one for one in _samples().emails(brand) if one.name == chosen.get("sample"))
        view = _checks().email_of(brand, sample, pack.renderer.speech(brand, chosen.get("language")))
        _, html, _ = pack.renderer.email(brand, sample.moment, view)
        return Response.html(html, headers=[("Content-Security-Policy", _DOCUMENT_POLICY)])

    @staticmethod
    def _brand(pack: Pack, chosen: Mapping[str, str]) -> Any:
        ids = list(pack.brands.ids())
        return pack.brands.get(chosen["brand"] if chosen.get("brand") in ids else ids[0])


def _samples() -> Any:
    importlib.import_module("layers.brand.build")  # it lets its neighbours be found
    return importlib.import_module("samples")


def _checks() -> Any:
    importlib.import_module("layers.brand.build")
    return importlib.import_module("checks")


def _sms() -> Any:
    return importlib.import_module("porchlight.domain.sms")
