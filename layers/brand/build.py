"""Compile brand/ into the brand pack: ``python layers/brand/build.py OUT`` writes OUT/porchlight_brand/.

Each brand gets one JSON file with its settings, its palette and logo, its pages and its emails (MJML already compiled
to HTML), and one for each language with its words; each carrier that brands declare gets one with its mapping for each
of them. The build fails, naming file and field, where a brand.yaml or a mapping is not valid, an example is read
otherwise than expected, a word is missing or misspelt, a template uses a name that does not exist, or an email grows
beyond what mail programs show. Nothing of this is needed at run time.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
for path in (HERE.parent / "core", HERE):
    if path.is_dir() and str(path) not in sys.path:
        sys.path.insert(0, str(path))

import mrml  # noqa: E402
import yaml  # noqa: E402
from catalogue import blocks, moments  # noqa: E402
from countries import FILE as COUNTRIES  # noqa: E402
from countries import countries  # noqa: E402
from jinja2 import TemplateError  # noqa: E402
from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: E402
from laws import FILE as LAWS  # noqa: E402
from laws import laws  # noqa: E402
from mappings import MappingError, declared  # noqa: E402
from palette import palette  # noqa: E402
from policy_files import PLACE as POLICY  # noqa: E402
from policy_files import SCHEMAS, errors  # noqa: E402
from policy_files import read as read_policy  # noqa: E402
from problems import BrandError  # noqa: E402
from pydantic import ValidationError  # noqa: E402
from wording import Wording, read_catalogs, wording  # noqa: E402

from porchlight.adapters.brandpack import NEUTRAL, PACKAGE  # noqa: E402
from porchlight.carriers.registry import abilities  # noqa: E402
from porchlight.channels.registry import REPORTING, channel_of  # noqa: E402
from porchlight.domain.brands import BrandConfig  # noqa: E402
from porchlight.domain.policy.model import ReturnsPolicy  # noqa: E402

NEUTRAL_ACCENT = "#4a5568"
_RENDERING = mrml.RenderOptions(disable_comments=True, fonts={})
"""No web fonts: an email loads nothing from anywhere."""
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_PROTECTED = re.compile(r"jinja(\d{4})x")
_UNSAFE_SVG = re.compile(r"<script|<foreignObject|<!|<\?|\son\w+\s*=|href\s*=|url\(|style\s*=|<style", re.IGNORECASE)


def build(source: Path, out: Path, *, check: bool = True) -> Path:
    """Compile the brand folder ``source`` into ``out``/porchlight_brand and check that everything in it can
    be rendered.
    """
    target = out / PACKAGE
    target.mkdir(parents=True, exist_ok=True)
    others = (NEUTRAL, SCHEMAS)
    folders = sorted(p for p in source.iterdir() if p.is_dir() and p.name not in others and not p.name.startswith("."))
    defaults = source / NEUTRAL
    if not folders:
        raise BrandError(f"{source}: there is no brand in it")
    translations = read_catalogs(defaults)
    said = {NEUTRAL: wording(defaults, defaults, None, translations, _yaml)}
    _policy(defaults / POLICY)
    entries = {NEUTRAL: _compile(defaults, defaults, None)}
    for folder in folders:
        config = _config(folder, defaults)
        entries[folder.name] = _compile(defaults, folder, config)
        said[folder.name] = wording(defaults, folder, config, translations, _yaml)
    for name, entry in entries.items():
        _write(target / f"{name}.json", entry | {"languages": _write_words(target, name, said[name], said[NEUTRAL])})
    for place in (defaults, *(folder for folder in folders if (folder / COUNTRIES).is_file())):
        _write(target / f"{place.name}.countries.json", countries(defaults, place, _yaml))
    for place in (defaults, *(folder for folder in folders if (folder / LAWS).is_file())):
        _write(target / f"{place.name}.law.json", laws(defaults, place, _yaml))
    hashes = sorted({entry["look"]["style_hash"] for entry in entries.values()})
    brands = [folder.name for folder in folders]
    carriers = _carriers(source, brands)
    for carrier, mappings in carriers.items():
        _write(target / f"carrier.{carrier}.json", mappings)
    _write(target / "pack.json", {"brands": brands, "style_hashes": hashes, "carriers": sorted(carriers)})
    (target / "__init__.py").write_text(
        '"""The brand pack: built by layers/brand/build.py, read by adapters/brandpack.py."""\n'
    )
    if check:
        from checks import check_pack

        check_pack(target)
    return target


def _write_words(target: Path, name: str, own: Wording, default: Wording) -> dict[str, str]:
    """One file for each language, and its name without suffix; those of the default where nothing differs."""
    stems = {}
    for language, words in own.spoken.items():
        same = words == default.spoken.get(language)
        stems[language] = f"{NEUTRAL if same else name}.words.{language}"
        if not same or name == NEUTRAL:
            _write(target / f"{stems[language]}.json", words)
    for language in sorted(default.spoken.keys() & own.missing.keys()):
        texts = own.missing[language]
        sys.stderr.write(f"{name} does not speak {language}: {len(texts)} texts of its own, first {texts[0]}\n")
    return stems


def _carriers(source: Path, brands: list[str]) -> dict[str, dict[str, dict[str, Any]]]:
    try:
        return declared(source, brands)
    except MappingError as error:
        raise BrandError(str(error)) from None


def _config(folder: Path, defaults: Path) -> BrandConfig:
    file = folder / "brand.yaml"
    data = _yaml(file)
    if "returns" in data:
        raise BrandError(f"{file}: returns: stands in {POLICY} beside it")
    data["returns"] = _policy(_of(folder, defaults, POLICY))
    try:
        config = BrandConfig.model_validate(data)
    except ValidationError as error:
        problems = (
            f"{file}: {'.'.join(str(part) for part in problem['loc']) or 'the file'}: {problem['msg']}"
            for problem in error.errors()
        )
        raise BrandError("\n".join(problems)) from None
    if config.brand_id != folder.name:
        raise BrandError(f"{file}: brand_id: is {config.brand_id!r}, but the folder is {folder.name!r}")
    for source in config.tracking.ask:
        if not {"poll", "subscribe"} & abilities(source):
            raise BrandError(f"{file}: tracking.ask: {source!r} is no source that can be asked (docs/carriers.md)")
    for channel, policy in config.outreach.providers.items():
        if stranger := next((name for name in policy.providers if channel_of(name) is not channel), None):
            place = f"{file}: outreach.providers.{channel}"
            raise BrandError(f"{place}: {stranger!r} carries no {channel} (docs/channels.md)")
        if policy.confirm_minutes and (silent := set(policy.providers) - REPORTING):
            place = f"{file}: outreach.providers.{channel}.confirm_minutes"
            raise BrandError(f"{place}: {min(silent)!r} confirms nothing: every message would go out twice")
    return config


def _policy(file: Path) -> ReturnsPolicy:
    """The returns policy, checked as ``porchlight policy check`` does; what is only doubtful is said."""
    policy, found = read_policy(file)
    if policy is None or errors(found):
        raise BrandError("\n".join(str(one) for one in errors(found)))
    for one in found:
        sys.stderr.write(f"{one}\n")
    return policy


def _compile(defaults: Path, folder: Path, config: BrandConfig | None) -> dict[str, Any]:
    """One file of the pack. ``config`` is None for the pages that have no brand."""
    look: dict[str, Any] = palette(config.look.accent if config else NEUTRAL_ACCENT)
    look["logo"] = _logo(folder, config)
    style_file = _of(folder, defaults, "templates/pages/style.css")
    style = ImmutableSandboxedEnvironment().from_string(_read(style_file)).render(look=look).strip()
    look["style"] = style
    look["style_hash"] = "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    templates = {}
    for name, file in _files(defaults, folder, "templates/pages", ".html.j2").items():
        templates[f"pages/{name}.html"] = _read(file)
    if config:
        for name, file in _files(defaults, folder, "templates/email", ".txt.j2").items():
            templates[f"email/{name}.txt"] = _read(file)
        for name, file in _files(defaults, folder, "templates/email", ".mjml").items():
            templates[f"email/{name}.html"] = _html(file)
    return {
        "config": config.model_dump(mode="json") if config else None,
        "look": look,
        "moments": moments(defaults, folder, config, _yaml),
        "blocks": blocks(folder, _yaml),
        "templates": templates,
    }


def _html(file: Path) -> str:
    """MJML compiled to HTML, with each Jinja expression taken out before and put back after."""
    kept: list[str] = []

    def protect(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"jinja{len(kept) - 1:04}x"

    try:
        html = mrml.to_html(_JINJA.sub(protect, _read(file)), render_options=_RENDERING).content
    except OSError as error:
        raise BrandError(f"{file}: not valid MJML: {error}") from None
    back = _PROTECTED.findall(html)
    lost = set(range(len(kept))) - {int(number) for number in back}
    if lost:
        raise BrandError(f"{file}: MJML drops {kept[min(lost)]!r}: a control block belongs into <mj-raw>")
    return _PROTECTED.sub(lambda match: kept[int(match.group(1))], html)


def _logo(folder: Path, config: BrandConfig | None) -> str:
    if not config or not config.look.logo:
        return ""
    file = folder / config.look.logo
    svg = _read(file).strip()
    if not svg.startswith("<svg") or not svg.endswith("</svg>"):
        raise BrandError(f"{file}: the logo has to be an SVG file that starts with <svg")
    if found := _UNSAFE_SVG.search(svg):
        raise BrandError(
            f"{file}: a logo cannot have {found.group().strip()!r}: shapes only, it stands inside the page"
        )
    return re.sub(r">\s+<", "><", svg)


def _files(defaults: Path, folder: Path, below: str, suffix: str) -> dict[str, Path]:
    """Templates by name; the brand's own take the place of the defaults'."""
    return {
        file.name.removesuffix(suffix): file
        for place in (defaults, folder)
        for file in sorted((place / below).glob(f"*{suffix}"))
    }


def _of(folder: Path, defaults: Path, name: str) -> Path:
    return folder / name if (folder / name).is_file() else defaults / name


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BrandError(f"{file}: cannot be read: {error}") from None


def _yaml(file: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(_read(file))
    except yaml.YAMLError as error:
        raise BrandError(f"{file}: not valid YAML: {error}") from None
    if not isinstance(data, dict):
        raise BrandError(f"{file}: has to be a list of names and values")
    return data


def _write(file: Path, data: dict[str, Any]) -> None:
    file.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def main() -> int:
    """The command line: 0 when the pack is whole, 1 with the reasons on stderr when it is not."""
    parser = argparse.ArgumentParser(description="Compile brand/ into the brand pack.")
    parser.add_argument("out", type=Path, help="folder to write porchlight_brand/ into")
    parser.add_argument("--source", type=Path, default=HERE.parents[1] / "brand", help="the brand folder")
    parser.add_argument(
        "--preview", type=Path, help="also write every email and page with sample data into this folder"
    )
    parser.add_argument("--language", help="of the preview, where it is not the brand's own")
    arguments = parser.parse_args()
    try:
        pack = build(arguments.source, arguments.out)
        if arguments.preview:
            from checks import write_preview

            write_preview(pack, arguments.preview, arguments.language)
    except (BrandError, TemplateError) as error:
        sys.stderr.write(f"brand pack: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
